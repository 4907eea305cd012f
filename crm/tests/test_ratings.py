"""Stars in two places: a person's here, the call tracker's there, and what happens when both speak."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.models import Activity, Call, CallClassification
from crm.providers.ctm.client import CTMClient
from crm.services import ctm_writes, workbench
from crm.tests.conftest import Desk, spoken_story
from integrations.models import WriteLog


def rate(desk: Desk, call: Call, stars: int | None, who: str = "nora") -> Call:
    actor = desk.cast.actor(who)
    with desk.inside():
        return workbench.rate_call(actor=actor, call_id=call.pk, stars=stars, now=timezone.now())


def push(now: datetime | None = None) -> int:
    """Send all that is due; how many were tried."""
    tried = 0
    while ctm_writes.send_next_write(now=now or timezone.now()):
        tried += 1
    return tried


def writes(desk: Desk, call: Call) -> list[tuple[Any, str]]:
    with desk.inside():
        rows = WriteLog.unscoped.filter(external_id=call.external_id).order_by("created_at", "pk")
        return list(rows.values_list("value", "status"))


def history(desk: Desk, call: Call) -> list[dict[str, Any]]:
    with desk.inside():
        rows = Activity.unscoped.filter(call=call, action="rating_changed").order_by("occurred_at", "pk")
        return list(rows.values_list("metadata", flat=True))


def stars(call: Call) -> tuple[int | None, str, int | None]:
    return call.rating, call.rating_by, call.ctm_rating


def vendor_stars(desk: Desk, call: Call) -> int | None:
    return (desk.vendor.one(call.external_id).get("sale") or {}).get("score")


@pytest.fixture
def call(desk: Desk) -> Call:
    """A plain answered call that nobody has rated in the call tracker."""
    said = "Agent: Hello.\nCaller: Hello."
    made = desk.vendor.happen(story=spoken_story(desk), transcription_text=said, sale=None)
    desk.sync()
    return desk.call(made["id"])


def test_rating_travels_to_the_vendor_and_comes_back_as_an_echo(desk: Desk, call: Call) -> None:
    before = call.rating
    rate(desk, call, 2)

    assert writes(desk, call) == [(2, "pending")]
    assert push() == 1
    assert vendor_stars(desk, call) == 2

    run = desk.sync()
    after = desk.call(call.external_id)

    assert (run.updated, stars(after)) == (1, (2, "human", 2))
    assert writes(desk, call) == [(2, "sent")]
    assert history(desk, call) == [{"from": before, "to": 2, "by": "human"}]
    assert (desk.sync().updated, push()) == (0, 0)


def test_same_stars_again_are_no_news(desk: Desk, call: Call) -> None:
    rate(desk, call, 2)
    rate(desk, call, 2)

    assert writes(desk, call) == [(2, "pending")]
    assert len(history(desk, call)) == 1


def test_rating_through_the_page_says_who(desk: Desk, call: Call) -> None:
    response = desk.browser().post(f"/calls/{call.pk}/rating/", {"rating": "2"})

    assert response.status_code == 302
    assert stars(desk.call(call.external_id))[:2] == (2, "human")
    page = desk.browser().get(f"/inbox/{call.pk}/").content.decode()
    assert "to 2 stars" in page
    assert "Nora" in page


def test_stars_taken_away_are_taken_away_there(desk: Desk, call: Call) -> None:
    rate(desk, call, 4)
    push()
    rate(desk, call, None)
    push()

    assert vendor_stars(desk, call) is None
    desk.sync()
    assert stars(desk.call(call.external_id)) == (None, "human", None)


def test_rating_changed_at_the_vendor_is_adopted_with_its_history(desk: Desk, call: Call) -> None:
    rate(desk, call, 2)
    push()
    desk.sync()
    desk.vendor.rate(call.external_id, 4)

    desk.sync()
    after = desk.call(call.external_id)

    assert stars(after) == (4, "ctm", 4)
    assert history(desk, call)[1:] == [{"from": 2, "to": 4, "by": "ctm"}]
    assert (writes(desk, call), push()) == ([(2, "sent")], 0)


def test_vendor_may_go_back_to_a_value_of_ours_at_once(desk: Desk, call: Call) -> None:
    """Neither an echo nor unheard, though we wrote the same stars a moment ago."""
    for value in (2, 4):
        rate(desk, call, value)
        push()
    desk.vendor.rate(call.external_id, 2)

    desk.sync()

    assert stars(desk.call(call.external_id)) == (2, "ctm", 2)


def test_vendor_may_undo_ours_before_we_looked(desk: Desk, call: Call) -> None:
    desk.vendor.rate(call.external_id, 3)
    desk.sync()
    rate(desk, call, 4)
    push()
    desk.vendor.rate(call.external_id, 3)

    desk.sync()

    assert stars(desk.call(call.external_id)) == (3, "ctm", 3)


def test_both_changed_and_ours_still_waits_keeps_ours(desk: Desk, call: Call) -> None:
    rate(desk, call, 2)
    desk.vendor.rate(call.external_id, 4)

    desk.sync()

    assert stars(desk.call(call.external_id)) == (2, "human", 4)
    assert history(desk, call)[1:] == [{"kept": 2, "ctm": 4}]
    push()
    desk.sync()
    assert (vendor_stars(desk, call), stars(desk.call(call.external_id))) == (2, (2, "human", 2))
    assert len(history(desk, call)) == 2


def test_edit_of_a_call_is_no_rating(desk: Desk, call: Call) -> None:
    """Unrated in CTM before and after: neither the rules' stars nor a person's, stuck here, are thereby taken away."""
    with desk.inside():
        Call.unscoped.filter(pk=call.pk).update(rating=3, rating_by="rule")
    desk.vendor.edit(call.external_id, notes="Edited.")
    desk.sync()
    untouched = history(desk, call)
    rate(desk, call, 2)
    with desk.inside():
        WriteLog.unscoped.update(status="failed")
    desk.vendor.edit(call.external_id, notes="Edited again.")
    desk.sync()

    assert untouched == []
    assert stars(desk.call(call.external_id)) == (2, "human", None)
    assert len(history(desk, call)) == 1


def test_stale_page_does_not_revert_a_rating(desk: Desk, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page was read, then a person rated and it was sent, then the page is written."""
    desk.vendor.rate(call.external_id, 3)
    read = CTMClient.page

    def slow(ctm: CTMClient, url: str) -> Any:
        page = read(ctm, url)
        rate(desk, call, 4)
        push()
        return page

    monkeypatch.setattr(CTMClient, "page", slow)
    desk.sync()
    during = desk.call(call.external_id)
    monkeypatch.setattr(CTMClient, "page", read)
    desk.sync()

    assert stars(during)[:2] == (4, "human")
    assert {"kept": 4, "ctm": 3} in history(desk, call)
    assert stars(desk.call(call.external_id)) == (4, "human", 4)


