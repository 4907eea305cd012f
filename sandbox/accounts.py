"""The accounts of the demonstration and the keys that open them."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.exchange import Record

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Source:
    digits: str
    id: int
    name: str
    label: str
    medium: str
    weight: int
    campaign: str | None = None
    keyword: str | None = None


@dataclass(frozen=True)
class KeyPair:
    """Who may use the API, and for which accounts."""

    holder: str
    access_key: str
    secret_key: str
    account_ids: frozenset[int]

    def as_record(self) -> Record:
        return {"access_key": self.access_key, "secret_key": self.secret_key}


@dataclass(frozen=True)
class Account:
    id: int
    name: str
    industry: str
    subtype: str
    stories: str  # name of the file with the trade's stories
    zone: str
    city: str
    state: str
    postal_codes: list[str]
    towns: list[str]
    area_codes: list[str]
    website: str
    agents: list[str]
    status: str | list[str] = "active"  # the vendor answers with either

    @cached_property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def business_number(self) -> str:
        return f"+1{self.area_codes[0]}5550109"

    def tracking_number(self, source: Source) -> str:
        return f"+1{self.area_codes[0]}55501{source.digits}"

    def as_record(self) -> Record:
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "balance": {"cents": 12_500},
            "timezone": self.zone,
            "website": self.website,
            "shared_billing": True,
        }


def load_accounts() -> list[Account]:
    return [Account(**entry) for entry in _toml("accounts.toml")["account"]]


def load_sources() -> list[Source]:
    return [Source(**entry) for entry in _toml("sources.toml")["source"]]


def account_keys(account: Account, seed: int) -> KeyPair:
    return _key_pair(str(account.id), seed, frozenset({account.id}))


def agency_keys(accounts: list[Account], seed: int) -> KeyPair:
    return _key_pair("agency", seed, frozenset(account.id for account in accounts))


def empty_keys(seed: int) -> KeyPair:
    """A valid pair that opens nothing: its list of accounts is empty."""
    return _key_pair("empty", seed, frozenset())


def signing_secret(account: Account, seed: int) -> str:
    """Return what webhooks are signed with, which is not the account's API secret."""
    return _derived(f"signing:{account.id}:{seed}", 40)


def _key_pair(holder: str, seed: int, account_ids: frozenset[int]) -> KeyPair:
    return KeyPair(
        holder,
        f"a{_derived(f'access:{holder}:{seed}', 31)}",
        _derived(f"secret:{holder}:{seed}", 40),
        account_ids,
    )


def _derived(name: str, length: int) -> str:
    """Derived rather than drawn, so that a restarted simulator accepts the keys stored elsewhere."""
    return hashlib.sha256(f"sandbox {name}".encode()).hexdigest()[:length]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
