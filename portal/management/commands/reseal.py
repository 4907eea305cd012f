from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.sealing import ring
from portal.resealing import reseal_everything


class Command(BaseCommand):
    help = (
        "Seal every stored secret anew under the first key of ENCRYPTION_KEYS, while everything runs. "
        "Fails when a value cannot be opened, which is left as it is."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        unopened = 0
        for outcome in reseal_everything(now=timezone.now()):
            self.stdout.write(
                f"{outcome.what}: {outcome.resealed} sealed anew under {ring().newest!r}, "
                f"{outcome.as_they_were} were so already, {len(outcome.unopened)} cannot be opened"
            )
            for each in outcome.unopened:
                self.stderr.write(f"  {outcome.what} {each}")
            unopened += len(outcome.unopened)
        if unopened:
            raise CommandError(
                f"{unopened} cannot be opened and were left as they are: keep the keys that they need."
            )
