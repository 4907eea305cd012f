import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime import children, process
from runtime.children import Children, end_leftovers, program
from runtime.progress import Failure

ENV = {"PATH": os.environ["PATH"]}


def _sleeper(tmp_path: Path, script: str = "import time; time.sleep(60)") -> children.Child:
    return program(
        "sleeper", [sys.executable, "-c", script], env=ENV, log=tmp_path / "sleeper.log", cwd=tmp_path
    )


def _check_until(family: Children, child: children.Child, pid: int) -> None:
    deadline = time.monotonic() + 10
    while child.running is None or child.running.pid == pid:
        assert time.monotonic() < deadline
        family.check()
        time.sleep(0.05)


def test_child_that_dies_is_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    family, child = Children(tmp_path / "children"), _sleeper(tmp_path)
    family.add(child)
    assert child.running is not None
    first = child.running
    first.kill()
    first.wait()

    _check_until(family, child, first.pid)

    said = capsys.readouterr().out
    assert "sleeper ended unexpectedly (signal SIGKILL); starting it again in 1 s" in said
    assert "sleeper is up again" in said
    family.stop()


def test_child_that_keeps_dying_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    family, child = Children(tmp_path / "children"), _sleeper(tmp_path, "raise SystemExit('no luck')")
    family.add(child)

    with pytest.raises(Failure, match=r"(?s)^sleeper keeps ending \(exit code 1\); its log .*no luck$"):  # noqa: PT012
        for _ in range(children.RESTARTS_A_MINUTE + 1):
            if child.running is not None:
                child.running.wait()
            family.check()
            child.due_at = 0
            family.check()
    family.stop()


def test_stop_ends_a_child_that_will_not_listen_and_what_it_started(tmp_path: Path) -> None:
    script = (
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    family, child = Children(tmp_path / "children"), _sleeper(tmp_path, script)
    child.patience_s = 0.2
    family.add(child)
    assert process.wait_until(lambda: child.log.read_text().strip() != "", timeout_s=10)
    grandchild = int(child.log.read_text())

    family.stop()

    assert child.running is not None
    assert child.running.returncode == -signal.SIGKILL
    assert process.wait_until(lambda: process.birth(grandchild) == "", timeout_s=5)


def test_leftovers_are_ended_and_strangers_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "DYING_S", 0.2)
    left = subprocess.Popen(["sleep", "60"], start_new_session=True)
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    record = tmp_path / "children"
    record.write_text(f"{left.pid} {process.birth(left.pid)}\n{stranger.pid} 12345\nhalf a li")

    end_leftovers(record)

    assert left.wait(5) == -signal.SIGKILL
    assert stranger.poll() is None
    assert not record.exists()
    stranger.kill()
    stranger.wait()
