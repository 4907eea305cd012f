"""What goes into the audit log: the kinds of events, and what must never be in them."""

from collections.abc import Mapping
from typing import Any

# event type: (category, in words)
EVENTS = {
    "login_success": ("authentication", "Signed in"),
    "login_failed": ("authentication", "Sign-in refused"),
    "logout": ("authentication", "Signed out"),
    "seat_taken": ("session", "Changed seat"),
    "credential_set": ("secrets", "Set credentials"),
    "sync_requested": ("data", "Asked for a sync"),
    "audit_exported": ("data", "Exported the audit log"),
}
CATEGORIES = sorted({category for category, _ in EVENTS.values()})
SECRET_WORDS = ("password", "secret", "token", "code", "key", "otp", "seed", "authorization", "cookie")
REMOVED = "[removed]"


def scrubbed(details: Mapping[str, Any]) -> dict[str, Any]:
    """``details`` without values whose names say that they are secret, at any depth."""
    return {name: REMOVED if _is_secret(name) else _inner(value) for name, value in details.items()}


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)


def _inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return scrubbed(value)
    if isinstance(value, list | tuple):
        return [_inner(each) for each in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)
