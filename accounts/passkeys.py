"""Passkeys by allauth's server half: what the browser is asked, and whether its answer holds.

What was asked lies in the session and is taken out with the first answer, right or wrong.
"""

import json
from typing import Any

from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError

from accounts.models import User

NONSENSE = (ValidationError, ValueError, TypeError, KeyError, AttributeError)


def options_to_sign(user: User) -> str:
    """JSON for ``navigator.credentials.get``."""
    return json.dumps(auth.begin_authentication(user))


def options_to_create(user: User) -> str:
    """JSON for ``navigator.credentials.create``."""
    return json.dumps(auth.begin_registration(user, passwordless=False))


def recognise(user: User, given: Any) -> bool:
    """Whether ``given`` is signed by a passkey of ``user`` for what this session asked."""
    credential = _parsed(given)
    if credential is None:
        return False
    try:
        auth.complete_authentication(user, credential).record_usage()
    except NONSENSE:
        return False
    finally:
        auth.clear_state()
    return True


def accept_new(given: Any) -> dict[str, Any] | None:
    """The credential to store, if the browser made it for what this session asked."""
    credential = _parsed(given)
    if credential is None:
        return None
    try:
        auth.parse_registration_response(credential)
        auth.complete_registration(credential)
    except NONSENSE:
        return None
    finally:
        auth.clear_state()
    return credential


def _parsed(given: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(given)
    except (ValueError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
