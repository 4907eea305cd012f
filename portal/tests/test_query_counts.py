"""A page asks the same of the database whether it shows one row or three; the numbers are written down on purpose."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    Client,
    ClientAssignment,
    CreditTransaction,
    ImpersonationSession,
    ServicePackage,
    User,
)
from accounts.roles import Role
from accounts.scope import agency_scope
from accounts.tests.test_invitations import invite, place, seat
from conftest import NOON, Cast, House
from crm.models import (
    Activity,
    Call,
    Callback,
    CallTag,
    Campaign,
    CampaignMember,
    Company,
    Customer,
    DifferentPeople,
    FormSubmission,
    InboundForm,
    Journey,
    JourneyStep,
    JourneyTemplate,
    Lead,
    LeadScore,
    LeadTag,
    Market,
    Note,
    Outcome,
    PipelineStage,
    RedactionReceipt,
    SavedView,
    ScoringModel,
    Service,
    ServiceAgreement,
    Suppression,
    Tag,
)
from crm.tests.test_campaigns import add_lead, url
from crm.tests.test_import_jobs import ANN, BOB, Desk, text_of
from crm.tests.test_queue import fill
from notifications.models import Notification


def queries(cast: Cast, who: str, address: str, *, htmx: bool = False, browser: Browser | None = None) -> int:
    """How many statements ``who`` causes, beside those that begin and end transactions and set the scope."""
    seen: list[str] = []

    def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not str(sql).startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(str(sql))
        return execute(sql, params, many, context)

    browser = browser or cast.browser(who)
    with connection.execute_wrapper(count):
        response = browser.get(address, headers={"hx-request": "true"} if htmx else {})
    assert response.status_code == 200
    return len(seen)


def furnish_more(house: House, count: int) -> None:
    """Give the house's lead more calls, notes, tags and history, each of a kind that pages list."""
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client": house.client}
    with agency_scope(house.client.agency_id):
        for n in range(count):
            Call.unscoped.create(
                **own, lead=house.lead, external_id=f"more-{n}", direction="inbound", category="needs_attention",
                from_e164=house.lead.phone_e164, started_at=NOON + timedelta(minutes=n),
            )  # fmt: skip
            tag = Tag.unscoped.create(**own, name=f"Tag {n}")
            LeadTag.unscoped.create(**own, lead=house.lead, tag=tag)
            Company.unscoped.create(**own, name=f"Company {n}")
            Lead.unscoped.create(**own, phone_e164=house.lead.phone_e164, company=house.work.company)
            CallTag.unscoped.create(**own, call=house.call, tag=tag)
            Note.unscoped.create(
                **own, lead=house.lead, call=house.call, author=house.note.author, body="More"
            )
            Activity.unscoped.create(
                **own,
                lead=house.lead,
                call=house.call,
                action="note_added",
                occurred_at=NOON,
                actor=house.note.author,
            )


@pytest.mark.parametrize(
    ("who", "route", "expected"),
    [
        ("nora", "crm:inbox", 4),
        ("nora", "crm:inbox_call", 15),
        ("nora", "crm:lead", 20),  # one for whether they may be called
        ("hannah", "crm:lead", 19),
        ("nora", "crm:company", 7),
        ("nora", "crm:companies", 5),
        ("hannah", "portal:home", 7),
        ("hannah", "portal:calls", 4),  # one for the view that the list begins with
        ("hannah", "portal:call", 13),
    ],
)
def test_pages_about_calls_ask_the_same_for_one_row_and_three(
    cast: Cast, who: str, route: str, expected: int
) -> None:
    house = cast.brightside
    args = {"crm:lead": [house.lead.pk], "crm:company": [house.work.company.pk]}
    address = reverse(route, args=args.get(route) or ([house.call.pk] if route.endswith("call") else []))
    if route == "crm:inbox":
        address += f"?client={house.client.slug}"
    cast.browser(who).get(address)  # the first to open a call marks it seen

    with_one = queries(cast, who, address)
    furnish_more(house, 2)
    with_three = queries(cast, who, address)

    assert (with_one, with_three) == (expected, expected)


def test_the_history_of_a_score_asks_the_same_for_one_row_and_three(cast: Cast) -> None:
    house, counts = cast.brightside, []
    for count in (1, 2):
        with agency_scope(cast.larkspur.pk):
            for n in range(count):
                LeadScore.unscoped.create(
                    agency=cast.larkspur, client=house.client, lead=house.lead, total=n, tier="cold", weights_version=0,
                    components=[{"factor": "phone", "points": n, "why": "Known."}], scored_by=cast.people["nora"],
                    scored_at=NOON + timedelta(minutes=n), override=n, reason="Met them",
                )  # fmt: skip
        counts.append(queries(cast, "nora", reverse("crm:lead_score", args=[house.lead.pk])))

    assert counts == [6, 6]


