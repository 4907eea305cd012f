"""The call queue: one person for one caller, only who may be called, in the right order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Membership, User
from accounts.roles import Role
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from conftest import NOON, Cast, make_cast
from crm.models import Call, Callback, Campaign, CampaignMember, Lead
from crm.services.disposing import Choice
from crm.services.queue import NotYours, finish, let_go, next_person
from crm.services.suppression import Entry, suppress
from crm.tests.test_campaigns import add_lead, url


def fill(cast: Cast, count: int, **more: Any) -> list[CampaignMember]:
    """That many people, oldest first, beside Lee, who is made to wait for ever."""
    house = cast.brightside
    own: dict[str, Any] = {
        "agency_id": cast.larkspur.pk,
        "client": house.client,
        "campaign": house.work.campaign,
    }
    with agency_scope(cast.larkspur.pk):
        CampaignMember.unscoped.filter(pk=house.work.member.pk).update(status="paused")
        Callback.unscoped.all().delete()
        leads = [add_lead(cast, n + 1) for n in range(count)]
        return [CampaignMember.unscoped.create(**own, lead=lead, added_at=NOON, **more) for lead in leads]


def take(cast: Cast, who: str = "bea", now: Any = NOON) -> str:
    """The name of whom they are given, "" for nobody."""
    actor = cast.actor(who)
    with scoped(actor.scope):
        given = next_person(actor=actor, campaign_id=cast.brightside.work.campaign.pk, now=now)
        return given.lead.display_name if given else ""


def end(
    cast: Cast, member: CampaignMember, words: str, who: str = "bea", now: Any = NOON, **more: Any
) -> None:
    actor = cast.actor(who)
    with scoped(actor.scope):
        finish(
            actor=actor, campaign_id=member.campaign_id, member_id=member.pk, choice=Choice(words, **more),
            notes="", seconds=30, now=now,
        )  # fmt: skip


def change(cast: Cast, model: Any, pk: Any, **values: Any) -> None:
    with platform_scope(PlatformUse.ADMIN):
        model.unscoped.filter(pk=pk).update(**values)


def test_everybody_gets_somebody_else_and_keeps_them(cast: Cast) -> None:
    fill(cast, 3)
    given = [take(cast, who) for who in ("bea", "nora", "bea", "theo", "nora")]

    assert given == ["Lead 1", "Lead 2", "Lead 1", "Lead 3", "Lead 2"]


def test_person_goes_to_another_when_the_time_is_over(cast: Cast) -> None:
    (member,) = fill(cast, 1)
    take(cast, "bea")
    late = NOON + timedelta(minutes=15)

    assert (take(cast, "nora", NOON + timedelta(minutes=14)), take(cast, "nora", late)) == ("", "Lead 1")
    with pytest.raises(NotYours):
        end(cast, member, "No Answer", "bea", late)


@pytest.mark.parametrize(
    ("of", "values"),
    [
        ("lead", {"archived_at": NOON}),
        ("lead", {"erased_at": NOON}),
        ("lead", {"phone_is_wrong": True}),
        ("lead", {"phone_e164": ""}),
        ("member", {"status": "paused"}),
        ("member", {"status": "completed"}),
        ("member", {"status": "opted_out"}),
        ("member", {"hold_until": NOON + timedelta(minutes=1)}),
        ("member", {"last_attempt_at": NOON - timedelta(hours=19)}),
        ("campaign", {"status": "paused"}),
        ("campaign", {"status": "draft"}),
        ("campaign", {"start_date": date(2026, 11, 21)}),
        ("campaign", {"end_date": date(2026, 11, 19)}),
        ("campaign", {"daily_lead_limit": 0}),
    ],
)
def test_these_never_come_up(cast: Cast, of: str, values: dict[str, Any]) -> None:
    (member,) = fill(cast, 1)
    model, pk = {"lead": (Lead, member.lead_id), "member": (CampaignMember, member.pk),
                 "campaign": (Campaign, member.campaign_id)}[of]  # fmt: skip
    change(cast, model, pk, **values)

    assert take(cast) == ""


def test_whoever_is_suppressed_on_any_list_is_passed_over_and_marked(cast: Cast) -> None:
    members = fill(cast, 3)
    own: dict[str, Any] = {"source": "test", "now": NOON}
    with platform_scope(PlatformUse.ADMIN):
        suppress(agency_id=None, client_id=None, entries=[Entry("phone", "+14105550001")], **own)
        suppress(agency_id=cast.larkspur.pk, client_id=None, entries=[Entry("phone", "+14105550002")], **own)
        Lead.unscoped.filter(pk__in=[each.lead_id for each in members]).update(status="in_sequence")
    given = take(cast)
    with platform_scope(PlatformUse.ADMIN):
        rows = [CampaignMember.unscoped.select_related("lead").get(pk=each.pk) for each in members]
        states = [(each.status, each.lead.status) for each in rows]

    assert (given, states) == (
        "Lead 3", [("opted_out", "new"), ("opted_out", "new"), ("active", "in_sequence")],
    )  # fmt: skip


def test_due_callbacks_come_first_for_whoever_promised_them(cast: Cast) -> None:
    members = fill(cast, 3)
    take(cast)
    due = NOON + timedelta(hours=30)
    end(cast, members[0], "Callback Requested", callback_at=due)
    later = due + timedelta(minutes=1)

    assert take(cast, "bea", due - timedelta(hours=6)) == "Lead 2"
    with platform_scope(PlatformUse.ADMIN):
        CampaignMember.unscoped.filter(held_by__isnull=False).update(held_by=None, held_until=None)
    assert (take(cast, "nora", later), take(cast, "bea", later)) == ("Lead 2", "Lead 1")
    end(cast, members[0], "Future Potential", "bea", later)
    with platform_scope(PlatformUse.ADMIN):
        promised = Callback.unscoped.get(lead=members[0].lead)
    assert (promised.done_at, promised.done_by_id) == (later, cast.people["bea"].pk)


def test_promise_that_nobody_kept_is_everybodys_a_day_later(cast: Cast) -> None:
    (member,) = fill(cast, 1)
    take(cast)
    due = NOON + timedelta(hours=2)
    end(cast, member, "Callback Requested", callback_at=due)

    assert [take(cast, "nora", due + timedelta(hours=hours)) for hours in (23, 25)] == ["", "Lead 1"]


def test_ended_call_is_written_down_and_the_person_rests(cast: Cast) -> None:
    members = fill(cast, 2)
    take(cast)
    end(cast, members[0], "Voicemail")
    with platform_scope(PlatformUse.ADMIN):
        call, member = Call.unscoped.get(source="manual"), CampaignMember.unscoped.get(pk=members[0].pk)

    assert (call.disposition, call.campaign_id, call.called_by_id, call.to_number) == (
        "Voicemail", member.campaign_id, cast.people["bea"].pk, "+14105550001",
    )  # fmt: skip
    assert (member.attempts, member.last_disposition, member.held_by) == (1, "Voicemail", None)
    assert [take(cast, now=NOON + timedelta(hours=hours)) for hours in (0, 19)] == ["Lead 2", "Lead 2"]


def test_skipped_and_held_back_people_come_again_later(cast: Cast) -> None:
    (member,) = fill(cast, 1)
    bea = cast.actor("bea")
    take(cast)
    with scoped(bea.scope):
        let_go(actor=bea, campaign_id=member.campaign_id, member_id=member.pk, now=NOON)
    assert [take(cast, now=NOON + timedelta(minutes=minutes)) for minutes in (59, 60)] == ["", "Lead 1"]


def test_looking_at_the_queue_takes_nobody(cast: Cast) -> None:
    (member,) = fill(cast, 1)
    page = cast.browser("bea").get(url(cast, "queue")).content.decode()
    with platform_scope(PlatformUse.ADMIN):
        held = CampaignMember.unscoped.get(pk=member.pk).held_by_id

    assert ("Ready when you are" in page, held) == (True, None)


def test_queue_works_without_scripts_and_asks_for_what_is_missing(cast: Cast) -> None:
    (member,) = fill(cast, 1)
    bea = cast.browser("bea")
    given = bea.post(url(cast, "queue_next"), follow=True).content.decode()
    done = url(cast, "queue_done", member.pk)
    refused = bea.post(done, {"disposition": "Callback Requested", "notes": "Call after lunch"})
    unsaid = bea.post(done, {"notes": "Nothing"})
    ended = bea.post(
        done, {"disposition": "Future Potential", "notes": "Call after lunch", "minutes": "2"}, follow=True
    )
    with platform_scope(PlatformUse.ADMIN):
        call = Call.unscoped.get(source="manual")

    assert ("Lead 1" in given, "(410) 555-0001" in given) == (True, True)
    assert (refused.status_code, "When do they want to be called?" in refused.content.decode()) == (422, True)
    assert "Call after lunch" in refused.content.decode()
    assert (unsaid.status_code, "Say how the call ended" in unsaid.content.decode()) == (422, True)
    assert ("Ready when you are" in ended.content.decode(), call.duration_seconds) == (True, 120)


def test_number_is_not_shown_of_whoever_said_stop_meanwhile(cast: Cast) -> None:
    fill(cast, 1)
    bea = cast.browser("bea")
    bea.post(url(cast, "queue_next"))
    with agency_scope(cast.larkspur.pk):
        suppress(
            agency_id=cast.larkspur.pk,
            client_id=None,
            entries=[Entry("phone", "+14105550001")],
            source="test",
            now=NOON,
        )
    page = bea.get(url(cast, "queue")).content.decode()

    assert ("Do not call" in page, "tel:+14105550001" in page) == (True, False)


def test_whoever_sees_own_records_works_assigned_campaigns_alone(cast: Cast) -> None:
    fill(cast, 1)
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["bea"]).update(record_access="own")

    assert cast.browser("bea").get(url(cast, "queue")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_eight_callers_at_once_get_eight_people() -> None:
    """And again until nobody is left: no person twice, and nobody forgotten."""
    with transaction.atomic():
        cast = make_cast()
        callers = ["bea", "nora", "theo"]
        with platform_scope(PlatformUse.PROVISION):
            for n in range(5):
                user = User.objects.create(
                    email=f"caller{n}@example.test", display_name=f"Caller {n}", password="!"
                )
                cast.people[f"caller{n}"] = user
                Membership.unscoped.create(agency=cast.larkspur, user=user, role=Role.BDR, accepted_at=NOON)
                callers.append(f"caller{n}")
        fill(cast, 20)
    now = timezone.now()

    def work(who: str) -> list[str]:
        names: list[str] = []
        try:
            while True:
                with transaction.atomic():
                    name = take(cast, who, now)
                if not name:
                    return names
                names.append(name)
                with transaction.atomic(), scoped(cast.actor(who).scope):
                    member = CampaignMember.unscoped.get(
                        lead__display_name=name, campaign=cast.brightside.work.campaign
                    )
                with transaction.atomic():
                    end(cast, member, "Voicemail", who, now)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        taken = [name for names in pool.map(work, callers) for name in names]

    assert sorted(taken) == sorted(f"Lead {n + 1}" for n in range(20))
