"""``python -m sandbox.oidc``: the provider as a process of its own. Its first line says where it listens."""

import argparse
import signal
import sys
import threading

from sandbox.oidc.provider import Provider
from sandbox.server import Handler, Server


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.oidc", description=__doc__)
    parser.add_argument("--port", type=int, default=8803, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--client-id", default="switchboard")
    parser.add_argument("--client-secret", default="sandbox-secret")
    options = parser.parse_args()
    try:
        server = Server((options.host, options.port), Handler)
    except OSError as error:
        print(
            f"The provider cannot listen on {options.host}:{options.port}: {error.strerror}.", file=sys.stderr
        )
        return 1
    server.respond = Provider(options.client_id, options.client_secret).respond
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"http://{options.host}:{server.server_address[1]}", flush=True)
    server.serve_forever(0.1)
    server.server_close()
    return 0


sys.exit(main())
