"""A client's portal with somebody of the agency in the seat, as the browser sees it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Client, ImpersonationSession, Membership
from accounts.scope import PlatformUse, platform_scope
from conftest import Cast
from crm.models import Activity, Call
from crm.services.digests import digest
from portal.tests.test_access import HOUSE_ROUTES, ROWS, address

OPEN = {  # what an acting person may always post
    "accounts:acting_stop",
    "accounts:acting_changes",
    "account_logout",
    "portal:theme",
}
# The way home has no act; colours and logos come without looking who asks.
NOTHING_TO_POST = ("portal:start", "brand:logo", "brand:stylesheet")
SHUT = (
    "crm:inbox",
    "crm:clients",
    "crm:client",
    "accounts:acting",
    "accounts:audit",
    "accounts:audit_csv",
    "accounts:visits",
    "accounts:roles",
    "accounts:password",
    "accounts:connections",
    "accounts:locked",
    "accounts:profile",
    "accounts:leave",
)


def enter(cast: Cast, who: str = "nora", *, why: str = "") -> Browser:
    """The browser of ``who`` in Brightside's seat; with ``why``, allowed to change things."""
    browser = cast.browser(who)
    browser.post(reverse("accounts:acting_start"), {"client": cast.brightside.client.pk})
    if why:
        browser.post(reverse("accounts:acting_changes"), {"reason": why})
    return browser


def sessions(**wanted: Any) -> list[ImpersonationSession]:
    with platform_scope(PlatformUse.ADMIN):
        return list(ImpersonationSession.unscoped.filter(ends_at__gt=timezone.now(), **wanted))


def change_rows(model: Any, where: dict[str, Any], **values: Any) -> None:
    with platform_scope(PlatformUse.ADMIN):
        model.unscoped.filter(**where).update(**values)


def test_one_click_from_the_clients_page(cast: Cast) -> None:
    browser = cast.browser("nora")
    page = browser.get(reverse("crm:client", args=["brightside-dental"])).content.decode()
    before = browser.session.session_key

    answer = browser.post(reverse("accounts:acting_start"), {"client": cast.brightside.client.pk})
    calls = browser.get(reverse("portal:calls")).content.decode()

    assert f'name="client" value="{cast.brightside.client.pk}"' in page
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("portal:home"))
    assert ("Lee Brightside" in calls, "Lee Delgado" in calls) == (True, False)
    assert browser.session.session_key != before


def test_every_page_says_who_acts_as_whom(cast: Cast) -> None:
    browser = enter(cast)
    for name in (
        "portal:home",
        "portal:leads",
        "portal:calls",
        "portal:call",
        "crm:lead",
        "accounts:audit",
    ):
        page = browser.get(address(name, cast.brightside)).content.decode()
        words = [
            each in page
            for each in (
                'aria-label="Acting as a client"',
                "Nora",
                "Hannah",
                "Look only",
                "minutes left",
                "Stop",
            )
        ]
        assert words == [True] * 6, name


def test_nobody_else_sees_the_banner(cast: Cast) -> None:
    enter(cast)
    for who, route in (("nora", "crm:inbox"), ("hannah", "portal:home")):
        assert "Acting as a client" not in cast.browser(who).get(reverse(route)).content.decode()


@pytest.mark.parametrize("name", sorted(set(ROWS) - OPEN))
def test_looking_refuses_every_act_on_every_route(cast: Cast, name: str) -> None:
    """All routes of the resolver; a new view is refused before it is asked."""
    browser, url = enter(cast), address(name, cast.brightside)

    statuses = {getattr(browser, method)(url).status_code for method in ("post", "put", "patch", "delete")}

    assert statuses == {405 if name in NOTHING_TO_POST else 403}


