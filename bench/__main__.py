"""``bin/bench inbox``: measure the inbox over a million calls and hold it to its bars."""

import argparse
import sys

from bench.inbox import measure
from bench.reporting import lines
from bench.stage import stage
from runtime.progress import Failure


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("what", choices=["inbox"])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each page, in each round")
    parser.add_argument("--quick", action="store_true", help="100,000 calls and one round")
    parser.add_argument("--keep", action="store_true", help="keep the filled databases for the next run")
    chosen = parser.parse_args()
    calls, rounds = (100_000, 1) if chosen.quick else (chosen.calls, chosen.rounds)
    try:
        with stage(keep=chosen.keep) as ready:
            measured = measure(ready, calls=calls, fewer=calls // 10, rounds=rounds, seconds=chosen.seconds)
    except Failure as failure:
        sys.exit(str(failure))
    print("\n".join(lines(measured)))
    sys.exit(0 if all(bar.holds for bar in measured.bars) else 1)


if __name__ == "__main__":
    main()
