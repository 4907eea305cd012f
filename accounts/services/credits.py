"""The credits of a client: a ledger that is only ever added to, and a balance that is its sum and never below nothing.

Every movement locks the client's subscription first, so that movements of one client happen one after the other.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import CreditTransaction, Subscription
from accounts.services.audit import NOWHERE, Origin, record
from accounts.tenancy import Actor

Reason = CreditTransaction.Reason


class CreditsRefused(Exception):
    """The movement was not made. Its text says why, to the person who asked for it."""


class NotEnoughCredits(CreditsRefused):
    pass


@dataclass(frozen=True, slots=True)
class By:
    """Who moves credits: a person, or nobody when the product does so by itself."""

    actor_id: UUID | None = None
    origin: Origin = NOWHERE


ITSELF = By()


@transaction.atomic
def grant_credits(
    *, actor: Actor, client_id: UUID, amount: int, note: str, now: datetime, origin: Origin
) -> CreditTransaction:
    """Add ``amount`` credits, 1 or more, and say why in ``note``. Raises `Subscription.DoesNotExist`."""
    held = hold(actor, client_id)
    return move(held, _positive(amount), Reason.GRANT, now=now, note=note, by=By(actor.user_id, origin))


@transaction.atomic
def correct_credits(
    *, actor: Actor, client_id: UUID, delta: int, note: str, now: datetime, origin: Origin
) -> CreditTransaction:
    """Add ``delta``, or take it away when it is negative. Raises `NotEnoughCredits`, `Subscription.DoesNotExist`."""
    held = hold(actor, client_id)
    return move(held, delta, Reason.CORRECTION, now=now, note=note, by=By(actor.user_id, origin))


@transaction.atomic
def expire_credits(
    *, actor: Actor, client_id: UUID, amount: int, note: str, now: datetime, origin: Origin
) -> CreditTransaction:
    """Take ``amount`` credits, 1 or more, that lapsed. Raises `NotEnoughCredits`, `Subscription.DoesNotExist`."""
    held = hold(actor, client_id)
    return move(held, -_positive(amount), Reason.EXPIRY, now=now, note=note, by=By(actor.user_id, origin))


@transaction.atomic
def use_credits(
    *, actor: Actor, client_id: UUID, amount: int, object_ref: str, now: datetime, origin: Origin = NOWHERE
) -> CreditTransaction:
    """Pay ``amount`` credits for ``object_ref``, such as ``call:<id>``. Paid once: asked again, the first answers.
    An empty ``object_ref`` is no name: each such payment is its own.

    Raises `NotEnoughCredits`; `CreditsRefused` when the subscription is not running, or when the same thing was paid
    with another amount; `Subscription.DoesNotExist`.
    """
    held = hold(actor, client_id)
    if paid := ledger(held).filter(reason=Reason.USE, object_ref=object_ref).exclude(object_ref="").first():
        if paid.delta != -amount:
            raise CreditsRefused(f"{object_ref} was paid already, with {-paid.delta} credits.")
        return paid
    if not held.is_running:
        raise CreditsRefused(
            f"The subscription is {held.get_status_display().lower()}: credits can't be used."
        )
    return move(held, -_positive(amount), Reason.USE, now=now, object_ref=object_ref,
                by=By(actor.user_id, origin))  # fmt: skip


def hold(actor: Actor, client_id: UUID) -> Subscription:
    """Lock the subscription of a client of ``actor``."""
    held: Subscription = (
        Subscription.objects.for_actor(actor).select_for_update(of=("self",)).get(client_id=client_id)
    )
    return held


def move(
    held: Subscription, delta: int, reason: Reason, *, now: datetime, note: str = "", object_ref: str = "",
    by: By = ITSELF,
) -> CreditTransaction:  # fmt: skip
    """Add one movement to the ledger of ``held``, which the caller has locked, and keep the balance."""
    if delta == 0:
        raise CreditsRefused("Nothing would move: the number must not be 0.")
    balance = held.credits_remaining + delta
    if balance < 0:
        raise NotEnoughCredits(f"Only {_credits(held.credits_remaining)} left; {-delta:,} would be taken.")
    last = ledger(held).order_by("-seq").values_list("seq", flat=True).first()
    movement: CreditTransaction = CreditTransaction.unscoped.create(
        agency_id=held.agency_id, client_id=held.client_id, delta=delta, balance_after=balance, reason=reason,
        note=note, object_ref=object_ref, actor_id=by.actor_id, seq=(last or 0) + 1,
    )  # fmt: skip
    held.credits_remaining = balance
    held.save(update_fields=("credits_remaining", "updated_at"))
    record(
        event_type="credits_moved", now=now, agency_id=held.agency_id, client_id=held.client_id,
        actor_id=by.actor_id, target=f"{delta:+,} credits", origin=by.origin,
        details={"reason": reason, "balance": balance, "note": note, "for": object_ref},
    )  # fmt: skip
    return movement


def ledger(held: Subscription) -> QuerySet[CreditTransaction]:
    return CreditTransaction.unscoped.filter(agency_id=held.agency_id, client_id=held.client_id)


def _positive(amount: int) -> int:
    if amount < 1:
        raise CreditsRefused("Give a number of credits of 1 or more.")
    return amount


def _credits(count: int) -> str:
    return f"{count:,} credit{'' if count == 1 else 's'} {'is' if count == 1 else 'are'}"
