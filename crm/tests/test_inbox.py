"""The inbox: what a filter lets through, in which order, and around which place."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client
from accounts.scope import agency_scope, scoped
from accounts.tenancy import Actor
from conftest import NOON, Cast, House
from crm.inbox import InboxFilter, inbox_page, neighbours
from crm.lead_filter import Reading
from crm.models import Call, CallTag, Lead, Tag
from crm.paging import PAGE, Page, Place
from lib.uuid7 import uuid7


def make_calls(house: House, count: int, **fields: Any) -> list[Call]:
    """Newest first; three at a time share a moment."""
    client = house.client
    with agency_scope(client.agency_id):
        calls = [
            Call(
                agency_id=client.agency_id, client=client, external_id=f"made-{uuid7()}", direction="inbound",
                started_at=NOON - timedelta(minutes=n // 3 + 1), from_number="+14105550100", **fields,
            )
            for n in range(count)
        ]  # fmt: skip
        Call.unscoped.bulk_create(calls)
        return list(Call.unscoped.filter(pk__in=[each.pk for each in calls]).order_by("-started_at", "-pk"))


def make_lead(client: Client, name: str, number: str = "", **call: Any) -> Call:
    with agency_scope(client.agency_id):
        lead = Lead.unscoped.create(
            agency_id=client.agency_id,
            client=client,
            display_name=name,
            phone=number,
            phone_e164=number,
            last_call_at=NOON,
        )
        return Call.unscoped.create(
            agency_id=client.agency_id, client=client, lead=lead, external_id=f"made-{lead.pk}", direction="inbound",
            started_at=NOON, **call,
        )  # fmt: skip


def look(actor: Actor, chosen: InboxFilter | None = None, **place: Place | None) -> Page:
    with scoped(actor.scope):
        return inbox_page(actor, chosen or InboxFilter(), **place)


def ids(page: Page) -> list[UUID]:
    return [UUID(str(row["id"])) for row in page.rows]


def test_newest_first_with_ties_in_a_steady_order(cast: Cast) -> None:
    calls = make_calls(cast.brightside, 9)

    assert ids(look(cast.actor("hannah"))) == [cast.brightside.call.pk, *(call.pk for call in calls)]


def test_walking_down_and_up_again_meets_every_call_once(cast: Cast) -> None:
    """Over pages that end in the middle of a moment."""
    every = [cast.brightside.call.pk, *(call.pk for call in make_calls(cast.brightside, 2 * PAGE + 10))]
    actor = cast.actor("hannah")
    pages = [look(actor)]
    while pages[-1].older:
        pages.append(look(actor, before=pages[-1].older))
    up = [pages[-1]]
    while up[-1].newer:
        up.append(look(actor, after=up[-1].newer))

    assert [each for page in pages for each in ids(page)] == every
    assert [len(page.rows) for page in pages] == [PAGE, PAGE, len(every) - 2 * PAGE]
    assert [ids(page) for page in up] == [ids(page) for page in reversed(pages)]
    assert (pages[0].newer, pages[-1].older, up[-1].newer) == (None, None, None)


def test_page_above_shows_the_whole_top_when_calls_have_left_it(cast: Cast) -> None:
    calls = make_calls(cast.brightside, PAGE + 20)
    actor, chosen = cast.actor("hannah"), InboxFilter(unread=True)
    second = look(actor, chosen, before=look(actor, chosen).older)
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk__in=[call.pk for call in calls[:30]]).update(seen_at=NOON)

    back = look(actor, chosen, after=second.newer)

    assert ids(back) == ids(look(actor, chosen))
    assert len(back.rows) == len(calls) - 30 + 1


def test_place_survives_the_address_to_the_microsecond() -> None:
    place = Place(NOON + timedelta(microseconds=123_457), uuid7())

    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "1",
        "x~y",
        "1~nobody",
        "9" * 5000 + "~x",
        f"{'9' * 30}~{UUID(int=7)}",
        f"-{'9' * 20}~{UUID(int=7)}",
    ],
)
def test_place_that_means_nothing_is_none(cast: Cast, text: str) -> None:
    assert Place.parse(text) is None
    assert cast.browser("nora").get("/inbox/", {"before": text}).status_code == 200


def named(value: object) -> str:
    """A name that is the same in every process, which that of a set is not."""
    return "shown" if isinstance(value, set | frozenset) else str(value)


FILTERS = [
    ({"client": "brightside-dental"}, {"Lee Brightside Dental"}),
    ({"client": "delgado-plumbing"}, {"Lee Delgado Plumbing"}),
    ({"client": "copper-kettle"}, {"Lee Brightside Dental", "Lee Delgado Plumbing"}),  # another house: no filter
    ({"category": "warm"}, {"Lee Brightside Dental"}),
    ({"category": "spam"}, {"Lee Delgado Plumbing"}),
    ({"category": "nonsense"}, {"Lee Brightside Dental", "Lee Delgado Plumbing"}),
    ({"rating": "3"}, {"Lee Brightside Dental"}),
    ({"rating": "1"}, {"Lee Delgado Plumbing"}),
    ({"rating": "6"}, {"Lee Brightside Dental", "Lee Delgado Plumbing"}),
    ({"unread": "1"}, {"Lee Delgado Plumbing"}),
    ({"unread": "0"}, {"Lee Brightside Dental", "Lee Delgado Plumbing"}),
    ({"category": "warm", "rating": "1"}, set()),
    (
        {"category": "spam", "rating": "1", "unread": "1", "client": "delgado-plumbing", "q": "lee"},
        {"Lee Delgado Plumbing"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "shown"), FILTERS, ids=named)
def test_filter_lets_through(cast: Cast, asked: dict[str, str], shown: set[str]) -> None:
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(seen_at=NOON)
        Call.unscoped.filter(pk=cast.delgado.call.pk).update(category="spam", rating=1)
    page = cast.browser("nora").get("/inbox/", asked, headers={"HX-Request": "true"}).content.decode()

    assert {
        name for name in ("Lee Brightside Dental", "Lee Delgado Plumbing", "Lee Copper") if name in page
    } == shown


BOTH = {"Lee Brightside Dental", "Lee Delgado Plumbing"}
MORE = [
    ({"direction": "outbound"}, {"Lee Delgado Plumbing"}),
    ({"direction": "sideways"}, BOTH),
    ({"source": "manual"}, {"Lee Delgado Plumbing"}),
    ({"source": "ctm", "direction": "outbound"}, set()),
    ({"disposition": "Voicemail"}, {"Lee Delgado Plumbing"}),
    ({"disposition": "left vm"}, BOTH),
    ({"tag": "URGENT"}, BOTH),
    ({"tag": "Roof"}, {"Lee Delgado Plumbing"}),
    ({"tag": "Kettle"}, set()),  # the other house's
    ({"day_from": "2026-03-02", "day_to": "2026-03-02"}, {"Lee Brightside Dental"}),  # of New York
    ({"day_from": "2026-03-03"}, {"Lee Delgado Plumbing"}),
    ({"day_to": "2026-03-02"}, {"Lee Brightside Dental"}),
    ({"day": "7"}, set()),
    ({"day_from": "soon", "day_to": "2026-02-30"}, BOTH),
    (
        {"direction": "outbound", "tag": "roof", "day_from": "2026-03-03", "q": "lee"},
        {"Lee Delgado Plumbing"},
    ),
]


@pytest.mark.parametrize(("asked", "shown"), MORE, ids=named)
def test_filters_that_are_folded_away_let_through(cast: Cast, asked: dict[str, str], shown: set[str]) -> None:
    """Midnight of the second to the third of March is at five in New York."""
    midnight = datetime(2026, 3, 3, 5, tzinfo=UTC)
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(started_at=midnight - timedelta(seconds=1))
        delgado = cast.delgado.call
        Call.unscoped.filter(pk=delgado.pk).update(
            started_at=midnight, direction="outbound", source="manual", disposition="Voicemail"
        )
        own = {"agency_id": delgado.agency_id, "client_id": delgado.client_id}
        CallTag.unscoped.create(**own, call=delgado, tag=Tag.unscoped.create(**own, name="Roof"))
    with agency_scope(cast.ironwood.pk):
        Tag.unscoped.filter(pk=cast.kettle.tag.pk).update(name="Kettle")
    page = cast.browser("nora").get("/inbox/", asked, headers={"HX-Request": "true"}).content.decode()

    assert {name for name in (*BOTH, "Lee Copper Kettle") if name in page} == shown


def test_client_filters_its_calls_alike_and_sees_nobody_elses(cast: Cast) -> None:
    rafael = cast.browser("rafael")
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(direction="outbound")
    shown = {
        direction: "Lee" in rafael.get(
            reverse("portal:calls"), {"direction": direction}, headers={"HX-Request": "true"}
        ).content.decode()
        for direction in ("inbound", "outbound")
    }  # fmt: skip
    page = rafael.get(reverse("portal:calls"), {"tag": "urgent"}).content.decode()

    assert shown == {"inbound": True, "outbound": False}
    assert ('class="more-filters" open' in page, 'value="urgent"' in page) == (True, True)


def test_view_keeps_and_tells_what_is_folded_away(cast: Cast) -> None:
    asked = "direction=outbound&source=manual&disposition=Voicemail&tag=Roof&day=7"
    page = cast.browser("nora").get(f"{reverse('crm:views_new', args=['calls'])}?{asked}").content.decode()

    words = ("Outbound", "Logged by hand", "Voicemail", "Tag: Roof", "Day: Last 7 days")
    assert [each for each in words if each not in page] == []


SEARCHES = [
    ("Anna", {"Anna Holm", "Joanna Reyes"}),
    ("anna h", {"Anna Holm"}),
    ("  ANNA   HOLM ", {"Anna Holm"}),
    ("jo", {"Joanna Reyes", "Bob Jones"}),  # two letters: the beginning of a word
    ("an", {"Anna Holm"}),
    ("j", set()),
    ("élodie", {"Élodie Müller"}),
    ("ÉLODIE MÜ", {"Élodie Müller"}),
    ("müller", {"Élodie Müller"}),
    ("100%", {"100% Clean_Co"}),
    ("%", set()),
    ("%%%", set()),
    ("clean_", {"100% Clean_Co"}),
    ("cleanxco", set()),
    ("a\\", set()),
    ("555-0171", {"Anna Holm"}),
    ("(410) 555 0171", {"Anna Holm"}),
    ("+1 410 555-0171", {"Anna Holm"}),
    ("0171", {"Anna Holm"}),
    ("410555", {"Anna Holm", "Joanna Reyes"}),
    ("o'", {"Pat O'Brien"}),
    ("' OR 1=1 --", set()),
    ("nul\x00l", set()),
    ("李小", {"李小龙"}),
]


@pytest.mark.parametrize(("asked", "shown"), SEARCHES, ids=named)
def test_search_finds(cast: Cast, asked: str, shown: set[str]) -> None:
    people = {
        "Anna Holm": "+14105550171", "Joanna Reyes": "+14105550172", "Bob Jones": "", "Élodie Müller": "",
        "100% Clean_Co": "", "Pat O'Brien": "", "李小龙": "",
    }  # fmt: skip
    for name, number in people.items():
        make_lead(cast.brightside.client, name, number)
    for asker in ("nora", "hannah"):
        actor = cast.actor(asker)
        found = look(actor, InboxFilter.parse({"q": asked}, Reading({})))
        assert {row["lead_name"] for row in found.rows} & set(people) == shown, asker


def test_search_stays_in_the_house_and_in_the_filter(cast: Cast) -> None:
    for house in (cast.brightside, cast.delgado, cast.kettle):
        make_lead(house.client, "Zoe Quill", category="warm" if house is cast.brightside else "spam")
    nora = cast.actor("nora")

    def clients(**chosen: Any) -> set[Any]:
        return {UUID(str(row["client_id"])) for row in look(nora, InboxFilter(q="zoe", **chosen)).rows}

    brightside, delgado = cast.brightside.client.pk, cast.delgado.client.pk
    assert clients() == {brightside, delgado}
    assert clients(category="spam") == {delgado}
    assert clients(client_id=brightside) == {brightside}
    rafaels = look(cast.actor("rafael"), InboxFilter(q="zoe")).rows
    assert [row["lead_name"] for row in rafaels] == ["Zoe Quill"]


def test_first_page_of_a_search_is_full_within_one_client(cast: Cast) -> None:
    """However many newer namesakes the next client has."""
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.bulk_create(
            Lead(
                agency=cast.larkspur,
                client=cast.delgado.client,
                display_name="Zoe Quill",
                last_call_at=NOON + timedelta(days=1),
            )
            for _ in range(PAGE + 1)
        )
    call = make_lead(cast.brightside.client, "Zoe Quill")

    assert ids(look(cast.actor("nora"), InboxFilter(q="zoe", client_id=cast.brightside.client.pk))) == [
        call.pk
    ]


def test_archived_people_are_not_found(cast: Cast) -> None:
    call = make_lead(cast.brightside.client, "Zoe Quill")
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=str(call.lead_id)).update(archived_at=NOON)

    assert look(cast.actor("nora"), InboxFilter(q="zoe")).rows == []


def test_neighbours_are_those_of_the_filtered_list(cast: Cast) -> None:
    calls = make_calls(cast.brightside, 6)
    actor = cast.actor("hannah")
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk__in=[calls[n].pk for n in (0, 3, 5)]).update(category="spam")
    spam = InboxFilter(category="spam")
    with scoped(actor.scope):
        around = [neighbours(actor, spam, calls[n]) for n in (0, 1, 3, 5)]
        unfiltered = neighbours(actor, InboxFilter(), calls[1])

    assert around == [
        (None, calls[3].pk),
        (calls[0].pk, calls[3].pk),  # the open call need not pass the filter itself
        (calls[0].pk, calls[5].pk),
        (calls[3].pk, None),
    ]
    assert unfiltered == (calls[0].pk, calls[2].pk)


def test_open_call_keeps_the_filter_in_its_links(cast: Cast) -> None:
    calls = make_calls(cast.brightside, 3, category="spam")
    page = (
        cast.browser("nora")
        .get(f"/inbox/{calls[1].pk}/?category=spam&client=brightside-dental")
        .content.decode()
    )

    for other in (calls[0], calls[2]):
        assert f"/inbox/{other.pk}/?client=brightside-dental&amp;category=spam" in page


def test_links_to_other_pages_keep_the_filter(cast: Cast) -> None:
    make_calls(cast.brightside, PAGE + 5, category="spam")
    page = cast.browser("nora").get("/inbox/?category=spam&unread=1&q=").context["older_url"]

    asked = {key: values[0] for key, values in parse_qs(urlsplit(page).query).items()}
    assert Place.parse(asked.pop("before")) is not None
    assert asked == {"category": "spam", "unread": "1"}


def test_opening_a_call_marks_it_read_for_the_agency(cast: Cast) -> None:
    call = cast.brightside.call
    nora = cast.actor("nora")
    before = len(look(nora, InboxFilter(unread=True)).rows)
    cast.browser("theo").get(f"/inbox/{call.pk}/")
    assert (before, len(look(nora, InboxFilter(unread=True)).rows)) == (2, 1)
    with scoped(nora.scope):
        seen = Call.unscoped.get(pk=call.pk)
    cast.browser("nora").get(f"/inbox/{call.pk}/")

    with scoped(nora.scope):
        again = Call.unscoped.get(pk=call.pk)
    assert seen.seen_by_id == cast.people["theo"].pk
    assert (again.seen_at, again.seen_by_id) == (seen.seen_at, seen.seen_by_id)


def test_client_reading_a_call_does_not_take_it_off_the_agencys_list(cast: Cast) -> None:
    assert cast.browser("hannah").get(f"/portal/calls/{cast.brightside.call.pk}/").status_code == 200

    with agency_scope(cast.larkspur.pk):
        assert Call.unscoped.get(pk=cast.brightside.call.pk).seen_at is None


def test_call_can_be_put_back_on_the_unread_list(cast: Cast) -> None:
    browser, call = cast.browser("nora"), cast.brightside.call
    browser.get(f"/inbox/{call.pk}/")
    response = browser.post(f"/calls/{call.pk}/unread/", {"category": "warm"})

    assert (response.status_code, response["Location"]) == (302, "/inbox/?category=warm")
    with agency_scope(cast.larkspur.pk):
        assert Call.unscoped.get(pk=call.pk).seen_at is None


def test_htmx_gets_the_rows_alone_and_others_the_page(cast: Cast) -> None:
    browser = cast.browser("nora")
    rows = browser.get("/inbox/", headers={"HX-Request": "true"})
    page = browser.get("/inbox/")

    assert "<html" not in rows.content.decode()
    assert "<html" in page.content.decode()
    assert "HX-Request" in rows["Vary"]


def test_new_call_is_on_top_at_the_next_look(cast: Cast) -> None:
    call = make_lead(cast.brightside.client, "Just Now")
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk=call.pk).update(started_at=timezone.now())

    assert look(cast.actor("nora")).rows[0]["lead_name"] == "Just Now"
