"""Whatever leaves the house for a person asks the do-not-contact list first, or stands here with a reason.

Found by reading the code: modules that open a way out (mail, HTTP, sockets), and modules that call something named
``send``. A new one fails this test until it asks ``suppressed`` or is added on purpose.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

APPS = ("accounts", "crm", "integrations", "notifications", "portal", "lib")
WAYS_OUT = {
    "django.core.mail", "smtplib", "httpx", "requests", "aiohttp", "urllib.request", "http.client", "socket",
    "websockets", "twilio", "telnyx",
}  # fmt: skip
OUR_WAYS_OUT = {("lib.http", "Client"), ("accounts.services.mailing", "send_mail")}
ASKS = {"suppressed", "suppressed_leads"}

ACCOUNT = "mail about somebody's own login, which they need whatever else they asked not to get"
EXEMPT = {
    "accounts/services/mailing.py": f"the door for {ACCOUNT}",
    "accounts/services/challenges.py": ACCOUNT,
    "accounts/services/connections.py": ACCOUNT,
    "accounts/services/email_change.py": ACCOUNT,
    "accounts/services/factors.py": ACCOUNT,
    "accounts/services/invitations.py": "an invitation to a login, which one person asks for another by name",
    "accounts/services/password_reset.py": ACCOUNT,
    "accounts/services/passwords.py": ACCOUNT,
    "accounts/services/sessions.py": ACCOUNT,
    "accounts/services/sign_in.py": ACCOUNT,
    "accounts/views/team.py": "asks for an invitation to be sent again",
    "crm/providers/ctm/client.py": "reads calls and writes stars: no person gets anything",
    "crm/providers/ghl/client.py": "reads calls, recordings and names: no person gets anything",
    "crm/tasks.py": "sends stars to CallTrackingMetrics",
    "crm/services/form_intake.py": "tells a client's own people that a form came in",
    "lib/addresses.py": "resolves names for the HTTP client",
    "lib/cache.py": "talks to our own queue server",
    "lib/http_errors.py": "names what went wrong with a request",
    "lib/http.py": "the HTTP client itself: who uses it stands here too",
    "lib/openid.py": "exchanges tokens with the provider of a sign-in",
    "portal/management/commands/seed_demo.py": "asks the sandbox which accounts there are",
}


def sources() -> Iterator[tuple[str, str]]:
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            inside = path.relative_to(settings.BASE_DIR)
            if "tests" not in inside.parts and "migrations" not in inside.parts:
                yield str(inside), path.read_text()


def is_sender(source: str) -> bool:
    return any(_leads_out(node) for node in ast.walk(ast.parse(source)))


def _leads_out(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(_is_way_out(each.name) for each in names)
        case ast.ImportFrom(module=str(module), names=names):
            whole = any(_is_way_out(name) for name in (module, *(f"{module}.{each.name}" for each in names)))
            return whole or any((module, each.name) in OUR_WAYS_OUT for each in names)
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name == "send" or name.startswith("send_")
    return False


def _is_way_out(module: str) -> bool:
    return any(f"{module}.".startswith(f"{each}.") for each in WAYS_OUT)


def asks(source: str) -> bool:
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ASKS
        for node in ast.walk(ast.parse(source))
    )


def test_every_sender_asks_or_says_why_not() -> None:
    silent = {name for name, source in sources() if is_sender(source) and not asks(source)}

    assert silent == set(EXEMPT)


@pytest.mark.parametrize(
    "source",
    [
        "from django.core.mail import send_mail",
        "from django.core import mail",
        "import smtplib",
        "import httpx",
        "from urllib import request",
        "from lib.http import Client",
        "from accounts.services.mailing import send_mail as post",
        "def remind(message):\n    message.send()",
        "def remind(lead):\n    sms.send_text(lead.phone)",
    ],
)
def test_new_sender_is_noticed(source: str) -> None:
    assert (is_sender(source), asks(source)) == (True, False)


def test_sender_that_asks_needs_no_reason() -> None:
    source = (
        "import httpx\n\ndef dial(lead):\n    if suppression.suppressed(phones=[lead.phone]):\n        return"
    )

    assert (is_sender(source), asks(source)) == (True, True)


def test_exemptions_name_files_that_are_there() -> None:
    assert [name for name in EXEMPT if not Path(settings.BASE_DIR, name).is_file()] == []
