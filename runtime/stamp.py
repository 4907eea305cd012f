"""What an environment holds, noted inside it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Stamp:
    """A note in ``directory`` of the files it was filled from. No note, or half a one, counts as nothing."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "switchboard.json"

    def holds(self, wanted: Mapping[str, str]) -> bool:
        return wanted.items() <= self._read().items()

    @contextmanager
    def rewritten(self) -> Iterator[dict[str, str]]:
        """Give out the note to be changed, and leave none behind when the block does not end well."""
        noted = self._read()
        self._path.unlink(missing_ok=True)
        yield noted
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(noted))
        draft.replace(self._path)

    def _read(self) -> dict[str, str]:
        try:
            noted = json.loads(self._path.read_text())
        except (OSError, json.JSONDecodeError):
            return {}
        return noted if isinstance(noted, dict) else {}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
