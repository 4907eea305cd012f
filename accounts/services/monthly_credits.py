"""The credits that a package brings every month, by the calendar of the client's zone.

What is left of last month's lapses; what was granted besides stays. Months that passed while nobody swept are given
one after the other, each once: the ledger takes one row a month.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, Sum

from accounts.models import Subscription
from accounts.months import after, month_of, start_of
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.credits import Reason, ledger, move
from lib.claims import claim

GIVEN = (Subscription.Status.TRIALING, Subscription.Status.ACTIVE)


@transaction.atomic
def give_next_month(*, now: datetime) -> bool:
    """Give one due month to one client; False when none is due."""
    with platform_scope(PlatformUse.SWEEP):
        found = claim(due(now).order_by("credits_reset_at", "pk"), 1)
    if not found:
        return False
    with agency_scope(found[0].agency_id):
        _give(found[0], now)
    return True


def due(now: datetime) -> QuerySet[Subscription]:
    rows = Subscription.unscoped.filter(credits_reset_at__lte=now, status__in=GIVEN, package__isnull=False)
    return rows.filter(client__archived_at=None).select_related("client", "package")


def start_clock(held: Subscription, *, now: datetime) -> None:
    """Let months count from the present one, for a subscription that begins or goes on after a rest.

    A month that was given already is not given again, and those that passed at rest never are.
    """
    zone = held.client.timezone
    present = start_of(month_of(now, zone), zone)
    if held.credits_reset_at is None or held.credits_reset_at < present:
        held.credits_reset_at = present


def _give(held: Subscription, now: datetime) -> None:
    if held.package is None or held.credits_reset_at is None:
        return  # ``due`` lets none of these pass
    zone = held.client.timezone
    month = month_of(held.credits_reset_at, zone)
    name = f"month:{month:%Y-%m}"
    if not ledger(held).filter(reason=Reason.MONTHLY, object_ref=name).exists():
        if (left := _left_of_last_month(held)) > 0:
            move(held, -left, Reason.EXPIRY, now=now, note="Left of last month", object_ref=name)
        if held.package.monthly_credits:
            move(held, held.package.monthly_credits, Reason.MONTHLY, now=now, note=f"{month:%B %Y}",
                 object_ref=name)  # fmt: skip
    held.credits_reset_at = start_of(after(month), zone)
    held.save(update_fields=("credits_reset_at", "updated_at"))


def _left_of_last_month(held: Subscription) -> int:
    """Monthly credits are used before others, so what was taken since they came was taken from them first."""
    last = ledger(held).filter(reason=Reason.MONTHLY).order_by("-seq").first()
    if last is None:
        return 0
    since = ledger(held).filter(seq__gt=last.seq, delta__lt=0).aggregate(sum=Sum("delta"))["sum"] or 0
    return max(0, min(last.delta + since, held.credits_remaining))