def test_failed_push_waits_longer_each_time_and_arrives(desk: Desk, call: Call) -> None:
    desk.vendor.fault("status", status=503, times=2, path_contains="/sale")
    rate(desk, call, 2)
    now, waits = timezone.now(), []
    for _ in range(2):
        assert push(now) == 1
        assert push(now) == 0
        with desk.inside():
            write = WriteLog.unscoped.get(external_id=call.external_id)
        waits.append((write.due_at - now).total_seconds())
        assert (write.status, write.attempts) == ("pending", len(waits))
        assert "not answering" in write.error
        now = write.due_at
    assert "1 waiting" in desk.panel()

    assert push(now) == 1

    assert 3 <= waits[0] <= 6
    assert 7 <= waits[1] <= 12
    assert (writes(desk, call), vendor_stars(desk, call)) == ([(2, "sent")], 2)
    assert "All sent" in desk.panel()


def test_retry_after_is_honoured(desk: Desk, call: Call) -> None:
    desk.vendor.fault("status", status=429, retry_after=77, path_contains="/sale")
    rate(desk, call, 2)
    now = timezone.now()

    push(now)

    with desk.inside():
        assert WriteLog.unscoped.get(external_id=call.external_id).due_at == now + timedelta(seconds=77)


def test_push_gives_up_and_says_so(desk: Desk, call: Call) -> None:
    desk.vendor.fault("status", status=500, times=100, path_contains="/sale")
    rate(desk, call, 2)
    with desk.inside():
        WriteLog.unscoped.filter(external_id=call.external_id).update(attempts=ctm_writes.MAX_ATTEMPTS - 1)

    push()

    assert writes(desk, call) == [(2, "failed")]
    assert f"Call {call.external_id}" in desk.panel()


