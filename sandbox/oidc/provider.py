"""The provider's pages: discovery, authorize, token with PKCE, keys, userinfo; and below /_sandbox/ its control."""

import hashlib
import hmac
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sandbox.exchange import Record, Refused, Reply, Request
from sandbox.oidc.keys import Keys

FAULTS = frozenset(
    {
        "",
        "wrong_state",
        "wrong_nonce",
        "no_nonce",
        "expired",
        "other_audience",
        "other_issuer",
        "forged",
        "unknown_key",
        "unsigned",
        "symmetric",
        "no_id_token",
        "no_sub",
        "denied",
        "broken",
    }
)


@dataclass
class Pending:
    """A code that was handed out and not yet used."""

    redirect_uri: str
    challenge: str
    nonce: str
    client_id: str


@dataclass
class Provider:
    """``person`` holds the claims of whoever comes next: sub, email, email_verified and so on."""

    client_id: str
    client_secret: str
    person: Record = field(default_factory=dict)
    fault: str = ""
    keys: Keys = field(default_factory=Keys)
    asked: list[Record] = field(default_factory=list)  # what came to authorize
    _codes: dict[str, Pending] = field(default_factory=dict)
    _tokens: dict[str, Record] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Reply:
        pages: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/.well-known/openid-configuration"): self._discovery,
            ("GET", "/authorize"): self._authorize,
            ("POST", "/token"): self._token,
            ("GET", "/keys"): lambda _: Reply(self.keys.published()),
            ("GET", "/userinfo"): self._userinfo,
            ("POST", "/_sandbox/next"): self._next,
            ("GET", "/_sandbox/asked"): lambda _: Reply({"asked": self.asked}),
        }
        page = pages.get((request.method, request.path))
        try:
            with self._lock:
                return page(request) if page else Reply({"error": "Not found"}, 404)
        except Refused as refused:
            return refused.reply

    def _discovery(self, request: Request) -> Reply:
        base = request.base_url
        return Reply(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "jwks_uri": f"{base}/keys",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _authorize(self, request: Request) -> Reply:
        asked = {name: values[0] for name, values in request.query_lists().items()}
        self.asked.append(asked)
        owed = {"response_type": "code", "client_id": self.client_id, "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in owed.items()):
            raise Refused(400, {"error": "invalid_request"})
        if not {"redirect_uri", "state", "nonce", "code_challenge"} <= set(asked):
            raise Refused(400, {"error": "invalid_request"})
        if "openid" not in asked.get("scope", "").split():
            raise Refused(400, {"error": "invalid_scope"})
        state = "somebody-elses" if self.fault == "wrong_state" else asked["state"]
        if self.fault == "denied":
            return _away(asked["redirect_uri"], {"error": "access_denied", "state": state})
        code = secrets.token_urlsafe(16)
        self._codes[code] = Pending(
            asked["redirect_uri"], asked["code_challenge"], asked["nonce"], asked["client_id"]
        )
        return _away(asked["redirect_uri"], {"code": code, "state": state})

    def _token(self, request: Request) -> Reply:
        if self.fault == "broken":
            raise Refused(500, {"error": "server_error"})
        fields = request.fields()
        pending = self._codes.pop(str(fields.get("code")), None)  # once only
        if not hmac.compare_digest(str(fields.get("client_secret")), self.client_secret):
            raise Refused(401, {"error": "invalid_client"})
        if pending is None or fields.get("client_id") != pending.client_id:
            raise Refused(400, {"error": "invalid_grant"})
        digest = hashlib.sha256(str(fields.get("code_verifier")).encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != pending.challenge or fields.get("redirect_uri") != pending.redirect_uri:
            raise Refused(400, {"error": "invalid_grant"})
        token = secrets.token_urlsafe(16)
        self._tokens[token] = dict(self.person)
        answer: Record = {"access_token": token, "token_type": "Bearer", "expires_in": 300}
        if self.fault != "no_id_token":
            answer["id_token"] = self.keys.sign(self._claims(request, pending), self.fault)
        return Reply(answer)

    def _claims(self, request: Request, pending: Pending) -> Record:
        claims = {"iss": request.base_url, "aud": self.client_id, "nonce": pending.nonce, **self.person}
        spoiled: dict[str, Record] = {
            "wrong_nonce": {"nonce": "of another sign-in"},
            "other_audience": {"aud": "another-app"},
            "other_issuer": {"iss": "https://issuer.example"},
        }
        claims |= spoiled.get(self.fault, {})
        missing = {"no_nonce": "nonce", "no_sub": "sub"}.get(self.fault)
        return {name: value for name, value in claims.items() if name != missing}

    def _userinfo(self, request: Request) -> Reply:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            raise Refused(401, {"error": "invalid_token"})
        return Reply(self._tokens[token])

    def _next(self, request: Request) -> Reply:
        """Say who comes next, and what goes wrong: ``{"person": {…}, "fault": "expired"}``."""
        fields = request.fields()
        fault = fields.get("fault", "")
        if fault not in FAULTS:
            raise Refused(422, {"error": f"no such fault: {fault}", "faults": sorted(FAULTS)})
        self.person, self.fault = fields.get("person", self.person), fault
        self.asked.clear()
        return Reply({"person": self.person, "fault": self.fault})


def _away(address: str, query: dict[str, str]) -> Reply:
    return Reply(b"", 302, headers={"Location": f"{address}?{urlencode(query)}"})
