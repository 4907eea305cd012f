"""A superuser in a client's seat: they come from Django admin, and inside they are like anybody who acts."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, AuditEvent, Client, ImpersonationSession, Membership, User
from accounts.permissions import MATRIX, WHILE_ACTING, Level, level_while_acting
from accounts.scope import PlatformUse, platform_scope
from conftest import NOON, Cast
from crm.models import Activity, Call
from portal.tests.test_access import HOUSE_ROUTES, ROWS, address
from portal.tests.test_acting import NOTHING_TO_POST, OPEN, SHUT

WHY = "A call that Hannah cannot open"


def door(client: Client) -> str:
    return reverse("accounts:acting_platform", args=[client.pk])


def enter(cast: Cast, client: Client | None = None, *, browser: Browser | None = None) -> Browser:
    browser = browser or cast.browser("sam")
    answer = browser.post(door(client or cast.brightside.client), {"reason": WHY})
    assert (answer.status_code, answer["Location"]) == (302, reverse("portal:home"))
    return browser


def times(**wanted: Any) -> list[ImpersonationSession]:
    with platform_scope(PlatformUse.ADMIN):
        return list(ImpersonationSession.unscoped.filter(by_platform=True, **wanted).order_by("pk"))


def told(category: str = "session") -> list[tuple[Any, ...]]:
    with platform_scope(PlatformUse.ADMIN):
        rows = AuditEvent.unscoped.filter(category=category, event_type__startswith="acting_").order_by("pk")
        names = ("event_type", "agency__name", "client__name", "actor__email", "on_behalf_of__email")
        return list(rows.values_list(*names, "details"))


def change_rows(model: Any, where: dict[str, Any], **values: Any) -> None:
    with platform_scope(PlatformUse.ADMIN):
        getattr(model, "unscoped", model.objects).filter(**where).update(**values)


def test_the_clients_pages_in_the_admin_lead_there(cast: Cast) -> None:
    sam = cast.browser("sam")
    for client in (cast.brightside.client, cast.kettle.client):
        row = sam.get(reverse("admin:accounts_client_changelist")).content.decode()
        page = sam.get(reverse("admin:accounts_client_change", args=[client.pk])).content.decode()
        assert (door(client) in row, door(client) in page) == (True, True)

    words = sam.get(door(cast.kettle.client)).content.decode()
    assert [
        each in words for each in ("Act as Copper Kettle", "A client of Ironwood", "Petra, the owner")
    ] == [True] * 3


def test_nothing_is_seen_without_a_reason(cast: Cast) -> None:
    sam = cast.browser("sam")

    answer = sam.post(door(cast.brightside.client), {"reason": "  "})

    assert (answer.status_code, "Say in a sentence" in answer.content.decode()) == (422, True)
    assert (times(), sam.get(reverse("portal:calls")).status_code) == ([], 404)


def test_one_sees_what_the_owner_sees_and_no_more(cast: Cast) -> None:
    sam = enter(cast)
    hannah = cast.browser("hannah")

    for name in ("portal:home", "portal:leads", "portal:calls"):
        page = sam.get(reverse(name)).content.decode()
        assert hannah.get(reverse(name)).status_code == 200
        assert ("Lee Brightside" in page, "Lee Delgado" in page, "Lee Copper" in page) == (True, False, False)
        assert [
            each in page for each in ("Sam</b> (Switchboard)", "Hannah, Brightside Dental", "Look only")
        ] == [True] * 3, name
    for house in (cast.delgado, cast.kettle):
        for name in ("portal:call", "portal:lead"):
            assert sam.get(address(name, house)).status_code == 404


def test_the_database_shows_only_that_client(cast: Cast) -> None:
    """Whatever a view asks: the scope in force is the client's, and the platform role is not taken."""
    sam, roles = enter(cast), set()

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if " crm_" in str(sql) or '"crm_' in str(sql):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(
                    "SELECT current_user, current_setting('app.agency_id'), current_setting('app.client_ids')"
                )
                roles.add(cursor.fetchone())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        sam.get(address("portal:call", cast.brightside))

    assert roles == {("portal_app", str(cast.larkspur.pk), f"{{{cast.brightside.client.pk}}}")}


@pytest.mark.parametrize("name", sorted(set(ROWS) - OPEN))
def test_looking_refuses_every_act_on_every_route(cast: Cast, name: str) -> None:
    browser, url = enter(cast), address(name, cast.brightside)

    statuses = {getattr(browser, method)(url).status_code for method in ("post", "put", "patch", "delete")}

    assert statuses == {405 if name in NOTHING_TO_POST else 403}


