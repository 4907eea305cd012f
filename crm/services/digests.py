"""Keyed digests: what finds a value again without telling it.

The key is random, made with the first digest, and kept sealed by the ring of ``ENCRYPTION_KEYS``. So neither a new
SECRET_KEY nor a new first key of the ring touches a digest; an erased person, of whom nothing else is left, stays
found. Before an old key leaves the ring `manage.py reseal` has to run. Should nobody have run it, every question fails
loudly (`lib.encryption.Undecryptable`) rather than answering that a person may be contacted.
"""

import hmac
import os
from base64 import b64decode, b64encode
from datetime import datetime
from functools import lru_cache

from django.conf import settings

from accounts.services.resealing import Sealed
from crm.models import DigestKey
from lib.encryption import KeyRing

PLACE = "crm_digestkey|sealed|1"
KEY_BYTES = 32


def digest(kind: str, value: str) -> str:
    """Of a normalised value. The kind is part of it: a domain is not found by an address of the same letters."""
    return hmac.digest(_key(), f"{kind}\0{value}".encode(), "sha256").hex()


def digests(pairs: list[tuple[str, str]]) -> list[str]:
    """Of many (kind, value), the key being read once."""
    key = _key()
    return [hmac.digest(key, f"{kind}\0{value}".encode(), "sha256").hex() for kind, value in pairs]


def seal_anew(row: DigestKey, keys: KeyRing, _: datetime) -> bool:
    """Seal the key by the newest of ``keys``; False when it is so already. Raises `Undecryptable`.

    The caller holds the row.
    """
    plain = keys.decrypt(row.sealed, aad=PLACE)
    if not keys.needs_rotation(row.sealed):
        return False
    row.sealed = keys.encrypt(plain, aad=PLACE)
    row.save(update_fields=["sealed"])
    return True


def _key() -> bytes:
    """Asks the database each time, as another process may have made the key; opening it is remembered."""
    sealed = DigestKey.objects.values_list("sealed", flat=True).first()
    if sealed is None:
        fresh = b64encode(os.urandom(KEY_BYTES)).decode()
        made = KeyRing.parse(settings.ENCRYPTION_KEYS).encrypt(fresh, aad=PLACE)
        DigestKey.objects.bulk_create(
            [DigestKey(sealed=made)], ignore_conflicts=True
        )  # the first to come wins
        sealed = DigestKey.objects.values_list("sealed", flat=True).get()
    return _opened(sealed, settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=4)
def _opened(sealed: str, keys: str) -> bytes:
    return b64decode(KeyRing.parse(keys).decrypt(sealed, aad=PLACE))


DIGEST_KEY = Sealed("the key of digests", DigestKey.objects.all, seal_anew)
