import json
import shutil
import sys
from pathlib import Path

import pytest

from runtime import assets
from runtime.state import ROOT

WORKING = f"""#!{sys.executable}
from pathlib import Path
import sys
assert sys.argv[1:4] == ["ci", "--include=dev", "--ignore-scripts"], sys.argv
assert Path("package-lock.json").is_file()
files = Path("node_modules/@fontsource-variable/inter/files")
files.mkdir(parents=True)
for name in ("latin-wght-normal", "greek-wght-normal", "latin-wght-italic", "latin-opsz-normal"):
    (files / f"inter-{{name}}.woff2").write_text(name)
(files.parent / "wght.css").write_text("@font-face")
(files.parent / "LICENSE").write_text("OFL")
axe = Path("node_modules/axe-core")
axe.mkdir()
for name in ("axe.js", "axe.min.js", "LICENSE"):
    (axe / name).write_text(name)
"""
REFUSING = f"""#!{sys.executable}
import sys
sys.exit("npm error no route to the registry\\nnpm error a complete log")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def with_npm(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    programs = folder / "programs"
    programs.mkdir()
    if script:
        (programs / "npm").write_text(script)
        (programs / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(assets, "NEEDS_NODE_WHEEL", False)


def shipped(root: Path, folder: str = "vendor") -> set[str]:
    return {str(path.relative_to(root / folder)) for path in (root / folder).rglob("*") if path.is_file()}


def test_fetch_keeps_the_upright_variable_fonts_their_stylesheet_and_the_licence(
    monkeypatch: pytest.MonkeyPatch, checkout: Path
) -> None:
    with_npm(monkeypatch, checkout, WORKING)
    stale = checkout / "vendor" / "inter" / "files" / "old.woff2"
    stale.parent.mkdir(parents=True)
    stale.touch()

    assets.fetch(checkout)

    assert shipped(checkout) == {
        "inter/LICENSE",
        "inter/inter.css",
        "inter/files/inter-latin-wght-normal.woff2",
        "inter/files/inter-greek-wght-normal.woff2",
    }
    assert shipped(checkout, "vendor-dev") == {"axe-core/axe.min.js", "axe-core/LICENSE"}
    assert not (checkout / "node_modules").exists()


def test_fetch_says_why_npm_refused_and_keeps_what_was_there(
    monkeypatch: pytest.MonkeyPatch, checkout: Path
) -> None:
    with_npm(monkeypatch, checkout, REFUSING)
    kept = checkout / "vendor" / "inter" / "inter.css"
    kept.parent.mkdir(parents=True)
    kept.touch()

    with pytest.raises(SystemExit) as refusal:
        assets.fetch(checkout)

    assert refusal.value.code == (
        "The Inter font could not be fetched, so pages use the system's font: npm error no route to the registry"
    )
    assert shipped(checkout) == {"inter/inter.css"}


def test_fetch_without_npm_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    with_npm(monkeypatch, checkout, "")

    with pytest.raises(SystemExit, match="The Inter font could not be fetched"):
        assets.fetch(checkout)

    assert not (checkout / "vendor").exists()


def test_lock_file_pins_by_hash_and_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    pinned = {name: entry for name, entry in packages.items() if name}
    assert set(pinned) == {"node_modules/@fontsource-variable/inter", "node_modules/axe-core"}
    for entry in pinned.values():
        assert entry["integrity"].startswith("sha512-")
        assert "resolved" not in entry
