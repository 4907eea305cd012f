"""Callers: each number belongs to one person for good."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sandbox.accounts import Account

FIRST_PERSONAL = 10  # 555-0100 to 555-0109 are the businesses' own
PER_AREA = 90
DATA = tomllib.loads((Path(__file__).parent / "people.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Person:
    first: str
    last: str
    number: str  # E.164
    email: str
    street: str
    city: str
    postal_code: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def spoken_number(self) -> str:
        return f"{self.number[2:5]}-{self.number[5:8]}-{self.number[8:]}"


def capacity(account: Account) -> int:
    """Return how many different neighbours may call ``account``."""
    return PER_AREA * len(account.area_codes)


def neighbour(account: Account, index: int, seed: int) -> Person:
    """Return the person with this index, the same one for the same seed; indexes wrap at `capacity`."""
    index %= capacity(account)
    rng = Random(f"person:{seed}:{account.id}:{index}")
    return _person(
        rng, account, account.area_codes[index % len(account.area_codes)], index // len(account.area_codes)
    )


def stranger(account: Account, index: int, seed: int) -> Person:
    """Return somebody from outside the region: a seller or a machine."""
    areas = DATA["stranger_area_codes"]
    rng = Random(f"stranger:{seed}:{index}")
    return _person(rng, account, areas[index % len(areas)], index // len(areas) % PER_AREA)


def _person(rng: Random, account: Account, area_code: str, line: int) -> Person:
    first, last = rng.choice(DATA["first"]), rng.choice(DATA["last"])
    return Person(
        first=first,
        last=last,
        number=f"+1{area_code}55501{FIRST_PERSONAL + line:02d}",
        email=f"{first}.{last}{rng.randrange(10, 99)}@example.com".lower(),
        street=f"{rng.randrange(10, 990)} {rng.choice(DATA['streets'])}",
        city=rng.choice(account.towns),
        postal_code=rng.choice(account.postal_codes),
    )
