"""Coming in, being who one is, and going out again."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from accounts.models import Agency, Client, Membership, User
from accounts.principal import load_principal
from accounts.scope import PlatformUse, platform_scope
from accounts.tenancy import Actor
from conftest import NOON, PASSWORD, Cast


def sign_in(email: str, password: str = PASSWORD, browser: Browser | None = None) -> HttpResponse:
    return (browser or Browser()).post("/accounts/login/", {"login": email, "password": password})  # type: ignore[return-value]


@pytest.mark.parametrize("email", ["nora@example.test", "NORA@Example.TEST", "  nora@example.test "])
def test_sign_in_by_address_in_any_case(nora: User, email: str) -> None:
    browser = Browser()
    response = sign_in(email, browser=browser)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert browser.get("/")["Location"] == "/inbox/"


def words(response: HttpResponse) -> str:
    """What the page says, without what differs on every page: the address that was typed and the token."""
    page = response.content.decode()
    return page[page.index("<main") : page.index("</main>")] if "<main" in page else page


def test_wrong_password_and_unknown_address_are_told_alike(nora: User) -> None:
    import re

    wrong = words(sign_in("nora@example.test", "not the password"))
    unknown = words(sign_in("nobody@example.test", "not the password"))

    def plain(text: str) -> str:
        return re.sub(r'value="[^"]*"|(nora|nobody)@example\\.test', "", text)

    assert plain(wrong) == plain(unknown)
    assert "do not go together" in wrong
    assert "not the password" not in wrong


@pytest.mark.parametrize("email", ["", "nora", "nora\x00@example.test", "x" * 400 + "@example.test", "a@b@c"])
def test_nonsense_for_an_address_is_no_error(nora: User, email: str) -> None:
    assert sign_in(email).status_code == 200


def test_sign_out_ends_the_session(nora: User) -> None:
    browser = Browser()
    sign_in("nora@example.test", browser=browser)
    asked = browser.get("/accounts/logout/")
    still = browser.get("/inbox/").status_code
    browser.post("/accounts/logout/")

    assert (asked.status_code, still) == (200, 200)
    assert browser.get("/inbox/").status_code == 302


def test_deactivated_person_is_out_at_the_next_request(cast: Cast) -> None:
    browser = cast.browser("nora")
    before = browser.get("/inbox/").status_code
    User.objects.filter(pk=cast.people["nora"].pk).update(is_active=False)

    assert (before, browser.get("/inbox/").status_code) == (200, 302)


def test_people_are_deactivated_and_never_deleted(cast: Cast) -> None:
    """What they did names them for good."""
    url = f"/admin/accounts/user/{cast.people['nora'].pk}/delete/"

    assert cast.browser("sam").get(url).status_code == 403


def test_changed_password_ends_other_sessions(nora: User) -> None:
    browser = Browser()
    sign_in("nora@example.test", browser=browser)
    nora.set_password("another long password")
    nora.save()

    assert browser.get("/inbox/").status_code == 302


# Seats


def actor(user: User) -> Actor | None:
    principal = load_principal(user.pk)
    assert principal is not None
    return principal.actor()


ENDINGS: list[Any] = [
    (Membership, {"revoked_at": NOON}),
    (Membership, {"accepted_at": None}),
    (Client, {"archived_at": NOON}),
    (Agency, {"status": "inactive"}),
]


@pytest.mark.parametrize(("model", "change"), ENDINGS, ids=lambda value: str(value)[:40])
def test_rights_end_at_the_next_request(cast: Cast, model: Any, change: dict[str, Any]) -> None:
    hannah = cast.people["hannah"]
    house = cast.brightside
    where: dict[str, Any] = {"pk": house.client.pk if model is Client else cast.larkspur.pk}
    if model is Membership:
        where = {"user": hannah}
    browser = cast.browser("hannah")
    before = browser.get("/portal/").status_code
    with platform_scope(PlatformUse.PROVISION):
        getattr(model, "unscoped", model.objects).filter(**where).update(**change)

    assert (before, browser.get("/portal/").status_code) == (200, 404)
    assert actor(hannah) is None


def test_staff_of_an_archived_client_keep_the_rest(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Client.unscoped.filter(pk=cast.brightside.client.pk).update(archived_at=NOON)
    page = cast.browser("nora").get("/inbox/").content.decode()

    assert "Delgado Plumbing" in page


def test_inactive_house_leaves_a_person_their_seat_in_another(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.create(
            agency=cast.ironwood, user=cast.people["nora"], role="agency_member", accepted_at=NOON
        )
        Agency.objects.filter(pk=cast.larkspur.pk).update(status="inactive")
    found = actor(cast.people["nora"])

    assert found is not None
    assert (found.agency_id, found.roles) == (cast.ironwood.pk, frozenset({"agency_member"}))


def test_roles_of_one_seat_add_up_and_those_of_the_next_do_not(cast: Cast) -> None:
    """Vi looks on at Brightside and owns Delgado: at Brightside she still may not judge."""
    vi = cast.people["vi"]
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.create(agency=cast.larkspur, client=cast.delgado.client, user=vi, role="client_owner",
                                   accepted_at=NOON + timedelta(days=1))  # fmt: skip
    principal = load_principal(vi.pk)
    assert principal is not None
    at = {
        actor.client_ids: (set(actor.roles), actor.can("calls.judge"), actor.is_staff)
        for actor in principal.seats.values()
    }

    assert at == {
        (cast.brightside.client.pk,): ({"client_viewer"}, False, False),
        (cast.delgado.client.pk,): ({"client_owner"}, True, False),
    }
    browser = cast.browser("vi")
    assert browser.post(f"/calls/{cast.brightside.call.pk}/rating/", {"rating": "4"}).status_code == 403
    assert browser.get(f"/portal/calls/{cast.delgado.call.pk}/").status_code == 404  # until she changes seats


def test_assigned_member_reaches_the_clients_of_this_house_only(cast: Cast) -> None:
    from accounts.models import ClientAssignment

    theo = cast.people["theo"]
    with platform_scope(PlatformUse.PROVISION):
        ClientAssignment.unscoped.create(agency=cast.ironwood, client=cast.kettle.client, user=theo)
    page = cast.browser("theo").get("/inbox/").content.decode()

    assert "Brightside" in page
    assert "Copper Kettle" not in page


def test_unknown_person_has_no_principal(cast: Cast) -> None:
    from uuid import uuid4

    assert load_principal(uuid4()) is None
