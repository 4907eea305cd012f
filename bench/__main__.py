"""``bin/bench inbox`` or ``bin/bench crm``: measure pages over a million calls and hold them to their bars."""

import argparse
import sys

from bench import crm
from bench.inbox import measure
from bench.reporting import lines
from bench.stage import stage
from runtime.progress import Failure


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("what", choices=["inbox", "crm"])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each page, in each round")
    parser.add_argument("--quick", action="store_true", help="100,000 calls and one round")
    parser.add_argument("--keep", action="store_true", help="keep the filled databases for the next run")
    chosen = parser.parse_args()
    calls, rounds = (100_000, 1) if chosen.quick else (chosen.calls, chosen.rounds)
    try:
        with stage(keep=chosen.keep) as ready:
            if chosen.what == "crm":
                measured = crm.measure(ready, calls=calls, rounds=rounds, seconds=chosen.seconds)
            else:
                measured = measure(
                    ready, calls=calls, fewer=calls // 10, rounds=rounds, seconds=chosen.seconds
                )
    except Failure as failure:
        sys.exit(str(failure))
    print("\n".join(lines(measured)))
    sys.exit(0 if all(bar.holds for bar in measured.bars) else 1)


if __name__ == "__main__":
    main()
