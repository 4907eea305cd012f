import os
from pathlib import Path

import pytest

from runtime import dotenv, keys, state
from runtime.progress import Failure
from runtime.state import Lock


def test_lock_is_for_one(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")

    assert (first.take(), second.take()) == (True, False)
    first.write("here")
    assert second.read() == "here"
    first.release()
    assert second.take()
    second.release()


def test_private_directory_refuses_one_that_others_can_enter(tmp_path: Path) -> None:
    ours, open_to_all, link = tmp_path / "ours", tmp_path / "open", tmp_path / "link"
    open_to_all.mkdir(mode=0o755)
    link.symlink_to(open_to_all)

    assert state.private_directory(ours).stat().st_mode & 0o777 == 0o700
    assert state.private_directory(ours) == ours
    for taken in (open_to_all, link):
        with pytest.raises(Failure, match="belongs to somebody else"):
            state.private_directory(taken)


def test_secrets_are_drawn_once_and_for_our_eyes_only(tmp_path: Path) -> None:
    drawn = keys.secrets_of(tmp_path)

    assert keys.secrets_of(tmp_path) == drawn
    assert set(drawn) == {"SECRET_KEY", "ENCRYPTION_KEYS", "APP_PASSWORD"}
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_dotenv_is_lines_of_key_and_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text('# a comment\n\nONE = 8010\nTWO="::1"\nTHREE=postgres://x/y?a=b\nFOUR=\nnonsense\n')
    monkeypatch.setattr(os, "environ", {"TWO": "set before"})

    dotenv.load(path)

    assert os.environ == {"ONE": "8010", "TWO": "set before", "THREE": "postgres://x/y?a=b"}
    assert dotenv.read(tmp_path / "missing") == {}
