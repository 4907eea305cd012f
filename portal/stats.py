"""Counts over calls, each for a half-open stretch of time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from accounts.tenancy import Actor
from crm.models import Call, Lead

GOOD = ("converted", "very_good", "warm", "needs_attention")
INBOUND_CALL = Q(kind="call", direction="inbound")


@dataclass(frozen=True, slots=True)
class Week:
    """``answered`` out of ``calls``; texts and forms are not calls."""

    calls: int
    answered: int
    new_leads: int
    good: int  # contacts worth working: converted, very good, warm, needs attention

    @property
    def answered_percent(self) -> int | None:
        return round(100 * self.answered / self.calls) if self.calls else None


def monday(now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight before this week's Monday, in ``zone``."""
    local = now.astimezone(zone)
    first = local.date() - timedelta(days=local.weekday())
    return datetime(first.year, first.month, first.day, tzinfo=zone)


def a_week_before(moment: datetime) -> datetime:
    """The same wall-clock time a week earlier: the clocks may have changed in between."""
    return moment - timedelta(days=7)  # arithmetic inside one zone is wall-clock arithmetic, as wanted here


def week(actor: Actor, start: datetime, end: datetime) -> Week:
    """The figures of [``start``, ``end``)."""
    calls = Call.objects.for_actor(actor).filter(started_at__gte=start, started_at__lt=end)
    counted = calls.aggregate(
        calls=Count("pk", filter=INBOUND_CALL),
        answered=Count("pk", filter=INBOUND_CALL & Q(answered=True)),
        new_leads=Count("lead_id", filter=Q(call_sequence=1, lead_id__isnull=False), distinct=True),
        good=Count("pk", filter=Q(category__in=GOOD)),
    )
    return Week(**counted)


def by_day(actor: Actor, start: datetime, days: int, zone: ZoneInfo) -> list[tuple[date, int, int]]:
    """(local day, calls answered, calls missed) for ``days`` days from ``start``, days without calls included."""
    calls = Call.objects.for_actor(actor).filter(INBOUND_CALL, started_at__gte=start)
    rows = calls.annotate(day=TruncDate("started_at", tzinfo=zone)).values_list("day")
    counted = rows.annotate(yes=Count("pk", filter=Q(answered=True)), every=Count("pk"))
    found = {day: (yes, every - yes) for day, yes, every in counted}
    first = start.astimezone(zone).date()
    return [(day, *found.get(day, (0, 0))) for day in (first + timedelta(days=n) for n in range(days))]


def lead_count(actor: Actor) -> int:
    return int(Lead.objects.for_actor(actor).filter(archived_at=None).count())
