"""Two or three people of one client made one, so that they can be taken apart again exactly."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.merging import CHOICES, CHOSEN, DERIVED, JOINED, WORDS, chosen_side, restored, snapshot
from crm.models import Call, CampaignMember, Customer, Lead, LeadMerge
from crm.services.statuses import refresh_status
from crm.services.timeline import tell

MOST = 3
# Every reference to a lead: what else is in its key once a lead. Rows that the kept person has already stay where they
# are, with the person in the archive.
MOVES: dict[tuple[str, str], tuple[str, ...] | None] = {
    ("Signal", "lead"): None,
    ("LeadTag", "lead"): ("tag_id",),
    ("Call", "lead"): None,
    ("Note", "lead"): None,
    ("CampaignMember", "lead"): ("campaign_id",),
    ("Callback", "lead"): None,
    ("Customer", "lead"): (),
    ("Outcome", "lead"): None,
    ("OutcomeMilestone", "lead"): ("stage",),
    ("FormSubmission", "lead"): None,
    ("Journey", "lead"): None,
    ("LeadScore", "lead"): None,
}
OF_CUSTOMER = ("Call", "Note", "ServiceAgreement", "Outcome", "Journey", "Conversion")
BY_FUNCTION = {("Activity", "lead")}  # the runtime role may not change a line
STAYS = {
    ("Lead", "merged_into"),  # a chain, followed link by link and undone from its end
    ("LeadMerge", "kept"),
    ("LeadMerge", "merged"),
    ("Erasure", "lead"),  # whoever was erased is merged with nobody
}


class MergeRefused(Exception):
    """These people can't be merged, or taken apart, as asked. The text says why."""


@transaction.atomic
def merge_leads(
    *,
    actor: Actor,
    kept_id: UUID,
    merged_ids: Sequence[UUID],
    choose: Mapping[str, str],
    seen: Mapping[str, str],
    now: datetime,
    origin: Origin,
) -> Lead:
    """Make one person of ``kept_id`` and the others, who go to the archive. Every row about them follows.

    ``choose`` names, by the keys of ``CHOICES``, the lead whose values stay; ``seen`` when each lead was last changed
    (ISO), as the person who chose saw it. Raises `Lead.DoesNotExist`, `MergeRefused`.
    """
    leads = _hold(actor, [kept_id, *merged_ids])
    kept = leads[0]
    if any(seen.get(str(each.pk)) != each.updated_at.isoformat() for each in leads):
        raise MergeRefused(
            "Somebody changed one of these people while you were choosing. Here they are as they stand now."
        )
    values = _values(leads, choose)
    for merged in leads[1:]:
        _merge(actor, kept, merged, now)
    for name, value in values.items():
        setattr(kept, name, value)
    kept.save()
    refresh_status(agency_id=kept.agency_id, lead_ids=[kept.pk])
    kept.refresh_from_db()
    after = snapshot(kept)
    for row in LeadMerge.unscoped.filter(kept=kept, merged__in=leads[1:], undone_at=None):
        row.before = {**row.before, "after": after}
        row.save(update_fields=["before"])
    details = {"kept": str(kept.pk), "merged": [str(each.pk) for each in leads[1:]]}
    record_by(
        actor,
        "leads_merged",
        now=now,
        client_id=kept.client_id,
        target=str(kept.pk),
        origin=origin,
        details=details,
    )
    return kept


def _hold(actor: Actor, ids: Sequence[UUID]) -> list[Lead]:
    """Lock the people, in the order of their ids, and return them as asked for: all active, all of one client."""
    if not 2 <= len(set(ids)) == len(ids) <= MOST:
        raise MergeRefused(f"Choose two or three different people; {MOST} is the most at once.")
    rows = Lead.objects.for_actor(actor).filter(pk__in=ids)
    found = {each.pk: each for each in rows.order_by("pk")}
    if len(found) < len(ids):
        raise Lead.DoesNotExist
    if len({each.client_id for each in found.values()}) > 1:
        raise MergeRefused("These people are of different clients, and stay apart.")
    wait_for_calls(found[ids[0]].client_id)
    held = {each.pk: each for each in rows.order_by("pk").select_for_update(of=("self",))}
    if any(each.archived_at or each.merged_into_id or each.erased_at for each in held.values()):
        raise MergeRefused("One of these people was merged, archived or erased a moment ago.")
    return [held[pk] for pk in ids]


