"""The day's list of one person: what each source brings, to whom, and what may be done with it at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, Membership, User
from accounts.scope import PlatformUse, platform_scope, scoped
from conftest import NOON, Cast, House
from crm.models import (
    Activity,
    Call,
    Callback,
    CampaignAssignment,
    CampaignMember,
    Journey,
    JourneyStep,
    Lead,
    Suppression,
)
from crm.services.callbacks import AlreadyKept, keep_callback, move_callback
from crm.services.queue import PROMISE_KEPT_FOR
from crm.services.suppression import suppress_lead, suppressed_leads
from crm.today_list import MOST_UNREAD, Day, day_of

NOW = NOON + timedelta(hours=3)
LATER = NOW + timedelta(hours=2)
SOURCES = ("callback", "left", "step", "action", "unread", "meeting")


def write(model: Any, pk: Any, **values: Any) -> None:
    with platform_scope(PlatformUse.ADMIN):
        model.unscoped.filter(pk=pk).update(**values)


def empty(cast: Cast) -> None:
    """Nothing waits for anybody."""
    with platform_scope(PlatformUse.ADMIN):
        Callback.unscoped.all().update(done_at=NOON)
        JourneyStep.unscoped.all().update(completed_at=NOON)
        Call.unscoped.all().update(seen_at=NOON)


def fill(cast: Cast, house: House, source: str, who: str) -> None:
    """One thing from one source about the house's lead, which would be on the list of ``who``."""
    person, work = cast.people[who], house.work
    if source == "callback":
        write(Callback, work.callback.pk, done_at=None, assigned_to=person, due_at=NOW)
    elif source == "left":
        other = cast.people["ed"]
        write(Callback, work.callback.pk, done_at=None, assigned_to=other, due_at=NOW - timedelta(hours=25))
        write(Lead, house.lead.pk, owner=person)
    elif source == "step":
        write(JourneyStep, work.step.pk, completed_at=None, due_at=NOW)
        write(Journey, work.journey.pk, owner=person)
    elif source == "action":
        write(Journey, work.journey.pk, owner=person, next_action_at=NOW)
    elif source == "unread":
        write(Call, house.call.pk, seen_at=None)
    else:
        write(
            Call, house.call.pk, disposition="Meeting Booked", disposed_at=NOON, booked_elsewhere="Practice calendar",
            called_by=person,
        )  # fmt: skip


def day(cast: Cast, who: str, now: Any = NOW) -> Day:
    actor = cast.actor(who)
    with scoped(actor.scope):
        return day_of(actor, zone="America/New_York", now=now)


def listed(cast: Cast, who: str, now: Any = NOW) -> list[tuple[str, str]]:
    return [(row.kind.value, row.name) for row in day(cast, who, now).rows]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("who", ["nora", "theo"])
def test_each_source_is_on_the_list_of_whose_it_is(cast: Cast, source: str, who: str) -> None:
    empty(cast)
    fill(cast, cast.brightside, source, who)

    assert listed(cast, who) == [("callback" if source == "left" else source, "Lee Brightside Dental")]


@pytest.mark.parametrize("source", SOURCES)
def test_own_client_alone(cast: Cast, source: str) -> None:
    """Theo works for Brightside; Delgado's rows say they are his, and yet they are not there."""
    empty(cast)
    fill(cast, cast.delgado, source, "theo")
    with_his = listed(cast, "theo")
    fill(cast, cast.delgado, source, "nora")

    assert (with_his, len(listed(cast, "nora"))) == ([], 1)


@pytest.mark.parametrize("source", SOURCES)
def test_no_row_of_another_agency(cast: Cast, source: str) -> None:
    empty(cast)
    fill(cast, cast.kettle, source, "nora")

    assert listed(cast, "nora") == []


@pytest.mark.parametrize("source", ["callback", "unread", "meeting"])
def test_own_records_alone_to_whom_that_is_said(cast: Cast, source: str) -> None:
    """Bea sees the people of her campaigns alone, also where a promise or a call is hers."""
    empty(cast)
    fill(cast, cast.brightside, source, "bea")
    before = listed(cast, "bea")
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["bea"]).update(record_access="own")
    limited = listed(cast, "bea")
    with platform_scope(PlatformUse.ADMIN):
        CampaignAssignment.unscoped.create(
            agency=cast.larkspur, client=cast.brightside.client, campaign=cast.brightside.work.campaign,
            user=cast.people["bea"],
        )  # fmt: skip

    assert (len(before), limited, len(listed(cast, "bea"))) == (1, [], 1)


