"""The optional ``.env`` beside the code: plain KEY=VALUE lines."""

import os
from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Return what ``path`` sets, nothing when it is missing. Blank lines and lines that start with # are skipped."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in map(str.strip, lines) if line and not line.startswith("#"))
    return {key.strip(): _unquoted(value.strip()) for key, equals, value in pairs if equals}


def load(path: Path) -> None:
    """Set what ``path`` sets and the environment does not. A key without a value sets nothing."""
    for key, value in read(path).items():
        if value:
            os.environ.setdefault(key, value)


def write(path: Path, values: dict[str, str]) -> None:
    """Replace ``path``, for our eyes only."""
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{key}={value}\n" for key, value in values.items())
    draft.replace(path)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
