"""The credential vault: what goes in comes out only for the provider client that needs it."""

import json
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.sealing import ring
from accounts.services.resealing import Sealed
from integrations.models import Credential
from lib.encryption import KeyRing


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
    credential.payload = ring().encrypt(json.dumps(secrets), aad=_place(credential))
    credential.hint, credential.validated_at, credential.last_error = hint, now, ""
    credential.is_active = True
    credential.save()
    return credential


def open_credential(credential: Credential) -> dict[str, str]:
    """Return the secrets of ``credential``. Raises `lib.encryption.Undecryptable` when no key opens it."""
    opened: dict[str, str] = json.loads(ring().decrypt(credential.payload, aad=_place(credential)))
    return opened


def seal_anew(credential: Credential, keys: KeyRing, now: datetime) -> bool:
    """Seal the payload under the newest of ``keys``; False when it is so already. Raises `Undecryptable`.

    The caller holds the row.
    """
    plain = keys.decrypt(credential.payload, aad=_place(credential))
    if not keys.needs_rotation(credential.payload):
        return False
    credential.payload = keys.encrypt(plain, aad=_place(credential))
    credential.last_rotated_at = now
    credential.save(update_fields=["payload", "last_rotated_at", "updated_at"])
    return True


def _place(credential: Credential) -> str:
    """What the sealed text is bound to: moved to another row or tenant it does not open."""
    return f"integrations_credential|payload|{credential.agency_id}|{credential.pk}"


CREDENTIALS = Sealed("credentials", Credential.unscoped.all, seal_anew)
