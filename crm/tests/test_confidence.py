"""What people tell in confidence: who reads it, and that it is gone when its time has come."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, ClientProfile
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from conftest import NOON, Cast, House, make_cast
from crm.due_dates import due_after
from crm.models import (
    Activity,
    Journey,
    JourneyStep,
    JourneyTemplate,
    JourneyTemplateStep,
    Note,
    RedactionReceipt,
    ServiceAgreement,
)
from crm.services.conversions import Agreed, agree_to_service
from crm.services.journeys import set_status, start_journey
from crm.services.redaction import deadline, redact_due
from crm.tests.test_board import at_once

SECRET, OTHER = "periodontitis", "whitening-of-fangs"
LONG_AFTER = NOON + timedelta(days=120)
TEXTS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND (c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'character') OR c.data_type = 'ARRAY')
"""


def places_of(*words: str) -> list[str]:
    """Every text, list and JSON column of the whole database that holds one of ``words``."""
    found = []
    with platform_scope(PlatformUse.ADMIN), connection.cursor() as cursor:
        cursor.execute(TEXTS)
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT 1 FROM "{table}" WHERE lower("{column}"::text) LIKE ANY (%s) LIMIT 1',
                [[f"%{word}%" for word in words]],
            )
            if cursor.fetchone():
                found.append(f"{table}.{column}")
    return sorted(found)


def confide(cast: Cast) -> Journey:
    """A journey of Brightside that tells its secret wherever a journey can, and ends with an agreement."""
    house, hannah = cast.brightside, cast.actor("hannah")
    with scoped(hannah.scope), transaction.atomic():
        journey = start_journey(
            actor=hannah, lead_id=house.lead.pk, now=NOON,
            values={"started_on": date(2026, 11, 2), "concerns": [SECRET.title()], "call": house.call,
                    "notes_summary": f"Afraid of {SECRET}"},
        )  # fmt: skip
        own: dict[str, Any] = {
            "agency_id": house.client.agency_id,
            "client": house.client,
            "journey": journey,
        }
        JourneyStep.unscoped.create(
            **own, position=0, label=f"Ask about {SECRET}", message=SECRET, notes=SECRET
        )
        Note.unscoped.create(**own, body=f"It is {SECRET}", metadata={"was": SECRET})
        Activity.unscoped.create(
            **own, lead=house.lead, action="note_added", content_snapshot=f"About your {SECRET}",
            metadata={"words": [f"has {SECRET}"], "note_id": "1"}, occurred_at=NOON,
        )  # fmt: skip
        agree_to_service(
            actor=hannah, journey_id=journey.pk, agreed=[Agreed(None, OTHER, house.work.agreement.agreed_price)],
            agreed_on=date(2026, 11, 20), now=NOON,
        )  # fmt: skip
    return journey


def redact(now: datetime = LONG_AFTER) -> int:
    return redact_due(now=now)


def test_client_without_a_policy_of_its_own_is_redacted_after_ninety_days(cast: Cast) -> None:
    journey = confide(cast)
    with agency_scope(cast.larkspur.pk):
        ClientProfile.unscoped.filter(client=cast.brightside.client).delete()
        closed = Journey.unscoped.get(pk=journey.pk).closed_at
    assert closed is not None

    redact(closed + timedelta(days=89))
    early = places_of(SECRET)
    redact(closed + timedelta(days=92))

    assert "crm_journey.symptoms" in early
    assert places_of(SECRET, OTHER) == []


def test_note_on_a_journey_stands_in_its_persons_timeline(cast: Cast) -> None:
    house, hannah = cast.brightside, cast.browser("hannah")
    journey = house.work.journey
    hannah.post(reverse("crm:journey_note", args=[journey.pk]), {"body": "Likes mornings"})
    pages = [reverse("crm:journey", args=[journey.pk]), reverse("crm:lead", args=[house.lead.pk])]

    assert ["Likes mornings" in hannah.get(page).content.decode() for page in pages] == [True, True]


def test_note_on_a_journey_is_destroyed_with_it(cast: Cast) -> None:
    """Nobody who is mentioned gets its words, which redaction would not find in their notices."""
    journey, hannah = confide(cast), cast.browser("hannah")
    note = reverse("crm:journey_note", args=[journey.pk])
    hannah.post(note, {"body": f"@Vi It is {SECRET} again"})
    kept = places_of(f"{SECRET} again")
    redact()
    refused = hannah.post(note, {"body": "More words"}, follow=True).content.decode()

    assert kept == ["crm_note.body"]
    assert places_of(SECRET) == []
    assert "has been destroyed. Begin a new one" in refused
    with agency_scope(cast.larkspur.pk):
        assert not Note.unscoped.filter(body="More words").exists()


