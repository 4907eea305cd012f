"""Password hashes of the system that people come from. They are replaced by Argon2's at the first sign-in."""

from typing import Any

import bcrypt
from django.contrib.auth.hashers import BCryptPasswordHasher

BCRYPT_READS_BYTES = 72


class ImportedBcryptHasher(BCryptPasswordHasher):
    """A bare ``$2b$…`` hash, kept as ``bcrypt$$2b$…``.

    bcrypt reads no more than 72 bytes. Its package once cut the rest off without a word and now raises an error, which
    would keep out people whose longer passwords were hashed in those days.
    """

    def encode(self, password: str, salt: Any) -> str:
        cut = password.encode()[:BCRYPT_READS_BYTES]
        return f"{self.algorithm}${bcrypt.hashpw(cut, salt).decode('ascii')}"

    def verify(self, password: str, encoded: str) -> bool:
        try:
            return super().verify(password, encoded)
        except ValueError:  # what was imported is no hash
            return False
