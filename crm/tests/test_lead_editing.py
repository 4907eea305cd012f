"""People added and changed by hand: who is there already is said, and two who type at once lose nothing."""

import json
import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts.scope import agency_scope, scoped
from conftest import NOON, Cast, make_cast
from crm.editing import EditConflict
from crm.identity import domain_of, profile_address, work_domain
from crm.models import Activity, Company, Lead
from crm.services.companies import as_text as company_text
from crm.services.companies import company_for
from crm.services.leads import FIELDS, as_text, update_lead

NUMBER = "+14105550142"  # of Brightside's lead in the cast


def typed(lead: Lead | None = None, **fields: str) -> dict[str, str]:
    """The form as it was shown, with ``fields`` typed over."""
    shown = as_text(lead) if lead else dict.fromkeys(FIELDS, "")
    return {**shown, "seen": json.dumps(shown), **fields}


def stored(cast: Cast, pk: UUID) -> Lead:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        return Lead.unscoped.select_related("company").get(pk=pk)


def added(cast: Cast) -> Lead:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        return Lead.unscoped.select_related("company", "client").filter(source="manual").latest("created_at")


def test_a_person_is_added_with_every_field(cast: Cast) -> None:
    data = typed(
        first_name="Dana", last_name="Whitfield", phone="(410) 555-0177", email="Dana@Whitfield.example",
        email_status="verified", company_name="Whitfield & Sons", title="Office manager", seniority="Manager",
        linkedin_url="LinkedIn.com/in/Dana-W/?trk=1", industry="Dental", location="12 Main St", city="Baltimore",
        state="MD", country="US", timezone="America/New_York", source="manual", external_ref="A-7", value="1200",
        currency="USD", notes="Call in the morning", extras="Insurance: Delta Dental\nChildren: 2",
    )  # fmt: skip
    response = cast.browser("hannah").post(reverse("crm:lead_new"), data)

    lead = added(cast)
    assert (response.status_code, response["location"]) == (302, f"/leads/{lead.pk}/")
    assert lead.company is not None
    assert (lead.client, lead.name, lead.phone_e164, lead.email, lead.linkedin_url) == (
        cast.brightside.client, "Dana Whitfield", "+14105550177", "dana@whitfield.example",
        "https://www.linkedin.com/in/dana-w",
    )  # fmt: skip
    assert (lead.company.name, lead.company.domain, str(lead.value), lead.status) == (
        "Whitfield & Sons", "whitfield.example", "1200.00", "enriched",
    )  # fmt: skip
    assert lead.enrichment_data == {"Insurance": "Delta Dental", "Children": "2"}
    with agency_scope(cast.larkspur.pk):
        assert list(Activity.unscoped.filter(lead=lead).values_list("action", flat=True)) == ["lead_created"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("phone", "555-01", "This is no phone number we can dial."),
        ("email", "dana at home", "Enter an e-mail address, such as"),
        ("linkedin_url", "javascript:alert(1)", "Enter a profile’s address"),
        ("timezone", "Mars/Olympus", "Choose one from the list."),
        ("value", "a lot", "Enter an amount, such as 499.00."),
        ("currency", "Dollar", "Use three capital letters"),
        ("extras", "Insurance Delta", "Write each line as a name, a colon and a value"),
        ("first_name", "x" * 101, "Keep it under 100 characters."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_kept(
    cast: Cast, field: str, value: str, sentence: str
) -> None:
    response = cast.browser("hannah").post(
        reverse("crm:lead_new"), {**typed(last_name="Whitfield"), field: value}
    )
    page = response.content.decode()

    assert response.status_code == 422
    assert sentence in page
    assert "Whitfield" in page


def test_nobody_without_a_name_or_a_way_to_reach_them(cast: Cast) -> None:
    response = cast.browser("hannah").post(reverse("crm:lead_new"), typed(city="Baltimore"))
    assert "Enter a name, a phone number or an e-mail address." in response.content.decode()


def test_staff_choose_the_client(cast: Cast) -> None:
    browser = cast.browser("nora")
    assert browser.post(reverse("crm:lead_new"), typed(first_name="Ada")).status_code == 422
    for foreign in (cast.kettle.client.pk, "x"):
        assert (
            browser.post(reverse("crm:lead_new"), typed(first_name="Ada", client=str(foreign))).status_code
            == 422
        )
    data = typed(first_name="Ada", client=str(cast.delgado.client.pk))
    assert browser.post(reverse("crm:lead_new"), data).status_code == 302
    assert added(cast).client == cast.delgado.client


def test_who_is_there_already_is_said_while_typing_and_before_saving(cast: Cast) -> None:
    browser, data = cast.browser("hannah"), typed(first_name="Dana", phone="410-555-0142")
    warning = "There is already Lee Brightside Dental with this number."

    assert warning in browser.post(reverse("crm:lookalikes"), data).content.decode()
    refused = browser.post(reverse("crm:lead_new"), data)
    assert (refused.status_code, warning in refused.content.decode()) == (422, True)
    assert browser.post(reverse("crm:lead_new"), {**data, "anyway": "1"}).status_code == 302
    assert added(cast).phone_e164 == NUMBER


def test_a_sibling_clients_people_look_like_nobody(cast: Cast) -> None:
    data = typed(first_name="Dana", phone="410-555-0142")
    assert "already" not in cast.browser("rafael").post(reverse("crm:lookalikes"), data).content.decode()
    assert (
        "already"
        not in cast.browser("hannah")
        .post(
            reverse("crm:lookalikes"),
            {**data, "phone": "512-555-0148", "client": str(cast.delgado.client.pk)},
        )
        .content.decode()
    )
    at_the_sibling = {**data, "client": str(cast.delgado.client.pk)}
    assert (
        "already" not in cast.browser("nora").post(reverse("crm:lookalikes"), at_the_sibling).content.decode()
    )


def test_the_surest_match_comes_first_and_an_address_is_one_person(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.create(
            agency=cast.larkspur, client=cast.brightside.client, display_name="Ann", email="Ann@Example.test"
        )
    data = typed(first_name="Dana", phone="410-555-0142", email="ann@example.test", anyway="1")
    page = cast.browser("hannah").post(reverse("crm:lead_new"), data).content.decode()

    assert page.index("Open Ann") < page.index("Open Lee Brightside")
    assert "Somebody of this client has this address already." in page


def test_a_change_is_told_by_its_names_alone(cast: Cast) -> None:
    lead = stored(cast, cast.brightside.lead.pk)
    url = reverse("crm:lead_edit", args=[lead.pk])
    cast.browser("hannah").post(url, typed(lead, city="Towson", email="lee@example.test"))

    after = stored(cast, lead.pk)
    assert (after.city, after.email, after.display_name) == ("Towson", "lee@example.test", lead.display_name)
    with agency_scope(cast.larkspur.pk):
        told = Activity.unscoped.get(lead=lead, action="lead_changed")
    assert told.metadata == {"fields": ["e-mail", "city"]}


def test_two_who_change_different_fields_lose_nothing(cast: Cast) -> None:
    lead = stored(cast, cast.brightside.lead.pk)
    url = reverse("crm:lead_edit", args=[lead.pk])
    first, second = typed(lead, city="Towson"), typed(lead, title="Owner")

    assert cast.browser("hannah").post(url, first).status_code == 302
    assert cast.browser("theo").post(url, second).status_code == 302
    after = stored(cast, lead.pk)
    assert (after.city, after.title) == ("Towson", "Owner")


def test_two_who_change_one_field_are_both_heard(cast: Cast) -> None:
    lead = stored(cast, cast.brightside.lead.pk)
    url, theo = reverse("crm:lead_edit", args=[lead.pk]), cast.browser("theo")
    cast.browser("hannah").post(url, typed(lead, city="Towson", state="MD"))
    refused = theo.post(url, typed(lead, city="Dundalk", title="Owner"))
    page = refused.content.decode()

    assert refused.status_code == 422
    assert "it says “Towson” now" in page
    assert 'value="Dundalk"' in page
    assert 'value="Owner"' in page
    assert stored(cast, lead.pk).city == "Towson"

    again = theo.post(url, {**refused.context["form"].data})
    after = stored(cast, lead.pk)
    assert (again.status_code, after.city, after.title, after.state) == (302, "Dundalk", "Owner", "MD")


@pytest.mark.parametrize("seen", ["", "not json", "[]", '{"city": 7}'])
def test_a_form_that_forgot_what_it_showed_overwrites_nothing(cast: Cast, seen: str) -> None:
    lead = stored(cast, cast.brightside.lead.pk)
    data = {**typed(lead, display_name="Somebody else"), "seen": seen}

    assert cast.browser("hannah").post(reverse("crm:lead_edit", args=[lead.pk]), data).status_code == 422
    assert stored(cast, lead.pk).display_name == lead.display_name


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_write_one_after_the_other(transactional_db: None) -> None:
    with transaction.atomic():
        cast = make_cast()
    lead = stored(cast, cast.brightside.lead.pk)
    shown, refused, gate = as_text(lead), [], threading.Barrier(2)

    def change(who: str, city: str) -> None:
        actor = cast.actor(who)
        gate.wait()
        try:
            with scoped(actor.scope):
                values: dict[str, Any] = {**shown, "value": None, "extras": {}, "city": city}
                update_lead(actor=actor, lead_id=lead.pk, seen=shown, values=values, now=NOON)
        except EditConflict as conflict:
            refused.append(dict(conflict.theirs))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=change, args=each) for each in (("nora", "Towson"), ("theo", "Dundalk"))
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert refused == [{"city": stored(cast, lead.pk).city}]


def test_companies_are_found_by_domain_then_name_and_made_once(cast: Cast) -> None:
    own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client_id": cast.brightside.client.pk}
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        one = company_for(**own, name="Acme", domain="acme.example")
        found = [
            company_for(**own, name="ACME"),
            company_for(**own, name="", domain="acme.example"),
            company_for(**own, name="Acme", domain="acme.example"),
        ]
        other = company_for(**own, name="Acme Roofing", domain="acme.example")
        assert found == [one] * 3
        assert other is not None
        assert (other != one, other.domain) == (True, "")
        assert company_for(**own, name="") is None
        assert company_for(**own, name="", domain="new.example") is None


def test_a_companys_new_name_reaches_its_people(cast: Cast) -> None:
    company, lead = cast.brightside.work.company, cast.brightside.lead
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=lead.pk).update(company=company, company_name=company.name)
        Company.unscoped.create(
            agency=cast.larkspur, client=cast.brightside.client, name="Other", domain="taken.example"
        )
    url, data = (
        reverse("crm:company_edit", args=[company.pk]),
        {"name": "New Name", "domain": "taken.example", "seen": json.dumps(company_text(company))},
    )
    refused = cast.browser("hannah").post(url, data)
    assert "Other has this domain already." in refused.content.decode()

    cast.browser("hannah").post(url, {**data, "domain": "https://www.Fresh.example/about"})
    page = cast.browser("vi").get(reverse("crm:company", args=[company.pk])).content.decode()
    assert stored(cast, lead.pk).company_name == "New Name"
    assert (
        "New Name" in page,
        "fresh.example" in page,
        "Lee Brightside" in page,
        "Wants a quote." in page,
    ) == (True,) * 4


def test_two_who_edit_a_company_are_both_heard(cast: Cast) -> None:
    company = cast.brightside.work.company
    shown, url = company_text(company), reverse("crm:company_edit", args=[company.pk])
    seen = {"seen": json.dumps(shown)}
    cast.browser("nora").post(url, {**shown, **seen, "city": "Towson", "size": "11-50"})
    refused = cast.browser("hannah").post(url, {**shown, **seen, "city": "Dundalk", "state": "MD"})
    page = refused.content.decode()
    cast.browser("hannah").post(url, {**shown, **seen, "state": "MD"})
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        company.refresh_from_db()

    assert (refused.status_code, "it says “Towson” now" in page, 'value="Dundalk"' in page) == (
        422,
        True,
        True,
    )
    assert (company.city, company.size, company.state) == ("Towson", "11-50", "MD")


LONG = "x" * 700
STORED: dict[str, Any] = {
    "Insurance": "Delta", "Note": "One line\nand another", "Ratio 1:2": "yes", "Story": LONG, "Chairs": 3,
    "Open": True, "Blank": "", " Spaced ": "a", "Tail": "b ", "Part": "a\u2028b", "Rooms": ["A", "B"],
    **{f"Fact {n}": str(n) for n in range(130)},
}  # fmt: skip


def edit(cast: Cast, lead: Lead, **more: str) -> Any:
    shown = as_text(stored(cast, lead.pk))
    sent = {name: text.replace("\n", "\r\n") for name, text in shown.items()}  # as a browser sends it
    return cast.browser("hannah").post(
        reverse("crm:lead_edit", args=[lead.pk]), {**sent, "seen": json.dumps(shown), **more}
    )


def test_whatever_an_import_stored_stays_when_something_else_is_edited(cast: Cast) -> None:
    lead = cast.brightside.lead
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=lead.pk).update(
            enrichment_data=STORED,
            phone="ask at the desk",
            linkedin_url="ann-at-linkedin",
            notes="  Words \n",
        )
    saved = edit(cast, lead, city="Towson")
    after = stored(cast, lead.pk)

    assert (saved.status_code, after.city, after.enrichment_data) == (302, "Towson", STORED)
    assert (after.phone, after.linkedin_url, after.notes) == (
        "ask at the desk",
        "ann-at-linkedin",
        "  Words \n",
    )


