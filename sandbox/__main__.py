"""``python -m sandbox``: the simulators as a process of their own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox.server import start


def main() -> int:
    options = _options()
    try:
        sandbox = start(
            port=options.port,
            media_port=options.media_port or (options.port + 1 if options.port else 0),
            host=options.host,
            seed=options.seed,
            days=options.days,
            live_every=options.live_every,
            late_seconds=options.late_seconds,
            state_file=options.state,
        )
    except OSError as error:
        print(
            f"The sandbox cannot listen on {options.host}:{options.port}: {error.strerror}.", file=sys.stderr
        )
        return 1
    finished = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: finished.set())
    print(f"Sandbox at {sandbox.url}/api/v1, recordings at {sandbox.media_url}", flush=True)
    finished.wait()
    sandbox.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8801)
    parser.add_argument(
        "--media-port", type=int, default=0, help="of the recordings; default: the port after --port"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--live-every", type=float, default=25, help="seconds between new calls; 0 for never")
    parser.add_argument("--late-seconds", type=float, default=180, help="from a call's end to its transcript")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--days", type=int, default=21, help="how far back the calls go")
    parser.add_argument(
        "--state", type=Path, default=None, metavar="FILE", help="keep calls and ratings in this file"
    )
    return parser.parse_args()


sys.exit(main())
