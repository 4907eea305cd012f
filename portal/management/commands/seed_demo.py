"""The demo agency: five clients, connected to the provider sandbox as if it were their call trackers."""

from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.demo import LOGINS, make_agency


class Command(BaseCommand):
    help = "Make the demo agency once; with --logins, say how to sign in to it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sandbox", help="where the provider sandbox answers, such as http://127.0.0.1:8801"
        )
        parser.add_argument("--logins", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["logins"]:
            for email, password, what in LOGINS:
                self.stdout.write(f"{email:34} {password:22} {what}")
        elif options["sandbox"]:
            try:
                accounts = (
                    httpx.get(f"{options['sandbox']}/_sandbox/accounts", timeout=10).raise_for_status().json()
                )
            except (httpx.HTTPError, ValueError) as error:
                raise CommandError(f"The sandbox does not answer at {options['sandbox']}: {error}") from error
            made = make_agency(accounts["accounts"])
            self.stdout.write("Made the demo agency." if made else "The demo agency is here already.")
        else:
            raise CommandError("Name the sandbox with --sandbox URL, or ask for --logins.")
