"""Every page in a real browser: axe finds nothing, nothing scrolls sideways, the console stays silent.

What axe cannot find is walked by hand: the keyboard, the reading order, and the words.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.scope import PlatformUse, agency_scope, platform_scope
from conftest import NOON, Cast, House, make_cast
from crm.models import Call, Customer, FormSubmission, InboundForm, JourneyTemplate, Lead, Note
from crm.services.scoring import rescore
from crm.services.suppression import Entry, suppress
from notifications.models import Notification

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = Path(project.BASE_DIR, "vendor-dev", "axe-core", "axe.min.js")
NO_AXE = (
    "no axe-core found: run bin/test where the npm registry can be reached, which fetches it into vendor-dev"
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => (await axe.run(document, {runOnly: tags})).violations.flatMap(
    ({id, nodes}) => nodes.map((node) => `${id}: ${node.target.join(" ")}`))"""
SIDEWAYS = """() => Math.max(...[document.documentElement, ...document.querySelectorAll(".scroll, .d-scroll")].map(
    (part) => part.scrollWidth - part.clientWidth))"""
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 5
HEIGHT = 844
NOT_FOUND = "/there-is-no-such-page/"
MISSING = (NOT_FOUND, "/accounts/password/reset/old/", "/people/invitation/old/")  # answer 404, in words


@pytest.fixture(scope="module")
def axe() -> str:
    if AXE.is_file():
        return AXE.read_text()
    if os.environ.get("CI") == "true":
        pytest.fail(NO_AXE, pytrace=False)
    pytest.skip(NO_AXE)


@pytest.fixture
def cast(live_server: LiveServer) -> Cast:
    """The cast, committed, with everything on its calls that a page can show of one."""
    with transaction.atomic():
        cast = make_cast()
        cast.give_password("nora")  # some pages exist only for people with one
        with platform_scope(PlatformUse.PROVISION):
            for house in (cast.brightside, cast.delgado):
                enrich(house)
            Notification.unscoped.filter(client=cast.delgado.client).update(read_at=NOON)
        with agency_scope(cast.larkspur.pk):
            rescore(agency_id=cast.larkspur.pk, lead_ids=[cast.delgado.lead.pk], now=NOON)
    return cast


def enrich(house: House) -> None:
    ours, theirs = "Hello.", "I want a quote."
    Call.unscoped.filter(pk=house.call.pk).update(
        recording_url="https://recordings.example.test/1",
        transcript_turns=[
            {"speaker": "agent", "text": f"{ours} This is Lee.", "start_s": 0.0},
            {"speaker": "caller", "text": f"{theirs} Today.", "start_s": 2.5},
        ],
        ai_summary={
            "evidence": [{"quote": ours, "start_s": 0.0}, {"quote": theirs, "start_s": 2.5}],
            "confidence": 0.9,
            "reason": "asks",
        },
        vendor_source="Google Business Profile",
        tracking_label="Maps listing",
        call_sequence=2,
        caller_type="repeat",
    )


