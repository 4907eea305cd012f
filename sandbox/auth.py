"""Who is asking, and whether they may."""

import base64
import binascii
import hmac

from sandbox.accounts import Account, KeyPair
from sandbox.exchange import Refused, Request
from sandbox.state import World


def holder_of(world: World, request: Request) -> KeyPair:
    """Return the key pair that the request carries. Raises `Refused` with 401."""
    access_key, secret_key = _credentials(request)
    for pair in world.key_pairs():
        if pair.access_key == access_key and hmac.compare_digest(
            pair.secret_key.encode(), secret_key.encode()
        ):
            return pair
    raise Refused(401, {"error": "Invalid API credentials"}, {"WWW-Authenticate": 'Basic realm="API"'})


def account_for(world: World, holder: KeyPair, account_id: int) -> Account:
    """Return the account if ``holder`` may use it. Raises `Refused`: 403 foreign, 404 unknown (agency)."""
    if account_id in holder.account_ids:
        return world.accounts[account_id]
    if holder is world.agency:
        raise Refused(404, {"error": "Account not found"})
    raise Refused(403, {"error": "You do not have access to this account"})


def access_key(request: Request) -> str:
    """Return the user part of the credentials, for the log; empty where there is none."""
    return _credentials(request)[0]


def _credentials(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
