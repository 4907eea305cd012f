"""``python -m runtime run`` starts everything; ``python -m runtime prepare`` makes roles and rights for a release."""

import argparse
import os
import sys

from runtime import supervisor
from runtime.progress import Failure, say
from runtime.servers import Servers
from runtime.state import state_directory


def main() -> None:
    parser = argparse.ArgumentParser(prog="runtime", description=__doc__)
    parser.add_argument("command", choices=["run", "prepare"])
    try:
        if parser.parse_args().command == "run":
            supervisor.run()
        else:
            prepare()
    except Failure as failure:
        sys.exit(str(failure))


def prepare() -> None:
    """Make roles and rights on the server of DATABASE_URL."""
    if not os.environ.get("DATABASE_URL"):
        raise Failure("Set DATABASE_URL to the address of the database's owner, then prepare it.")
    state = state_directory()
    Servers(state).prepare_database()
    say("roles and rights ready")
    if not os.environ.get("DATABASE_OWNER_URL"):
        say(f"the product runs as portal_app; its password is APP_PASSWORD in {state / 'secrets.env'}")


if __name__ == "__main__":
    main()
