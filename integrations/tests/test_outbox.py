"""News reaches its subscribers at least once, whatever dies in between, and no more often than it must."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from conftest import NOON, Cast, make_cast
from integrations.models import OutboxDelivery, OutboxEvent, WriteLog
from integrations.services import outbox
from integrations.tasks import drain_outbox

TOPIC = "test.happened"


@pytest.fixture(autouse=True)
def own_subscribers() -> Iterator[None]:
    """Subscribers of a test end with it."""
    before = {topic: dict(names) for topic, names in outbox._subscribers.items()}
    yield
    outbox._subscribers.clear()
    outbox._subscribers.update(before)


def publish(cast: Cast, now: datetime = NOON, **payload: Any) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        outbox.publish(topic=TOPIC, agency_id=cast.larkspur.pk, client_id=cast.brightside.client.pk,
                       payload=payload, now=now)  # fmt: skip


def deliveries() -> list[OutboxDelivery]:
    with transaction.atomic(), platform_scope(PlatformUse.ADMIN):
        rows = OutboxDelivery.unscoped.filter(event__topic=TOPIC)
        return list(rows.order_by("event__occurred_at", "subscriber"))


def drain(now: datetime) -> int:
    told = 0
    while outbox.deliver_next(now=now):
        told += 1
    return told


class Note:
    """A subscriber that leaves a row behind, and fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.heard = fails, list[Any]()

    def __call__(self, event: OutboxEvent, now: datetime) -> None:
        self.heard.append(event.payload)
        WriteLog.unscoped.create(
            agency_id=event.agency_id, client_id=str(event.client_id), provider="ctm", field="test", value=1,
            external_id=f"heard {len(self.heard)}", status="sent", due_at=now,
        )  # fmt: skip
        if len(self.heard) <= self.fails:
            raise RuntimeError("not\x00 today")


def left_behind(cast: Cast) -> list[str]:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        rows = WriteLog.unscoped.filter(field="test").order_by("external_id")
        return list(rows.values_list("external_id", flat=True))


def test_each_subscriber_hears_once(cast: Cast) -> None:
    one, other = Note(), Note()
    outbox.subscribe(TOPIC, "one", one)
    outbox.subscribe(TOPIC, "other", lambda event, now: other.heard.append(event.payload))
    publish(cast, call="c1")

    assert (drain(NOON), drain(NOON)) == (2, 0)
    assert (one.heard, other.heard) == ([{"call": "c1"}], [{"call": "c1"}])
    assert [(each.subscriber, each.done_at, each.attempts) for each in deliveries()] == [
        ("one", NOON, 1), ("other", NOON, 1),
    ]  # fmt: skip


def test_handler_acts_as_the_events_agency(cast: Cast) -> None:
    seen: list[set[UUID]] = []
    outbox.subscribe(
        TOPIC, "one", lambda event, now: seen.append(set(Client.unscoped.values_list("agency_id", flat=True)))
    )
    publish(cast)
    drain(NOON)

    assert seen == [{cast.larkspur.pk}]


def test_failed_handler_leaves_nothing_and_is_asked_again_later(cast: Cast) -> None:
    note = Note(fails=2)
    outbox.subscribe(TOPIC, "one", note)
    publish(cast)
    now, waits = NOON, []
    for _ in range(2):
        assert (drain(now), drain(now), left_behind(cast)) == (1, 0, [])
        [delivery] = deliveries()
        assert (delivery.error, delivery.done_at) == ("RuntimeError: not today", None)
        waits.append((delivery.due_at - now).total_seconds())
        now = delivery.due_at

    assert drain(now) == 1
    [delivery] = deliveries()
    assert (delivery.done_at, delivery.error, delivery.attempts, left_behind(cast)) == (
        now,
        "",
        3,
        ["heard 3"],
    )
    assert 3 <= waits[0] <= 6 < 7 <= waits[1] <= 12