def test_weights_ask_the_same_for_one_version_and_three(cast: Cast) -> None:
    house, counts = cast.brightside, []
    for first in (2, 3):
        with agency_scope(cast.larkspur.pk):
            for version in range(first, first + first - 1):
                ScoringModel.unscoped.create(
                    agency=cast.larkspur, client=house.client, version=version, weights={"phone": version},
                    made_by=cast.people["nora"],
                )  # fmt: skip
        counts.append(queries(cast, "nora", reverse("crm:scoring", args=[house.client.slug])))

    assert counts == [7, 7]


def test_groups_of_duplicates_ask_the_same_for_one_and_three(cast: Cast) -> None:
    house, counts = cast.brightside, []
    for numbers in (["+14105550191"], ["+14105550192", "+14105550193"]):
        with agency_scope(cast.larkspur.pk):
            own: dict[str, Any] = {"agency": cast.larkspur, "client": house.client}
            for number in numbers * 2:
                lead = Lead.unscoped.create(**own, phone_e164=number)
                DifferentPeople.unscoped.create(**own, people=[lead.pk, house.lead.pk], said_at=NOON)
        counts.append(queries(cast, "hannah", reverse("crm:duplicates")))

    assert counts == [8, 8]


def test_list_of_clients_asks_the_same_for_one_row_and_three(cast: Cast) -> None:
    with_one = queries(cast, "otto", reverse("crm:clients"))
    with agency_scope(cast.ironwood.pk):
        for n in range(2):
            Client.unscoped.create(
                agency=cast.ironwood, name=f"Client {n}", slug=f"client-{n}", status="active"
            )
    with_three = queries(cast, "otto", reverse("crm:clients"))

    assert (with_one, with_three) == (5, 5)  # one for each provider of calls


@pytest.mark.parametrize(
    ("who", "route", "expected"),
    [
        ("otto", "accounts:packages", 4),
        ("otto", "clients:subscription", 7),
        ("otto", "clients:staff", 6),
        ("otto", "clients:profile", 6),
        ("petra", "accounts:plan", 5),
        ("petra", "accounts:business", 5),
    ],
)
def test_pages_about_the_house_ask_the_same_for_one_row_and_three(
    cast: Cast, who: str, route: str, expected: int
) -> None:
    address = reverse(route, args=[cast.kettle.client.slug] if route.startswith("clients:") else [])
    with_one = queries(cast, who, address)
    own = {"agency": cast.ironwood, "client": cast.kettle.client}
    with agency_scope(cast.ironwood.pk):
        for n in (2, 3):
            user = cast.people[("lena", "sam")[n - 2]]
            ServicePackage.unscoped.create(agency=cast.ironwood, name=f"Package {n}")
            CreditTransaction.unscoped.create(
                **own, delta=1, balance_after=49 + n, reason="grant", seq=n, actor=user
            )
            ClientAssignment.unscoped.create(**own, user=user)
    with_three = queries(cast, who, address)

    assert (with_one, with_three) == (expected, expected)


def test_list_of_notices_asks_the_same_for_one_row_and_three(cast: Cast) -> None:
    otto, own = cast.people["otto"], {"agency": cast.ironwood, "client": cast.kettle.client}
    with_one = queries(cast, "otto", reverse("notifications:list"))
    with agency_scope(cast.ironwood.pk):
        for n in range(2):
            Notification.unscoped.create(**own, user=otto, event="test", title="More", dedupe_key=f"more-{n}")
    with_three = queries(cast, "otto", reverse("notifications:list"))

    assert (with_one, with_three) == (4, 4)


def test_do_not_contact_list_asks_the_same_for_one_row_and_three(cast: Cast) -> None:
    own = {
        "agency": cast.ironwood,
        "client": cast.kettle.client,
        "kind": "email",
        "added_by": cast.people["otto"],
    }
    counts = {who: queries(cast, who, reverse("crm:suppression")) for who in ("otto", "petra")}
    with agency_scope(cast.ironwood.pk):
        for n in range(2):
            Suppression.unscoped.create(**own, value=f"n{n}@example.test", value_hash=f"more {n}")
    with_three = {who: queries(cast, who, reverse("crm:suppression")) for who in ("otto", "petra")}

    assert (counts, with_three) == ({"otto": 4, "petra": 3}, {"otto": 4, "petra": 3})


