"""Who hears of a caller who waits or wants to buy."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ClientAssignment, Membership, User
from accounts.scope import PlatformUse, agency_scope, platform_scope
from conftest import NOON, Cast
from crm.models import Call, Lead
from crm.providers.ctm.records import call_record
from crm.services.ingest import CALL_ARRIVED, ingest_calls
from crm.services.reconciling import Reading
from crm.services.scoring import rescore
from integrations.services import outbox
from integrations.tasks import drain_outbox
from notifications.models import Notification


def announce(cast: Cast, category: str = "needs_attention", times: int = 1) -> None:
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(category=category)
        for _ in range(times):
            outbox.publish(
                topic=CALL_ARRIVED, agency_id=cast.larkspur.pk, client_id=cast.brightside.client.pk,
                payload={"call_id": str(cast.brightside.call.pk)}, now=NOON,
            )  # fmt: skip
    drain_outbox()


def notices(cast: Cast) -> list[tuple[str, str]]:
    """(who, title) of what was announced, of all agencies."""
    with platform_scope(PlatformUse.ADMIN):
        rows = Notification.unscoped.filter(event__startswith="call_").select_related("user")
        return sorted((row.user.display_name, row.title) for row in rows)


TITLE = "Lee Brightside Dental wants a call back from Brightside Dental"


def assign(cast: Cast, *names: str) -> None:
    with platform_scope(PlatformUse.PROVISION):
        ClientAssignment.unscoped.filter(client=cast.brightside.client).delete()
        for name in names:
            ClientAssignment.unscoped.create(
                agency=cast.larkspur, client=cast.brightside.client, user=cast.people[name]
            )


def test_those_assigned_hear_once_however_often_it_is_told(cast: Cast) -> None:
    assign(cast, "theo", "bea")
    announce(cast, times=3)

    assert notices(cast) == [("Bea", TITLE), ("Theo", TITLE)]


def test_owners_hear_where_nobody_is_assigned(cast: Cast) -> None:
    assign(cast)
    announce(cast)

    assert notices(cast) == [("Nora", TITLE)]


@pytest.mark.parametrize(
    "change",
    [{"revoked_at": NOON}, {"accepted_at": None}, {"user__is_active": False}],
    ids=lambda each: next(iter(each)),
)
def test_owners_hear_when_all_who_were_assigned_have_left(cast: Cast, change: dict[str, Any]) -> None:
    assign(cast, "theo")
    if "user__is_active" in change:
        User.objects.filter(pk=cast.people["theo"].pk).update(is_active=False)
    else:
        with platform_scope(PlatformUse.PROVISION):
            Membership.unscoped.filter(user=cast.people["theo"]).update(**change)
    announce(cast)

    assert notices(cast) == [("Nora", TITLE)]


def test_those_who_may_not_see_leads_hear_nothing(cast: Cast) -> None:
    """Ed edits texts: the notice would lead him to a closed door."""
    assign(cast, "ed")
    announce(cast)

    assert notices(cast) == [("Nora", TITLE)]


def test_client_people_and_other_houses_hear_nothing(cast: Cast) -> None:
    assign(cast, "hannah", "theo")
    announce(cast)

    assert notices(cast) == [("Theo", TITLE)]


@pytest.mark.parametrize(
    "category", ["spam", "neutral", "warm", "unreviewed", "voicemail", "applicant", "not_a_fit"]
)
def test_other_calls_are_not_announced(cast: Cast, category: str) -> None:
    announce(cast, category)

    assert notices(cast) == []


def test_notice_leads_to_the_call(cast: Cast) -> None:
    assign(cast, "theo")
    announce(cast, "very_good")
    with agency_scope(cast.larkspur.pk):
        notice = Notification.unscoped.get(event="call_very_good")
    response = cast.browser("theo").post(f"/notices/{notice.pk}/")

    assert response["Location"] == f"/inbox/{cast.brightside.call.pk}/"
    assert notice.title == "Lee Brightside Dental is ready to book with Brightside Dental"


def arrive(cast: Cast, **fields: Any) -> None:
    now = timezone.now()
    usual = {"id": 1, "direction": "inbound", "unix_time": int(now.timestamp()), "status": "answered", "duration": 60,
             "talk_time": 50, "caller_number": "+14105550188", "name": "Dana"}  # fmt: skip
    with agency_scope(cast.larkspur.pk):
        ingest_calls(client=cast.brightside.client, records=[call_record({**usual, **fields})],
                     reading=Reading(now), now=now)  # fmt: skip
    drain_outbox()


BOOKS = "Agent: Shall I book you in for Tuesday at ten?\nCaller: Yes, please, book me in for Tuesday at ten."


def test_call_whose_need_is_known_only_from_its_late_transcript_is_announced(cast: Cast) -> None:
    assign(cast, "theo")
    arrive(cast, status="in progress", duration=0, talk_time=0)
    before = notices(cast)
    arrive(cast, transcription_text=BOOKS)
    arrive(cast, transcription_text=BOOKS, notes="Edited.")

    assert (before, notices(cast)) == ([], [("Theo", "Dana is ready to book with Brightside Dental")])


def test_old_calls_are_history_and_not_news(cast: Cast) -> None:
    assign(cast, "theo")
    arrive(cast, transcription_text=BOOKS, unix_time=int((timezone.now() - timedelta(days=2)).timestamp()))

    assert notices(cast) == []


def heat(cast: Cast, owner: str) -> list[tuple[str, str, str]]:
    """Let Brightside's lead become hot, and be scored again a few times; (who, title, link) of what was announced."""
    house = cast.brightside
    own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "lead_ids": [house.lead.pk]}
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=house.lead.pk).update(owner=cast.people.get(owner))
        rescore(**own, now=NOON)
        Call.unscoped.filter(pk=house.call.pk).update(
            rating=5, talk_seconds=900, disposition="Meeting Booked"
        )
        for minutes in (1, 2, 3):
            rescore(**own, now=NOON + timedelta(minutes=minutes))
    drain_outbox()
    drain_outbox()
    with platform_scope(PlatformUse.ADMIN):
        rows = Notification.unscoped.filter(event="lead_hot").select_related("user")
        return sorted((row.user.display_name, row.title, row.link_url) for row in rows)


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        ("", ["Bea", "Theo"]),  # who work for the client
        ("nora", ["Nora"]),
        ("hannah", ["Bea", "Theo"]),  # of the client: notices are the agency's
        ("otto", ["Bea", "Theo"]),  # of another house
        ("ed", ["Bea", "Theo"]),  # sees no leads
    ],
)
def test_a_lead_that_becomes_hot_is_told_once_to_its_owner_or_those_who_work_for_it(
    cast: Cast, owner: str, told: list[str]
) -> None:
    assign(cast, "theo", "bea", "ed")
    link = f"/leads/{cast.brightside.lead.pk}/"

    assert heat(cast, owner) == [
        (name, "Lee Brightside Dental is hot now at Brightside Dental", link) for name in told
    ]
