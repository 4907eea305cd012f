"""Scores kept up to date: after every change of a fact, and once a day because time counts.

Both are rows. A fact that changes leaves a `ScoreDue`; each client has a `ScoringRound`, a walk over its leads. What is
done and that it is done are one transaction, so that a killed worker's part is done again and nothing is forgotten.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Client
from accounts.scope import PlatformUse, agency_scope, platform_scope
from crm.models import Lead, ScoreDue, ScoringRound
from crm.services.scoring import rescore
from lib.claims import backoff_s, claim

log = logging.getLogger(__name__)
BATCH = 200
AGAIN = timedelta(seconds=5)  # for whom somebody was at
EVERY = timedelta(days=1)


def score_due(*, now: datetime) -> int:
    """Score one batch of leads of one agency that are due; return how many rows were claimed. Safe side by side."""
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        # The newest first: who has just rated a call does not wait for somebody's import of a hundred thousand.
        due = ScoreDue.unscoped.filter(due_at__lte=now).order_by("-due_at", "-pk")
        first = due.values_list("agency_id", flat=True).first()
        if first is None:
            return 0
        rows = claim(due.filter(agency_id=first), BATCH)
        with agency_scope(first):
            left = _score(first, sorted({row.lead_id for row in rows}), now)
        _settle(rows, left, now)
    return len(rows)


def _score(
    agency_id: UUID, lead_ids: Sequence[UUID], now: datetime, *, is_news: bool = True
) -> dict[UUID, bool]:
    """Score the leads; those to be tried again, with whether they failed. One that fails takes no other along."""
    try:
        with transaction.atomic():
            done = rescore(agency_id=agency_id, lead_ids=lead_ids, now=now, is_news=is_news)
    except Exception:
        if len(lead_ids) == 1:
            log.exception("the score of lead %s could not be added up", lead_ids[0])
            return {lead_ids[0]: True}
        left: dict[UUID, bool] = {}
        for each in lead_ids:
            left |= _score(agency_id, [each], now, is_news=is_news)
        return left
    return dict.fromkeys(done.busy, False)


def _settle(rows: Sequence[ScoreDue], left: dict[UUID, bool], now: datetime) -> None:
    ScoreDue.unscoped.filter(pk__in=[row.pk for row in rows if row.lead_id not in left]).delete()
    for row in rows:
        if row.lead_id in left:
            row.attempts += left[row.lead_id]
            row.due_at = now + (timedelta(seconds=backoff_s(row.attempts)) if row.attempts else AGAIN)
    again = [row for row in rows if row.lead_id in left]
    ScoreDue.unscoped.bulk_update(again, ["attempts", "due_at"])


def begin_rounds(*, now: datetime) -> int:
    """Give a round to every client that has none yet; return how many there were."""
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        having = ScoringRound.unscoped.values("client_id")
        new = Client.unscoped.filter(~Q(pk__in=having), archived_at=None).values_list("agency_id", "pk")
        rows = [ScoringRound(agency_id=agency, client_id=pk, due_at=now) for agency, pk in new]
        ScoringRound.unscoped.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def walk_on(*, now: datetime) -> bool:
    """Score the next batch of one client whose round is due; False when none is. Safe side by side.

    Whoever becomes hot by time or by new weights is no news.
    """
    with transaction.atomic(), platform_scope(PlatformUse.SWEEP):
        due = ScoringRound.unscoped.filter(due_at__lte=now, client__archived_at=None).order_by("due_at", "pk")
        found = claim(due, 1)
        if not found:
            return False
        with agency_scope(found[0].agency_id):
            _walk(found[0], now)
    return True


def _walk(round_: ScoringRound, now: datetime) -> None:
    leads = Lead.unscoped.filter(agency_id=round_.agency_id, client_id=round_.client_id, archived_at=None)
    if round_.after:
        leads = leads.filter(pk__gt=round_.after)
    else:
        round_.began_at = now
    ids = list(leads.order_by("pk").values_list("pk", flat=True)[:BATCH])
    left = _score(round_.agency_id, ids, now, is_news=False) if ids else {}
    ScoreDue.unscoped.bulk_create(
        ScoreDue(
            agency_id=round_.agency_id,
            client_id=round_.client_id,
            lead_id=pk,
            due_at=now + AGAIN,
            attempts=failed,
        )
        for pk, failed in left.items()
    )
    round_.after = ids[-1] if ids else round_.after
    if len(ids) < BATCH:
        round_.after, round_.done_at, round_.due_at = None, now, (round_.began_at or now) + EVERY
    round_.save(update_fields=["after", "began_at", "done_at", "due_at", "updated_at"])