def test_list_of_paused_people_asks_the_same_for_one_row_and_three(cast: Cast) -> None:
    def pause(name: str) -> None:
        User.objects.filter(pk=cast.people[name].pk).update(locked_until=timezone.now() + timedelta(hours=1))

    pause("theo")
    with_one = queries(cast, "nora", reverse("accounts:locked"))
    pause("bea")
    pause("ed")
    with_three = queries(cast, "nora", reverse("accounts:locked"))

    assert (with_one, with_three) == (4, 4)


def test_inbox_asks_no_more_while_it_polls(cast: Cast) -> None:
    assert queries(cast, "nora", reverse("crm:inbox"), htmx=True) == 3


def test_inbox_asks_no_more_when_it_searches(cast: Cast) -> None:
    assert queries(cast, "nora", reverse("crm:inbox") + "?q=brightside") == 4


def test_teams_ask_the_same_for_one_row_and_three(cast: Cast) -> None:
    pages = {
        "nora": reverse("accounts:team"),
        "hannah": reverse("accounts:client_team", args=[cast.brightside.client.slug]),
    }
    with_one = {who: queries(cast, who, url) for who, url in pages.items()}
    for n in range(2):
        seat(cast, f"staff{n}", Role.EDITOR)
        seat(cast, f"client{n}", Role.CLIENT_VIEWER, cast.brightside.client)
        invite(cast, email=f"a{n}@example.test")
        invite(cast, email=f"b{n}@example.test", place=place(cast), role=Role.EDITOR)
    with_three = {who: queries(cast, who, url) for who, url in pages.items()}

    assert with_three == with_one
    assert with_one == {"nora": 7, "hannah": 7}


def test_list_of_visits_asks_the_same_for_one_row_and_three(cast: Cast) -> None:
    otto, own = cast.people["otto"], {"agency": cast.ironwood, "client": cast.kettle.client}
    counts = [queries(cast, "otto", reverse(name)) for name in ("accounts:visits", "accounts:acting")]
    with agency_scope(cast.ironwood.pk):
        for n in range(2):
            Client.unscoped.create(agency=cast.ironwood, name=f"Client {n}", slug=f"client-{n}")
            ImpersonationSession.unscoped.create(
                **own, staff=otto, subject=otto, started_at=NOON, ends_at=NOON, ended_at=NOON
            )
    with_three = [queries(cast, "otto", reverse(name)) for name in ("accounts:visits", "accounts:acting")]

    assert counts == with_three


def test_acting_costs_one_query_more(cast: Cast) -> None:
    browser = cast.browser("nora")
    browser.post(reverse("accounts:acting_start"), {"client": cast.brightside.client.pk})
    browser.get(reverse("portal:calls"))  # the first to come back with the new key confirms it
    own = queries(cast, "hannah", reverse("portal:calls"))

    assert queries(cast, "nora", reverse("portal:calls"), browser=browser) == own + 1


def furnish_work_more(house: House) -> None:
    """Two more of each row that the pages of the daily work list."""
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client": house.client}
    work = house.work
    with agency_scope(house.client.agency_id):
        for n in range(2):
            PipelineStage.unscoped.create(**own, name=f"Stage {n}", position=n + 1)
            lead = Lead.unscoped.create(**own, display_name=f"More {n}", stage=house.stage, value=n)
            Lead.unscoped.create(**own, display_name=f"Nowhere {n}")
            Service.unscoped.create(**own, name=f"Service {n}")
            JourneyTemplate.unscoped.create(**own, name=f"Template {n}")
            journey = Journey.unscoped.create(
                **own,
                lead=lead,
                name="More",
                started_on=NOON.date(),
                parent=work.journey,
                customer=work.customer,
            )
            for at in (journey, work.journey):
                JourneyStep.unscoped.create(**own, journey=at, position=n + 1, label="More", due_at=NOON)
            Customer.unscoped.create(**own, lead=lead, name="More")
            ServiceAgreement.unscoped.create(
                **own, customer=work.customer, agreed_price=n, agreed_date=NOON.date(), service_name="More"
            )
            Outcome.unscoped.create(**own, customer=work.customer, kind="revenue", amount=n, occurred_at=NOON)
            Call.unscoped.create(
                **own, lead=house.lead, external_id=f"work-{n}", direction="inbound", started_at=NOON,
                customer=work.customer,
            )  # fmt: skip
            RedactionReceipt.unscoped.create(
                **own, kind="journey", object_id=lead.pk, fields=[], digest="0" * 64, length=0, policy_days=90,
                redacted_at=NOON,
            )  # fmt: skip


