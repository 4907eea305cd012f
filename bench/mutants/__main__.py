"""Take each check of the product away, one at a time, in a copy of the tree, and see whether a test notices.

What was found out about a file holds until that file changes, so a run that was stopped goes on where it stopped. The
exit code is 1 while anything survives that is not excused in ``EXCUSED``.
"""

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.mutants import source
from bench.mutants.trial import Trial, trial
from runtime.state import ROOT

# Survivors that change nothing, by a part of their name, each with the reason.
EXCUSED: dict[str, str] = {}
Outcomes = dict[str, dict[str, Any]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/mutate", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    parser.add_argument("--list", action="store_true", help="name the mutants of the source, run nothing")
    parser.add_argument("--again", action="store_true", help="forget what an earlier run found out")
    parser.add_argument(
        "--survivors", action="store_true", help="try again what survived, each in a process of its own"
    )
    parser.add_argument("--most", type=int, default=400, help="tests that are asked about one mutant")
    parser.add_argument("--trust", action="store_true", help="the tests are known to pass on this tree")
    chosen = parser.parse_args()
    mutants = [each for each in source.mutants(ROOT) if chosen.only in each.name]
    if chosen.list:
        print("\n".join(each.name for each in mutants))
        return 0
    kept = Path(os.environ.get("SWITCHBOARD_STATE") or ROOT / ".run").absolute() / "mutants.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    if chosen.again:
        kept.unlink(missing_ok=True)
    if chosen.survivors:
        kept.write_text("".join(json.dumps(each) + "\n" for each in _known(kept).values() if each["killed"]))
    with trial(ROOT, most=chosen.most) as ready:
        ready.make_tables()
        if not chosen.trust and (red := ready.untouched()):
            print(f"The untouched tree is red: {red}")
            return 1
        tries = [*_of_source(mutants), *_of_database(ready, chosen.only)]
        _run(ready, tries, kept, make_sure=chosen.survivors)
    known = _known(kept)
    return _report({each["name"]: known[each["key"]] for each in tries if each["key"] in known})


def _of_source(mutants: list[source.Mutant]) -> list[dict[str, Any]]:
    return [
        {"key": f"{each.name} @ {_digest(each.path)}", "name": each.name, "mutant": asdict(each)}
        for each in mutants
    ]


def _of_database(ready: Trial, only: str) -> list[dict[str, Any]]:
    return [
        {"key": f"{each.name} @ {each.give_back}", **asdict(each)}
        for each in ready.database_mutants()
        if only in each.name
    ]


def _run(ready: Trial, tries: list[dict[str, Any]], kept: Path, *, make_sure: bool) -> None:
    """Add a line to ``kept`` for each of ``tries`` that is not known yet."""
    known = _known(kept)
    owed = [each for each in tries if each["key"] not in known]
    print(
        f"{len(tries)} mutants, {len(tries) - len(owed)} known from before; {kept} grows by a line each",
        flush=True,
    )
    if owed:
        ready.warm(owed, kept)
    known = _known(kept)
    for each in owed:
        told = known.get(each["key"])
        if "mutant" in each and (told is None or (make_sure and not told["killed"])):
            told = ready.cold(source.Mutant(**each["mutant"]))
            with kept.open("a") as found:
                found.write(json.dumps({"key": each["key"], "name": each["name"], **told}) + "\n")


def _known(kept: Path) -> Outcomes:
    lines = kept.read_text().splitlines() if kept.is_file() else []
    return {each["key"]: each for each in map(json.loads, lines)}


def _report(known: Outcomes) -> int:
    alive = {name: _excuse(name) for name, each in known.items() if not each["killed"]}
    files = Counter(each["by"].split("::")[0] for each in known.values() if each["killed"])
    print(f"\n{len(known)} mutants, {len(known) - len(alive)} killed, {len(alive)} survived")
    for path, count in files.most_common():
        print(f"  {count:4} by {path}")
    for name, why in alive.items():
        print(f"  {'excused' if why else 'ALIVE  '} {name} {why or known[name]['by']}".rstrip())
    return 0 if all(alive.values()) else 1


def _excuse(name: str) -> str:
    return next((why for part, why in EXCUSED.items() if part in name), "")


def _digest(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
