"""A person erased: what was known of them goes for good, that they must not be contacted stays."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.merging import CHOSEN
from crm.models import (
    Call,
    Callback,
    CallClassification,
    CampaignMember,
    Conversion,
    Customer,
    Erasure,
    FormSubmission,
    ImportRow,
    Journey,
    JourneyStep,
    Lead,
    LeadMerge,
    LeadScore,
    LeadTag,
    Note,
    ServiceAgreement,
    Signal,
    Suppression,
)
from crm.services.import_files import forget_files_with
from crm.services.merging import wait_for_calls
from crm.services.suppression import Entry, suppress
from crm.services.timeline import tell
from integrations.models import InboundEvent
from notifications.models import Notification

log = logging.getLogger(__name__)
Kind, Reason = Suppression.Kind, Suppression.Reason
STANDS = (
    "source",
    "stage_id",
    "stage_entered_at",
    "currency",
    "phone_is_wrong",
    "email_status",
    "status_by_hand",
)
EMPTY_CALL: dict[str, Any] = {
    "from_number": "", "from_e164": "", "phone_number": "", "caller_name": "", "summary": "", "ai_summary": {},
    "recording": "", "recording_url": "", "transcript": "", "transcript_turns": [], "transcript_url": "", "notes": "",
    "booked_elsewhere": "", "raw": {}, "redacted": True,
}  # fmt: skip
EMPTY_CUSTOMER: dict[str, Any] = {"name": "", "phone": "", "phone_e164": "", "email": "", "funnel_data": {}}
EMPTY_JOURNEY: dict[str, Any] = {
    "name": "", "phone": "", "email": "", "symptoms": [], "symptoms_redacted": True, "notes_summary": "",
    "lost_reason": "",
}  # fmt: skip


@transaction.atomic
def erase_lead(*, actor: Actor, lead_id: UUID, now: datetime, origin: Origin) -> Erasure:
    """Empty the lead and everything said by or about them, those merged into them included; keep rows, days and sums.

    Their address, number and profile stay as digests that nobody can read back, so that nobody contacts them again.
    Recordings and uploaded lists leave the store after the commit. Raises `Lead.DoesNotExist`.
    """
    found: Lead = Lead.objects.for_actor(actor).get(pk=lead_id, erased_at=None, merged_into=None)
    wait_for_calls(found.client_id)
    leads = _hold(found)
    ids = [each.pk for each in leads]
    _suppress(actor, leads, now)
    sounds = [
        name for name in _calls(leads).exclude(recording="").values_list("recording", flat=True) if name
    ]
    files = forget_files_with(agency_id=found.agency_id, client_id=found.client_id, lead_ids=ids)
    report = _empty(leads)
    for lead in leads:
        _empty_lead(lead, now)
    with connection.cursor() as cursor:
        for pk in ids:
            cursor.execute("SELECT crm_activities_forget(%s)", [pk])
            report["Activity"] = report.get("Activity", 0) + int(cursor.fetchone()[0])
    report |= {"Lead": len(leads), "recordings": len(sounds), "files": files}
    tell(about=found, lead_id=found.pk, actor=actor, action="lead_erased", now=now)
    erasure: Erasure = Erasure.unscoped.create(
        agency_id=found.agency_id, client_id=found.client_id, lead_id=found.pk, erased_by_id=actor.user_id,
        erased_at=now, report=report,
    )  # fmt: skip
    transaction.on_commit(lambda: _remove(sounds))
    record_by(
        actor,
        "lead_erased",
        now=now,
        client_id=found.client_id,
        target=str(found.pk),
        origin=origin,
        details=report,
    )
    return erasure


def _hold(found: Lead) -> list[Lead]:
    """Lock the person and whoever was merged into them, link by link, in the order of their ids."""
    rows = Lead.unscoped.filter(agency_id=found.agency_id, client_id=found.client_id)
    ids, fresh = {found.pk}, {found.pk}
    while fresh:
        fresh = set(rows.filter(merged_into__in=fresh).values_list("pk", flat=True)) - ids
        ids |= fresh
    held = list(rows.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)))
    if any(each.pk == found.pk and (each.erased_at or each.merged_into_id) for each in held):
        raise Lead.DoesNotExist
    return held


def _calls(leads: Iterable[Lead]) -> QuerySet[Call]:
    first = next(iter(leads))
    return Call.unscoped.filter(agency_id=first.agency_id, client_id=first.client_id, lead__in=leads)


def _suppress(actor: Actor, leads: list[Lead], now: datetime) -> None:
    customers = Customer.unscoped.filter(client_id=leads[0].client_id, lead__in=leads)
    reached = [(each.phone_e164, each.email) for each in leads] + [
        (each.phone_e164, each.email) for each in customers
    ]
    ways = [(Kind.PHONE, number) for number, _ in reached] + [(Kind.EMAIL, address) for _, address in reached]
    ways += [(Kind.LINKEDIN, each.linkedin_url) for each in leads]
    suppress(
        agency_id=leads[0].agency_id,
        client_id=leads[0].client_id,
        entries=[Entry(kind, given, Reason.ERASED) for kind, given in ways if given],
        source="erasure",
        now=now,
        added_by=actor.user_id,
    )


def _empty(leads: list[Lead]) -> dict[str, int]:
    """Empty what hangs on the leads; how many rows of each table."""
    own = {"agency_id": leads[0].agency_id, "client_id": leads[0].client_id}
    calls = list(_calls(leads).values_list("pk", "external_id", "direction"))
    call_ids = [pk for pk, _, _ in calls]
    about: dict[str, Any] = {**own, "lead__in": leads}
    customers = list(Customer.unscoped.filter(**about).values_list("pk", flat=True))
    journeys = list(
        Journey.unscoped.filter(Q(lead__in=leads) | Q(customer__in=customers), **own).values_list(
            "pk", flat=True
        )
    )
    notes = Q(lead__in=leads) | Q(call__in=call_ids) | Q(journey__in=journeys) | Q(customer__in=customers)
    outbound = [pk for pk, _, direction in calls if direction == Call.Direction.OUTBOUND]
    Call.unscoped.filter(pk__in=outbound).update(to_number="")
    return {
        "Call": Call.unscoped.filter(pk__in=call_ids).update(**EMPTY_CALL),
        "CallClassification": CallClassification.unscoped.filter(**own, call__in=call_ids).update(
            summary="", evidence=[], reason=""
        ),
        "Note": Note.unscoped.filter(notes, **own).delete()[0],
        "Signal": Signal.unscoped.filter(**about).delete()[0],
        "LeadTag": LeadTag.unscoped.filter(**about).delete()[0],
        "LeadScore": LeadScore.unscoped.filter(**about).update(components=[], reason=""),
        "Callback": Callback.unscoped.filter(**about).update(note=""),
        "CampaignMember": CampaignMember.unscoped.filter(**about).update(
            status=CampaignMember.Status.OPTED_OUT, hold_reason="", held_by=None, held_until=None
        ),
        "Customer": Customer.unscoped.filter(pk__in=customers).update(**EMPTY_CUSTOMER),
        "ServiceAgreement": ServiceAgreement.unscoped.filter(**own, customer__in=customers).update(
            service=None, service_name=""
        ),
        "Journey": Journey.unscoped.filter(pk__in=journeys).update(**EMPTY_JOURNEY),
        "Conversion": Conversion.unscoped.filter(**own, journey__in=journeys).update(before={}),
        "JourneyStep": JourneyStep.unscoped.filter(**own, journey__in=journeys).update(message="", notes=""),
        "FormSubmission": FormSubmission.unscoped.filter(**about).update(
            payload={}, error="", sender_hash=""
        ),
        "ImportRow": ImportRow.unscoped.filter(**own, lead_id__in=[each.pk for each in leads]).update(
            raw=[], before=None, after=None, reason=""
        ),
        "LeadMerge": LeadMerge.unscoped.filter(Q(kept__in=leads) | Q(merged__in=leads), **own).update(
            before={}, moved={}
        ),
        "InboundEvent": _deliveries(own, [external for _, external, _ in calls]),
        "Notification": _notices(own, leads, call_ids),
    }


def _deliveries(own: dict[str, Any], external_ids: list[str]) -> int:
    """What call trackers sent of the calls, as it came."""
    plain = [each for each in external_ids if each]
    numbers = [int(each) for each in plain if each.isdecimal() and len(each) < 19]
    rows = InboundEvent.unscoped.filter(**own)
    return rows.filter(Q(body__id__in=plain) | Q(body__id__in=numbers)).update(body={}, headers={})


def _notices(own: dict[str, Any], leads: list[Lead], call_ids: list[UUID]) -> int:
    links = [reverse("crm:lead", args=[each.pk]) for each in leads]
    links += [reverse("crm:inbox_call", args=[pk]) for pk in call_ids]
    return int(Notification.unscoped.filter(**own, link_url__in=links).delete()[0])


def _empty_lead(lead: Lead, now: datetime) -> None:
    for name in (*CHOSEN, "enrichment_data", "score", "tier", "scored_at"):
        if name not in STANDS:
            field = Lead._meta.get_field(
                name.removesuffix("_id") if name in ("company_id", "owner_id") else name
            )
            setattr(
                lead, name, None if field.null else {} if field.get_internal_type() == "JSONField" else ""
            )
    lead.archived_at, lead.erased_at = lead.archived_at or now, now
    lead.save()


def _remove(names: list[str]) -> None:
    for name in names:
        try:
            default_storage.delete(name)
        except OSError:
            log.exception("recording %s of an erased person could not be removed", name)