def test_one_failing_handler_does_not_hold_up_the_others(cast: Cast) -> None:
    outbox.subscribe(TOPIC, "a-bad", Note(fails=99))
    good = Note()
    outbox.subscribe(TOPIC, "good", good)
    publish(cast, n=1)
    publish(cast, n=2, now=NOON + timedelta(seconds=1))
    drain(NOON + timedelta(seconds=2))

    assert good.heard == [{"n": 1}, {"n": 2}]


def test_handler_that_breaks_its_transaction_is_contained(cast: Cast) -> None:
    def broken(event: OutboxEvent, now: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    outbox.subscribe(TOPIC, "one", broken)
    publish(cast)
    drain(NOON)

    assert "division by zero" in deliveries()[0].error


def test_subscriber_that_is_gone_is_kept_waiting_and_told(cast: Cast) -> None:
    """A name that was renamed by mistake must not swallow news."""
    outbox.subscribe(TOPIC, "one", Note())
    publish(cast)
    del outbox._subscribers[TOPIC]
    drain(NOON)

    [delivery] = deliveries()
    assert (delivery.done_at, delivery.error.startswith("KeyError")) == (None, True)


def test_delivery_is_given_up_after_its_last_attempt(cast: Cast) -> None:
    note = Note(fails=99)
    outbox.subscribe(TOPIC, "one", note)
    publish(cast)
    now = NOON
    for _ in range(outbox.MAX_ATTEMPTS):
        assert drain(now) == 1
        now = deliveries()[0].due_at

    [delivery] = deliveries()
    assert (drain(now + timedelta(days=9)), len(note.heard)) == (0, outbox.MAX_ATTEMPTS)
    assert delivery.gave_up_at is not None
    assert delivery.gave_up_at - NOON > timedelta(hours=11)


def test_news_is_part_of_the_deed(cast: Cast) -> None:
    outbox.subscribe(TOPIC, "one", Note())
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        outbox.publish(topic=TOPIC, agency_id=cast.larkspur.pk, client_id=None, payload={}, now=NOON)
        transaction.set_rollback(True)

    assert deliveries() == []


@pytest.fixture
def real_cast(transactional_db: None) -> Cast:
    with transaction.atomic():
        return make_cast()


def test_publishing_outside_a_transaction_is_refused(real_cast: Cast) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        outbox.publish(topic=TOPIC, agency_id=real_cast.larkspur.pk, client_id=None, payload={}, now=NOON)


def test_worker_that_dies_before_the_mark_leaves_no_effect_and_the_news_is_told_again(
    real_cast: Cast,
) -> None:
    """Effect and mark stand or fall together: the connection is cut between them."""
    outbox.subscribe(TOPIC, "one", Note())
    publish(real_cast)

    class Killed(BaseException):
        pass

    def die(delivery: OutboxDelivery, *_: object, **__: object) -> None:
        connection.close()
        raise Killed

    save = OutboxDelivery.save
    OutboxDelivery.save = die  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(Killed):
            outbox.deliver_next(now=NOON)
    finally:
        OutboxDelivery.save = save  # type: ignore[method-assign]
    after_death = (left_behind(real_cast), deliveries()[0].done_at)

    assert after_death == ([], None)
    assert drain(NOON) == 1
    assert (left_behind(real_cast), deliveries()[0].done_at) == (["heard 2"], NOON)


@pytest.mark.slow
def test_drainers_side_by_side_deliver_each_once(real_cast: Cast) -> None:
    heard, guard = list[int](), threading.Lock()

    def hear(event: OutboxEvent, now: datetime) -> None:
        with guard:
            heard.append(event.payload["n"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")

    outbox.subscribe(TOPIC, "one", hear)
    for n in range(40):
        publish(real_cast, n=n)
    gate = threading.Barrier(3)

    def go() -> None:
        try:
            gate.wait()
            drain_outbox()
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(heard) == list(range(40))
    assert all(each.done_at for each in deliveries())
