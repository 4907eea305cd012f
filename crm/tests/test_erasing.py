"""A person erased: nothing of theirs is left to be read anywhere, and nobody contacts them again."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.proof import Proof, keep
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast
from crm.models import (
    Activity,
    Call,
    CallClassification,
    Erasure,
    Lead,
    LeadMerge,
    ServiceAgreement,
    Suppression,
)
from crm.services.erasing import erase_lead
from crm.services.notes import add_note
from crm.services.suppression import suppressed
from crm.services.timeline import tell
from crm.tests.test_leads import arrive, call, entry
from crm.tests.test_merging import merge, twin

SECRET = "Zaphira"  # occurs in everything that is about the person
EMAIL, NUMBER, PROFILE = (
    f"{SECRET}@example.test".lower(),
    "+14105550199",
    "https://www.linkedin.com/in/zaphira",
)


def make_known(cast: Cast) -> Lead:
    """The house's lead, with the secret wherever words of or about them are kept."""
    house, hannah = cast.brightside, cast.actor("hannah")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        other = twin(house, display_name=f"{SECRET} Twin", phone_e164="+14105550177", phone="(410) 555-0177")
        Lead.unscoped.filter(pk=house.lead.pk).update(
            display_name=SECRET, first_name=SECRET, last_name=SECRET, email=EMAIL, phone=NUMBER, phone_e164=NUMBER,
            linkedin_url=PROFILE, company_name=SECRET, title=SECRET, seniority=SECRET, industry=SECRET,
            location=SECRET, city=SECRET, state=SECRET, country=SECRET, external_ref=SECRET, notes=SECRET,
            lost_reason=SECRET, attribution={"x": SECRET}, enrichment_data={SECRET: SECRET},
            deep_research_data={"x": [SECRET]},
        )  # fmt: skip
        words = dict.fromkeys(
            (
                "caller_name",
                "summary",
                "transcript",
                "notes",
                "booked_elsewhere",
                "from_number",
                "phone_number",
            ),
            SECRET,
        )
        Call.unscoped.filter(pk=house.call.pk).update(
            **words, raw={"x": SECRET}, ai_summary={"x": SECRET}, transcript_turns=[{"text": SECRET}],
            recording=default_storage.save(f"recordings/{SECRET}.wav", ContentFile(b"sound")),
            recording_url=f"https://recordings.example.test/{SECRET}",
        )  # fmt: skip
        CallClassification.unscoped.filter(call=house.call).update(
            summary=SECRET, evidence=[{"quote": SECRET}], reason=SECRET
        )
        _more(cast)
        tell(
            about=house.lead, lead_id=house.lead.pk, action="owner_changed", metadata={"name": SECRET}, content=SECRET,
            now=NOON,
        )  # fmt: skip
    with scoped(hannah.scope), transaction.atomic():
        add_note(actor=hannah, lead_id=house.lead.pk, body=f"@Vi {SECRET}", now=NOON)
    return merge(cast, house.lead, other)


def _more(cast: Cast) -> None:
    house, own = cast.brightside, {"client": cast.brightside.client}
    secrets: dict[str, dict[str, Any]] = {
        "Signal": {"summary": SECRET, "payload": {"x": SECRET}},
        "Callback": {"note": SECRET},
        "CampaignMember": {"hold_reason": SECRET},
        "Customer": {"name": SECRET, "email": EMAIL, "phone": SECRET, "funnel_data": {"x": SECRET}},
        "Journey": {
            "name": SECRET,
            "email": EMAIL,
            "phone": SECRET,
            "symptoms": [SECRET],
            "notes_summary": SECRET,
        },
        "JourneyStep": {"message": SECRET, "notes": SECRET},
        "Conversion": {"before": {"x": SECRET}},
        "LeadScore": {"components": [{"points": 40, "why": SECRET}], "reason": SECRET},
        "FormSubmission": {"payload": {"name": SECRET}, "error": SECRET},
        "ImportRow": {"raw": [SECRET], "before": {"x": SECRET}, "after": {"x": SECRET}, "reason": SECRET},
        "ServiceAgreement": {"service_name": SECRET},
        "Note": {"body": SECRET},
    }
    for name, words in secrets.items():
        assert apps.get_model("crm", name).unscoped.filter(**own).update(**words)
    event: Any = apps.get_model("integrations", "InboundEvent")
    event.unscoped.filter(**own).update(
        body={"id": int(house.call.external_id), "name": SECRET}, headers={"x": SECRET}
    )


def erase(cast: Cast, lead: Lead, who: str = "hannah") -> Erasure:
    actor = cast.actor(who)
    with scoped(actor.scope):
        return erase_lead(actor=actor, lead_id=lead.pk, now=NOON, origin=NOWHERE)


def anywhere(word: str) -> list[str]:
    """Every table of the house in which ``word`` can be read."""
    with platform_scope(PlatformUse.ADMIN), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        found = []
        for (table,) in cursor.fetchall():
            if table.startswith(("crm_", "integrations_", "notifications_", "accounts_auditevent")):
                cursor.execute(
                    f"SELECT count(*) FROM {table} t WHERE to_jsonb(t)::text ILIKE %s", [f"%{word}%"]
                )
                if cursor.fetchone()[0]:
                    found.append(table)
        return sorted(found)


