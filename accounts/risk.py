"""Whether a sign-in is asked for a second factor, and why. Arithmetic only: rows, clock and address are passed in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Trigger

INACTIVE_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a sign-in comes from. What is not known is None or ""."""

    device_id: UUID | None = None
    ip: str | None = None
    country: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """From where the person passed before."""

    devices: frozenset[UUID] = frozenset()
    ips: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What the person, their administrators and their agencies want."""

    always: bool = False
    by_risk: bool = True  # False: asked only where ``always`` or a step-up wants it
    strong: bool = False  # an e-mail code is not enough


@dataclass(frozen=True, slots=True)
class Facts:
    visit: Visit
    history: History = field(default_factory=History)
    rules: Rules = field(default_factory=Rules)
    trusted: bool = False


def reason_to_ask(facts: Facts, now: datetime) -> Trigger | None:
    """The first trigger that holds; None lets the person in. Trust in the device outweighs all but ``always``.

    A device that is not known counts as new; a country that is not known never counts.
    """
    visit, history = facts.visit, facts.history
    if facts.rules.always:
        return Trigger.ALWAYS_REQUIRED
    if facts.trusted or not facts.rules.by_risk:
        return None
    if visit.device_id is None or visit.device_id not in history.devices:
        return Trigger.NEW_DEVICE
    if visit.country and visit.country not in history.countries and history.countries:
        return Trigger.NEW_COUNTRY
    if visit.ip and visit.ip not in history.ips:
        return Trigger.NEW_IP
    if history.last_seen is None or now - history.last_seen >= INACTIVE_AFTER:
        return Trigger.INACTIVITY
    return None
