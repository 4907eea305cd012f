import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import environment, installer
from runtime.progress import Failure
from runtime.stamp import Stamp, digest
from runtime.state import ROOT

BASH = shutil.which("bash") or "/bin/bash"
NO_INDEX = ("--index-url", "http://127.0.0.1:9/simple")


def _find_python(path: Path) -> subprocess.CompletedProcess[str]:
    command = [BASH, "-c", "source runtime/python.sh; find_python"]
    return subprocess.run(
        command, cwd=ROOT, env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )


def _fake(path: Path, script: str) -> None:
    path.write_text(f"#!{BASH}\n{script}\n")
    path.chmod(0o755)


def test_machine_without_python_is_told_so(tmp_path: Path) -> None:
    found = _find_python(tmp_path)

    assert found.returncode == 1
    assert found.stderr == (
        "Switchboard needs Python 3.11 or newer, but found no Python: install python3 and try again.\n"
    )


def test_old_python_is_named(tmp_path: Path) -> None:
    _fake(tmp_path / "python3", '[ "$1" = --version ] && echo "Python 3.9.2" || exit 1')

    found = _find_python(tmp_path)

    assert found.returncode == 1
    assert "but found Python 3.9.2:" in found.stderr


def test_first_python_that_works_is_taken(tmp_path: Path) -> None:
    _fake(tmp_path / "python3", "exit 127")  # a version manager's shim with nothing behind it
    (tmp_path / "python3.12").symlink_to(sys.executable)

    found = _find_python(tmp_path)

    assert (found.returncode, found.stdout, found.stderr) == (0, "python3.12\n", "")


def test_python_without_venv_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)

    with pytest.raises(Failure, match=r"^This Python has no venv module: install it .*python3-venv"):
        environment.ensure_packages(tmp_path / "venv", [])


def test_full_disk_is_told_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "SPACE_TO_INSTALL_MB", 10**9)

    with pytest.raises(
        Failure, match=r"^The disk that holds .* has \d+ MB free and 1000000000 MB are needed"
    ):
        environment.ensure_packages(tmp_path / "venv", [])

    assert not (tmp_path / "venv").exists()


def test_environment_that_is_up_to_date_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installer, "install", pytest.fail)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one==1")
    venv = tmp_path / "venv"
    venv.mkdir()
    with Stamp(venv).rewritten() as held:
        held |= {"python": environment.interpreter(venv), requirements.name: digest(requirements)}

    environment.ensure_packages(venv, [requirements])


def test_stamp_of_an_installation_that_was_cut_short_holds_nothing(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path)
    with stamp.rewritten() as held:
        held["one"] = "1"
    assert stamp.holds({"one": "1"})

    with pytest.raises(KeyboardInterrupt), stamp.rewritten():
        raise KeyboardInterrupt

    assert not stamp.holds({"one": "1"})
    assert not stamp.holds({"python": "any"})


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "pip", "install", "--retries", "1", "--quiet", *NO_INDEX, "no-such-thing==1"],
        [str(Path(sys.executable).with_name("uv")), "pip", "install", *NO_INDEX, "no-such-thing==1"],
    ],
    ids=["pip", "uv"],
)
def test_index_out_of_reach_is_told_as_that(
    tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    log = tmp_path / "install.log"

    assert installer.run([*command, "--target", str(tmp_path / "target")], log) != 0

    told = installer.reason(log)
    assert told is not None
    assert told.startswith("The Python package index cannot be reached")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full: free some space and start again."),
        (
            "failed to write: No space left on device (os error 28)",
            "The disk is full: free some space and start again.",
        ),
        (
            "no wheels with a matching Python version tag",
            "A pinned package has no build for this machine or this Python",
        ),
        ("Hash mismatch for `one==1`", "A downloaded package is not the one that was pinned"),
    ],
)
def test_installer_says_plainly_what_went_wrong(tmp_path: Path, words: str, told: str) -> None:
    log = tmp_path / "install.log"
    log.write_text("\n--- an earlier command\nConnection refused\n")
    installer.run(["echo", words], log)

    found = installer.reason(log)

    assert found is not None
    assert found.startswith(told)


def test_installer_that_fails_for_another_reason_points_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "install.log"
    installer.run(["echo", "surprise"], log)

    assert installer.reason(log) is None