def test_raised_changes_carry_both_names(cast: Cast) -> None:
    sam = enter(cast)
    blank = sam.post(reverse("accounts:acting_changes"), {"reason": ""}).status_code
    sam.post(reverse("accounts:acting_changes"), {"reason": "She asked for five stars"})
    sam.post(reverse("crm:rate", args=[cast.brightside.call.pk]), {"rating": "5"})
    foreign = sam.post(reverse("crm:rate", args=[cast.kettle.call.pk]), {"rating": "5"}).status_code
    sam.post(reverse("accounts:acting_stop"))

    with platform_scope(PlatformUse.ADMIN):
        rating = Call.unscoped.get(pk=cast.brightside.call.pk).rating
        deed = Activity.unscoped.filter(action="rating_changed").get()
    [row] = times()
    both = ("Larkspur", "Brightside Dental", "sam@example.test", "hannah@example.test")
    until = row.ends_at.isoformat()
    assert (blank, foreign, rating, row.mode, row.reason) == (
        422,
        404,
        5,
        "write",
        "She asked for five stars",
    )
    assert (deed.actor, deed.metadata["acting"]) == (cast.people["sam"], str(row.pk))
    assert told() == [
        ("acting_started", *both, {"until": until, "reason": WHY, "by": "a superuser"}),
        ("acting_raised", *both, {"reason": "She asked for five stars"}),
        ("acting_ended", *both, {"because": "stopped"}),
    ]


def test_a_superuser_brings_no_rights_into_the_seat() -> None:
    """What superusers alone may do stays outside, as does what agency people may only do while they act."""
    seats = {raised: {each: level_while_acting({"superuser"}, each, raised=raised) for each in MATRIX}
             for raised in (False, True)}  # fmt: skip

    assert {each for held in seats.values() for each, level in held.items() if level} <= WHILE_ACTING
    assert set(seats[False].values()) == {Level.NONE, Level.READ}
    assert {
        seats[True][each] for each in ("classification.rerun", "secrets.reveal", "platform.administer")
    } == {Level.NONE}


@pytest.mark.parametrize("raised", [False, True])
def test_some_doors_stay_shut_in_any_mode(cast: Cast, raised: bool) -> None:
    sam = enter(cast)
    if raised:
        sam.post(reverse("accounts:acting_changes"), {"reason": "a reason"})

    for name in (
        *SHUT,
        "accounts:factors",
        "accounts:security",
        "accounts:our_team",
        "accounts:acting_platform",
    ):
        for method in ("get", "post"):
            status = getattr(sam, method)(address(name, cast.brightside)).status_code
            assert status in (403, 404, 405), (name, method)
    assert {sam.get(reverse(name)).status_code for name in ("admin:index", "admin:crm_call_changelist")} == {
        403
    }


def test_looking_at_every_page_fails_nowhere(cast: Cast) -> None:
    sam = enter(cast)

    statuses = {
        name: sam.get(address(name, cast.brightside)).status_code for name in sorted(set(HOUSE_ROUTES) - OPEN)
    }

    assert {name for name, status in statuses.items() if status >= 500} == set()
    assert {name for name, status in statuses.items() if status == 200} >= {"portal:home", "portal:call"}


def test_both_houses_read_who_looked_in_and_why(cast: Cast) -> None:
    enter(cast)

    shown = {}
    for who in ("nora", "hannah", "rafael", "otto"):
        page = cast.browser(who).get(reverse("accounts:visits")).content.decode()
        shown[who] = [each in page for each in (">Switchboard</span>", WHY, "in the seat of Hannah")]

    assert shown == {"nora": [True] * 3, "hannah": [True] * 3, "rafael": [False] * 3, "otto": [False] * 3}
    assert (
        "sam@example.test as hannah@example.test"
        in cast.browser("hannah").get(reverse("accounts:audit")).content.decode()
    )


def test_stop_leads_back_to_the_admin(cast: Cast) -> None:
    sam = enter(cast)
    key = sam.session.session_key

    answer = sam.post(reverse("accounts:acting_stop"))

    back = reverse("admin:accounts_client_change", args=[cast.brightside.client.pk])
    assert (answer["Location"], sam.get(back).status_code) == (back, 200)
    assert (sam.session.session_key != key, sam.get(reverse("portal:home")).status_code) == (True, 404)