def wait_for_calls(client_id: UUID) -> None:
    """Calls of the client that are being written now come first: they lock people in an order of their own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ingest:{client_id}"])


def _values(leads: list[Lead], choose: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, (_, names) in CHOICES.items():
        side = chosen_side(leads, key, choose)
        values |= {name: getattr(side, name) for name in names}
    for name in JOINED:
        values[name] = {k: v for each in reversed(leads) for k, v in getattr(each, name).items()}
    newest = max(leads, key=lambda each: (each.last_call_at is not None, each.last_call_at))
    return {**values, "last_call_at": newest.last_call_at, "category": newest.category or leads[0].category}


def _merge(actor: Actor, kept: Lead, merged: Lead, now: datetime) -> None:
    before = {"kept": snapshot(kept), "merged": snapshot(merged)}
    row = LeadMerge.unscoped.create(
        agency_id=kept.agency_id, client_id=kept.client_id, kept=kept, merged=merged, before=before, moved={},
        merged_by_id=actor.user_id, merged_at=now,
    )  # fmt: skip
    moved = _follow(kept, merged, now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_activities_follow(%s, false)", [row.pk])
        moved["Activity.lead"] = [str(pk) for (pk,) in cursor.fetchall()]
    row.moved = moved
    row.save(update_fields=["moved"])
    merged.archived_at, merged.merged_into = now, kept
    merged.save(update_fields=["archived_at", "merged_into", "updated_at"])
    told = {"name": merged.name, "merge_id": str(row.pk)}
    tell(about=kept, lead_id=kept.pk, actor=actor, action="lead_merged", metadata=told, now=now)


def _follow(kept: Lead, merged: Lead, now: datetime) -> dict[str, Any]:
    moved: dict[str, Any] = {}
    for (name, field), key in MOVES.items():
        model: Any = apps.get_model("crm", name)
        rows = model.unscoped.filter(agency_id=kept.agency_id, client_id=kept.client_id)
        going = rows.filter(**{field: merged})
        if key is not None:
            there = rows.filter(**{field: kept})
            if key:
                taken = set(there.values_list(*key))
                going = going.filter(
                    pk__in=[pk for pk, *own in going.values_list("pk", *key) if tuple(own) not in taken]
                )
            elif there.exists():
                moved |= _join_customers(kept, there.get(), going.first(), now)
                continue
        ids = list(going.values_list("pk", flat=True))
        if ids:
            model.unscoped.filter(pk__in=ids).update(**{field: kept})
            moved[f"{name}.{field}"] = [str(pk) for pk in ids]
    moved["opted_out"] = _keep_opt_outs(kept, merged)
    return moved


def _join_customers(kept: Lead, stays: Customer, goes: Customer | None, now: datetime) -> dict[str, Any]:
    """What one customer agreed to and did becomes the other's, who stays alone active."""
    if goes is None:
        return {}
    moved: dict[str, Any] = {
        "customers": {"stays": str(stays.pk), "goes": str(goes.pk), "status": goes.status}
    }
    for name in OF_CUSTOMER:
        model: Any = apps.get_model("crm", name)
        rows = model.unscoped.filter(agency_id=kept.agency_id, client_id=kept.client_id, customer=goes)
        ids = list(rows.values_list("pk", flat=True))
        if ids:
            model.unscoped.filter(pk__in=ids).update(customer=stays)
            moved[f"{name}.customer"] = [str(pk) for pk in ids]
    if goes.status != Customer.Status.ARCHIVED:
        Customer.unscoped.filter(pk=goes.pk).update(status=Customer.Status.ARCHIVED, archived_at=now)
    return moved


def _keep_opt_outs(kept: Lead, merged: Lead) -> list[list[str]]:
    """Who left a campaign has left it as whoever they are merged into, too."""
    rows = CampaignMember.unscoped.filter(agency_id=kept.agency_id, client_id=kept.client_id)
    left = rows.filter(lead=merged, status=CampaignMember.Status.OPTED_OUT).values("campaign_id")
    stays = rows.filter(lead=kept, campaign_id__in=left).exclude(status=CampaignMember.Status.OPTED_OUT)
    was = [[str(pk), status] for pk, status in stays.values_list("pk", "status")]
    stays.update(status=CampaignMember.Status.OPTED_OUT)
    return was


