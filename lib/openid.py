"""Signing in by an OpenID provider: where to send the browser, and whom it brings back.

The code flow with PKCE, state and nonce. What the provider says is believed only from an id token that it signed for
us and for this one sign-in. Source: OpenID Connect Core 1.0, §3.1.2 and §3.1.3.7; RFC 7636; read 2026-11.
"""

import hashlib
import hmac
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from lib.http import Client, ProviderError

ALGORITHM = "RS256"
LEEWAY_S = 60
KEPT_S = 3600
TENANT = "{tenantid}"  # stands in the issuer of an endpoint of Microsoft's that serves all its tenants
OWED = ["iss", "aud", "sub", "exp", "iat", "nonce"]


class Refused(Exception):
    """The provider did not vouch for anybody. The text is for our log, not for the person."""


@dataclass(frozen=True, slots=True)
class Provider:
    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Journey:
    """What one sign-in must bring back. It stays with us, bound to the browser's session."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> "Journey":
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Claims:
    """``uid`` names the person at the provider for good; an e-mail address may pass to somebody else."""

    uid: str
    email: str
    told: Mapping[str, Any]


def authorize_url(provider: Provider, journey: Journey, redirect_uri: str) -> str:
    """Where the browser goes. Raises `ProviderError` when the provider cannot be reached."""
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email profile",
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": journey.challenge,
        "code_challenge_method": "S256",
        "prompt": "select_account",
    }
    return f"{_endpoint(provider, 'authorization_endpoint')}?{urlencode(query)}"


def origin_of(provider: Provider) -> str:
    """The provider's site, for a policy that says where our forms may lead."""
    parts = urlsplit(provider.issuer)
    return f"{parts.scheme}://{parts.netloc}"


def redeem(provider: Provider, journey: Journey, code: str, redirect_uri: str) -> Claims:
    """Exchange ``code`` for who came. Raises `Refused`, and `ProviderError` when the provider fails us."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "code_verifier": journey.verifier,
    }
    url = _endpoint(provider, "token_endpoint")
    with Client(url) as client:
        answer = client.post_form(url, fields)
    token = answer.get("id_token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise Refused("no id token")
    return _claims(provider, journey, _decoded(provider, token))


def _decoded(provider: Provider, token: str) -> dict[str, Any]:
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        return jwt.decode(
            token,
            key=_signing_key(provider, key_id),
            algorithms=[ALGORITHM],
            audience=provider.client_id,
            leeway=LEEWAY_S,
            options={"require": OWED, "verify_iss": False},  # by hand: it may hold a tenant
        )
    except jwt.PyJWTError as error:
        raise Refused(type(error).__name__) from None


def _claims(provider: Provider, journey: Journey, told: dict[str, Any]) -> Claims:
    issuer = str(_discovery(provider)["issuer"])
    tenant = str(told.get("tid", ""))
    if told["iss"] != issuer.replace(TENANT, tenant) or (TENANT in issuer and not tenant):
        raise Refused("another issuer")
    if not hmac.compare_digest(str(told["nonce"]).encode(), journey.nonce.encode()):
        raise Refused("another sign-in's nonce")
    if isinstance(told["aud"], list) and told.get("azp") != provider.client_id:
        raise Refused("meant for others as well")
    uid = f"{tenant}:{told['sub']}" if TENANT in issuer else str(told["sub"])
    return Claims(uid, str(told.get("email") or ""), told)


def _signing_key(provider: Provider, key_id: Any) -> Any:
    for fresh in (False, True):  # once more, for a provider that has just changed its keys
        keys = _fetched(_endpoint(provider, "jwks_uri"), fresh=fresh).get("keys", [])
        for each in keys:
            if each.get("kid") == key_id and each.get("kty") == "RSA":
                return jwt.PyJWK(each, algorithm=ALGORITHM).key
    raise Refused("unknown key")


def _endpoint(provider: Provider, name: str) -> str:
    return str(_discovery(provider)[name])


def _discovery(provider: Provider) -> dict[str, Any]:
    document = _fetched(f"{provider.issuer}/.well-known/openid-configuration")
    issuer = str(document.get("issuer"))
    if issuer != provider.issuer and TENANT not in issuer:
        raise ProviderError("The provider names another issuer.", kind="unreadable")
    return document


_kept: dict[str, tuple[float, dict[str, Any]]] = {}
_lock = threading.Lock()


def _fetched(url: str, *, fresh: bool = False) -> dict[str, Any]:
    """The document at ``url``, kept for an hour; ``fresh`` asks again, though not more often than once a minute."""
    with _lock:
        at, document = _kept.get(url, (0.0, {}))
    age = time.monotonic() - at
    if document and age < (60 if fresh else KEPT_S):
        return document
    with Client(url) as client:
        document = client.get_json(url)
    if not isinstance(document, dict):
        raise ProviderError("The provider's document is unreadable.", kind="unreadable", retryable=True)
    with _lock:
        _kept[url] = (time.monotonic(), document)
    return document
