"""allauth's hooks for secrets: what it stores is sealed for one person and one kind of factor."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from uuid import UUID

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from lib.encryption import KeyRing

_place: ContextVar[str] = ContextVar("whose secret is sealed or opened")


@contextmanager
def secrets_of(user_id: UUID, kind: str) -> Iterator[None]:
    """Within the block allauth seals and opens secrets of this person and kind. A sealed text moved to another
    person's row does not open (`lib.encryption.Undecryptable`)."""
    token = _place.set(place_of(user_id, kind))
    try:
        yield
    finally:
        _place.reset(token)


def place_of(user_id: UUID, kind: str) -> str:
    """What a sealed text is bound to."""
    return f"mfa_authenticator|data|{kind}|{user_id}"


def ring() -> KeyRing:
    return _parsed(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=4)
def _parsed(keys: str) -> KeyRing:
    return KeyRing.parse(keys)


class SealedMFAAdapter(DefaultMFAAdapter):
    """Outside `secrets_of` both hooks raise `LookupError`: no secret is ever stored for nobody, or in clear."""

    def encrypt(self, text: str) -> str:
        return ring().encrypt(text, aad=_place.get())

    def decrypt(self, encrypted_text: str) -> str:
        return ring().decrypt(encrypted_text, aad=_place.get())

    def get_totp_issuer(self) -> str:
        return "Switchboard"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Switchboard"}