def test_no_word_is_left_anywhere(cast: Cast) -> None:
    journey = confide(cast)
    assert {"crm_journey.symptoms", "crm_activity.metadata", "crm_note.body"} <= set(places_of(SECRET))
    assert places_of(OTHER) == ["crm_serviceagreement.service_name"]

    done = redact()

    assert places_of(SECRET, OTHER) == []
    assert done >= 2
    with agency_scope(cast.larkspur.pk):
        journey = Journey.unscoped.get(pk=journey.pk)
        agreement = ServiceAgreement.unscoped.get(journey=journey)
        receipt = RedactionReceipt.unscoped.get(object_id=journey.pk, kind="journey")
        step = JourneyStep.unscoped.get(journey=journey)
    assert (journey.symptoms_redacted, journey.service_id, journey.name) == (
        True,
        None,
        cast.brightside.lead.name,
    )
    assert (agreement.redacted_at, agreement.agreed_price) == (
        LONG_AFTER,
        cast.brightside.work.agreement.agreed_price,
    )
    assert (step.label, step.message, step.notes) == ("Step 1", "", "")
    assert receipt.fields == ["notes", "notes_summary", "steps", "symptoms"]
    assert (len(receipt.digest), receipt.policy_days, receipt.length > 0) == (64, 90, True)


def test_a_second_run_does_nothing_more(cast: Cast) -> None:
    confide(cast)
    redact()
    with agency_scope(cast.larkspur.pk):
        receipts = list(RedactionReceipt.unscoped.order_by("pk").values())

    assert redact(LONG_AFTER + timedelta(days=1)) == 0
    with agency_scope(cast.larkspur.pk):
        assert list(RedactionReceipt.unscoped.order_by("pk").values()) == receipts


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2027, 2, 18, 4, 59, tzinfo=UTC), False),  # one minute to midnight in New York
        (datetime(2027, 2, 18, 5, 0, tzinfo=UTC), True),
    ],
)
def test_ninety_full_days_pass_by_the_clients_calendar(cast: Cast, moment: datetime, due: bool) -> None:
    """Closed on 20 November in New York; the ninetieth day after it is 18 February."""
    journey = confide(cast)

    redact(moment)

    with agency_scope(cast.larkspur.pk):
        assert Journey.unscoped.get(pk=journey.pk).symptoms_redacted is due
        assert (ServiceAgreement.unscoped.get(journey=journey).redacted_at is not None) is due


def test_a_journey_under_way_keeps_its_words(cast: Cast) -> None:
    redact()

    with agency_scope(cast.larkspur.pk):
        assert Journey.unscoped.get(pk=cast.brightside.work.journey.pk).symptoms == ["Missing tooth"]
    hannah = cast.actor("hannah")
    with scoped(hannah.scope), transaction.atomic():
        set_status(actor=hannah, journey_id=cast.brightside.work.journey.pk, status="won", now=NOON)
    redact()
    with agency_scope(cast.larkspur.pk):
        assert Journey.unscoped.get(pk=cast.brightside.work.journey.pk).symptoms == []


