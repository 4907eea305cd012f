"""What follows from how a call ended, and what is taken back when somebody says otherwise."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.scope import PlatformUse, platform_scope, scoped
from conftest import NOON, Cast, make_cast
from crm import dispositions as known
from crm.classification.categories import LABELS
from crm.dispositions import CATEGORIES, DISPOSITIONS, Rules, category_of, proposed_disposition
from crm.models import Activity, Call, Callback, Campaign, CampaignMember, Lead, Suppression
from crm.services.calling import Told, log_call
from crm.services.disposing import Choice, Disposed, Refused, set_disposition
from crm.services.suppression import suppressed

SOON = NOON + timedelta(days=1)


def say(cast: Cast, words: str, who: str = "bea", call: Call | None = None, **more: Any) -> Disposed:
    more = {"callback_at": SOON} | more if words == known.CALLBACK_REQUESTED else more
    more = {"booked_elsewhere": "Practice calendar"} | more if words == known.MEETING_BOOKED else more
    actor = cast.actor(who)
    with scoped(actor.scope):
        pk = (call or cast.brightside.call).pk
        return set_disposition(actor=actor, call_id=pk, choice=Choice(words, **more), now=NOON)


def state(cast: Cast) -> dict[str, Any]:
    """Everything that a disposition may change of Brightside's person."""
    house = cast.brightside
    with platform_scope(PlatformUse.ADMIN):
        call, lead = Call.unscoped.get(pk=house.call.pk), Lead.unscoped.get(pk=house.lead.pk)
        member = CampaignMember.unscoped.get(pk=house.work.member.pk)
        return {
            "words": (call.disposition, call.booked_elsewhere, bool(call.disposed_at)),
            "wrong": lead.phone_is_wrong,
            "callbacks": Callback.unscoped.filter(lead=lead).count(),
            "member": (member.status, member.hold_until, member.hold_reason),
            "stopped": Suppression.unscoped.filter(source="disposition", client=house.client).count(),
        }


BEFORE = {
    "words": ("", "", False),
    "wrong": False,
    "callbacks": 1,
    "member": ("active", None, ""),
    "stopped": 0,
}


def test_nine_words_stand_as_they_are() -> None:
    assert [(each.words, each.category) for each in DISPOSITIONS] == [
        ("No Answer", "Access"), ("Voicemail", "Access"), ("Gatekeeper", "Access"), ("Incorrect Number", "Access"),
        ("Not Interested", "Conversation"), ("Callback Requested", "Conversation"),
        ("Future Potential", "Opportunity"), ("Meeting Booked", "Opportunity"), ("Do Not Contact", "Hard stop"),
    ]  # fmt: skip
    assert {each.category for each in DISPOSITIONS} == set(CATEGORIES)
    assert {each.proposes for each in DISPOSITIONS} <= set(LABELS)
    assert [category_of(each) for each in ("Voicemail", "left vm", "")] == ["Access", "Other words", ""]


def test_categories_propose_and_never_insist() -> None:
    assert {each: proposed_disposition(each) for each in LABELS if proposed_disposition(each)} == {
        "unanswered": "No Answer", "voicemail": "Voicemail", "needs_attention": "Callback Requested",
        "warm": "Future Potential", "very_good": "Callback Requested", "not_a_fit": "Not Interested",
        "converted": "Meeting Booked",
    }  # fmt: skip
    assert proposed_disposition("very_good", has_meeting=True) == "Meeting Booked"


def test_rules_of_a_campaign_survive_nonsense() -> None:
    assert Rules.of({"rest_after": 2, "rest_days": "7", "retry_hours": True}) == Rules(2, 14, 20)


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("No Answer", {}),
        ("Gatekeeper", {}),
        ("Future Potential", {}),
        ("Incorrect Number", {"wrong": True}),
        ("Not Interested", {"member": ("completed", None, "")}),
        ("Callback Requested", {"callbacks": 2, "member": ("active", SOON, "They asked to be called then")}),
        ("Meeting Booked", {}),
        ("Do Not Contact", {"stopped": 1, "member": ("opted_out", None, "")}),
    ],
)
def test_consequences_come_and_go_with_the_words(cast: Cast, words: str, changed: dict[str, Any]) -> None:
    say(cast, words)
    elsewhere = "Practice calendar" if words == "Meeting Booked" else ""
    assert state(cast) == {**BEFORE, "words": (words, elsewhere, True), **changed}

    stays = say(cast, "").stays
    kept = {"stopped": 1, "member": ("opted_out", None, "")} if words == "Do Not Contact" else {}
    assert state(cast) == {**BEFORE, **kept}
    assert bool(stays) == (words == "Do Not Contact")