class Visitor:
    """Somebody who walks through pages and writes down what is wrong with each."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self._site = site
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"{self.page.url}: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        expected = "404" in message.text and message.location["url"].endswith(MISSING)
        if message.type in ("error", "warning") and not expected:
            self.problems.append(f"{self.page.url}: {message.text}")

    def visit(self, address: str) -> None:
        self.page.goto(self._site + address)

    def look(self, axe: str) -> None:
        self.page.evaluate(axe)
        for found in self.page.evaluate(RUN, RULES):
            self.problems.append(f"{self._where()} {found}")
        self.measure()

    def measure(self) -> None:
        beyond = self.page.evaluate(SIDEWAYS)
        if beyond > 0:
            self.problems.append(f"{self._where()} scrolls sideways by {beyond} px")

    def _where(self) -> str:
        return self.page.url.removeprefix(self._site)


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, cast: Cast) -> Iterator[Any]:
    """``visitor(name, width, theme)`` is that person of the cast, signed in; None is nobody."""
    contexts: list[BrowserContext] = []

    def come(
        name: str | None, width: int, theme: Any = "light", *, verified: bool = True, **options: Any
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme=theme,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        for key, morsel in cast.browser(name, verified=verified).cookies.items():
            context.add_cookies([{"name": key, "value": morsel.value, "url": live_server.url}])
        return Visitor(context, live_server.url)

    yield come
    for context in contexts:
        context.close()


def open_pages() -> list[str]:
    names = ("account_login", "account_reset_password", "account_reset_password_done")
    return [
        *map(reverse, (*names, "account_signup")),
        *MISSING,
    ]


def factor_pages() -> list[str]:
    names = ("factors", "factors_start", "factors_totp", "factors_passkey_add", "factors_codes", "why")
    return [reverse(f"accounts:{name}") for name in names]


WORK_LISTS = ("pipeline", "stages", "stage_new", "journeys", "journey_templates", "journey_template_new", "services",
              "customers", "privacy")  # fmt: skip


def work_pages(house: House) -> list[str]:
    """Pages about one person of the pipeline, which both sides share."""
    work = house.work
    at = [work.journey.pk]
    return [
        reverse("crm:pipeline_card", args=[house.lead.pk]),
        reverse("crm:stage_edit", args=[house.stage.pk]),
        reverse("crm:stage_remove", args=[house.stage.pk]),
        reverse("crm:journey_new", args=[house.lead.pk]),
        reverse("crm:journey", args=at),
        reverse("crm:journey_edit", args=at),
        reverse("crm:journey_step_new", args=at),
        reverse("crm:journey_step_edit", args=[*at, work.step.pk]),
        reverse("crm:journey_template_edit", args=[work.template.pk]),
        reverse("crm:customer", args=[work.customer.pk]),
    ]


def import_pages(house: House) -> list[str]:
    job = house.work.job.pk
    return [
        reverse("crm:imports"),
        reverse("crm:import_new"),
        reverse("crm:import", args=[job]),
        reverse("crm:import_rows", args=[job]),
        reverse("crm:import_rows", args=[job]) + "?show=undo-kept",
    ]


def today_pages(house: House) -> list[str]:
    work = house.work
    return [
        reverse("crm:today"),
        reverse("crm:today_callback_later", args=[work.callback.pk]),
        reverse("crm:today_step_later", args=[work.journey.pk, work.step.pk]),
    ]


def staff_pages(cast: Cast) -> list[str]:
    house = cast.delgado
    return [
        reverse("crm:inbox"),
        reverse("crm:inbox") + "?q=nobody",
        reverse("crm:inbox_call", args=[house.call.pk]),
        reverse("crm:inbox_call", args=[house.call.pk]) + "?find=quote",
        *today_pages(house),
        *import_pages(house),
        *(reverse(f"crm:{name}") + f"?client={house.client.slug}" for name in WORK_LISTS),
        *work_pages(house),
        *person_pages(house),
        reverse("crm:leads"),
        reverse("crm:leads") + "?q=nobody&owner=me&stage=New",
        reverse("crm:lead_filters") + "?tag=Urgent",
        reverse("crm:views", args=["calls"]),
        reverse("crm:tags"),
        reverse("crm:bulk") + f"?deed=owner&lead={house.lead.pk}",
        reverse("crm:bulk") + "?deed=sentiment&every=1&next=/leads/",
        reverse("crm:inbox") + "?direction=inbound&day=30",  # with what is folded away otherwise
        reverse("crm:lead_signal", args=[house.lead.pk]),
        reverse("crm:company_signal", args=[house.work.company.pk]),
        reverse("crm:bulk") + f"?deed=stage&lead={house.lead.pk}&lead={cast.brightside.lead.pk}",
        reverse("crm:tag_change", args=[house.tag.pk]),
        reverse("crm:tag_delete", args=[house.tag.pk]),
        reverse("crm:views_new", args=["leads"]) + "?status=new",
        reverse("crm:clients"),
        reverse("crm:client", args=[house.client.slug]),
        reverse("crm:scoring", args=[house.client.slug]),
        reverse("crm:scoring_suggestion", args=[house.client.slug]),
        reverse("crm:ghl", args=[house.client.slug]),
        reverse("crm:back_fill", args=[house.client.slug]),
        reverse("notifications:list"),
        reverse("accounts:roles"),
        reverse("accounts:audit"),
        reverse("accounts:acting"),
        reverse("accounts:acting") + "?q=nobody",
        reverse("accounts:visits"),
        *factor_pages(),
        reverse("accounts:rules"),
        reverse("accounts:agency"),
        reverse("accounts:branding"),
        reverse("accounts:packages"),
        reverse("accounts:packages_new"),
        reverse("accounts:packages_edit", args=[house.package.pk]),
        reverse("crm:client_new"),
        reverse("crm:suppression"),
        reverse("crm:campaigns"),
        reverse("crm:campaign_new") + f"?client={house.client.slug}",
        reverse("crm:campaigns") + f"?market={house.work.market.pk}",
        reverse("crm:markets"),
        reverse("crm:market_new"),
        reverse("crm:market_edit", args=[house.work.market.pk]),
        reverse("crm:market_delete", args=[house.work.market.pk]),
        *(
            reverse(f"crm:{name}", args=[house.work.campaign.pk])
            for name in ("campaign", "campaign_edit", "campaign_members_add", "queue")
        ),
        reverse("crm:call_log"),
        reverse("crm:call_log") + f"?client={house.client.slug}",
        reverse("crm:dispose", args=[house.call.pk]),
        reverse("crm:statistics") + f"?client={house.client.slug}",
        reverse("crm:statistics_rows") + f"?client={house.client.slug}&of=leads",
        reverse("crm:suppression_remove", args=[house.work.suppression.pk]),
        reverse("crm:clients") + "?status=archived",
        *(
            reverse(f"clients:{name}", args=[house.client.slug])
            for name in ("profile", "staff", "subscription", "archive")
        ),
        reverse("accounts:security"),
        reverse("accounts:password"),
        reverse("accounts:connections"),
        reverse("accounts:locked"),
        reverse("account_logout"),
        reverse("accounts:profile"),
        reverse("accounts:team"),
        reverse("accounts:team_invite"),
        reverse("accounts:team_person", args=[cast.people["theo"].pk]),
        reverse("accounts:team_end", args=[cast.people["theo"].pk]),
        reverse("accounts:client_team", args=[house.client.slug]),
        reverse("account_reauthenticate"),
    ]


def person_pages(house: House) -> list[str]:
    names = ("lead", "lead_number", "lead_score", "lead_score_set", "lead_edit", "lead_merge", "lead_archive",
             "lead_erase")  # fmt: skip
    return [
        *(reverse(f"crm:{name}", args=[house.lead.pk]) for name in names),
        reverse("crm:lead_new"),
        reverse("crm:duplicates"),
        reverse("crm:companies"),
        reverse("crm:company", args=[house.work.company.pk]),
        reverse("crm:company_edit", args=[house.work.company.pk]),
    ]


def client_pages(cast: Cast) -> list[str]:
    house = cast.delgado
    return [
        *person_pages(house),
        *today_pages(house),
        *import_pages(house),
        reverse("portal:home"),
        *(reverse(f"crm:{name}") for name in (*WORK_LISTS, "service_new")),
        *work_pages(house),
        reverse("crm:journey_agree", args=[house.work.journey.pk]),
        reverse("crm:journey_concerns", args=[house.work.journey.pk]),
        reverse("crm:customer_edit", args=[house.work.customer.pk]),
        reverse("crm:customer_agreement_edit", args=[house.work.customer.pk, house.work.agreement.pk]),
        reverse("portal:leads"),
        reverse("portal:leads") + "?q=nobody",
        reverse("crm:lead", args=[house.lead.pk]),
        reverse("crm:leads") + "?q=nobody&created=7",
        reverse("crm:lead_filters"),
        reverse("crm:leads") + f"?view={house.work.view.pk}&status=new",
        reverse("crm:views", args=["leads"]),
        reverse("crm:view_change", args=[house.work.view.pk]),
        reverse("crm:view_delete", args=[house.work.view.pk]),
        reverse("portal:calls"),
        reverse("portal:call", args=[house.call.pk]),
        reverse("crm:suppression"),
        reverse("crm:campaigns"),
        reverse("crm:campaign", args=[house.work.campaign.pk]),
        reverse("crm:lead_call_log", args=[house.lead.pk]),
        reverse("crm:statistics"),
        reverse("accounts:visits"),
        reverse("accounts:business"),
        reverse("accounts:plan"),
        reverse("accounts:roles"),
        *factor_pages(),
        reverse("accounts:profile"),
        reverse("accounts:client_team", args=[house.client.slug]),
        reverse("accounts:client_team_invite", args=[house.client.slug]),
        reverse("accounts:client_team_person", args=[house.client.slug, cast.people["rafael"].pk]),
    ]


def seat_pages(house: House) -> list[str]:
    """What an agency's person may look at from a client's seat before they say why they need to change it."""
    return [
        reverse("portal:home"),
        reverse("portal:leads"),
        reverse("crm:lead", args=[house.lead.pk]),
        reverse("portal:calls"),
        reverse("portal:call", args=[house.call.pk]),
        reverse("crm:pipeline"),
    ]


def superuser_pages(cast: Cast) -> list[str]:
    return [reverse("accounts:acting_platform", args=[cast.delgado.client.pk])]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(theme: str, width: int, visitor: Any, cast: Cast, axe: str) -> None:
    walks = {
        None: open_pages(),
        "nora": staff_pages(cast),
        "rafael": client_pages(cast),
        "sam": superuser_pages(cast),
    }
    found: list[str] = []
    for name, addresses in walks.items():
        somebody = visitor(name, width, theme)
        for address in addresses:
            somebody.visit(address)
            somebody.look(axe)
        found += somebody.problems
    assert found == []


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_pages_of_customers_and_journeys(
    theme: str, width: int, visitor: Any, cast: Cast, axe: str
) -> None:
    house = cast.delgado
    work = house.work
    stop = {"agency_id": cast.larkspur.pk, "client_id": house.client.pk, "source": "test", "now": NOON}
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client": house.client}
        JourneyTemplate.unscoped.create(**own, name=LONG_NAME[:100], archived_at=NOON)
        Note.unscoped.create(
            **own, customer=work.customer, journey=work.journey, lead=house.lead, body=LONG_NAME
        )
        Customer.unscoped.filter(pk=work.customer.pk).update(
            phone_e164=house.lead.phone_e164, funnel_data={LONG_NAME: LONG_NAME}
        )
        entries = [Entry("phone", house.lead.phone_e164, "do_not_contact")]
        suppress(entries=entries, **stop)  # type: ignore[arg-type]
    rafael = visitor("rafael", width, theme)
    for address in (
        reverse("crm:lead", args=[house.lead.pk]),
        reverse("crm:customers"),
        reverse("crm:customer", args=[work.customer.pk]),
        reverse("crm:customer_agreement_new", args=[work.customer.pk]),
        reverse("crm:journey", args=[work.journey.pk]),
        reverse("crm:journey_edit", args=[work.journey.pk]),
        reverse("crm:journey_templates"),
        reverse("crm:suppression"),
    ):
        rafael.visit(address)
        rafael.look(axe)
    nora = visitor("nora", width, theme)
    nora.visit(reverse("crm:journey_concerns", args=[work.journey.pk]))
    nora.look(axe)  # the client has not let the agency read them: 403, which a browser says aloud
    closed = [each for each in nora.problems if "403" not in each]
    assert (rafael.problems, closed) == ([], [])


def form_pages(house: House) -> list[str]:
    form, sent = house.work.form.pk, house.work.submission.pk
    return [
        reverse("crm:forms"),
        reverse("crm:form_new"),
        reverse("crm:form", args=[form]),
        reverse("crm:form_renew", args=[form]),
        reverse("crm:submission", args=[sent]),
    ]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_pages_of_web_forms(
    theme: str, width: int, visitor: Any, cast: Cast, axe: str
) -> None:
    house = cast.delgado
    fields = [{"name": "name", "label": "Your name", "kind": "text", "required": True}]
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        InboundForm.unscoped.filter(pk=house.work.form.pk).update(fields=fields)
        for status in ("held", "failed", "telling"):
            FormSubmission.unscoped.create(
                agency_id=cast.larkspur.pk, client=house.client, form=house.work.form, status=status, due_at=NOON,
                received_at=NOON, payload={LONG_NAME: LONG_NAME}, error="It could not be taken in yet.",
            )  # fmt: skip
        held = FormSubmission.unscoped.get(status="held").pk
    pages = [*form_pages(house), reverse("crm:submission", args=[held])]
    somebody = visitor(None, width, theme)
    public = reverse("crm:public_form", args=[house.work.form.token])
    somebody.visit(public)
    somebody.look(axe)
    somebody.page.get_by_role("button", name="Send").click()
    somebody.page.get_by_label("Your name").fill("Lee")
    somebody.page.get_by_role("button", name="Send").click()
    expect(somebody.page.get_by_label("Your name")).to_have_count(0)
    somebody.look(axe)
    found = [each for each in somebody.problems if "422" not in each]  # which a browser says aloud
    for name in ("nora", "rafael"):
        reader = visitor(name, width, theme)
        for address in pages:
            reader.visit(address)
            reader.look(axe)
        found += reader.problems
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_a_proof_is_asked_for(theme: str, visitor: Any, cast: Cast, axe: str) -> None:
    rafael = visitor("rafael", 390, theme, verified=False)
    rafael.visit(reverse("accounts:verify") + "?why=step_up")
    rafael.look(axe)
    rafael.page.get_by_role("button", name="Send me a code").click()
    expect(rafael.page.get_by_label("Six-digit code")).to_be_visible()
    rafael.look(axe)
    assert rafael.problems == []


def test_axe_finds_nothing_in_what_opens_by_a_click(visitor: Any, cast: Cast, axe: str) -> None:
    nora = visitor("nora", 1440)
    nora.visit(reverse("crm:inbox"))
    nora.page.locator(".lead > .l-name").first.click()
    expect(nora.page.get_by_role("complementary", name="Call details")).to_be_visible()
    nora.look(axe)
    nora.page.locator(".sidebar-foot > summary").click()
    nora.look(axe)
    nora.page.get_by_role("button", name="Keyboard shortcuts").click()
    nora.look(axe)
    assert nora.problems == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_clients_seat(
    theme: str, width: int, visitor: Any, cast: Cast, axe: str
) -> None:
    nora = visitor("nora", width, theme)
    nora.visit(reverse("crm:client", args=[cast.delgado.client.slug]))
    nora.page.get_by_role("button", name="Act as client").click()
    expect(nora.page.get_by_role("complementary", name="Acting as a client")).to_be_visible()
    for address in seat_pages(cast.delgado):
        nora.visit(address)
        nora.look(axe)
    nora.page.get_by_role("link", name="Make changes").click()
    nora.look(axe)
    nora.page.get_by_label("Why do you need").fill("Rafael asked by phone")
    nora.page.get_by_role("button", name="Allow changes").click()
    expect(nora.page.get_by_text("Changes allowed")).to_be_visible()
    nora.look(axe)
    nora.page.get_by_role("button", name="Stop").click()
    expect(nora.page.get_by_role("complementary", name="Acting as a client")).to_have_count(0)
    assert nora.problems == []


def test_a_clients_seat_is_taken_raised_and_left_with_the_keyboard_and_no_script(
    visitor: Any, cast: Cast
) -> None:
    nora = visitor("nora", 390, java_script_enabled=False)
    nora.visit(reverse("accounts:acting"))
    page = nora.page
    page.get_by_role("searchbox", name="Name of the client").fill("delg")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Enter the portal of Delgado Plumbing").press("Enter")
    expect(page.get_by_text("Look only")).to_be_visible()
    nora.visit(reverse("portal:call", args=[cast.delgado.call.pk]))
    expect(page.get_by_label("Category", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Make changes").press("Enter")
    page.get_by_label("Why do you need").fill("Rafael asked by phone")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Changes allowed")).to_be_visible()
    page.get_by_label("Category", exact=True).select_option("neutral")
    page.get_by_label("Category", exact=True).press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("set by a person")).to_be_visible()
    expect(page.get_by_text("Nora, acting for the client")).to_be_visible()
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.get_by_text("You have left the portal of Delgado Plumbing.")).to_be_visible()
    rafael = visitor("rafael", 390)
    rafael.visit(reverse("accounts:visits"))
    expect(rafael.page.get_by_text("Rafael asked by phone")).to_be_visible()
    assert [*nora.problems, *rafael.problems] == []


@pytest.mark.parametrize("width", [720, 390, 320])  # 720 is a laptop at 200 %
def test_no_page_scrolls_sideways_whatever_the_names(width: int, visitor: Any, cast: Cast) -> None:
    with transaction.atomic(), platform_scope(PlatformUse.PROVISION):
        name_at_length(cast.delgado)
    walks = {
        None: open_pages(),
        "nora": staff_pages(cast),
        "rafael": client_pages(cast),
        "sam": superuser_pages(cast),
    }
    found: list[str] = []
    for name, addresses in walks.items():
        somebody = visitor(name, width)
        for address in addresses:
            somebody.visit(address)
            somebody.measure()
        found += somebody.problems
    assert found == []


def name_at_length(house: House) -> None:
    Lead.unscoped.filter(pk=house.lead.pk).update(display_name=LONG_NAME, city=LONG_NAME[:100])
    Call.unscoped.filter(pk=house.call.pk).update(
        caller_name=LONG_NAME, summary=LONG_NAME, tracking_label=LONG_NAME, vendor_source=LONG_NAME
    )
    house.client.name = LONG_NAME[:100]
    house.client.save()
    house.tag.name = LONG_NAME[:60]
    house.tag.save()
    house.note.body = LONG_NAME * 50
    house.note.save()
    Notification.unscoped.filter(pk=house.notice.pk).update(title=LONG_NAME, body=LONG_NAME)


def test_a_client_works_a_call_with_the_keyboard_and_no_script(visitor: Any, cast: Cast) -> None:
    rafael = visitor("rafael", 390, java_script_enabled=False)
    rafael.visit(reverse("portal:call", args=[cast.delgado.call.pk]))
    page = rafael.page
    page.get_by_label("Category", exact=True).select_option("neutral")
    page.get_by_label("Category", exact=True).press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("set by a person")).to_be_visible()
    page.get_by_label("Add a note", exact=True).fill("Called back.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Called back.")).to_be_visible()
    expect(page.get_by_role("link", name="Leads").first).to_be_visible()
    assert rafael.problems == []


def some_leads(house: House) -> None:
    with transaction.atomic(), platform_scope(PlatformUse.PROVISION):
        own = {"agency_id": house.client.agency_id, "client": house.client}
        Lead.unscoped.bulk_create(
            Lead(**own, display_name=f"Person {n}", last_call_at=NOON) for n in range(5)
        )


def test_leads_are_chosen_by_keyboard_with_shift_and_all_at_once(visitor: Any, cast: Cast, axe: str) -> None:
    some_leads(cast.delgado)
    rafael = visitor("rafael", 1440)
    rafael.visit(reverse("crm:leads") + "?sort=name")
    page = rafael.page
    boxes, told = page.locator("[data-pick]"), page.locator("[data-pick-count]")
    expect(page.get_by_role("button", name="Archive")).to_be_hidden()
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    expect(told).to_have_text("1 chosen")
    expect(boxes.nth(1)).to_be_checked()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(told).to_have_text("4 chosen")
    rafael.look(axe)
    page.get_by_role("checkbox", name="Choose all on this page").check()
    expect(told).to_have_text("6 chosen")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("heading", name="Archive 6 leads?")).to_be_visible()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Done for 6 leads.")).to_be_visible()
    expect(page.get_by_text("No leads yet")).to_be_visible()
    assert rafael.problems == []


def test_view_is_saved_opened_left_and_kept(visitor: Any, cast: Cast, axe: str) -> None:
    nora = visitor("nora", 1440)
    nora.visit(reverse("crm:leads") + "?status=new")
    page = nora.page
    page.locator("summary", has_text="All leads").click()
    page.get_by_role("link", name="Save this list as a view").click()
    page.get_by_label("Name").fill("Fresh")
    page.get_by_label("Begin my list with it").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Leads").click()
    expect(page.locator("summary", has_text="Fresh")).to_be_visible()
    page.get_by_role("combobox", name="Status").select_option("contacted")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Modified")).to_be_visible()
    nora.look(axe)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Fresh now shows this list.")).to_be_visible()
    expect(page.get_by_text("Modified")).to_have_count(0)
    assert nora.problems == []


def test_list_of_leads_is_worked_with_the_keyboard_and_no_script(visitor: Any, cast: Cast) -> None:
    nora = visitor("nora", 390, java_script_enabled=False)
    nora.visit(reverse("crm:leads"))
    page = nora.page
    page.get_by_role("searchbox").fill("delgado")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Choose Lee Delgado Plumbing").press("Space")
    page.get_by_role("button", name="Tag", exact=True).press("Enter")
    page.get_by_role("combobox", name="Tag").fill("Roof")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done for 1 lead.")).to_be_visible()
    page.get_by_role("link", name="Lee Delgado Plumbing").press("Enter")
    expect(page.get_by_text("Tagged Roof")).to_be_visible()
    page.get_by_role("link", name="Back to the list").press("Enter")
    expect(page.get_by_role("searchbox")).to_have_value("delgado")
    assert nora.problems == []