@pytest.mark.parametrize("source", ["step", "action"])
def test_step_of_somebody_who_left_falls_to_whose_lead_it_is(cast: Cast, source: str) -> None:
    """Theo looks after the journey, and the lead is Nora's."""
    empty(cast)
    fill(cast, cast.brightside, source, "theo")
    write(Lead, cast.brightside.lead.pk, owner=cast.people["nora"])
    here = listed(cast, "nora")
    User.objects.filter(pk=cast.people["theo"].pk).update(is_active=False)
    gone = listed(cast, "nora")
    User.objects.filter(pk=cast.people["theo"].pk).update(is_active=True)
    late = listed(cast, "nora", NOW + PROMISE_KEPT_FOR + timedelta(days=1))

    assert (here, gone, late) == ([], *[[(source, "Lee Brightside Dental")]] * 2)


@pytest.mark.parametrize("source", ["step", "action"])
def test_own_records_hold_for_journeys(cast: Cast, source: str) -> None:
    """A member of the agency who sees own records alone, with a journey that is theirs about a lead that is not."""
    empty(cast)
    fill(cast, cast.brightside, source, "theo")
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["theo"]).update(record_access="own")
    limited = listed(cast, "theo")
    write(Lead, cast.brightside.lead.pk, owner=cast.people["theo"])

    assert (limited, listed(cast, "theo")) == ([], [(source, "Lee Brightside Dental")])


@pytest.mark.parametrize("source", ["step", "action"])
def test_journeys_stay_shut_to_whose_role_has_none(cast: Cast, source: str) -> None:
    empty(cast)
    fill(cast, cast.brightside, source, "bea")

    assert listed(cast, "bea") == []


@pytest.mark.parametrize("source", ["callback", "left", "step", "action", "meeting"])
def test_others_have_their_own_lists(cast: Cast, source: str) -> None:
    empty(cast)
    fill(cast, cast.brightside, source, "theo")

    assert listed(cast, "nora") == []


def test_a_client_sees_what_is_theirs_or_nobodys(cast: Cast) -> None:
    """Journeys that nobody has taken on and meetings are all of the client's; what the agency has not read is not."""
    empty(cast)
    house = cast.brightside
    fill(cast, house, "unread", "hannah")
    fill(cast, house, "meeting", "theo")
    write(JourneyStep, house.work.step.pk, completed_at=None, due_at=NOW)
    fill(cast, cast.delgado, "meeting", "theo")
    first = listed(cast, "hannah")
    write(Journey, house.work.journey.pk, owner=cast.people["theo"])

    lee = "Lee Brightside Dental"
    assert (first, listed(cast, "hannah"), listed(cast, "theo")) == (
        [("step", lee), ("meeting", lee)],
        [("meeting", lee)],
        [("unread", lee), ("step", lee), ("meeting", lee)],
    )


@pytest.mark.parametrize(
    ("source", "of", "values"),
    [
        ("callback", "callback", {"done_at": NOON}),
        ("callback", "callback", {"due_at": NOW + timedelta(days=8)}),
        ("callback", "lead", {"archived_at": NOON}),
        ("callback", "client", {"archived_at": NOON}),
        ("left", "callback", {"due_at": NOW - timedelta(hours=23)}),
        ("step", "step", {"completed_at": NOON}),
        ("step", "step", {"due_at": None}),
        ("step", "journey", {"paused": True}),
        ("step", "journey", {"status": "lost"}),
        ("step", "lead", {"archived_at": NOON}),
        ("step", "client", {"archived_at": NOON}),
        ("action", "journey", {"paused": True}),
        ("action", "journey", {"next_action_at": NOW + timedelta(days=8)}),
        ("unread", "call", {"seen_at": NOON}),
        ("meeting", "call", {"disposed_at": NOW - timedelta(days=8)}),
        ("meeting", "call", {"disposition": "No Answer"}),
        ("meeting", "client", {"archived_at": NOON}),
    ],
)
def test_what_no_longer_waits_is_gone(cast: Cast, source: str, of: str, values: dict[str, Any]) -> None:
    empty(cast)
    house = cast.brightside
    fill(cast, house, source, "nora")
    before = len(listed(cast, "nora"))
    rows: dict[str, tuple[Any, Any]] = {
        "callback": (Callback, house.work.callback), "lead": (Lead, house.lead), "client": (Client, house.client),
        "step": (JourneyStep, house.work.step), "journey": (Journey, house.work.journey), "call": (Call, house.call),
    }  # fmt: skip
    model, row = rows[of]
    write(model, row.pk, **values)

    assert (before, listed(cast, "nora")) == (1, [])


def test_of_each_journey_its_next_step_alone(cast: Cast) -> None:
    empty(cast)
    work = cast.brightside.work
    own: dict[str, Any] = {
        "agency": cast.larkspur,
        "client": cast.brightside.client,
        "journey": work.journey,
    }
    with platform_scope(PlatformUse.ADMIN):
        Journey.unscoped.filter(pk=work.journey.pk).update(owner=cast.people["nora"])
        for place, hours in ((1, 40), (2, 10), (3, 10), (4, None)):
            due = NOW + timedelta(hours=hours) if hours else None
            JourneyStep.unscoped.create(**own, position=place, label=f"Step {place}", due_at=due)

    assert [row.why for row in day(cast, "nora").rows] == [
        "Step 2. Step 3 of the journey “Implants” is due today; the journey is yours."
    ]