def test_each_client_has_a_policy_of_its_own(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        ClientProfile.unscoped.filter(client=cast.brightside.client).update(redaction_days=10)
        for house in (cast.brightside, cast.delgado):
            Journey.unscoped.filter(pk=house.work.journey.pk).update(status="lost", closed_at=NOON)

    redact(NOON + timedelta(days=11))

    with agency_scope(cast.larkspur.pk):
        kept = {each.client_id: each.symptoms for each in Journey.unscoped.filter(status="lost")}
    assert kept == {cast.brightside.client.pk: [], cast.delgado.client.pk: ["Missing tooth"]}


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_leave_one_receipt() -> None:
    with transaction.atomic():
        cast = make_cast()
        journey = confide(cast)

    results = at_once([redact] * 3)

    assert sum(results) == len({*range(sum(results))})
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        assert RedactionReceipt.unscoped.filter(object_id=journey.pk).count() == 1
        assert Activity.unscoped.filter(journey=journey, action="redacted").count() == 1


def test_the_preview_says_what_tonight_takes_and_no_word_of_it(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Journey.unscoped.filter(pk=cast.brightside.work.journey.pk).update(
            status="won", closed_at=timezone.now() - timedelta(days=90, hours=1)
        )

    page = cast.browser("hannah").get(reverse("crm:privacy")).content.decode()

    assert "Lee Brightside Dental" in page
    assert "Missing tooth" not in page
    assert deadline(days=90, on=date(2026, 11, 20), zone="America/New_York").day == date(2026, 8, 22)


def concerns(cast: Cast, who: str, house: House | None = None) -> Any:
    journey = (house or cast.brightside).work.journey
    return cast.browser(who).get(reverse("crm:journey_concerns", args=[journey.pk]))


def test_the_agency_reads_concerns_only_with_consent_and_never_unseen(cast: Cast) -> None:
    asked = concerns(cast, "nora")
    assert (asked.status_code, "Missing tooth" in asked.content.decode()) == (403, False)
    cast.browser("hannah").post(reverse("crm:privacy_consent"), {"lets": "1"})

    allowed = concerns(cast, "nora")

    assert "Missing tooth" in allowed.content.decode()
    assert concerns(cast, "theo").status_code == 403
    assert concerns(cast, "nora", cast.delgado).status_code == 403
    with platform_scope(PlatformUse.ADMIN):
        looks = AuditEvent.unscoped.filter(event_type="concerns_read")
        assert [(each.actor_id, each.client_id, each.target) for each in looks] == [
            (cast.people["nora"].pk, cast.brightside.client.pk, str(cast.brightside.work.journey.pk))
        ]
    cast.browser("hannah").post(reverse("crm:privacy_consent"), {"lets": "0"})
    assert concerns(cast, "nora").status_code == 403


def test_no_page_of_the_agency_shows_concerns_by_the_way(cast: Cast) -> None:
    cast.browser("hannah").post(reverse("crm:privacy_consent"), {"lets": "1"})
    work, nora = cast.brightside.work, cast.browser("nora")
    pages = [
        reverse("crm:journey", args=[work.journey.pk]), reverse("crm:journeys"), reverse("crm:pipeline"),
        reverse("crm:customer", args=[work.customer.pk]), reverse("crm:privacy"),
    ]  # fmt: skip

    assert [page for page in pages if "Missing tooth" in nora.get(page).content.decode()] == []
    assert "Missing tooth" in cast.browser("hannah").get(pages[0]).content.decode()
    viewer = cast.browser("vi")
    assert "Missing tooth" not in viewer.get(pages[0]).content.decode()


def test_the_agency_cant_write_what_it_may_not_read(cast: Cast) -> None:
    form = {"started_on": "2026-11-20", "concerns": "Something", "notes_summary": ""}

    cast.browser("nora").post(reverse("crm:journey_create", args=[cast.brightside.lead.pk]), form)

    with agency_scope(cast.larkspur.pk):
        made = Journey.unscoped.filter(client=cast.brightside.client).latest("created_at")
    assert (made.started_on, made.symptoms) == (date(2026, 11, 20), [])


def test_what_was_destroyed_is_not_written_again(cast: Cast) -> None:
    journey, hannah = confide(cast), cast.browser("hannah")
    redact()

    saved = hannah.post(reverse("crm:journey_concerns_save", args=[journey.pk]), {"concerns": "Again"})
    noted = hannah.post(reverse("crm:journey_save", args=[journey.pk]), {"notes_summary": "Again"})
    stepped = hannah.post(
        reverse("crm:journey_step_create", args=[journey.pk]), {"label": "Again", "channel": "voice"}
    )

    assert [each.status_code for each in (saved, noted, stepped)] == [422, 422, 422]
    assert all("has been destroyed" in each.content.decode() for each in (saved, noted, stepped))


def test_steps_of_a_template_are_due_in_the_clients_zone(cast: Cast) -> None:
    """Nine in the morning in New York, on both sides of the end of summer time."""
    house, hannah = cast.brightside, cast.actor("hannah")
    with agency_scope(cast.larkspur.pk):
        template = JourneyTemplate.unscoped.get(pk=house.work.template.pk)
        JourneyTemplateStep.unscoped.filter(template=template).update(offset_weeks=0)
        JourneyTemplateStep.unscoped.create(
            agency_id=cast.larkspur.pk, client=house.client, template=template, position=1, label="Letter",
            channel="mail", offset_weeks=2,
        )  # fmt: skip
    with scoped(hannah.scope), transaction.atomic():
        journey = start_journey(
            actor=hannah, lead_id=house.lead.pk, now=NOON,
            values={"started_on": date(2026, 10, 26), "template": template},
        )  # fmt: skip
        steps = [(each.label, each.due_at) for each in JourneyStep.unscoped.filter(journey=journey)]

    assert steps == [
        ("Call", datetime(2026, 10, 26, 13, 0, tzinfo=UTC)),
        ("Letter", datetime(2026, 11, 9, 14, 0, tzinfo=UTC)),
    ]
    assert due_after(date(2026, 3, 1), 1, "America/New_York") == datetime(2026, 3, 8, 13, 0, tzinfo=UTC)
