"""Credits: a ledger whose sum is the balance, whoever moves at the same time, and never below nothing."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.models import Sum

from accounts.models import AuditEvent, Client, CreditTransaction, ServicePackage, Subscription
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.audit import Origin
from accounts.services.credits import (
    CreditsRefused,
    NotEnoughCredits,
    correct_credits,
    expire_credits,
    grant_credits,
    use_credits,
)
from accounts.services.monthly_credits import give_next_month, start_clock
from conftest import NOON, Cast, House, make_cast

HERE = Origin("192.0.2.7")


def state(house: House) -> tuple[int, int, int, list[int]]:
    """Balance, sum of the ledger, last ``balance_after``, numbers of the movements."""
    with agency_scope(house.client.agency_id), transaction.atomic():
        rows = CreditTransaction.unscoped.filter(client=house.client).order_by("seq")
        balance = Subscription.unscoped.get(client=house.client).credits_remaining
        return balance, rows.aggregate(sum=Sum("delta"))["sum"], list(rows)[-1].balance_after, [
            each.seq for each in rows
        ]  # fmt: skip


def deed(cast: Cast, service: Any, house: House | None = None, **fields: Any) -> CreditTransaction:
    nora = cast.actor("nora")
    with scoped(nora.scope):
        made: CreditTransaction = service(
            actor=nora, client_id=(house or cast.brightside).client.pk, now=NOON, origin=HERE, **fields
        )
        return made


def test_movements_add_up_and_are_told(cast: Cast) -> None:
    deed(cast, grant_credits, amount=30, note="For the delay")
    deed(cast, use_credits, amount=5, object_ref="call:1")
    deed(cast, correct_credits, delta=-2, note="Counted twice")
    deed(cast, expire_credits, amount=3, note="Lapsed")

    assert state(cast.brightside) == (70, 70, 70, [1, 2, 3, 4, 5])
    with agency_scope(cast.larkspur.pk):
        told = list(AuditEvent.unscoped.filter(event_type="credits_moved").order_by("seq"))
    assert [(each.target, each.actor_id, each.ip, each.client_id) for each in told] == [
        (words, cast.people["nora"].pk, HERE.ip, cast.brightside.client.pk)
        for words in ("+30 credits", "-5 credits", "-2 credits", "-3 credits")
    ]


@pytest.mark.parametrize(
    ("service", "fields", "words"),
    [
        (use_credits, {"amount": 51, "object_ref": "call:1"}, "Only 50 credits are left; 51 would be taken."),
        (correct_credits, {"delta": -51, "note": ""}, "Only 50 credits are left; 51 would be taken."),
        (expire_credits, {"amount": 51, "note": ""}, "Only 50 credits are left; 51 would be taken."),
        (grant_credits, {"amount": 0, "note": ""}, "Give a number of credits of 1 or more."),
        (use_credits, {"amount": -1, "object_ref": "call:1"}, "Give a number of credits of 1 or more."),
        (correct_credits, {"delta": 0, "note": ""}, "Nothing would move: the number must not be 0."),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_moves_nothing(
    cast: Cast, service: Any, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(CreditsRefused) as refusal:
        deed(cast, service, **fields)

    assert str(refusal.value) == words
    assert state(cast.brightside) == (50, 50, 50, [1])


def test_one_thing_is_paid_once(cast: Cast) -> None:
    first = deed(cast, use_credits, amount=5, object_ref="call:1")
    again = deed(cast, use_credits, amount=5, object_ref="call:1")
    with pytest.raises(CreditsRefused, match="paid already, with 5 credits"):
        deed(cast, use_credits, amount=6, object_ref="call:1")
    deed(cast, use_credits, cast.delgado, amount=5, object_ref="call:1")

    assert first.pk == again.pk
    assert (state(cast.brightside)[0], state(cast.delgado)[0]) == (45, 45)


@pytest.mark.parametrize("status", ["paused", "cancelled"])
def test_credits_rest_with_the_subscription(cast: Cast, status: str) -> None:
    with agency_scope(cast.larkspur.pk):
        Subscription.unscoped.filter(client=cast.brightside.client).update(status=status)

    with pytest.raises(CreditsRefused, match=f"The subscription is {status}"):
        deed(cast, use_credits, amount=1, object_ref="call:1")
    deed(cast, grant_credits, amount=1, note="")
    assert state(cast.brightside)[0] == 51


def test_credits_of_foreign_clients_do_not_exist(cast: Cast) -> None:
    """Also where the database shows all: the service itself keeps to the actor's."""
    for name, house in (("otto", cast.brightside), ("theo", cast.delgado), ("rafael", cast.brightside)):
        actor = cast.actor(name)
        for scope in (scoped(actor.scope), platform_scope(PlatformUse.ADMIN)):
            with scope, pytest.raises(Subscription.DoesNotExist):
                use_credits(actor=actor, client_id=house.client.pk, amount=1, object_ref="call:1", now=NOON)
    assert (state(cast.brightside)[0], state(cast.delgado)[0]) == (50, 50)