def test_unread_calls_do_not_flood_the_day(cast: Cast) -> None:
    empty(cast)
    own: dict[str, Any] = {"agency": cast.larkspur, "client": cast.brightside.client, "direction": "inbound"}
    with platform_scope(PlatformUse.ADMIN):
        for n in range(120):
            Call.unscoped.create(
                **own,
                external_id=f"u{n}",
                caller_name=f"Caller {n:03d}",
                started_at=NOON + timedelta(seconds=n),
            )
    found = day(cast, "nora")

    assert [row.name for row in found.rows] == [f"Caller {119 - n:03d}" for n in range(MOST_UNREAD)]
    assert found.more_unread == 100 - MOST_UNREAD
    page = cast.browser("nora").get(reverse("crm:today")).content.decode()
    assert "and more than 95 more unread in the inbox" in page


def test_suppression_is_asked_for_each_by_their_own_client(cast: Cast) -> None:
    """The same answer as the lists of each client give alone, whatever the way somebody is known by."""
    bright, delgado = cast.brightside.lead, cast.delgado.lead
    with platform_scope(PlatformUse.ADMIN):
        Suppression.unscoped.all().delete()
        Lead.unscoped.filter(pk__in=[bright.pk, delgado.pk]).update(email="same@mail.example.test")
        leads = list(Lead.unscoped.filter(pk__in=[bright.pk, delgado.pk]).order_by("pk"))
    actor = cast.actor("nora")
    answers = []
    with scoped(actor.scope):
        for stopped in sorted(leads, key=lambda each: each.pk != bright.pk):
            answers.append(
                (
                    suppressed_leads(leads=leads, channel="voice", now=NOW),
                    frozenset[Any]().union(
                        *(suppressed_leads(leads=[each], channel="voice", now=NOW) for each in leads)
                    ),
                )
            )
            suppress_lead(lead=stopped, reason="do_not_contact", source="test", added_by=None, now=NOON)
        assert suppressed_leads(leads=[], channel="voice", now=NOW) == frozenset()

    assert answers == [(frozenset(), frozenset()), ({bright.pk}, {bright.pk})]


def test_nobody_is_called_who_said_stop(cast: Cast) -> None:
    nora, lead = cast.browser("nora"), cast.brightside.lead
    dial = f'href="tel:{lead.phone_e164}"'
    before = nora.get(reverse("crm:today")).content.decode()
    with scoped(cast.actor("nora").scope):
        suppress_lead(lead=lead, reason="do_not_contact", source="test", added_by=None, now=NOON)
    after = nora.get(reverse("crm:today")).content.decode()

    assert [dial in page for page in (before, after)] == [True, False]
    assert "On the do-not-contact list: don’t call." in after


def test_empty_day_is_a_friendly_page(cast: Cast) -> None:
    empty(cast)
    pages = [cast.browser(who).get(reverse("crm:today")) for who in ("nora", "hannah", "vi")]

    assert [(page.status_code, "Nothing waits for you" in page.content.decode()) for page in pages] == [
        (200, True)
    ] * 3


def test_who_only_looks_gets_no_buttons(cast: Cast) -> None:
    empty(cast)
    fill(cast, cast.brightside, "callback", "vi")
    fill(cast, cast.brightside, "step", "vi")
    page = cast.browser("vi").get(reverse("crm:today")).content.decode()

    assert ("You promised to call back" in page, "aria-keyshortcuts" in page) == (True, True)
    assert "Done" not in page
    assert "Put off" not in page


def test_callback_is_kept_once_and_taken_back(cast: Cast) -> None:
    nora, callback = cast.browser("nora"), cast.brightside.work.callback
    address = reverse("crm:today_callback_kept", args=[callback.pk])
    states = []
    for said in ("1", "1", "0"):
        answer = nora.post(address, {"kept": said})
        with platform_scope(PlatformUse.ADMIN):
            row = Callback.unscoped.get(pk=callback.pk)
            told = Activity.unscoped.filter(lead=cast.brightside.lead, action__startswith="callback_")
            states.append((answer["Location"], bool(row.done_at), row.done_by_id, told.count()))

    today, person = reverse("crm:today"), cast.people["nora"].pk
    assert states == [(today, True, person, 1), (today, True, person, 1), (today, False, None, 2)]


def test_kept_callback_can_be_found_again_today(cast: Cast) -> None:
    nora, callback = cast.browser("nora"), cast.brightside.work.callback
    nora.post(reverse("crm:today_callback_kept", args=[callback.pk]), {"kept": "1"})

    assert "Called back today: 1" in nora.get(reverse("crm:today")).content.decode()


