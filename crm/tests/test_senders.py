"""Whatever leaves the house for a person asks the do-not-contact list first, or stands here with a reason.

Found by reading the code of every app of the product: functions that use a way out (mail, HTTP, sockets), and those
that call something named ``send``. A new one fails this test until it asks ``suppressed`` itself, or is
added on purpose.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

NO_APPS = ("lib",)  # of the product too, and not installed
WAYS_OUT = {
    "django.core.mail", "smtplib", "httpx", "requests", "aiohttp", "urllib.request", "http.client", "socket",
    "websockets", "twilio", "telnyx",
}  # fmt: skip
OUR_WAYS_OUT = {
    ("lib.http", "Client"),
    ("accounts.services.mailing", "send_mail"),
    ("accounts.services.mailing", "send_now"),
}
ASKS = {"suppressed", "suppressed_leads"}

ACCOUNT = "mail about somebody's own login, which they need whatever else they asked not to get"
EXEMPT = {
    "accounts/services/challenges.py:_mail_code": ACCOUNT,
    "accounts/services/connections.py:_connect": ACCOUNT,
    "accounts/services/email_change.py:ask_to_confirm": ACCOUNT,
    "accounts/services/email_change.py:confirm": ACCOUNT,
    "accounts/services/factors.py:_changed": ACCOUNT,
    "accounts/services/invitations.py:_mail": "an invitation to a login, which one person asks for another by name",
    "accounts/services/mailing.py:_deliver": f"the door for {ACCOUNT}",
    "accounts/services/mailing.py:_mail": f"the door for {ACCOUNT}",
    "accounts/services/mailing.py:send_now": f"the door for {ACCOUNT}",
    "accounts/services/password_reset.py:ask_for_reset": ACCOUNT,
    "accounts/services/password_reset.py:reset_password": ACCOUNT,
    "accounts/services/passwords.py:change_password": ACCOUNT,
    "accounts/services/sessions.py:report_reuse": ACCOUNT,
    "accounts/services/sign_in.py:_tell_of_device": ACCOUNT,
    "accounts/services/sign_in.py:_tell_of_pause": ACCOUNT,
    "accounts/views/team.py:do_resend": "asks for an invitation to be sent again",
    "crm/providers/ctm/client.py:CTMClient.__init__": "reads calls and writes stars: no person gets anything",
    "crm/providers/ghl/client.py:GHLClient._way": "reads calls, recordings and names: no person gets anything",
    "crm/services/form_notices.py:_sent": "tells a client's own people that a form came in",
    "crm/tasks.py:sweep_writes": "sends stars to CallTrackingMetrics",
    "lib/addresses.py:public_address": "resolves names for the HTTP client",
    "lib/cache.py:KeptClient.get": "talks to our own queue server",
    "lib/http.py:Client.__init__": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:Client._elsewhere": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:Client._open": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:Client._own": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:Client._trusts": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:_failures": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:_pieces": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:_place": "the HTTP client itself: who uses it stands here too",
    "lib/http.py:_tls": "the HTTP client itself: who uses it stands here too",
    "lib/http_errors.py:refusal": "names what went wrong with a request",
    "lib/openid.py:_fetched": "exchanges tokens with the provider of a sign-in",
    "lib/openid.py:redeem": "exchanges tokens with the provider of a sign-in",
    "portal/management/commands/seed_demo.py:Command.handle": "asks the sandbox which accounts there are",
}


def sources() -> Iterator[tuple[str, str]]:
    base = Path(settings.BASE_DIR)
    ours = {Path(each.path) for each in apps.get_app_configs()} | {base / each for each in NO_APPS}
    for app in sorted(each for each in ours if each.parent == base):
        for path in sorted(app.rglob("*.py")):
            inside = path.relative_to(base)
            if "tests" not in inside.parts and "migrations" not in inside.parts:
                yield str(inside), path.read_text()


def senders(source: str) -> dict[str, bool]:
    """Each function that leads out, by its name, and whether it asks. What stands in none is ``<module>``."""
    tree = ast.parse(source)
    doors = {name for node in ast.walk(tree) for name in _doors(node)}
    found: dict[str, bool] = {}
    for name, part in _parts(tree):
        if any(_leads_out(node, doors) for node in ast.walk(part)):
            found[name] = _asks(part)
    return found


def _parts(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    rest = []
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node
            case ast.ClassDef(name=name, body=body):
                methods = [each for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
                yield from ((f"{name}.{each.name}", each) for each in methods)
                rest += [each for each in body if each not in methods]
            case ast.Import() | ast.ImportFrom():
                pass
            case _:
                rest.append(node)
    yield "<module>", ast.Module(rest, [])


def _doors(node: ast.AST) -> Iterator[str]:
    """Under which names the ways out are known in a module."""
    match node:
        case ast.Import(names=names):
            yield from (
                each.asname or each.name.partition(".")[0] for each in names if _is_way_out(each.name)
            )
        case ast.ImportFrom(module=str(module), names=names):
            for each in names:
                ours = (module, each.name) in OUR_WAYS_OUT
                if ours or _is_way_out(module) or _is_way_out(f"{module}.{each.name}"):
                    yield each.asname or each.name


def _leads_out(node: ast.AST, doors: set[str]) -> bool:
    match node:
        case ast.Name(id=name) if name in doors:
            return True
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name == "send" or name.startswith("send_")
    return False


def _is_way_out(module: str) -> bool:
    return any(f"{module}.".startswith(f"{each}.") for each in WAYS_OUT)


def _asks(part: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ASKS
        for node in ast.walk(part)
    )


def test_every_sender_asks_or_says_why_not() -> None:
    silent = {
        f"{file}:{name}" for file, source in sources() for name, asks in senders(source).items() if not asks
    }

    assert silent == set(EXEMPT)


def test_apps_of_the_product_are_all_read() -> None:
    """Also one that is made tomorrow: whoever installs it need not think of this list."""
    read = {Path(file).parts[0] for file, _ in sources()}
    installed = {each.partition(".")[0] for each in settings.INSTALLED_APPS}

    assert {each for each in installed if Path(settings.BASE_DIR, each).is_dir()} | set(NO_APPS) == read


@pytest.mark.parametrize(
    "source",
    [
        "from django.core.mail import send_mail\ndef go():\n    send_mail()",
        "from django.core import mail\ndef go():\n    mail.EmailMessage()",
        "import smtplib\ndef go():\n    smtplib.SMTP()",
        "import httpx\ndef go():\n    httpx.get('/')",
        "from urllib import request\ndef go():\n    request.urlopen('/')",
        "from lib.http import Client\ndef go():\n    Client()",
        "from accounts.services.mailing import send_mail as post\ndef go():\n    post()",
        "def go(message):\n    message.send()",
        "async def go(lead):\n    sms.send_text(lead.phone)",
        "import httpx\ndef asks(lead):\n    suppressed(lead)\n    httpx.get('/')\ndef go():\n    httpx.get('/')",
    ],
)
def test_new_sender_is_noticed(source: str) -> None:
    assert senders(source)["go"] is False


def test_sender_that_asks_needs_no_reason() -> None:
    source = (
        "import httpx\n\ndef dial(lead):\n    if suppression.suppressed(phones=[lead.phone]):\n"
        "        return\n    httpx.post('/')"
    )

    assert senders(source) == {"dial": True}