def test_nothing_of_theirs_can_be_read_anywhere(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    lead = make_known(cast)
    with agency_scope(cast.larkspur.pk):
        sound = str(Call.unscoped.get(pk=cast.brightside.call.pk).recording.name)
    assert len(anywhere(SECRET)) > 12
    with django_capture_on_commit_callbacks(execute=True):
        erasure = erase(cast, lead)

    assert {word: anywhere(word) for word in (SECRET, NUMBER, "14105550177", "5550177")} == {
        SECRET: [], NUMBER: [], "14105550177": [], "5550177": [],
    }  # fmt: skip
    assert not default_storage.exists(sound)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        gone = Lead.unscoped.get(pk=lead.pk)
        agreement = ServiceAgreement.unscoped.get(pk=cast.brightside.work.agreement.pk)
    assert (gone.erased_at, gone.archived_at, str(agreement.agreed_price)) == (NOON, NOON, "1700.00")
    assert {name: erasure.report[name] for name in ("Lead", "Call", "Note", "recordings")} == {
        "Lead": 3, "Call": 1, "Note": 2, "recordings": 1,
    }  # fmt: skip


def test_nobody_contacts_them_again(cast: Cast) -> None:
    erase(cast, make_known(cast))
    asked: dict[str, Any] = {
        "agency_id": cast.larkspur.pk,
        "channel": None,
        "now": NOON + timedelta(days=900),
    }
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        stopped = suppressed(
            **asked, client_id=cast.brightside.client.pk, emails=[EMAIL, "lee@example.test"],
            phones=[NUMBER, "+14105550177"], linkedin=[PROFILE],
        )  # fmt: skip
        at_the_sibling = suppressed(**asked, client_id=cast.delgado.client.pk, emails=[EMAIL])
        kept = Suppression.unscoped.filter(client=cast.brightside.client, reason="erased")
        assert set(kept.values_list("value", flat=True)) == {""}
    assert set(stopped) == {EMAIL, NUMBER, "+14105550177", PROFILE}
    assert not at_the_sibling


def test_the_tracker_cannot_bring_them_back(cast: Cast) -> None:
    house = cast.brightside
    arrive(house, entry(1, name=SECRET, email=EMAIL))
    lead = call(house, 1).lead
    assert lead is not None
    erase(cast, lead)
    arrive(house, entry(1, name=SECRET, email=EMAIL, transcription_text=SECRET, duration=70))

    assert [table for table in anywhere(SECRET) if table.startswith("crm_")] == []


def test_a_merge_with_an_erased_person_cannot_be_undone(cast: Cast) -> None:
    lead = make_known(cast)
    with agency_scope(cast.larkspur.pk):
        row = LeadMerge.unscoped.filter(kept=lead).exclude(before={}).get()
    erase(cast, lead)
    response = cast.browser("hannah").post(reverse("crm:merge_undo", args=[lead.pk, row.pk]))
    assert response.status_code == 409


def test_the_page_asks_for_the_word_and_a_fresh_proof(cast: Cast) -> None:
    lead, browser = cast.brightside.lead, cast.browser("hannah")
    url = reverse("crm:lead_erase", args=[lead.pk])
    refused = browser.post(url, {"word": "yes"})
    assert (refused.status_code, "Nothing was erased." in refused.content.decode()) == (422, True)

    session = browser.session
    keep(
        session,
        cast.people["hannah"],
        Proof(cast.people["hannah"].pk, "totp", timezone.now() - timedelta(hours=1)),
    )
    session.save()
    asked = browser.post(url, {"word": "erase"})
    assert (asked.status_code, reverse("accounts:verify") in asked["location"], _erased(cast, lead)) == (
        302, True, False,
    )  # fmt: skip

    done = cast.browser("hannah").post(url, {"word": "erase"})
    assert (done.status_code, _erased(cast, lead)) == (302, True)
    page = cast.browser("vi").get(reverse("crm:lead", args=[lead.pk]))
    assert "This person was erased" in page.content.decode()
    for name in ("lead_edit", "lead_erase", "lead_archive", "lead_merge"):
        assert cast.browser("hannah").get(reverse(f"crm:{name}", args=[lead.pk])).status_code == 404, name


def _erased(cast: Cast, lead: Lead) -> bool:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        return Lead.unscoped.get(pk=lead.pk).erased_at is not None


@pytest.mark.parametrize("who", ["rafael", "otto"])
def test_the_function_forgets_nothing_of_the_living_or_of_others(cast: Cast, who: str) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        tell(
            about=house.lead, lead_id=house.lead.pk, action="owner_changed", metadata={"name": "x"}, now=NOON
        )
        line = Activity.unscoped.get(action="owner_changed")

    def forget(name: str) -> int:
        with scoped(cast.actor(name).scope), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT crm_activities_forget(%s)", [house.lead.pk])
            return int(cursor.fetchone()[0])

    assert forget("hannah") == 0  # nobody erased them
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=house.lead.pk).update(erased_at=NOON)
    assert forget(who) == 0
    with agency_scope(cast.larkspur.pk):
        line.refresh_from_db()
    assert line.metadata == {"name": "x"}


def test_archived_and_back(cast: Cast) -> None:
    lead, browser = cast.brightside.lead, cast.browser("hannah")
    browser.post(reverse("crm:lead_archive", args=[lead.pk]))
    page = browser.get(reverse("crm:lead", args=[lead.pk])).content.decode()
    assert "is in the archive." in page
    offers = [name for name in ("crm:lead_stage", "crm:lead_tag") if reverse(name, args=[lead.pk]) in page]
    assert offers == []  # what an archived lead would answer with a 404
    browser.post(reverse("crm:lead_restore", args=[lead.pk]))
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=lead.pk).update(email="a@example.test", archived_at=NOON)
        twin(cast.brightside, email="A@example.test")
    page = browser.post(reverse("crm:lead_restore", args=[lead.pk]), follow=True).content.decode()
    assert "Somebody else has this e-mail address by now." in page
