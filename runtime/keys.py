"""Secrets of a run, drawn once and kept in its state directory."""

import base64
import secrets
from collections.abc import Callable
from pathlib import Path

from runtime import dotenv

_DRAWN: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "ENCRYPTION_KEYS": lambda: "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "APP_PASSWORD": lambda: secrets.token_urlsafe(24),  # of portal_app, on a server that is not ours
}


def secrets_of(state: Path) -> dict[str, str]:
    """Return the secrets kept in ``state``; those still missing are drawn and written first."""
    path = state / "secrets.env"
    kept = dotenv.read(path)
    missing = {name: draw() for name, draw in _DRAWN.items() if name not in kept}
    if missing:
        kept |= missing
        dotenv.write(path, kept)
    return kept