def test_ledger_is_added_to_and_never_changed(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        row = CreditTransaction.unscoped.get(client=cast.brightside.client)
        for attempt in (
            lambda: CreditTransaction.unscoped.filter(pk=row.pk).update(delta=60, balance_after=60),
            lambda: row.delete(),
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                attempt()
        own = {"agency_id": row.agency_id, "client_id": row.client_id, "reason": "grant"}
        for seq, delta, balance in ((3, 1, 51), (2, 1, 52), (1, 1, 51), (2, -51, -1)):
            with pytest.raises(IntegrityError), transaction.atomic():
                CreditTransaction.unscoped.create(**own, seq=seq, delta=delta, balance_after=balance)


def at_once(count: int, work: Any) -> list[str]:
    def one(number: int) -> str:
        try:
            return str(work(number))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_never_use_more_than_there_is() -> None:
    with transaction.atomic():
        cast = make_cast()
    nora, client_id = cast.actor("nora"), cast.brightside.client.pk

    def use(number: int) -> str:
        try:
            with scoped(nora.scope):
                use_credits(actor=nora, client_id=client_id, amount=3, object_ref=f"call:{number}", now=NOON)
        except NotEnoughCredits:
            return "refused"
        return "used"

    outcomes = Counter(at_once(50, use))

    assert outcomes == {"used": 16, "refused": 34}
    assert state(cast.brightside) == (2, 2, 2, list(range(1, 18)))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_thing_asked_for_by_many_at_once_is_paid_once() -> None:
    with transaction.atomic():
        cast = make_cast()
    nora, client_id = cast.actor("nora"), cast.brightside.client.pk

    def use(_: int) -> str:
        with scoped(nora.scope):
            return str(
                use_credits(actor=nora, client_id=client_id, amount=3, object_ref="call:1", now=NOON).pk
            )

    assert len(set(at_once(20, use))) == 1
    assert state(cast.brightside) == (47, 47, 47, [1, 2])


# Months


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def monthly(house: House, reset_at: datetime, *, count: int = 100, **fields: Any) -> None:
    with agency_scope(house.client.agency_id):
        ServicePackage.unscoped.filter(pk=house.package.pk).update(monthly_credits=count)
        Subscription.unscoped.filter(client=house.client).update(credits_reset_at=reset_at, **fields)


def sweep(now: datetime) -> int:
    count = 0
    while give_next_month(now=now):
        count += 1
    return count


def moved(house: House) -> list[tuple[str, int, str]]:
    with agency_scope(house.client.agency_id), transaction.atomic():
        rows = CreditTransaction.unscoped.filter(client=house.client, seq__gt=1).order_by("seq")
        return [(each.reason, each.delta, each.object_ref) for each in rows]


def test_a_month_begins_at_the_clients_own_midnight(cast: Cast) -> None:
    monthly(cast.brightside, at("2026-12-01 05:00"))  # midnight in New York

    assert (
        sweep(at("2026-12-01 04:59:59")),
        sweep(at("2026-12-01 05:00")),
        sweep(at("2026-12-31 23:00")),
    ) == (0, 1, 0)
    assert moved(cast.brightside) == [("monthly", 100, "month:2026-12")]
    assert sweep(at("2027-01-01 05:00")) == 1


def test_months_missed_are_given_one_after_the_other_each_once(cast: Cast) -> None:
    monthly(cast.brightside, at("2026-09-01 04:00"))

    assert (sweep(at("2026-11-20 12:00")), sweep(at("2026-11-20 12:00"))) == (3, 0)
    assert moved(cast.brightside) == [
        ("monthly", 100, "month:2026-09"),
        ("expiry", -100, "month:2026-10"),
        ("monthly", 100, "month:2026-10"),
        ("expiry", -100, "month:2026-11"),
        ("monthly", 100, "month:2026-11"),
    ]
    assert state(cast.brightside)[0] == 150


def test_monthly_credits_are_used_first_and_granted_ones_stay(cast: Cast) -> None:
    monthly(cast.brightside, at("2026-10-01 04:00"))
    sweep(at("2026-10-01 04:00"))
    deed(cast, use_credits, amount=30, object_ref="call:1")
    sweep(at("2026-11-01 04:00"))
    deed(cast, use_credits, amount=120, object_ref="call:2")
    sweep(at("2026-12-01 05:00"))

    assert moved(cast.brightside) == [
        ("monthly", 100, "month:2026-10"),
        ("use", -30, "call:1"),
        ("expiry", -70, "month:2026-11"),
        ("monthly", 100, "month:2026-11"),
        ("use", -120, "call:2"),
        ("monthly", 100, "month:2026-12"),
    ]
    assert state(cast.brightside)[0] == 130


def test_moving_to_another_zone_gives_no_month_twice(cast: Cast) -> None:
    monthly(cast.brightside, at("2026-11-01 04:00"))
    sweep(at("2026-11-01 04:00"))
    with agency_scope(cast.larkspur.pk):
        Client.unscoped.filter(pk=cast.brightside.client.pk).update(timezone="America/Los_Angeles")
    sweep(at("2026-12-01 05:00"))
    assert len(moved(cast.brightside)) == 1  # still November there
    sweep(at("2026-12-01 08:00"))

    assert [each for each in moved(cast.brightside) if each[0] == "monthly"] == [
        ("monthly", 100, "month:2026-11"),
        ("monthly", 100, "month:2026-12"),
    ]


@pytest.mark.parametrize("rest", ["paused", "cancelled", "past_due", "archived", "no package"])
def test_nothing_is_given_at_rest(cast: Cast, rest: str) -> None:
    monthly(cast.brightside, at("2026-09-01 04:00"))
    with agency_scope(cast.larkspur.pk):
        if rest == "archived":
            Client.unscoped.filter(pk=cast.brightside.client.pk).update(archived_at=NOON)
        else:
            changed: dict[str, Any] = {"package": None} if rest == "no package" else {"status": rest}
            Subscription.unscoped.filter(client=cast.brightside.client).update(**changed)

    assert sweep(NOON) == 0


def test_clock_goes_on_with_the_present_month(cast: Cast) -> None:
    held = Subscription(client=cast.brightside.client)
    found = []
    for was in (None, at("2026-09-01 04:00"), at("2026-11-01 04:00"), at("2026-12-01 05:00")):
        held.credits_reset_at = was
        start_clock(held, now=NOON)
        found.append(held.credits_reset_at)

    present = at("2026-11-01 04:00")
    assert found == [present, present, present, at("2026-12-01 05:00")]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_give_each_month_once() -> None:
    with transaction.atomic():
        cast = make_cast()
        for house in (cast.brightside, cast.delgado, cast.kettle):
            monthly(house, at("2026-09-01 04:00"))

    given = sum(map(int, at_once(8, lambda _: sweep(NOON))))

    assert given == 9
    for house in (cast.brightside, cast.delgado, cast.kettle):
        assert [ref for reason, _, ref in moved(house) if reason == "monthly"] == [
            "month:2026-09",
            "month:2026-10",
            "month:2026-11",
        ]