@transaction.atomic
def undo_merge(*, actor: Actor, lead_id: UUID, merge_id: UUID, now: datetime, origin: Origin) -> list[Lead]:
    """Take people apart again, as they were; who was merged together comes apart together. What came since stays with
    the one who was kept.

    Raises `LeadMerge.DoesNotExist`, and `MergeRefused` when somebody changed what would have to go back.
    """
    row: LeadMerge = LeadMerge.objects.for_actor(actor).get(pk=merge_id, kept_id=lead_id, undone_at=None)
    wait_for_calls(row.client_id)
    together = LeadMerge.unscoped.filter(kept_id=lead_id, merged_at=row.merged_at, undone_at=None)
    ids = [lead_id, *together.values_list("merged_id", flat=True)]
    held = {
        each.pk: each
        for each in Lead.unscoped.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    }
    rows = list(together.order_by("pk").select_for_update(of=("self",)))
    if not rows:
        raise LeadMerge.DoesNotExist
    kept, apart = held[lead_id], [held[each.merged_id] for each in rows]
    _refuse_undo(rows, kept, apart)
    for each, merged in zip(reversed(rows), reversed(apart), strict=True):
        _move_back(each, kept, merged)
    as_left = _restore(rows[0], kept, apart)
    together.filter(pk__in=[each.pk for each in rows]).update(
        undone_at=now, undone_by_id=actor.user_id, updated_at=now
    )
    if not as_left:
        _work_out([kept, *apart])
    for lead in (kept, *apart):
        tell(about=lead, lead_id=lead.pk, actor=actor, action="merge_undone", now=now)
    details = {"kept": str(kept.pk), "merged": [str(each.pk) for each in apart]}
    record_by(
        actor,
        "merge_undone",
        now=now,
        client_id=kept.client_id,
        target=str(kept.pk),
        origin=origin,
        details=details,
    )
    return apart


def _refuse_undo(rows: list[LeadMerge], kept: Lead, apart: list[Lead]) -> None:
    if kept.merged_into_id or kept.archived_at or kept.erased_at or "after" not in rows[0].before:
        raise MergeRefused("This person was merged, archived or erased since, so the merge can’t be undone.")
    if LeadMerge.unscoped.filter(kept=kept, undone_at=None, merged_at__gt=rows[0].merged_at).exists():
        raise MergeRefused("Somebody else was merged into this person later. Undo that one first.")
    if any(each.merged_into_id != kept.pk for each in apart):
        raise MergeRefused("The other person is no longer merged into this one.")
    now_says, then_said = snapshot(kept), rows[0].before["after"]
    changed = [name for name in (*CHOSEN, *JOINED) if now_says[name] != then_said[name]]
    if changed:
        words = ", ".join(dict.fromkeys(WORDS[name].lower() for name in changed))
        raise MergeRefused(
            f"Somebody changed this person since they were merged ({words}). Undoing the merge would lose that."
        )


def _move_back(row: LeadMerge, kept: Lead, merged: Lead) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_activities_follow(%s, true)", [row.pk])
    told = row.moved
    joined = told.get("customers")
    for place, ids in told.items():
        name, _, field = place.partition(".")
        if field == "lead" and name != "Activity":
            model: Any = apps.get_model("crm", name)
            model.unscoped.filter(pk__in=ids, lead=kept).update(lead=merged)
        elif field == "customer":
            model = apps.get_model("crm", name)
            model.unscoped.filter(pk__in=ids, customer_id=joined["stays"]).update(customer_id=joined["goes"])
    if joined and joined["status"] != Customer.Status.ARCHIVED:
        Customer.unscoped.filter(pk=joined["goes"]).update(status=joined["status"], archived_at=None)
    for pk, status in told.get("opted_out", []):
        CampaignMember.unscoped.filter(pk=pk, status=CampaignMember.Status.OPTED_OUT).update(status=status)


def _restore(row: LeadMerge, kept: Lead, apart: list[Lead]) -> bool:
    """Give all their columns back; whether what follows from facts is still as the merge left it."""
    now_says, before = snapshot(kept), row.before
    as_left = all(now_says[name] == before["after"][name] for name in DERIVED)
    for name in (*CHOSEN, *JOINED, *(DERIVED if as_left else ())):
        setattr(kept, name, restored(before["kept"], name))
    try:
        with transaction.atomic():
            kept.save()
            for merged in apart:
                merged.archived_at = merged.merged_into = None
                merged.save(update_fields=["archived_at", "merged_into", "updated_at"])
    except IntegrityError:
        raise MergeRefused("Somebody else has one of the e-mail addresses by now.") from None
    return as_left


def _work_out(leads: list[Lead]) -> None:
    for lead in leads:
        last = Call.unscoped.filter(agency_id=lead.agency_id, lead=lead).aggregate(last=Max("started_at"))[
            "last"
        ]
        Lead.unscoped.filter(pk=lead.pk).update(last_call_at=last)
    refresh_status(agency_id=leads[0].agency_id, lead_ids=[each.pk for each in leads])
