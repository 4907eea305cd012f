"""The demo's day: promises to call back, one of them late, and a meeting that was booked. Everybody is invented."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from accounts.models import Client, User
from crm.callee import zone_of
from crm.dispositions import MEETING_BOOKED
from crm.models import Call, Callback, Lead

# name, hours from the first start of the demo, about what
PROMISES = (
    ("Marisol Vega", -20, "Wanted to look into the calendar first"),
    ("Grace Abernathy", 2, "Asks what the second visit costs"),
    ("Keiko Tanabe", 26, ""),
)


def furnish_day(client: Client, people: Iterable[User], now: datetime) -> None:
    """Let each of ``people`` have promised something to people of ``client``, and the first have booked a meeting."""
    own = {"agency_id": client.agency_id, "client": client}
    names = [name for name, _, _ in PROMISES]
    leads = {lead.display_name: lead for lead in Lead.unscoped.filter(client=client, display_name__in=names)}
    people = list(people)
    Callback.unscoped.bulk_create(
        Callback(
            **own, lead=leads[name], assigned_to=person, note=note, due_at=now + timedelta(hours=hours),
            timezone=zone_of("", leads[name].phone_e164, client.timezone),
        )
        for person in people for name, hours, note in PROMISES if name in leads
    )  # fmt: skip
    if people and (lead := leads.get("Keiko Tanabe")):
        at = now - timedelta(hours=21)
        Call.unscoped.create(
            **own, lead=lead, source=Call.Source.MANUAL, external_id=str(uuid4()), direction=Call.Direction.OUTBOUND,
            to_number=lead.phone_e164, caller_name=lead.display_name, called_by=people[0], started_at=at, seen_at=at,
            duration_seconds=340, answered=True, disposition=MEETING_BOOKED, disposed_at=at,
            booked_elsewhere="Front desk calendar, Monday 10 AM",
        )  # fmt: skip