def test_moving_a_callback_moves_the_hold_of_its_campaign(cast: Cast) -> None:
    work = cast.brightside.work
    write(CampaignMember, work.member.pk, hold_until=NOON, hold_reason="They asked to be called then")
    nora = cast.browser("nora")
    wanted = (timezone.now() + timedelta(days=2)).replace(hour=18, minute=30, second=0, microsecond=0)
    form = {"due_at": wanted.strftime("%Y-%m-%dT13:30"), "reason": "At the dentist’s"}
    answer = nora.post(reverse("crm:today_callback_later", args=[work.callback.pk]), form)

    with platform_scope(PlatformUse.ADMIN):
        row, member = (
            Callback.unscoped.get(pk=work.callback.pk),
            CampaignMember.unscoped.get(pk=work.member.pk),
        )
        told = Activity.unscoped.get(action="callback_moved")
    assert (answer.status_code, answer["Location"]) == (302, reverse("crm:today"))
    assert (row.due_at, member.hold_until, told.metadata["reason"]) == (wanted, wanted, "At the dentist’s")


def test_moving_leaves_other_holds_alone(cast: Cast) -> None:
    work, rest = cast.brightside.work, NOON + timedelta(days=14)
    write(CampaignMember, work.member.pk, hold_until=rest, hold_reason="No answer 3 times")
    actor = cast.actor("nora")
    with scoped(actor.scope):
        move_callback(actor=actor, callback_id=work.callback.pk, due_at=LATER, reason="Lunch", now=NOW)

    with platform_scope(PlatformUse.ADMIN):
        assert CampaignMember.unscoped.get(pk=work.member.pk).hold_until == rest


def test_what_was_kept_is_not_moved(cast: Cast) -> None:
    actor, callback = cast.actor("nora"), cast.brightside.work.callback
    with scoped(actor.scope):
        keep_callback(actor=actor, callback_id=callback.pk, kept=True, now=NOW)
        with pytest.raises(AlreadyKept):
            move_callback(actor=actor, callback_id=callback.pk, due_at=LATER, reason="Lunch", now=NOW)
    form = {"due_at": "2036-11-24T13:30", "reason": "Lunch"}
    answer = cast.browser("nora").post(reverse("crm:today_callback_later", args=[callback.pk]), form)

    assert (answer.status_code, "called them back already" in answer.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"due_at": "2036-11-24T13:30", "reason": "  "}, "Say in a few words why."),
        ({"due_at": "2020-11-24T13:30", "reason": "Lunch"}, "This has passed."),
        ({"due_at": "", "reason": "Lunch"}, "When instead?"),
        ({"due_at": "soon", "reason": "Lunch"}, "Choose a date and a time."),
        ({"due_at": "2036-03-09T02:30", "reason": "Lunch"}, "this time does not exist"),
    ],
)
def test_moving_a_callback_says_what_is_missing(cast: Cast, form: dict[str, str], said: str) -> None:
    address = reverse("crm:today_callback_later", args=[cast.brightside.work.callback.pk])
    answer = cast.browser("nora").post(address, form)

    assert (answer.status_code, said in answer.content.decode()) == (422, True)


def test_step_is_put_off_to_a_day_of_the_client(cast: Cast) -> None:
    work = cast.brightside.work
    address = reverse("crm:today_step_later", args=[work.journey.pk, work.step.pk])
    hannah = cast.browser("hannah")
    answers = [
        hannah.post(address, {"day": day, "reason": "On holiday"}).status_code
        for day in ("2020-01-01", "2036-11-24")
    ]

    with platform_scope(PlatformUse.ADMIN):
        step = JourneyStep.unscoped.get(pk=work.step.pk)
        told = Activity.unscoped.get(action="step_moved")
    assert answers == [422, 302]
    assert step.due_at is not None
    assert (step.due_at.isoformat(), step.offset_weeks) == ("2036-11-24T14:00:00+00:00", None)
    assert (told.metadata["number"], told.metadata["reason"]) == (1, "On holiday")


def test_step_done_leads_back_to_the_day(cast: Cast) -> None:
    work = cast.brightside.work
    address = reverse("crm:journey_step_done", args=[work.journey.pk, work.step.pk])
    answer = cast.browser("hannah").post(address, {"done": "1", "next": "today"})

    assert answer["Location"] == reverse("crm:today")


def test_whoever_sits_in_a_clients_seat_sees_its_owners_day(cast: Cast) -> None:
    empty(cast)
    fill(cast, cast.brightside, "callback", "hannah")
    nora = cast.browser("nora")
    nora.post(reverse("accounts:acting_start"), {"client": str(cast.brightside.client.pk)})

    assert "You promised to call back" in nora.get(reverse("crm:today")).content.decode()
