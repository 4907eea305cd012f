"""``python -m sandbox.mail``: the mail server as a process of its own."""

import argparse
import signal
import sys
import threading

from sandbox.mail.server import start


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.mail", description=__doc__)
    parser.add_argument("--port", type=int, default=8803, help="of the page")
    parser.add_argument("--smtp-port", type=int, default=8804)
    options = parser.parse_args()
    try:
        server = start(port=options.port, smtp_port=options.smtp_port)
    except OSError as error:
        print(f"The mail server cannot listen: {error.strerror}.", file=sys.stderr)
        return 1
    finished = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: finished.set())
    print(f"Mail at {server.url}, SMTP on port {server.smtp_port}", flush=True)
    finished.wait()
    server.stop()
    return 0


sys.exit(main())
