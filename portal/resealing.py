"""Every kind of secret that is stored, for the day on which keys change."""

from collections.abc import Iterator
from datetime import datetime

from accounts.services.resealing import BATCH, FACTORS, Outcome, reseal
from crm.services.digests import DIGEST_KEY
from integrations.services.vault import CREDENTIALS

EVERYTHING = (CREDENTIALS, FACTORS, DIGEST_KEY)


def reseal_everything(*, now: datetime, batch: int = BATCH) -> Iterator[Outcome]:
    """Seal every secret that is stored anew under the newest key, and tell of each kind once it is done."""
    for kind in EVERYTHING:
        yield reseal(kind, now=now, batch=batch)
