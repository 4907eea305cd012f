"""Everything that is checked without running a test. All checks run; any that fails fails the command."""

import base64
import os
import secrets
import subprocess
import sys
import time

from runtime import throwaway
from runtime.database import OWNER
from runtime.state import ROOT

PYTHON = sys.executable
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy", "."],
    "imports": ["lint-imports", "--no-logo"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "templates": ["djlint", "templates", "--lint", "--quiet"],
}


def main() -> int:
    with throwaway.servers() as servers:
        env = os.environ | _production() | {"DATABASE_URL": servers.postgres.url(OWNER, throwaway.TEMPLATE)}
        results = {name: _run(name, command, env) for name, command in CHECKS.items()}
    print()
    for name, (passed, seconds) in results.items():
        print(f"  {'ok    ' if passed else 'FAILED'}  {name} ({seconds:.1f} s)")
    return 0 if all(passed for passed, _ in results.values()) else 1


def _run(name: str, command: list[str], env: dict[str, str]) -> tuple[bool, float]:
    """Run one check, show what it says when it fails, and return whether it passed and its seconds."""
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        print(f"\n{name}: {' '.join(command)}\n{done.stdout.decode(errors='replace')}", flush=True)
    return done.returncode == 0, time.monotonic() - began


def _production() -> dict[str, str]:
    """Return settings like those of a real site, so that the deployment check sees what a site would be."""
    return {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ENCRYPTION_KEYS": "check:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": "https://portal.example.com",
        "ALLOWED_HOSTS": "portal.example.com",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "DEBUG": "off",
    }


if __name__ == "__main__":
    sys.exit(main())