def test_call_gone_at_the_vendor_is_not_tried_again(desk: Desk, call: Call) -> None:
    desk.vendor.fault("status", status=404, path_contains="/sale")
    rate(desk, call, 2)
    push()

    assert writes(desk, call) == [(2, "failed")]


def test_worker_that_died_while_sending_leaves_it_to_the_next(desk: Desk, call: Call) -> None:
    rate(desk, call, 2)
    now = timezone.now()
    with desk.inside():  # what a killed worker leaves behind
        WriteLog.unscoped.filter(external_id=call.external_id).update(
            attempts=1, due_at=now + ctm_writes.LEASE
        )

    assert push(now) == 0
    assert push(now + ctm_writes.LEASE) == 1
    assert vendor_stars(desk, call) == 2


def test_second_thought_waits_for_the_first_to_land(
    desk: Desk, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rated again while the first stars travel: no other worker may overtake them."""
    send = CTMClient.rate
    overtook = []

    def slow(ctm: CTMClient, call_id: str, score: int | None) -> None:
        if score == 2:
            rate(desk, call, 4)
            overtook.append(push())
        send(ctm, call_id, score)

    monkeypatch.setattr(CTMClient, "rate", slow)
    rate(desk, call, 2)

    assert push() == 2

    assert overtook == [0]
    assert writes(desk, call) == [(2, "superseded"), (4, "sent")]
    assert vendor_stars(desk, call) == 4


def test_five_stars_convert_and_taking_them_back_does_not_leave_it(desk: Desk, call: Call) -> None:
    rated = rate(desk, call, 5)
    assert (rated.category, rated.category_by) == ("converted", "human")

    unrated = rate(desk, call, 3)
    assert (unrated.category, unrated.category_by) == ("warm", "human")


def test_machine_never_overwrites_a_persons_category(desk: Desk, call: Call) -> None:
    with desk.inside():
        workbench.choose_category(
            actor=desk.cast.actor("nora"), call_id=call.pk, category="applicant", now=timezone.now()
        )
    desk.vendor.edit(
        call.external_id,
        transcription_text="Caller: I want to schedule an appointment. This is urgent.",
        transcription_segments=[],
        notes="Edited.",
    )

    desk.sync()
    after = desk.call(call.external_id)

    assert (after.notes, after.category, after.category_by) == ("Edited.", "applicant", "human")
    assert "schedule" in after.transcript
    assert after.summary != call.summary  # the words are the machine's, the verdict the person's


def test_persons_stars_outlive_what_the_machine_learns(desk: Desk, call: Call) -> None:
    rate(desk, call, 1)
    push()
    desk.vendor.edit(
        call.external_id,
        transcription_text="Caller: I want to schedule an appointment.",
        transcription_segments=[],
    )

    desk.sync()

    assert stars(desk.call(call.external_id))[:2] == (1, "human")
    assert desk.call(call.external_id).category == "spam"


@pytest.mark.parametrize("by", ["rule", "ctm", "ai"])
def test_converted_is_only_ever_said_by_people(desk: Desk, call: Call, by: str) -> None:
    with desk.inside():
        with pytest.raises(IntegrityError, match="call_converted_by_human"), transaction.atomic():
            Call.unscoped.filter(pk=call.pk).update(category="converted", category_by=by)
        with pytest.raises(IntegrityError, match="converted_is_said_by_humans"), transaction.atomic():
            CallClassification.unscoped.create(
                agency_id=call.agency_id, client_id=call.client_id, call=call, by=by, category="converted"
            )


def test_five_stars_at_the_vendor_do_not_convert(desk: Desk, call: Call) -> None:
    desk.vendor.rate(call.external_id, 5)

    desk.sync()
    after = desk.call(call.external_id)

    assert (stars(after), after.category) == ((5, "ctm", 5), "very_good")


def test_stars_the_vendor_shares_with_our_rules_become_the_vendors(desk: Desk, call: Call) -> None:
    """So that no later transcript takes them away."""
    with desk.inside():
        Call.unscoped.filter(pk=call.pk).update(rating=3, rating_by="rule")
    desk.vendor.rate(call.external_id, 3)

    desk.sync()

    assert stars(desk.call(call.external_id)) == (3, "ctm", 3)


def test_calls_logged_by_hand_owe_the_vendor_nothing(desk: Desk, call: Call) -> None:
    with desk.inside():
        Call.unscoped.filter(pk=call.pk).update(source="manual")

    rate(desk, call, 4)

    assert writes(desk, call) == []