def test_pages_of_the_daily_work_ask_the_same_for_one_row_and_three(cast: Cast) -> None:
    work = cast.kettle.work
    pages = {
        name: reverse(f"crm:{name}", args=args)
        for name, args in (
            ("pipeline", []), ("stages", []), ("journeys", []), ("journey", [work.journey.pk]),
            ("journey_templates", []), ("services", []), ("customers", []),
            ("customer", [work.customer.pk]), ("privacy", []),
        )
    }  # fmt: skip
    with agency_scope(cast.ironwood.pk):
        Lead.unscoped.create(agency_id=cast.ironwood.pk, client=cast.kettle.client, display_name="Nowhere")
    # The first question about a suppression makes the key of digests.
    queries(cast, "petra", pages["customer"])
    with_one = {name: queries(cast, "petra", page) for name, page in pages.items()}
    furnish_work_more(cast.kettle)
    with_three = {name: queries(cast, "petra", page) for name, page in pages.items()}

    assert with_three == with_one


def test_web_forms_and_what_came_by_them_ask_the_same_for_one_row_and_three(cast: Cast) -> None:
    house = cast.brightside
    own: dict[str, Any] = {"agency": cast.larkspur, "client": house.client}
    pages = [reverse("crm:forms"), reverse("crm:form", args=[house.work.form.pk])]
    pages.append(reverse("crm:submission", args=[house.work.submission.pk]))
    with_one = [queries(cast, "nora", page) for page in pages]
    with agency_scope(cast.larkspur.pk):
        for n in range(2):
            form = InboundForm.unscoped.create(**own, token=f"more-{n}", name=f"More {n}")
            for at, status in ((form, "held"), (house.work.form, "failed")):
                FormSubmission.unscoped.create(
                    **own, form=at, lead=house.lead, payload={"name": "Lee"}, status=status, due_at=NOON,
                    received_at=NOON,
                )  # fmt: skip
    with_three = [queries(cast, "nora", page) for page in pages]

    assert with_three == with_one


LISTS = [
    ("nora", "/leads/?view=all", 4),
    ("nora", "/leads/", 5),  # whether one's list begins with a view
    ("hannah", "/leads/?status=new&tag=urgent&columns=tags,stage,owner", 3),
    ("nora", "/leads/filters/", 7),
    ("nora", "/views/leads/", 5),
    ("hannah", "/views/leads/", 4),
    ("nora", "/tags/?client=brightside-dental", 4),
    ("nora", "/leads/bulk/?deed=tag&{leads}", 5),
]


@pytest.mark.parametrize(("who", "address", "expected"), LISTS)
def test_lists_of_leads_ask_the_same_for_one_row_and_three(
    cast: Cast, who: str, address: str, expected: int
) -> None:
    house = cast.brightside
    own: dict[str, Any] = {"agency": cast.larkspur, "client": house.client}
    leads = [house.lead]

    def visit() -> int:
        return queries(cast, who, address.format(leads="&".join(f"lead={lead.pk}" for lead in leads)))

    with_one = visit()
    with agency_scope(cast.larkspur.pk):
        for n in range(2):
            tag = Tag.unscoped.create(**own, name=f"Tag {n}")
            stage = PipelineStage.unscoped.create(**own, name=f"Stage {n}", position=n)
            lead = Lead.unscoped.create(
                **own, display_name=f"More {n}", stage=stage, owner=house.worker, last_call_at=NOON
            )
            LeadTag.unscoped.create(**own, lead=lead, tag=tag)
            LeadTag.unscoped.create(**own, lead=lead, tag=house.tag)
            leads.append(lead)
            for client in (None, house.client):
                SavedView.unscoped.create(
                    agency=cast.larkspur, client=client, owner=house.worker, resource="leads", name=f"View {n}",
                    shared=True,
                )  # fmt: skip
    with_three = visit()

    assert (with_one, with_three) == (expected, expected)