def test_a_fact_is_changed_and_the_others_keep_their_kind(cast: Cast) -> None:
    lead = cast.brightside.lead
    few = {
        name: STORED[name] for name in ("Insurance", "Note", "Ratio 1:2", "Story", "Chairs", "Open", "Rooms")
    }
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=lead.pk).update(enrichment_data=few)
    shown = as_text(stored(cast, lead.pk))["extras"]
    saved = edit(cast, lead, extras=shown.replace("Delta", "Aetna") + "\r\nParking: behind the house")

    assert sorted(shown.splitlines()) == ["Chairs: 3", "Insurance: Delta", "Open: True"]
    assert (saved.status_code, stored(cast, lead.pk).enrichment_data) == (
        302, {**few, "Insurance": "Aetna", "Parking": "behind the house"},
    )  # fmt: skip
    edit(cast, lead, extras="Chairs: 3")
    kept = {name: few[name] for name in ("Note", "Ratio 1:2", "Story", "Chairs", "Rooms")}
    assert stored(cast, lead.pk).enrichment_data == kept


@pytest.mark.parametrize(
    ("typed_lines", "words"),
    [
        ("Note: mine", "“Note” is there already"),
        ("A: 1\nA: 2", "“A” is there twice"),
        (f"Story: {LONG}", "Keep a name under 80 characters"),
        ("\n".join(f"F{n}: x" for n in range(101)), "Keep it to 100 lines; these are 101."),
    ],
)
def test_what_would_be_cut_or_lost_is_said(cast: Cast, typed_lines: str, words: str) -> None:
    lead = cast.brightside.lead
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=lead.pk).update(enrichment_data={"Note": "One\ntwo"})
    refused = edit(cast, lead, extras=typed_lines)

    assert (refused.status_code, words in refused.content.decode()) == (422, True)
    assert stored(cast, lead.pk).enrichment_data == {"Note": "One\ntwo"}


