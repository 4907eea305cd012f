"""What a sign-in must show: the switches of agencies and people, and the trigger that they make of a visit."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.models import Agency, KnownPlace, MFASettings, Trigger, TrustedDevice, User, UserSession
from accounts.principal import load_principal
from accounts.risk import Facts, History, Rules, Visit, reason_to_ask
from accounts.scope import agency_scope


def rules_of(user: User) -> Rules:
    """The strictest of the person's agencies and their own. ``Agency.settings["mfa"]`` may hold ``always`` (asks at
    every sign-in), ``risk`` (False asks nobody by risk, and takes e-mail codes from staff) and ``staff_email``."""
    principal = load_principal(user.pk)
    seats = principal.seats.values() if principal else ()
    switches = {agency_id: _switches(agency_id) for agency_id in (principal.agencies if principal else ())}
    staffed = {seat.agency_id for seat in seats if seat.is_staff}
    own = MFASettings.objects.filter(user=user, require_mfa_always=True).exists()
    return Rules(
        always=own or any(each.get("always") is True for each in switches.values()),
        by_risk=not switches or any(each.get("risk") is not False for each in switches.values()),
        strong=user.is_superuser or _wants_strong(switches[agency_id] for agency_id in staffed),
    )


def _switches(agency_id: UUID) -> Mapping[str, Any]:
    with transaction.atomic(), agency_scope(agency_id):
        found = Agency.objects.filter(pk=agency_id).values_list("settings__mfa", flat=True).first()
    return found if isinstance(found, dict) else {}


def _wants_strong(switches: Iterable[Mapping[str, Any]]) -> bool:
    return any(each.get("staff_email") is not True and each.get("risk") is not False for each in switches)


def judge(*, user: User, visit: Visit, now: datetime) -> tuple[Trigger | None, Rules, bool]:
    """Why this sign-in is asked for a second factor, if it is; the rules; and whether the device is trusted."""
    rules = rules_of(user)
    trusted = visit.device_id is not None and is_trusted(user_id=user.pk, device_id=visit.device_id, now=now)
    facts = Facts(visit, _history(user.pk), rules, trusted)
    return reason_to_ask(facts, now), rules, trusted


def is_trusted(*, user_id: UUID, device_id: UUID, now: datetime) -> bool:
    devices = TrustedDevice.objects.filter(user_id=user_id, device_id=device_id)
    return any(device.holds(now) for device in devices)


def _history(user_id: UUID) -> History:
    places = list(KnownPlace.objects.filter(user_id=user_id))
    devices = frozenset(place.device_id for place in places)
    # A session that lasts is a visit too; one that was never let in is not, unless its browser was before.
    active = UserSession.objects.filter(user_id=user_id, device_id__in=devices)
    seen = [place.last_seen_at for place in places]
    seen += filter(None, active.aggregate(at=Max("last_activity_at")).values())
    return History(
        devices=devices,
        ips=frozenset(place.ip for place in places if place.ip),
        countries=frozenset(place.country_code for place in places if place.country_code),
        last_seen=max(seen, default=None),
    )


def remember_place(*, user_id: UUID, visit: Visit, now: datetime) -> None:
    """The person passed from here. A browser without a device cookie cannot be known again."""
    if visit.device_id is None:
        return
    KnownPlace.objects.update_or_create(
        user_id=user_id,
        device_id=visit.device_id,
        ip=visit.ip,
        defaults={"last_seen_at": now, "country_code": visit.country},
        create_defaults={"first_seen_at": now, "last_seen_at": now, "country_code": visit.country},
    )
