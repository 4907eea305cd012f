"""The rows of the day's list as their reader sees them: with addresses, a number to call, and what time it is there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.directory import ClientFacts, visible_clients
from accounts.permissions import Level
from accounts.tenancy import Actor
from crm.callee import LocalTime, local_time, zone_of
from crm.person import dial_address, dialer_of
from crm.presenting import UNKNOWN_CLIENT, by_id
from crm.services.suppression import suppressed_leads
from crm.today import Group, Kind
from crm.today_list import Day, Row

ICONS = {
    Kind.CALLBACK: ("phone-forwarded", "Callback"),
    Kind.STEP: ("route", "Step of a journey"),
    Kind.ACTION: ("route", "Next action of a journey"),
    Kind.UNREAD: ("inbox", "Unread call"),
    Kind.MEETING: ("calendar-check", "Meeting"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    row: Row
    icon: str
    kind: str
    url: str
    client: ClientFacts
    dial: str  # "" where nobody is to be called, or nobody may be
    local: LocalTime | None  # of who is called
    hindered: str  # why they cannot be called, though that is what waits
    done_url: str = ""
    done: tuple[str, str] = ("", "")  # the name and value that say so
    later_url: str = ""
    change: tuple[str, str] = ("", "")  # (words, address)


@dataclass(frozen=True, slots=True)
class ShownPart:
    group: Group
    rows: list[Shown]


def drawn(request: HttpRequest, day: Day, now: datetime) -> list[ShownPart]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = by_id(visible_clients(request))
    leads = [row.lead for row in day.rows if row.to_call and row.lead]
    stopped = suppressed_leads(leads=leads, channel="voice", now=now)
    dialer = dialer_of(actor)

    def show(row: Row) -> Shown:
        client = clients.get(str(row.client_id), UNKNOWN_CLIENT)
        hindered = _hindered(row, row.lead is not None and row.lead.pk in stopped)
        reachable = row.to_call and row.lead is not None and not hindered
        dial = dial_address(dialer, row.lead.phone_e164) if row.lead and reachable else ""
        icon, kind = ICONS[row.kind]
        return Shown(
            row, icon, kind, _url(actor, row), client, dial, _local(row, client, now) if dial else None, hindered,
            **_deeds(actor, row),
        )  # fmt: skip

    return [ShownPart(part.group, [show(row) for row in part.rows]) for part in day.parts]


def _hindered(row: Row, stopped: bool) -> str:
    if not row.to_call or row.lead is None:
        return ""
    if stopped:
        return "On the do-not-contact list: don’t call."
    if row.lead.phone_is_wrong:
        return "The number is wrong."
    return "" if row.lead.phone_e164 else "There is no number to call."


def _local(row: Row, client: ClientFacts, now: datetime) -> LocalTime | None:
    if row.lead is None:
        return None
    return local_time(now, zone_of(row.lead.timezone, row.lead.phone_e164, client.timezone))


def _url(actor: Actor, row: Row) -> str:
    """Where the thing itself is: of a call that is unread the call, else the person."""
    if row.kind == Kind.UNREAD:
        return reverse("crm:inbox_call", args=[row.id])
    if row.kind == Kind.STEP:
        return reverse("crm:journey", args=[row.about.journey_id])
    if row.kind == Kind.ACTION:
        return reverse("crm:journey", args=[row.id])
    if row.lead:
        return reverse("crm:lead", args=[row.lead.pk])
    return reverse("crm:inbox_call" if actor.is_staff else "portal:call", args=[row.id])


def _deeds(actor: Actor, row: Row) -> dict[str, Any]:
    """What may be done with it from the list, where the reader may."""
    if row.kind == Kind.CALLBACK and actor.can("calls.log", Level.WRITE):
        return {
            "done_url": reverse("crm:today_callback_kept", args=[row.id]),
            "done": ("kept", "1"),
            "later_url": reverse("crm:today_callback_later", args=[row.id]),
        }
    if row.kind == Kind.STEP and actor.can("journeys.edit", Level.WRITE):
        at = [row.about.journey_id, row.id]
        return {
            "done_url": reverse("crm:journey_step_done", args=at),
            "done": ("done", "1"),
            "later_url": reverse("crm:today_step_later", args=at),
        }
    if row.kind == Kind.ACTION and actor.can("journeys.edit", Level.WRITE):
        return {"change": ("Change", reverse("crm:journey_edit", args=[row.id]))}
    if row.kind == Kind.MEETING and actor.can("calls.log", Level.WRITE):
        return {"change": ("Change", reverse("crm:dispose", args=[row.id]))}
    return {}
