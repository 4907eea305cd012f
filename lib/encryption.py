"""Sealed text: AES-256-GCM under named keys, bound to the place where it is stored."""

import os
import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
NONCE_BYTES = 12
KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Undecryptable(Exception):
    """A sealed text that no key of ours opens: the key is gone, or the text was altered or moved."""

    def __init__(self, key_id: str, reason: str) -> None:
        super().__init__(f"{reason} (key {key_id or 'unknown'})")
        self.key_id, self.reason = key_id, reason


def generate_key() -> str:
    """Return a fresh key as base64, fit for `KeyRing.parse` behind an id and a colon."""
    return b64encode(os.urandom(KEY_BYTES)).decode()


class KeyRing:
    """Seals with the first key and opens with any. Texts look like ``v1.<key id>.<base64url of nonce and rest>``."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("A key ring needs at least one key.")
        for key_id, key in keys.items():
            if not KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
                raise ValueError(f"Key {key_id!r} needs a plain name and {KEY_BYTES} bytes.")
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._first = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read ``id:base64,id2:base64``; the first key seals. Raises `ValueError` that names the key, not its value."""
        keys: dict[str, bytes] = {}
        for number, part in enumerate(filter(None, map(str.strip, text.split(","))), 1):
            key_id, colon, value = part.partition(":")
            if not colon:
                raise ValueError(f"Key number {number} has no name; write id:base64.")
            if key_id in keys:
                raise ValueError(f"Key {key_id!r} is given twice.")
            try:
                keys[key_id] = b64decode(value, validate=True)
            except ValueError:
                raise ValueError(f"Key {key_id!r} is not base64.") from None
        return cls(keys)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @property
    def newest(self) -> str:
        """The name of the key that seals."""
        return self._first

    def encrypt(self, plaintext: str, *, aad: str) -> str:
        """Seal ``plaintext`` for the place ``aad``, without which it can't be opened again."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._keys[self._first].encrypt(nonce, plaintext.encode(), aad.encode())
        return f"{VERSION}.{self._first}.{urlsafe_b64encode(sealed).decode()}"

    def decrypt(self, envelope: str, *, aad: str) -> str:
        """Open ``envelope``, which must have been sealed for the same ``aad``. Raises `Undecryptable`."""
        key_id, body = _split(envelope)
        if key_id not in self._keys:
            raise Undecryptable(key_id, "the key is not on the ring")
        try:
            sealed = b64decode(body, altchars=b"-_", validate=True)
            opened = self._keys[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad.encode())
        except (ValueError, InvalidTag):
            raise Undecryptable(key_id, "the text was altered or belongs elsewhere") from None
        return opened.decode()

    def needs_rotation(self, envelope: str) -> bool:
        """Whether another than the first key sealed ``envelope``."""
        return not envelope.startswith(f"{VERSION}.{self._first}.")


def _split(envelope: str) -> tuple[str, str]:
    """Key id and body. What does not look sealed may be somebody's secret in clear, so no part of it is quoted."""
    version, _, rest = envelope.partition(".")
    key_id, _, body = rest.partition(".")
    if version != VERSION or not body or not KEY_ID.fullmatch(key_id):
        raise Undecryptable("", "not a sealed text")
    return key_id, body