@pytest.mark.parametrize(
    ("given", "profile", "domain"),
    [
        ("https://www.linkedin.com/in/Ann-B/?x=1#y", "https://www.linkedin.com/in/ann-b", "linkedin.com"),
        ("de.linkedin.com/in/ann", "https://www.linkedin.com/in/ann", "de.linkedin.com"),
        ("https://evil-linkedin.com/in/ann", "", "evil-linkedin.com"),
        ("https://linkedin.com.evil.example/in/ann", "", "linkedin.com.evil.example"),
        ("linkedin.com/company/acme", "", "linkedin.com"),
        ("http://[::1", "", ""),
        ("127.0.0.1", "", ""),
        ("", "", ""),
    ],
)
def test_identities_are_written_one_way(given: str, profile: str, domain: str) -> None:
    assert (profile_address(given), domain_of(given)) == (profile, domain)


def test_a_mail_service_is_no_company() -> None:
    given = ("a@gmail.com", "a@WWW.Acme.example", "acme.example")
    assert [work_domain(each) for each in given] == ["", "acme.example", ""]


def test_a_number_is_called_by_the_agencys_dialer(cast: Cast) -> None:
    browser = cast.browser("nora")
    page, save = reverse("crm:lead", args=[cast.brightside.lead.pk]), reverse("accounts:agency_save")
    assert 'href="tel:+14105550142"' in browser.get(page).content.decode()
    data = {
        "name": "Larkspur", "timezone": "America/New_York", "client_timezone": "America/New_York",
        "client_industry": "other",
    }  # fmt: skip
    for wrong in ("javascript:alert({number})", "https://dialer.example/"):
        assert browser.post(save, {**data, "dialer_url": wrong}).status_code == 422
    browser.post(save, {**data, "dialer_url": "https://dialer.example/call?to={number}"})
    assert 'href="https://dialer.example/call?to=%2B14105550142"' in browser.get(page).content.decode()
