"""An agency's clients: made, changed, set to work and to rest, and the people of the agency who work for them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from accounts.models import Agency, Client, ClientAssignment, ClientProfile, Subscription
from accounts.scope import agency_scope
from accounts.services.audit import Origin, record_by
from accounts.services.monthly_credits import start_clock
from accounts.tenancy import Actor
from lib.ui.parts import hue_of

Status = Client.Status
FACTS = ("name", "email", "phone", "website", "timezone", "industry", "subtype")
CONTACT = (
    "call_tracking_main_number", "front_desk_emails", "office_admin_name", "office_admin_email",
    "office_admin_phone", "form_email_recipients", "looker_url", "monthly_revenue_goal",
)  # fmt: skip
AGENCYS_OWN = frozenset({"name", "industry", "subtype", "looker_url"})  # a client's people read these
STEPS = {
    Status.ONBOARDING: (Status.ACTIVE, Status.INACTIVE),
    Status.ACTIVE: (Status.INACTIVE,),
    Status.INACTIVE: (Status.ACTIVE, Status.ONBOARDING),
}
RESERVED = frozenset({"new"})  # addresses beside those of clients


class StatusRefused(Exception):
    """A client can't go from its status to the one asked for. The text says so."""


@transaction.atomic
def create_client(*, actor: Actor, values: Mapping[str, Any], now: datetime, origin: Origin) -> Client:
    """Create a client in onboarding, with an empty profile and a trial without a package.

    ``values`` holds every one of ``FACTS``. Who may see assigned clients only is assigned to the new one.
    """
    with agency_scope(actor.agency_id):
        agency = Agency.objects.select_for_update().get(pk=actor.agency_id)  # addresses are given one by one
        client: Client = Client.unscoped.create(
            agency=agency, slug=_free_slug(values["name"]), settings={"hue": hue_of(values["name"])},
            **{name: values[name] for name in FACTS},
        )  # fmt: skip
        ClientProfile.unscoped.create(agency=agency, client=client)
        Subscription.unscoped.create(agency=agency, client=client)
        if actor.client_ids is not None and actor.user_id:
            ClientAssignment.unscoped.create(
                agency=agency,
                client=client,
                user_id=actor.user_id,
                kind=ClientAssignment.Kind.ACCOUNT_MANAGER,
            )
    record_by(actor, "client_created", now=now, client_id=client.pk, target=client.name, origin=origin)
    return client


def _free_slug(name: str) -> str:
    root = slugify(name)[:70].strip("-_").replace("_", "-") or "client"
    taken = set(Client.unscoped.filter(slug__startswith=root).values_list("slug", flat=True)) | RESERVED
    return next(
        each for each in (root, *(f"{root}-{n}" for n in range(2, len(taken) + 3))) if each not in taken
    )


@transaction.atomic
def change_client(
    *, actor: Actor, client_id: UUID, values: Mapping[str, Any], now: datetime, origin: Origin
) -> Client:
    """Change what ``values`` names of ``FACTS``, ``CONTACT`` and "country", that of phone numbers. What is the
    agency's own stays as it is for a client's people. The log tells which facts changed, not what they say.
    """
    client = hold_client(actor, client_id)
    profile, _ = ClientProfile.unscoped.get_or_create(agency_id=client.agency_id, client=client)
    allowed = {name: each for name, each in values.items() if actor.is_staff or name not in AGENCYS_OWN}
    of_client = _adopt(client, allowed, FACTS)
    of_profile = _adopt(profile, allowed, CONTACT)
    if (country := values.get("country")) and country != client.phone_country:
        client.settings = {**client.settings, "country": country}
        client.save(update_fields=("settings", "updated_at"))
        of_client.append("country")
    if of_client or of_profile:
        record_by(actor, "client_changed", now=now, client_id=client.pk, target=client.name, origin=origin,
                  details={"changed": [*of_client, *of_profile]})  # fmt: skip
    return client


def _adopt(row: Client | ClientProfile, values: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    changed = [name for name in names if name in values and getattr(row, name) != values[name]]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=(*changed, "updated_at"))
    return changed


@transaction.atomic
def change_status(*, actor: Actor, client_id: UUID, status: str, now: datetime, origin: Origin) -> Client:
    """Take one of ``STEPS``. Raises `StatusRefused`; a status that the client has already is no change."""
    client = hold_client(actor, client_id)
    if client.status == status:
        return client
    if client.archived_at:
        raise StatusRefused("Take the client out of the archive first.")
    if status not in STEPS[Status(client.status)]:
        raise StatusRefused(f"A client that is {client.get_status_display().lower()} can't become {status}.")
    was, client.status = client.status, status
    client.save(update_fields=("status", "updated_at"))
    record_by(actor, "client_status_changed", now=now, client_id=client.pk, target=client.name,
              origin=origin, details={"from": was, "to": status})  # fmt: skip
    return client


@transaction.atomic
def archive_client(*, actor: Actor, client_id: UUID, archived: bool, now: datetime, origin: Origin) -> Client:
    """Put a client away, or take it out again. Its people lose their seat at once and have it back at once.

    Nothing is deleted. Monthly credits go on with the month in which it comes back.
    """
    client = hold_client(actor, client_id)
    if bool(client.archived_at) == archived:
        return client
    client.archived_at = now if archived else None
    client.save(update_fields=("archived_at", "updated_at"))
    if not archived:
        for held in Subscription.unscoped.select_for_update(of=("self",)).filter(client=client):
            start_clock(held, now=now)
            held.save(update_fields=("credits_reset_at", "updated_at"))
    record_by(actor, "client_status_changed", now=now, client_id=client.pk, target=client.name,
              origin=origin, details={"archived": archived})  # fmt: skip
    return client


def hold_client(actor: Actor, client_id: UUID) -> Client:
    """Lock the client among those of ``actor``. Raises `Client.DoesNotExist`."""
    client: Client = Client.objects.for_actor(actor).select_for_update().get(pk=client_id)
    return client