def test_queue_asks_the_same_for_one_person_and_three(cast: Cast) -> None:
    fill(cast, 1)
    bea, nora = cast.browser("bea"), cast.browser("nora")
    bea.post(url(cast, "queue_next"))

    def counted() -> list[int]:
        pages = [(nora, url(cast, "campaign")), (nora, url(cast, "campaign_members_add"))]
        pages += [(nora, reverse("crm:campaigns")), (nora, reverse("crm:markets")), (bea, url(cast, "queue"))]
        return [queries(cast, "", address, browser=browser) for browser, address in pages]

    one = counted()
    own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client": cast.brightside.client}
    of: dict[str, Any] = {**own, "campaign": cast.brightside.work.campaign}
    with agency_scope(cast.larkspur.pk):
        for n in (7, 8):
            lead = add_lead(cast, n)
            add_lead(cast, n + 10)
            CampaignMember.unscoped.create(**of, lead=lead, added_at=NOON)
            Campaign.unscoped.create(
                **own, name=f"More {n}", market=Market.unscoped.create(**own, name=f"More {n}")
            )
            Call.unscoped.create(
                **own, lead=Lead.unscoped.get(display_name="Lead 1"), external_id=f"q{n}", direction="inbound",
                started_at=NOON, called_by=cast.people["bea"],
            )  # fmt: skip
            Callback.unscoped.create(
                **of, lead=lead, assigned_to=cast.people["bea"], due_at=NOON, timezone="America/New_York"
            )

    assert counted() == one


@pytest.mark.parametrize("who", ["nora", "hannah"])
def test_today_asks_the_same_for_one_thing_of_each_kind_and_three(cast: Cast, who: str) -> None:
    """Of one client and of two: each is asked for by its own do-not-contact list, at once."""
    person = cast.people[who]
    at = {"assigned_to": person, "due_at": NOON, "timezone": "America/New_York"}

    def add(house: House, n: int) -> None:
        own: dict[str, Any] = {"agency": cast.larkspur, "client": house.client}
        with agency_scope(cast.larkspur.pk):
            lead = Lead.unscoped.create(
                **own, display_name=f"More {n}", owner=person, phone_e164=f"+141055511{n:02d}"
            )
            Callback.unscoped.create(**own, lead=lead, **at)
            Callback.unscoped.create(**own, lead=lead, **{**at, "assigned_to": cast.people["ed"]})
            Callback.unscoped.create(**own, lead=lead, **at, done_at=timezone.now(), done_by=person)
            journey = Journey.unscoped.create(
                **own, lead=lead, owner=person, started_on=date(2026, 11, 2), next_action_at=NOON
            )
            JourneyStep.unscoped.create(**own, journey=journey, position=0, label="Call", due_at=NOON)
            Call.unscoped.create(
                **own, lead=lead, external_id=f"m{n}", direction="inbound", started_at=NOON, called_by=person,
                disposition="Meeting Booked", disposed_at=timezone.now(), booked_elsewhere="Here",
            )  # fmt: skip

    add(cast.brightside, 1)
    queries(cast, who, reverse("crm:today"))  # the first question makes the key of digests
    one = queries(cast, who, reverse("crm:today"))
    add(cast.brightside, 2)
    add(cast.delgado, 3)

    assert queries(cast, who, reverse("crm:today")) == one


def test_pages_of_imports_ask_the_same_for_one_row_and_three(cast: Cast) -> None:
    desk = Desk(cast)
    jobs = [desk.run(text_of(ANN))]
    lists = [queries(cast, "nora", reverse("crm:imports"))]
    jobs += [desk.run(text_of(ANN, BOB, ["Cy", "", "cy@example.test", "", "", "", ""])) for _ in range(2)]
    lists.append(queries(cast, "nora", reverse("crm:imports")))
    pages = [
        [queries(cast, "nora", reverse(name, args=[job.pk])) for job in (jobs[0], jobs[1])]
        for name in ("crm:import", "crm:import_rows")
    ]

    assert lists == [lists[0]] * 2
    assert [len(set(each)) for each in pages] == [1, 1], pages


def test_figures_and_views_of_calls_ask_the_same_for_one_row_and_three(cast: Cast) -> None:
    house = cast.brightside
    rows = reverse("crm:statistics_rows") + "?client=brightside-dental&of="
    pages = [reverse("crm:statistics") + "?client=brightside-dental", f"{rows}calls", f"{rows}leads"]
    pages += [reverse("crm:views", args=["calls"])]

    def view(name: str) -> None:
        with agency_scope(cast.larkspur.pk):
            SavedView.unscoped.create(
                agency=cast.larkspur, owner=house.worker, resource="calls", name=name, shared=True
            )

    view("One")
    with_one = [queries(cast, "nora", page) for page in pages]
    furnish_more(house, 2)
    view("Two")
    view("Three")
    with_three = [queries(cast, "nora", page) for page in pages]

    assert with_three == with_one
