"""What an agency sells, and what each of its clients has bought."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Client, ServicePackage, Subscription
from accounts.services.audit import Origin, record_by
from accounts.services.credits import hold
from accounts.services.monthly_credits import GIVEN, start_clock
from accounts.tenancy import Actor

PACKAGE_FIELDS = ("name", "tier", "monthly_credits", "limits", "price", "currency")
BOUGHT = ("package_id", "status", "default_permission_mode")


class PackageNameTaken(Exception):
    """The agency has another package of this name."""


class PackageRetired(Exception):
    """The package is no longer sold; only who has it keeps it."""


@transaction.atomic
def save_package(
    *, actor: Actor, package_id: UUID | None, values: Mapping[str, Any], now: datetime, origin: Origin
) -> ServicePackage:
    """Create a package, or change the one with ``package_id``. ``values`` holds every one of ``PACKAGE_FIELDS``.

    Raises `PackageNameTaken`, `ServicePackage.DoesNotExist`.
    """
    package = hold_package(actor, package_id) if package_id else ServicePackage(agency_id=actor.agency_id)
    changed = [name for name in PACKAGE_FIELDS if getattr(package, name) != values[name]]
    if package_id and not changed:
        return package
    for name in PACKAGE_FIELDS:
        setattr(package, name, values[name])
    try:
        with transaction.atomic():
            package.save()
    except IntegrityError as error:
        if "service_package_once" in str(error):
            raise PackageNameTaken from None
        raise
    details = {"package": str(package.pk), "changed": changed} if package_id else {"created": True}
    record_by(actor, "package_changed", now=now, target=package.name, origin=origin, details=details)
    return package


@transaction.atomic
def offer_package(
    *, actor: Actor, package_id: UUID, offered: bool, now: datetime, origin: Origin
) -> ServicePackage:
    """Retire a package from sale, or sell it again. Subscriptions to it stay as they are."""
    package = hold_package(actor, package_id)
    if package.is_active != offered:
        package.is_active = offered
        package.save(update_fields=("is_active", "updated_at"))
        details = {"package": str(package.pk), "sold": offered}
        record_by(actor, "package_changed", now=now, target=package.name, origin=origin, details=details)
    return package


def hold_package(actor: Actor, package_id: UUID) -> ServicePackage:
    package: ServicePackage = ServicePackage.objects.for_actor(actor).select_for_update().get(pk=package_id)
    return package


@transaction.atomic
def change_subscription(
    *, actor: Actor, client_id: UUID, values: Mapping[str, Any], now: datetime, origin: Origin
) -> Subscription:
    """Give a client what ``values`` says (every one of ``BOUGHT``); the first time this makes its subscription.

    When it begins to run, this month's credits come with the next sweep. Raises `PackageRetired`,
    `ServicePackage.DoesNotExist`, `Client.DoesNotExist`.
    """
    client: Client = Client.objects.for_actor(actor).get(pk=client_id)
    Subscription.unscoped.get_or_create(agency_id=client.agency_id, client=client)
    held = hold(actor, client_id)
    before = {name: getattr(held, name) for name in BOUGHT}
    if values["package_id"] not in (None, held.package_id):
        _for_sale(actor, values["package_id"])
    ran = held.status in GIVEN and held.package_id is not None
    for name in BOUGHT:
        setattr(held, name, values[name])
    if held.status in GIVEN and held.package_id and not ran:
        start_clock(held, now=now)
    changed = {
        name: [str(before[name]), str(values[name])] for name in BOUGHT if before[name] != values[name]
    }
    if changed:
        held.save()
        record_by(actor, "subscription_changed", now=now, client_id=client_id, target=client.name,
                  origin=origin, details=changed)  # fmt: skip
    return held


def _for_sale(actor: Actor, package_id: UUID) -> None:
    if not ServicePackage.objects.for_actor(actor).get(pk=package_id).is_active:
        raise PackageRetired
