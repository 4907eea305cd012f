"""The keys that sign: one that is published, and one that only says it is."""

import time
from functools import cached_property

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from sandbox.exchange import Record

KEY_ID = "sandbox-1"
LIFE_S = 300


class Keys:
    @cached_property
    def _own(self) -> RSAPrivateKey:
        return generate_private_key(65537, 2048)

    @cached_property
    def _forgers(self) -> RSAPrivateKey:
        return generate_private_key(65537, 2048)

    def published(self) -> Record:
        key = RSAAlgorithm.to_jwk(self._own.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}

    def sign(self, claims: Record, fault: str) -> str:
        """An id token of ``claims`` with the times filled in, or spoiled in the way that ``fault`` names."""
        now = int(time.time())
        claims = {"iat": now, "exp": now + LIFE_S, **claims}
        if fault == "expired":
            claims |= {"iat": now - 2 * LIFE_S, "exp": now - LIFE_S}
        if fault == "unsigned":
            return jwt.encode(claims, "", algorithm="none", headers={"kid": KEY_ID})
        if fault == "symmetric":  # signed with what everybody can read
            return jwt.encode(claims, "a" * 64, algorithm="HS256", headers={"kid": KEY_ID})
        key = self._forgers if fault == "forged" else self._own
        key_id = "unknown" if fault == "unknown_key" else KEY_ID
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": key_id})
