"""Markets: what campaigns aim at; of one client, or of the agency for all its clients."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Client
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import Campaign, Market

MARKET_FIELDS = ("name", "region", "description")
COUNTED = 100


class MarketNameTaken(Exception):
    """There is another market of this name in the same place."""


class NotYours(Exception):
    """A market for all clients, in the hands of somebody who does not see them all."""


class InUse(Exception):
    """Campaigns aim at it. ``campaigns`` is how many, counted as far as `COUNTED`."""

    def __init__(self, campaigns: int) -> None:
        super().__init__()
        self.campaigns = campaigns


def may_keep(actor: Actor, client_id: UUID | None) -> bool:
    """Whether ``actor`` may change markets of that client, or of the agency where it is None."""
    return client_id is not None or (actor.is_staff and actor.client_ids is None)


def uses(market: Market) -> int:
    """How many campaigns aim at it, counted as far as `COUNTED`; also those that the asker does not see."""
    rows = Campaign.unscoped.filter(agency_id=market.agency_id, market=market)
    return rows.values("pk")[:COUNTED].count()


@transaction.atomic
def save_market(
    *,
    actor: Actor,
    market_id: UUID | None,
    client: Client | None,
    values: Mapping[str, Any],
    now: datetime,
    origin: Origin,
) -> Market:
    """Add a market of ``client``, or of the agency when it is None; or change one, which stays where it is.

    ``values`` holds every one of ``MARKET_FIELDS``. Raises `Market.DoesNotExist`, `MarketNameTaken`, `NotYours`.
    """
    if market_id is None:
        if not may_keep(actor, client.pk if client else None):
            raise NotYours
        market = Market(agency_id=actor.agency_id, client=client)
    else:
        market = _hold(actor, market_id)
    for name in MARKET_FIELDS:
        setattr(market, name, values[name])
    try:
        with transaction.atomic():
            market.save()
    except IntegrityError:
        raise MarketNameTaken from None
    _log(actor, "market_changed", market, now, origin)
    return market


@transaction.atomic
def delete_market(*, actor: Actor, market_id: UUID, now: datetime, origin: Origin) -> Market:
    """Raises `Market.DoesNotExist`, `NotYours`, and `InUse` while any campaign aims at it, whoever may see that."""
    market = _hold(actor, market_id)
    if many := uses(market):
        raise InUse(many)
    Market.unscoped.filter(pk=market_id).delete()  # held: who chooses it now waits, and finds it gone
    _log(actor, "market_deleted", market, now, origin)
    return market


def _hold(actor: Actor, market_id: UUID) -> Market:
    rows = Market.objects.for_actor(actor)
    found: Market = rows.get(pk=market_id)
    if not may_keep(actor, found.client_id):
        raise NotYours
    held: Market = rows.select_for_update(of=("self",)).get(pk=market_id)
    return held


def _log(actor: Actor, event: str, market: Market, now: datetime, origin: Origin) -> None:
    record_by(actor, event, now=now, client_id=market.client_id, target=market.name, origin=origin)
