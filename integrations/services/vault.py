"""The credential vault: what goes in comes out only for the provider client that needs it."""

import json
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db import transaction

from integrations.models import Credential
from lib.encryption import KeyRing


@lru_cache(maxsize=4)
def _ring(keys: str) -> KeyRing:
    return KeyRing.parse(keys)


def key_ring() -> KeyRing:
    return _ring(settings.ENCRYPTION_KEYS)


@transaction.atomic
def store_credential(
    *,
    agency_id: UUID,
    client_id: UUID | None,
    provider: str,
    label: str,
    secrets: dict[str, str],
    hint: str,
    now: datetime,
) -> Credential:
    """Seal ``secrets`` and keep them as the owner's only credential of this provider and label.

    ``hint`` is what people may see of it. An older value is overwritten and cannot be had back.
    """
    owner = {
        "agency_id": agency_id,
        "client_id": client_id,
        "user_id": None,
        "provider": provider,
        "label": label,
    }
    credential = Credential.unscoped.select_for_update().filter(**owner).first() or Credential(**owner)
    credential.payload = key_ring().encrypt(json.dumps(secrets), aad=_place(credential))
    credential.hint, credential.validated_at, credential.last_error = hint, now, ""
    credential.is_active = True
    credential.save()
    return credential


def open_credential(credential: Credential) -> dict[str, str]:
    """Return the secrets of ``credential``. Raises `lib.encryption.Undecryptable` when no key opens it."""
    opened: dict[str, str] = json.loads(key_ring().decrypt(credential.payload, aad=_place(credential)))
    return opened


def rotate_credentials(*, agency_id: UUID, now: datetime) -> int:
    """Seal anew whatever an older key sealed; return how many. Safe to run again after an interruption."""
    rotated = 0
    for pk in Credential.unscoped.filter(agency_id=agency_id).values_list("pk", flat=True):
        with transaction.atomic():
            credential = Credential.unscoped.select_for_update().get(pk=pk)
            if key_ring().needs_rotation(credential.payload):
                plain = key_ring().decrypt(credential.payload, aad=_place(credential))
                credential.payload = key_ring().encrypt(plain, aad=_place(credential))
                credential.last_rotated_at = now
                credential.save(update_fields=["payload", "last_rotated_at", "updated_at"])
                rotated += 1
    return rotated


def _place(credential: Credential) -> str:
    """What the sealed text is bound to: moved to another row or tenant it does not open."""
    return f"integrations_credential|payload|{credential.agency_id}|{credential.pk}"