def test_looking_at_every_page_writes_nothing(cast: Cast) -> None:
    browser = enter(cast)
    digest(
        "email", "ann@example.test"
    )  # whoever asks first makes the key of digests, once for the whole platform
    written: list[str] = []

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if (
            str(sql).startswith(("INSERT", "UPDATE", "DELETE"))
            and "session" not in str(sql).split("WHERE")[0]
        ):
            written.append(str(sql))
        return execute(sql, params, many, context)

    statuses = {}
    with connection.execute_wrapper(watch):
        for name in sorted(set(HOUSE_ROUTES) - OPEN):
            statuses[name] = browser.get(address(name, cast.brightside)).status_code

    assert written == []
    assert {name for name, status in statuses.items() if status == 200} >= {"portal:home", "portal:call"}
    assert {name: statuses[name] for name in SHUT} == {
        name: 404 if ROWS[name].statuses[4] == 404 else 403 for name in SHUT
    }


def test_looking_offers_no_deeds(cast: Cast) -> None:
    call = address("portal:call", cast.brightside)
    rate = reverse("crm:rate", args=[cast.brightside.call.pk])

    own = cast.browser("hannah").get(call)
    looking = enter(cast).get(call)
    raised = enter(cast, why="fix a rating").get(call)

    offered = [rate in answer.content.decode() for answer in (own, looking, raised)]
    assert [answer.status_code for answer in (own, looking, raised)] == [200] * 3
    assert offered == [True, False, True]


def test_changes_want_a_reason(cast: Cast) -> None:
    browser = enter(cast)

    blank = browser.post(reverse("accounts:acting_changes"), {"reason": "  "})
    refused = browser.post(reverse("crm:rate", args=[cast.brightside.call.pk]), {"rating": "5"})

    assert (blank.status_code, refused.status_code) == (422, 403)
    assert "Say in a sentence" in blank.content.decode()
    assert "You are only looking" in refused.content.decode()


def test_raised_changes_carry_both_names(cast: Cast) -> None:
    browser = enter(cast, why="Hannah asked by phone")

    browser.post(reverse("crm:rate", args=[cast.brightside.call.pk]), {"rating": "5"})

    with platform_scope(PlatformUse.ADMIN):
        call = Call.unscoped.get(pk=cast.brightside.call.pk)
        deed = Activity.unscoped.filter(action="rating_changed").get()
    [row] = sessions()
    assert (call.rating, deed.actor, deed.metadata["acting"]) == (5, cast.people["nora"], str(row.pk))
    assert (
        "Nora, acting for the client"
        in cast.browser("hannah").get(address("portal:call", cast.brightside)).content.decode()
    )
    assert (row.mode, row.reason) == ("write", "Hannah asked by phone")


@pytest.mark.parametrize("why", ["", "a reason"])
def test_some_doors_stay_shut_in_any_mode(cast: Cast, why: str) -> None:
    browser = enter(cast, why=why)

    for name in SHUT:
        for method in ("get", "post"):
            status = getattr(browser, method)(address(name, cast.brightside)).status_code
            assert status in (403, 404, 405), (name, method)
    assert browser.get(reverse("admin:index")).status_code == 403
    assert browser.post(reverse("accounts:take_seat"), {"seat": f"{cast.larkspur.pk}/"}).status_code == 403
    assert browser.post(reverse("accounts:acting_start"), {"client": cast.delgado.client.pk}).status_code in (
        403,
        404,
    )


def test_siblings_stay_strangers(cast: Cast) -> None:
    browser = enter(cast, why="a reason")

    for name in ("portal:call", "crm:lead"):
        assert browser.get(address(name, cast.delgado)).status_code == 404
    assert browser.post(reverse("crm:rate", args=[cast.delgado.call.pk]), {"rating": "1"}).status_code == 404


def test_stop_gives_the_own_seat_back(cast: Cast) -> None:
    browser = enter(cast)
    before = browser.session.session_key

    answer = browser.post(reverse("accounts:acting_stop"))

    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        reverse("crm:client", args=["brightside-dental"]),
    )
    assert browser.get(reverse("crm:inbox")).status_code == 200
    assert browser.get(reverse("portal:home")).status_code == 404
    assert (browser.session.session_key != before, sessions(ended_at=None)) == (True, [])
    assert browser.post(reverse("accounts:acting_stop")).status_code == 302  # once more does no harm


def test_signing_out_ends_it(cast: Cast) -> None:
    browser = enter(cast)

    browser.post(reverse("account_logout"))

    assert sessions(ended_at=None) == []


