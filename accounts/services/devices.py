"""Devices that need not show a second factor for a while. The row decides, so that taking it back works at once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import TrustedDevice
from accounts.services.audit import Origin, record_of

LIFE = timedelta(days=30)


@transaction.atomic
def trust_device(*, user_id: UUID, device_id: UUID, name: str, now: datetime, origin: Origin) -> None:
    """Trust this browser anew for thirty days. The caller has just seen a proof."""
    TrustedDevice.objects.update_or_create(
        user_id=user_id,
        device_id=device_id,
        revoked_at=None,
        defaults={"name": name[:100], "trusted_at": now, "expires_at": now + LIFE},
    )
    record_of(user_id, "device_trusted", now=now, origin=origin, details={"device": name[:100]})


@transaction.atomic
def untrust_device(*, user_id: UUID, trusted_id: UUID, now: datetime, origin: Origin) -> bool:
    """Take back the trust; False when there is none to take back, or it is somebody else's."""
    mine = TrustedDevice.objects.filter(pk=trusted_id, user_id=user_id, revoked_at=None)
    name = mine.values_list("name", flat=True).first()
    if name is None or not mine.update(revoked_at=now):
        return False
    record_of(user_id, "device_untrusted", now=now, origin=origin, details={"device": name})
    return True


def untrust_others(*, user_id: UUID, keep: UUID | None, now: datetime) -> None:
    """Take back all but the device ``keep``, as part of a greater deed that is recorded itself."""
    rows = TrustedDevice.objects.filter(user_id=user_id, revoked_at=None)
    (rows.exclude(device_id=keep) if keep else rows).update(revoked_at=now)