def test_do_not_contact_is_never_taken_back_silently(cast: Cast) -> None:
    say(cast, "Do Not Contact")
    stays = say(cast, "Not Interested").stays
    house = cast.brightside
    with scoped(cast.actor("nora").scope):
        stopped = suppressed(
            agency_id=house.client.agency_id, client_id=house.client.pk, channel="sms", now=NOON,
            phones=[house.lead.phone_e164],
        )  # fmt: skip
        told = Activity.unscoped.filter(action="disposition_set", call=house.call).order_by("pk").last()

    assert stays == ["They stay on the do-not-contact list. If that was a mistake, remove them there."]
    assert told is not None
    assert (set(stopped), told.metadata["stays"]) == ({house.lead.phone_e164}, stays)


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        (Choice("Callback Requested"), "callback_at"),
        (Choice("Callback Requested", callback_at=NOON), "callback_at"),
        (Choice("Meeting Booked"), "booked_elsewhere"),
        (Choice("Meeting Booked", booked_elsewhere="  "), "booked_elsewhere"),
        (Choice("Busy"), "disposition"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_written(cast: Cast, choice: Choice, field: str) -> None:
    bea = cast.actor("bea")
    with scoped(bea.scope), pytest.raises(Refused) as refused:
        set_disposition(actor=bea, call_id=cast.brightside.call.pk, choice=choice, now=NOON)

    assert (refused.value.field, state(cast)) == (field, BEFORE)


def test_callback_that_was_made_stays(cast: Cast) -> None:
    say(cast, "Callback Requested")
    with platform_scope(PlatformUse.ADMIN):
        Callback.unscoped.filter(due_at=SOON).update(done_at=NOON)
    stays = say(cast, "No Answer").stays

    assert (stays, state(cast)["callbacks"]) == (
        ["The callback has been made already; it stays in the history."], 2,
    )  # fmt: skip


def test_what_somebody_changed_since_is_left_alone(cast: Cast) -> None:
    say(cast, "Not Interested")
    with platform_scope(PlatformUse.ADMIN):
        CampaignMember.unscoped.filter(pk=cast.brightside.work.member.pk).update(status="paused")
    say(cast, "No Answer")

    assert state(cast)["member"] == ("paused", None, "")


def test_old_words_are_kept_until_somebody_chooses(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(disposition="left vm")
    say(cast, "Voicemail")

    assert state(cast)["words"] == ("Voicemail", "", True)


def test_saying_the_same_twice_does_nothing_twice(cast: Cast) -> None:
    for _ in range(2):
        say(cast, "Callback Requested")
    with platform_scope(PlatformUse.ADMIN):
        lines = Activity.unscoped.filter(action="disposition_set").count()

    assert (state(cast)["callbacks"], lines) == (2, 1)


def test_callback_is_promised_in_the_callees_zone(cast: Cast) -> None:
    say(cast, "Callback Requested", callback_note="About the crown", callback_for=cast.people["theo"].pk)
    with platform_scope(PlatformUse.ADMIN):
        promised = Callback.unscoped.get(due_at=SOON)

    assert (promised.timezone, promised.assigned_to_id, promised.note) == (
        "America/New_York", cast.people["theo"].pk, "About the crown",
    )  # fmt: skip


def call_out(cast: Cast, at: datetime, words: str) -> None:
    bea, house = cast.actor("bea"), cast.brightside
    told = Told("outbound", "", at, 0, bea.user_id)
    with scoped(bea.scope):
        log_call(
            actor=bea, client_id=house.client.pk, lead_id=house.lead.pk, campaign_id=house.work.campaign.pk,
            told=told, choice=Choice(words), now=at,
        )  # fmt: skip


def test_three_times_no_answer_is_a_rest(cast: Cast) -> None:
    """In a row, of this campaign; something else in between begins anew."""
    words = ("No Answer", "No Answer", "Voicemail", "No Answer", "No Answer")
    for n, each in enumerate(words):
        call_out(cast, NOON + timedelta(hours=n), each)
    assert state(cast)["member"] == ("active", None, "")
    at = NOON + timedelta(hours=9)
    call_out(cast, at, "No Answer")

    assert state(cast)["member"] == ("active", at + timedelta(days=14), "No answer 3 times")


def test_campaign_says_after_how_many_and_how_long(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Campaign.unscoped.filter(pk=cast.brightside.work.campaign.pk).update(
            settings={"rest_after": 1, "rest_days": 3}
        )
    call_out(cast, NOON, "No Answer")

    assert state(cast)["member"] == ("active", NOON + timedelta(days=3), "No answer once")


def test_meeting_of_a_campaign_ends_it_for_them(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(campaign=cast.brightside.work.campaign)
    say(cast, "Meeting Booked")

    assert state(cast)["member"] == ("completed", None, "")


ANOTHER, ADDRESS = "+14105550190", "lee@example.test"


def from_another_number(cast: Cast, **fields: Any) -> None:
    """The person has a number and an address; the call, which the address joined to them, comes from elsewhere."""
    with platform_scope(PlatformUse.ADMIN):
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(email=ADDRESS)
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(
            **{"from_number": "(410) 555-0190", "from_e164": ANOTHER, **fields}
        )


def listed(cast: Cast) -> list[tuple[str, str]]:
    with platform_scope(PlatformUse.ADMIN):
        rows = Suppression.unscoped.filter(source="disposition", client=cast.brightside.client)
        return sorted(rows.values_list("kind", "value"))


def test_do_not_contact_lists_the_number_that_called_too(cast: Cast) -> None:
    from_another_number(cast)
    say(cast, "Do Not Contact")

    number = cast.brightside.lead.phone_e164
    assert listed(cast) == [("email", ADDRESS), ("phone", number), ("phone", ANOTHER)]


def test_do_not_contact_lists_the_number_that_one_of_us_dialled(cast: Cast) -> None:
    from_another_number(
        cast, direction="outbound", from_number="", from_e164="", to_number=ANOTHER, phone_number=ANOTHER
    )
    say(cast, "Do Not Contact")

    assert ("phone", ANOTHER) in listed(cast)


def test_our_own_number_of_a_tracked_call_is_never_listed(cast: Cast) -> None:
    from_another_number(cast, from_number="anonymous", from_e164="", to_number="+14105550100")
    say(cast, "Do Not Contact")

    assert listed(cast) == [("email", ADDRESS), ("phone", cast.brightside.lead.phone_e164)]


def test_do_not_contact_lists_those_who_were_merged_into_the_person(cast: Cast) -> None:
    gone = cast.brightside.work.gone
    with platform_scope(PlatformUse.ADMIN):
        Lead.unscoped.filter(pk=gone.pk).update(
            phone_e164=ANOTHER, linkedin_url="https://www.linkedin.com/in/lee"
        )
    say(cast, "Do Not Contact")

    assert [kind for kind, _ in listed(cast)] == ["linkedin", "phone", "phone"]


def test_wrong_number_that_is_not_the_persons_leaves_theirs_right(cast: Cast) -> None:
    """They come up in the queue again: it was another number that somebody else answered."""
    from_another_number(cast)
    say(cast, "Incorrect Number")

    assert state(cast) == {**BEFORE, "words": ("Incorrect Number", "", True)}


def test_call_without_a_person_can_stop_nobody(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(lead=None)
    with pytest.raises(Refused, match="no person"):
        say(cast, "Do Not Contact")
    say(cast, "No Answer")

    assert state(cast)["words"] == ("No Answer", "", True)


def test_strangers_calls_do_not_exist(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN), pytest.raises(Call.DoesNotExist):
        set_disposition(
            actor=cast.actor("hannah"), call_id=cast.delgado.call.pk, choice=Choice("No Answer"), now=NOON
        )


@pytest.mark.django_db(transaction=True)
def test_two_who_say_different_things_at_once_leave_one() -> None:
    """Whoever comes last is right, and nothing of the other is left."""
    with transaction.atomic():
        cast = make_cast()
    every = ["Callback Requested", "Incorrect Number", "Not Interested", "Meeting Booked"] * 2

    def go(words: str) -> None:
        try:
            with transaction.atomic():
                say(cast, words)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(go, every))
    with transaction.atomic():
        found = state(cast)

    expected: dict[str, dict[str, Any]] = {
        "Callback Requested": {"callbacks": 2, "member": ("active", SOON, "They asked to be called then")},
        "Incorrect Number": {"wrong": True},
        "Not Interested": {"member": ("completed", None, "")},
        "Meeting Booked": {},
    }
    assert found == {**BEFORE, "words": found["words"], **expected[found["words"][0]]}


def promises(cast: Cast) -> dict[str, bool]:
    """Whether each promise to Brightside's person is kept, by its note."""
    with platform_scope(PlatformUse.ADMIN):
        rows = Callback.unscoped.filter(lead=cast.brightside.lead)
        return {each.note: bool(each.done_at) for each in rows}


def promise(cast: Cast, note: str, due_at: datetime, campaign: Campaign | None = None) -> None:
    house = cast.brightside
    with platform_scope(PlatformUse.ADMIN):
        Callback.unscoped.create(
            agency_id=cast.larkspur.pk, client=house.client, lead=house.lead, campaign=campaign, note=note,
            assigned_to=cast.people["theo"], due_at=due_at, timezone="UTC",
        )  # fmt: skip


def ring(cast: Cast, words: str, direction: str = "outbound", campaign: Campaign | None = None) -> Call:
    house, actor = cast.brightside, cast.actor("nora")
    told = Told(direction, "", NOON, 60, actor.user_id, "")
    with scoped(actor.scope):
        return log_call(
            actor=actor, client_id=house.client.pk, lead_id=house.lead.pk, told=told, choice=Choice(words),
            campaign_id=campaign.pk if campaign else None, now=NOON,
        ).call  # fmt: skip


@pytest.mark.parametrize(
    ("words", "direction", "of_campaign", "kept"),
    [
        (known.NO_ANSWER, "outbound", False, {"due", "soon"}),
        (known.NO_ANSWER, "inbound", False, set()),
        (known.NOT_INTERESTED, "outbound", True, {"due", "soon", "theirs"}),
        (known.NOT_INTERESTED, "outbound", False, {"due", "soon", "theirs", "other"}),
        (known.DO_NOT_CONTACT, "outbound", True, {"due", "soon", "theirs", "other"}),
    ],
)
def test_call_keeps_the_promises_that_it_meets(
    cast: Cast, words: str, direction: str, of_campaign: bool, kept: set[str]
) -> None:
    house = cast.brightside
    with platform_scope(PlatformUse.ADMIN):
        Callback.unscoped.filter(lead=house.lead).delete()
    promise(cast, "due", NOON - timedelta(hours=2))
    promise(cast, "soon", NOON + timedelta(minutes=10))
    promise(cast, "theirs", SOON, house.work.campaign)
    promise(cast, "other", SOON)
    before = promises(cast)
    call = ring(cast, words, direction, house.work.campaign if of_campaign else None)

    assert {note for note, done in promises(cast).items() if done} == kept
    say(cast, known.FUTURE_POTENTIAL, call=call)
    assert {note for note, done in promises(cast).items() if done} == kept & {"due", "soon"}
    say(cast, "", call=call)
    assert promises(cast) == before


def test_campaign_tells_how_its_latest_call_ended(cast: Cast) -> None:
    house = cast.brightside
    first = ring(cast, known.NO_ANSWER, campaign=house.work.campaign)
    say(cast, known.GATEKEEPER, call=first)
    with platform_scope(PlatformUse.ADMIN):
        Call.unscoped.filter(pk=first.pk).update(started_at=NOON - timedelta(days=1))
        after_one = CampaignMember.unscoped.get(pk=house.work.member.pk).last_disposition
    ring(cast, known.VOICEMAIL, campaign=house.work.campaign)
    say(cast, known.NO_ANSWER, call=first)
    with platform_scope(PlatformUse.ADMIN):
        after_two = CampaignMember.unscoped.get(pk=house.work.member.pk).last_disposition

    assert (after_one, after_two) == (known.GATEKEEPER, known.VOICEMAIL)
