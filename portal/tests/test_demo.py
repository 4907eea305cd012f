"""The demo: made once from the simulator's accounts, and whole again when it was cut short."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.models import Agency, Client, ClientAssignment, Membership, User
from accounts.scope import PlatformUse, platform_scope
from crm.models import CTMAccount, GHLAccount, PipelineStage
from portal import demo
from sandbox import server


@pytest.fixture(scope="module")
def running() -> Iterator[server.Sandbox]:
    with server.start(days=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: server.Sandbox, settings: Any, db: None) -> server.Sandbox:
    settings.CTM_BASE_URL = f"{running.url}/api/v1"
    settings.GHL_BASE_URL = f"{running.url}/ghl"
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    return running


def seed(sandbox: server.Sandbox) -> str:
    said = StringIO()
    call_command("seed_demo", sandbox=sandbox.url, stdout=said)
    return said.getvalue()


def everything() -> dict[str, int]:
    with platform_scope(PlatformUse.ADMIN):
        return {
            model.__name__: getattr(model, "unscoped", model._default_manager).count()
            for model in (
                Agency,
                Client,
                Membership,
                ClientAssignment,
                PipelineStage,
                CTMAccount,
                GHLAccount,
                User,
            )
        }


def connections() -> list[tuple[object, ...]]:
    with platform_scope(PlatformUse.ADMIN):
        return list(
            CTMAccount.unscoped.order_by("pk").values_list("webhook_token", "credential", "updated_at")
        )


MADE = {
    "Agency": 1, "Client": 5, "Membership": 4, "ClientAssignment": 5, "PipelineStage": 25, "CTMAccount": 5,
    "GHLAccount": 1, "User": 5,
}  # fmt: skip


def test_demo_is_made_once(sandbox: server.Sandbox) -> None:
    first, once, connected = seed(sandbox), everything(), connections()
    second, twice = seed(sandbox), everything()

    assert (first, second) == ("Made the demo agency.\n", "The demo agency is here already.\n")
    assert once == twice == MADE
    assert connections() == connected  # nobody was connected anew


def test_interrupted_seeding_goes_on_where_it_stopped(
    sandbox: server.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, calls = demo._connect, []

    def cut(client: Client, account: dict[str, Any]) -> None:
        calls.append(client)
        if len(calls) == 3:
            raise KeyboardInterrupt
        connect(client, account)

    monkeypatch.setattr(demo, "_connect", cut)
    with pytest.raises(KeyboardInterrupt):
        seed(sandbox)
    seed(sandbox)

    assert everything() == MADE


@pytest.mark.parametrize(("email", "password", "what"), demo.LOGINS)
def test_every_login_that_is_told_works(
    sandbox: server.Sandbox, email: str, password: str, what: str
) -> None:
    seed(sandbox)
    browser = Browser()
    response = browser.post("/accounts/login/", {"login": email, "password": password})

    assert response.status_code == 302
    assert browser.get("/", follow=True).status_code == 200
    assert f"{email} " in logins()


def logins() -> str:
    said = StringIO()
    call_command("seed_demo", logins=True, stdout=said)
    return said.getvalue()


def test_absent_sandbox_is_said_in_a_sentence(db: None) -> None:
    with pytest.raises(CommandError, match="The sandbox does not answer at http"):
        call_command("seed_demo", sandbox="http://127.0.0.1:9")
    with pytest.raises(CommandError, match="Name the sandbox"):
        call_command("seed_demo")