def test_after_its_hour_the_next_request_is_ones_own(cast: Cast) -> None:
    browser = enter(cast, why="a reason")
    [row] = sessions()
    key = browser.session.session_key
    change_rows(ImpersonationSession, {"pk": row.pk}, ends_at=timezone.now())

    late = browser.post(reverse("crm:rate", args=[cast.brightside.call.pk]), {"rating": "1"})
    page = browser.get(late.headers["Location"]).content.decode()

    with platform_scope(PlatformUse.ADMIN):
        rating = Call.unscoped.get(pk=cast.brightside.call.pk).rating
        ended = ImpersonationSession.unscoped.get(pk=row.pk).ended_at
        event = AuditEvent.unscoped.filter(event_type="acting_ended").get()
    assert (late.headers["Location"], rating) == (f"{reverse('accounts:acting')}?over={row.pk}", 3)
    assert "Your time in a client" in page
    assert (ended is not None, browser.session.session_key != key) == (True, True)
    assert (event.actor, event.on_behalf_of, event.details) == (
        cast.people["nora"],
        cast.people["hannah"],
        {"because": "the hour was over"},
    )


def test_htmx_is_led_away_when_it_is_over(cast: Cast) -> None:
    browser = enter(cast)
    change_rows(ImpersonationSession, {"ended_at": None}, ends_at=timezone.now())

    answer = browser.get(reverse("portal:calls"), headers={"hx-request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"].split("?")[0]) == (
        200,
        reverse("accounts:acting"),
    )
    assert answer.content == b""


@pytest.mark.parametrize(
    ("model", "where", "values"),
    [
        (Client, {"slug": "brightside-dental"}, {"status": "inactive"}),
        (Client, {"slug": "brightside-dental"}, {"archived_at": timezone.now()}),
        (Membership, {"user__email": "nora@example.test"}, {"role": "editor"}),
        (Membership, {"user__email": "nora@example.test"}, {"revoked_at": timezone.now()}),
    ],
)
def test_it_ends_with_the_right_to_it(
    cast: Cast, model: Any, where: dict[str, Any], values: dict[str, Any]
) -> None:
    browser = enter(cast)
    change_rows(model, where, **values)

    answer = browser.get(reverse("portal:calls"))

    assert answer.status_code == 302
    assert sessions(ended_at=None) == []
    assert browser.get(reverse("portal:calls")).status_code in (403, 404)


def test_entering_elsewhere_ends_it_here(cast: Cast) -> None:
    browser, other = enter(cast), cast.browser("nora")

    other.post(reverse("accounts:acting_start"), {"client": cast.delgado.client.pk})

    assert browser.get(reverse("portal:calls")).status_code == 302
    assert "Lee Delgado" in other.get(reverse("portal:calls")).content.decode()


def test_owners_of_both_sides_see_who_looked_in(cast: Cast) -> None:
    enter(cast, "theo", why="Hannah asked by phone")
    cast.browser("nora").post(reverse("accounts:acting_start"), {"client": cast.delgado.client.pk})

    shown = {}
    for who in ("nora", "hannah", "rafael", "otto"):
        page = cast.browser(who).get(reverse("accounts:visits")).content.decode()
        shown[who] = ("Theo" in page, "Hannah asked by phone" in page, "in the seat of Rafael" in page)

    assert shown == {
        "nora": (True, True, True),
        "hannah": (True, True, False),
        "rafael": (False, False, True),
        "otto": (False, False, False),
    }


def test_choosing_a_client_finds_and_remembers(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        ImpersonationSession.unscoped.filter(client=cast.delgado.client).delete()
    browser = enter(cast)
    browser.post(reverse("accounts:acting_stop"))
    here = reverse("accounts:acting")

    every, found, none = (browser.get(here, {"q": q}) for q in ("", "delg", "nobody"))

    assert [each.name for each in every.context["rows"]] == ["Brightside Dental", "Delgado Plumbing"]
    assert [each.name for each in every.context["recent"]] == ["Brightside Dental"]
    assert [each.name for each in found.context["rows"]] == ["Delgado Plumbing"]
    assert "No client of that name" in none.content.decode()
