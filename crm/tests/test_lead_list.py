"""The list of leads: what a filter lets through, in which order, and around which place."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from accounts.scope import agency_scope, scoped
from accounts.tenancy import Actor
from conftest import NOON, Cast, House
from crm.lead_columns import COLUMNS
from crm.lead_filter import SORTS, LeadFilter, Reading
from crm.lead_list import lead_neighbours, lead_page
from crm.models import Lead, LeadTag, PipelineStage, Tag
from crm.paging import PAGE, Page, Place


def make_leads(house: House, count: int, **fields: Any) -> list[Lead]:
    client = house.client
    with agency_scope(client.agency_id):
        return Lead.unscoped.bulk_create(
            Lead(agency_id=client.agency_id, client=client, **{"display_name": f"Made {n:03}", **fields})
            for n in range(count)
        )


def make_lead(house: House, **fields: Any) -> Lead:
    [lead] = make_leads(house, 1, **fields)
    return lead


def reading(cast: Cast, zone: str = "UTC") -> Reading:
    clients = {each.client.slug: each.client.pk for each in (cast.brightside, cast.delgado)}
    return Reading(clients, zone, date(2026, 11, 20))


def look(actor: Actor, chosen: LeadFilter | None = None, **place: Place | None) -> Page:
    with scoped(actor.scope):
        return lead_page(actor, chosen or LeadFilter(), [], **place)


def ids(page: Page) -> list[UUID]:
    return [UUID(row["id"]) for row in page.rows]


def shown(actor: Actor, chosen: LeadFilter) -> set[str]:
    return {row["name"] for row in look(actor, chosen).rows}


def differing(house: House) -> None:
    """Leads with and without every key that a list is ordered by, more than two pages of them."""
    with agency_scope(house.client.agency_id):
        own = {"agency_id": house.client.agency_id, "client": house.client}
        Lead.unscoped.bulk_create(
            Lead(
                **own,
                display_name="" if n % 5 == 0 else f"{'ÉeZz'[n % 4]}lla {n // 3}",
                last_call_at=None if n % 7 == 0 else NOON - timedelta(minutes=n // 3),
                score=None if n % 3 else n % 101,
                value=None if n % 2 else Decimal(n) / 3,
            )
            for n in range(2 * PAGE + 10)
        )


def in_order(rows: list[Lead], sort: str) -> list[UUID]:
    """What Python makes of the order: by key, who has none last, then by id."""
    chosen = LeadFilter(sort=sort)
    falling = chosen.order.falling
    keyed = [row for row in rows if chosen.key_of(row) is not None]
    keyless = [row for row in rows if chosen.key_of(row) is None]
    keyed.sort(key=lambda row: (chosen.key_of(row), row.pk), reverse=falling)
    keyless.sort(key=lambda row: row.pk, reverse=falling)
    return [row.pk for row in (*keyed, *keyless)]


@pytest.mark.parametrize("sort", SORTS)
def test_walking_down_and_up_again_meets_every_lead_once_in_order(cast: Cast, sort: str) -> None:
    differing(cast.brightside)
    hannah, chosen = cast.actor("hannah"), LeadFilter(sort=sort)
    with scoped(hannah.scope):
        every = in_order(list(Lead.objects.for_actor(hannah).filter(archived_at=None)), sort)
    pages = [look(hannah, chosen)]
    while pages[-1].older:
        pages.append(look(hannah, chosen, before=pages[-1].older))
    up = [pages[-1]]
    while up[-1].newer:
        up.append(look(hannah, chosen, after=up[-1].newer))

    assert [each for page in pages for each in ids(page)] == every
    assert [ids(page) for page in up] == [ids(page) for page in reversed(pages)]
    assert (pages[0].newer, pages[-1].older) == (None, None)


@pytest.mark.parametrize("sort", SORTS)
def test_neighbours_are_those_of_the_list_in_every_order(cast: Cast, sort: str) -> None:
    differing(cast.brightside)
    hannah, chosen = cast.actor("hannah"), LeadFilter(sort=sort)
    with scoped(hannah.scope):
        rows = list(Lead.objects.for_actor(hannah).filter(archived_at=None))
        every = in_order(rows, sort)
        found = {row.pk: lead_neighbours(hannah, chosen, row) for row in rows}

    around = [None, *every, None]
    assert found == {pk: (around[n], around[n + 2]) for n, pk in enumerate(every)}


@pytest.mark.parametrize("sort", SORTS)
def test_place_survives_the_address(sort: str) -> None:
    order = LeadFilter(sort=sort).order
    key: Any = {
        "moment": NOON + timedelta(microseconds=7),
        "text": "a~b~ é",
        "number": 250_050,
    }[order.kind]
    places = [Place(key, UUID(int=7)), *([Place(None, UUID(int=7))] if order.nullable else [])]

    assert [order.place(str(each)) for each in places] == places


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(
    "text", ["", "~", "x~y", "nul\x00~" + str(UUID(int=1)), "9" * 5000 + "~x", f"{'9' * 40}~{UUID(int=7)}"]
)
def test_place_that_means_nothing_shows_the_beginning(cast: Cast, sort: str, text: str) -> None:
    response = cast.browser("nora").get("/leads/", {"before": text, "sort": sort or "nonsense"}, follow=True)

    assert response.status_code == 200


MARKED: list[tuple[dict[str, str], bool]] = [
    ({"client": "brightside-dental"}, True),
    ({"client": "delgado-plumbing"}, False),
    ({"client": "copper-kettle"}, True),  # another house: no filter
    ({"status": "contacted"}, True),
    ({"status": "new"}, False),
    ({"status": "nonsense"}, True),
    ({"stage": "quoted"}, True),  # capitals don't matter
    ({"stage": "New"}, False),
    ({"stage": "none"}, False),
    ({"stage": "No such stage"}, False),
    ({"owner": "me"}, True),
    ({"owner": "nobody"}, False),
    ({"owner": "{nora}"}, True),
    ({"owner": "{theo}"}, False),
    ({"owner": "nonsense"}, True),
    ({"source": "form"}, True),
    ({"source": "ctm"}, False),
    ({"tier": "hot"}, True),
    ({"tier": "cold"}, False),
    ({"sentiment": "positive"}, True),
    ({"sentiment": "negative"}, False),
    ({"category": "warm"}, True),
    ({"category": "spam"}, False),
    ({"tag": "VIP"}, True),
    ({"tag": "urgent"}, False),
    ({"email": "1"}, True),
    ({"email": "0"}, False),
    ({"phone": "0"}, True),
    ({"phone": "1"}, False),
    ({"created_from": "2026-11-18", "created_to": "2026-11-18"}, True),
    ({"created_from": "2026-11-19"}, False),
    ({"created_to": "2026-11-17"}, False),
    ({"created": "7"}, True),
    ({"created": "1"}, False),
    ({"created_from": "yesterday"}, True),
    ({"contact_from": "2026-11-19", "contact_to": "2026-11-19"}, True),
    ({"contact": "30"}, True),
    ({"contact_to": "2026-11-18"}, False),
    ({"archived": "1"}, False),
    ({"q": "marked"}, True),
    ({"q": "marked", "status": "contacted", "tag": "vip", "sort": "name"}, True),
    ({"q": "marked", "status": "new"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "passes"), MARKED, ids=str)
def test_filter_lets_through(cast: Cast, asked: dict[str, str], passes: bool) -> None:
    house, own = cast.brightside, {"agency": cast.larkspur, "client": cast.brightside.client}
    with agency_scope(cast.larkspur.pk):
        stage = PipelineStage.unscoped.create(**own, name="Quoted", position=1)
        tag = Tag.unscoped.create(**own, name="Vip")
    lead = make_lead(
        house, display_name="Marked One", status="contacted", stage=stage, owner=cast.people["nora"], source="form",
        tier="hot", sentiment="positive", category="warm", email="m@example.test",
        last_call_at=datetime.fromisoformat("2026-11-20T04:30+00:00"),  # the evening before in New York
    )  # fmt: skip
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=lead.pk).update(created_at=datetime.fromisoformat("2026-11-19T04:30+00:00"))
        LeadTag.unscoped.create(**own, lead=lead, tag=tag)
    asked = {
        name: value.format(**{who: user.pk for who, user in cast.people.items()})
        for name, value in asked.items()
    }

    found = shown(cast.actor("nora"), LeadFilter.parse(asked, reading(cast, "America/New_York")))

    assert ("Marked One" in found) == passes


def test_archive_shows_neither_who_was_merged_nor_who_was_erased(cast: Cast) -> None:
    make_lead(cast.brightside, display_name="Resting", archived_at=NOON)
    make_lead(
        cast.brightside, display_name="Resting twin", archived_at=NOON, merged_into=cast.brightside.lead
    )
    make_lead(cast.brightside, display_name="Resting no more", archived_at=NOON, erased_at=NOON)
    nora = cast.actor("nora")

    assert shown(nora, LeadFilter(archived=True)) == {"Resting"}
    assert shown(nora, LeadFilter(archived=True, q="resting")) == {"Resting"}
    assert shown(nora, LeadFilter(q="resting")) == set()


SEARCHES = [
    ("anna holm", {"Anna Holm"}),
    ("holm anna", {"Anna Holm"}),
    ("anna acme", {"Anna Holm"}),  # a name and where she works
    ("ANNA@ACME.example", {"Anna Holm"}),
    ("acme", {"Anna Holm", "Bob Jones"}),
    ("bob 0172", {"Bob Jones"}),
    ("jones (410) 555", {"Bob Jones"}),
    ("555-0172", {"Bob Jones"}),
    ("acme j", {"Bob Jones"}),  # one letter beside a word begins another
    ("b j", set()),
    ("jo", {"Bob Jones"}),
    ("on", set()),  # two letters begin a word
    ("smith & sons", {"Cy Smith & Sons"}),
    ("100%", {"100% Clean_Co"}),
    ("%%%", set()),
    ("clean_", {"100% Clean_Co"}),
    ("one two three four five six seven eight", set()),
    ("' OR 1=1 --", set()),
]


@pytest.mark.parametrize(("asked", "found"), SEARCHES)
def test_search_finds(cast: Cast, asked: str, found: set[str]) -> None:
    house = cast.brightside
    make_lead(house, display_name="Anna Holm", email="anna@acme.example", company_name="Acme")
    make_lead(house, display_name="Bob Jones", phone_e164="+14105550172", company_name="Acme")
    make_lead(house, display_name="Cy Smith & Sons")
    make_lead(house, display_name="100% Clean_Co")

    for who in ("nora", "theo", "hannah"):
        chosen = LeadFilter.parse({"q": asked}, reading(cast))
        assert shown(cast.actor(who), chosen) == found, who


def test_search_goes_on_over_pages_and_in_every_order(cast: Cast) -> None:
    make_leads(cast.brightside, PAGE + 20, company_name="Acme")
    hannah = cast.actor("hannah")
    for sort in SORTS:
        chosen = LeadFilter(q="acme", sort=sort)
        first = look(hannah, chosen)
        second = look(hannah, chosen, before=first.older)
        assert (len(set(ids(first) + ids(second))), second.older) == (PAGE + 20, None), sort


def test_list_shows_only_what_is_the_readers(cast: Cast) -> None:
    everybody = {
        who: shown(cast.actor(who), LeadFilter())
        for who in ("nora", "theo", "hannah", "rafael", "otto", "petra")
    }

    assert everybody == {
        "nora": {"Lee Brightside Dental", "Lee Delgado Plumbing"},
        "theo": {"Lee Brightside Dental"},
        "hannah": {"Lee Brightside Dental"},
        "rafael": {"Lee Delgado Plumbing"},
        "otto": {"Lee Copper Kettle"},
        "petra": {"Lee Copper Kettle"},
    }


def test_address_is_put_into_its_short_shape(cast: Cast) -> None:
    nora = cast.browser("nora")
    long = nora.get(
        "/leads/?q=&client=&status=new&columns=stage&columns=phone&columns=nonsense&created_from="
    )

    assert (long.status_code, long["Location"]) == (302, "/leads/?status=new&columns=stage%2Cphone")
    assert nora.get(long["Location"]).status_code == 200


def test_columns_are_those_that_were_chosen(cast: Cast) -> None:
    def headings(who: str, query: str) -> list[str]:
        page = cast.browser(who).get(f"/leads/{query}")
        return [each.words for each in page.context["headings"]]

    usual = ["Name", "Phone", "Client", "Status", "Stage", "Owner", "Last contact"]
    assert headings("nora", "") == usual
    assert headings("hannah", "") == [each for each in usual if each != "Client"]
    assert headings("nora", "?columns=value,tags") == ["Name", "Tags", "Value"]


def test_row_says_what_is_known_and_escapes_it(cast: Cast) -> None:
    make_lead(
        cast.brightside, display_name="<b>Anna</b> {0}", email="a@x.test", company_name="{id} & Co",
        value=Decimal("1800.50"), score=81, tier="hot", owner=cast.people["nora"], stage=cast.brightside.stage,
        source="form", city="Reno",
    )  # fmt: skip
    every = ",".join(COLUMNS)
    page = cast.browser("nora").get(f"/leads/?q=anna&columns={every}").content.decode()

    for words in (
        "&lt;b&gt;Anna&lt;/b&gt; {0}",
        "{id} &amp; Co",
        "1,800.50 USD",
        ">81<",
        "Nora",
        "Web form",
        "Reno",
    ):
        assert words in page, words
    assert "<b>Anna" not in page


def test_links_carry_the_query_to_the_lead_and_back(cast: Cast) -> None:
    lead = cast.brightside.lead
    nora = cast.browser("nora")
    page = nora.get("/leads/?status=new&sort=name").content.decode()
    assert f'href="/leads/{lead.pk}/?status=new&amp;sort=name"' in page
    person = nora.get(f"/leads/{lead.pk}/?status=new&sort=name")

    assert person.context["list_url"] == "/leads/?status=new&sort=name"
    assert person.context["next_url"] == f"/leads/{cast.delgado.lead.pk}/?status=new&sort=name"