def test_after_its_hour_the_next_request_is_ones_own(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        sam = enter(cast)
        [row] = times()
        lasts = row.ends_at - NOON
        clock.shift(timedelta(minutes=59, seconds=59))
        before = sam.get(reverse("portal:calls")).status_code
        clock.shift(timedelta(seconds=1))
        late = sam.post(reverse("crm:rate", args=[cast.brightside.call.pk]), {"rating": "1"})

    assert (lasts, before, late["Location"]) == (
        timedelta(minutes=60), 200, f"{door(cast.brightside.client)}?over=1"
    )  # fmt: skip
    [row] = times()
    assert (row.ended_at, told()[-1][-1]) == (row.ends_at, {"because": "the hour was over"})


@pytest.mark.parametrize(
    ("model", "where", "values"),
    [
        (User, {"email": "sam@example.test"}, {"is_superuser": False}),
        (Client, {"slug": "brightside-dental"}, {"status": "inactive"}),
        (Client, {"slug": "brightside-dental"}, {"archived_at": timezone.now()}),
        (Agency, {"slug": "larkspur"}, {"status": "inactive"}),
    ],
)
def test_it_ends_with_the_right_to_it(
    cast: Cast, model: Any, where: dict[str, Any], values: dict[str, Any]
) -> None:
    sam = enter(cast)
    change_rows(model, where, **values)

    answer = sam.get(reverse("portal:calls"))

    assert answer.status_code == 302
    assert times(ended_at=None) == []
    assert sam.get(reverse("portal:calls")).status_code == 404
    assert sam.post(door(cast.brightside.client), {"reason": WHY}).status_code == 404


def test_what_cannot_be_entered_says_so(cast: Cast) -> None:
    change_rows(Client, {"slug": "copper-kettle"}, status="inactive")

    page = cast.browser("sam").get(door(cast.kettle.client)).content.decode()

    assert ("This portal cannot be entered" in page, "Enter the portal" in page) == (True, False)


def test_one_seat_at_a_time_in_all_agencies(cast: Cast) -> None:
    first = enter(cast)
    other = cast.browser("sam")
    warned = other.get(door(cast.kettle.client)).content.decode()
    enter(cast, cast.kettle.client, browser=other)

    assert "You are in the seat of Brightside Dental in another window" in warned
    assert [each.ended_at is None for each in times()] == [False, True]
    assert first.get(reverse("portal:calls")).status_code == 302
    assert "Lee Copper" in other.get(reverse("portal:calls")).content.decode()
    assert told()[1][:3] == ("acting_ended", "Larkspur", "Brightside Dental")


@pytest.mark.parametrize("who", ["nora", "otto", "hannah", "lena"])
def test_nobody_else_finds_the_door(cast: Cast, who: str) -> None:
    browser, here = cast.browser(who), door(cast.brightside.client)

    assert {browser.get(here).status_code, browser.post(here, {"reason": WHY}).status_code} == {404}
    assert times() == []


def test_a_strong_proof_comes_first(cast: Cast) -> None:
    """Neither a password alone nor a proof from this morning opens the door."""
    here = door(cast.brightside.client)
    with time_machine.travel(NOON, tick=False) as clock:
        sam = cast.browser("sam")
        clock.shift(timedelta(minutes=10))
        stale = [sam.get(here), sam.post(here, {"reason": WHY})]

    assert [each["Location"][:26] for each in stale] == [
        "/people/verify/?why=admin&",
        "/people/verify/?why=admin",
    ]
    assert times() == []


def test_a_kept_seat_of_staff_is_not_a_superusers(cast: Cast) -> None:
    """Sam also owns Larkspur: the time they began as its owner ends with that, whatever else they are."""
    with platform_scope(PlatformUse.PROVISION):
        own = Membership.unscoped.create(
            agency=cast.larkspur, user=cast.people["sam"], role="agency_owner", accepted_at=NOON
        )
    sam = cast.browser("sam")
    sam.post(reverse("accounts:acting_start"), {"client": cast.brightside.client.pk})
    inside = sam.get(reverse("portal:calls")).status_code
    change_rows(Membership, {"pk": own.pk}, revoked_at=NOON)

    assert (inside, sam.get(reverse("portal:calls")).status_code) == (200, 302)
    assert sam.get(reverse("portal:calls")).status_code == 404


def test_the_browser_does_not_take_the_clients_looks_along(cast: Cast) -> None:
    sam = enter(cast)

    assert sam.get("/")["Location"] == reverse("portal:home")
    assert "house" not in sam.cookies
