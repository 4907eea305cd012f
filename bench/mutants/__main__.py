"""Take each check of the product away, one at a time, in a copy of the tree, and see whether a test notices.

What was found out about a file holds until that file changes, so a run that was stopped goes on where it stopped. The
exit code is 1 while anything survives that is not excused in ``EXCUSED``.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.mutants import database, source
from bench.mutants.trial import Broken, Trial, Verdict, trial
from runtime.state import ROOT

# Survivors that change nothing, by a part of their name, each with the reason.
EXCUSED: dict[str, str] = {}
State = dict[str, dict[str, str | bool]]


@dataclass(frozen=True, slots=True)
class _Try:
    """``about`` is what the outcome depends on, as long as tests are not taken away."""

    name: str
    about: str
    attempt: Callable[[], Verdict]

    @property
    def key(self) -> str:
        return f"{self.name} @ {self.about}"

    def outcome(self) -> dict[str, str | bool]:
        try:
            verdict = self.attempt()
        except Broken as broken:
            verdict = Verdict(False, f"broken: {str(broken).strip().splitlines()[-1][:200]}")
        return {"killed": verdict.killed, "by": verdict.by}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/mutate", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    parser.add_argument("--list", action="store_true", help="name the mutants of the source, run nothing")
    parser.add_argument("--again", action="store_true", help="forget what an earlier run found out")
    parser.add_argument(
        "--survivors", action="store_true", help="try what survived the earlier run once more"
    )
    parser.add_argument("--trust", action="store_true", help="the tests are known to pass on this tree")
    chosen = parser.parse_args()
    mutants = [each for each in source.mutants(ROOT) if chosen.only in each.name]
    if chosen.list:
        print("\n".join(each.name for each in mutants))
        return 0
    kept = Path(os.environ.get("SWITCHBOARD_STATE") or ROOT / ".run").absolute() / "mutants.json"
    state = {} if chosen.again else _load(kept)
    if chosen.survivors:
        state = {
            key: each for key, each in state.items() if each["killed"] or key.startswith("the untouched")
        }
    with trial(ROOT) as ready:
        if not chosen.trust and (red := _red_already(ready, state, kept)):
            print(f"The untouched tree is red: {red}")
            return 1
        known = _run(ready, mutants, chosen.only, state, kept)
    return _report(known)


def _red_already(ready: Trial, state: State, kept: Path) -> str:
    """The test that fails although nothing was taken away, "" when all pass; asked once for each tree."""
    base = _Try("the untouched tree", ready.digest, ready.untouched)
    if base.key not in state:
        found = base.outcome()
        if found["by"]:
            return str(found["by"])
        state[base.key] = found
        _save(kept, state)
    return ""


def _run(ready: Trial, mutants: list[source.Mutant], only: str, state: State, kept: Path) -> State:
    of_database = [each for each in database.mutants(ready.owner_url) if only in each.name]
    print(f"{len(mutants)} mutants of the source, {len(of_database)} of the database", flush=True)
    tries = [_Try(each.name, _digest(each.path), partial(ready.of_source, each)) for each in mutants]
    tries += [_Try(each.name, each.give_back, partial(ready.of_database, each)) for each in of_database]
    known: State = {}
    for number, each in enumerate(tries, start=1):
        began = time.monotonic()
        if each.key not in state:
            state[each.key] = each.outcome()
            _save(kept, state)
        found = known[each.name] = state[each.key]
        word, took = "killed  " if found["killed"] else "SURVIVED", time.monotonic() - began
        print(f"{number:4}/{len(tries)} {word} {each.name}  [{found['by']}] {took:.0f} s", flush=True)
    return known


def _report(known: State) -> int:
    alive = {name: _excuse(name) for name, each in known.items() if not each["killed"]}
    files = Counter(str(each["by"]).split("::")[0] for each in known.values() if each["killed"])
    print(f"\n{len(known)} mutants, {len(known) - len(alive)} killed, {len(alive)} survived")
    for path, count in files.most_common():
        print(f"  {count:4} by {path}")
    for name, why in alive.items():
        print(f"  {'excused' if why else 'ALIVE  '} {name}{f': {why}' if why else ''}")
    return 0 if all(alive.values()) else 1


def _excuse(name: str) -> str:
    return next((why for part, why in EXCUSED.items() if part in name), "")


def _load(kept: Path) -> State:
    found: State = json.loads(kept.read_text()) if kept.is_file() else {}
    return found


def _save(kept: Path, state: State) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    half = kept.with_suffix(".new")
    half.write_text(json.dumps(state, indent=1))
    half.replace(kept)


def _digest(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
