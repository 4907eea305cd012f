"""The do-not-contact list as people read it: searched, newest first, paged by key; and as a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q

from accounts.directory import ClientFacts
from accounts.newest import page_of
from accounts.tenancy import Actor
from crm.models import Suppression
from crm.services.digests import digests
from crm.suppression import Kind, Reason, normalised
from lib.phones import INTERNATIONAL

AGENCY = "all"  # of the whole agency, where a client's name stands otherwise
LARGE = 1000
CSV_HEADER = ("kind", "value", "channels", "reason", "note", "client", "added (UTC)", "until (UTC)")


@dataclass(frozen=True, slots=True)
class ListFilter:
    client_id: UUID | None = None
    client: str = ""  # its slug, or ``AGENCY``
    kind: str = ""
    reason: str = ""
    q: str = ""
    regions: frozenset[str] = frozenset()  # in which a number that is looked for may have been dialled

    @classmethod
    def parse(cls, params: Mapping[str, str], clients: Sequence[ClientFacts]) -> Self:
        """A value that means nothing is left out."""
        by_slug = {each.slug: each for each in clients}
        slug, kind, reason = (params.get(name, "") for name in ("client", "kind", "reason"))
        return cls(
            client_id=by_slug[slug].id if slug in by_slug else None,
            client=slug if slug in by_slug or slug == AGENCY else "",
            kind=kind if kind in Kind.values else "",
            reason=reason if reason in Reason.values else "",
            q=" ".join(params.get("q", "").replace("\x00", "").split())[:320],
            regions=frozenset(each.phone_country for each in clients),
        )

    @property
    def params(self) -> dict[str, str]:
        every = {"client": self.client, "kind": self.kind, "reason": self.reason, "q": self.q}
        return {name: value for name, value in every.items() if value}

    def address(self, path: str, **more: str) -> str:
        told = {**self.params, **more}
        return f"{path}?{urlencode(told)}" if told else path

    def rows(self, actor: Actor) -> Any:
        rows = Suppression.objects.for_actor(actor).select_related("client", "added_by")
        if self.client:
            rows = rows.filter(client_id=self.client_id)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.reason:
            rows = rows.filter(reason=self.reason)
        if self.q:
            rows = rows.filter(Q(value_hash__in=_hashes(self.q, self.regions)) | Q(value__icontains=self.q))
        return rows.newest_first()


def _hashes(text: str, regions: Iterable[str]) -> list[str]:
    """What ``text`` would be found by, whichever of the four it is: an erased person is found by their address."""
    read = {(kind, normalised(kind, text, each)) for kind in Kind for each in (INTERNATIONAL, *regions)}
    return digests([(kind, value) for kind, value in sorted(read) if value])


def page(actor: Actor, chosen: ListFilter, before: str) -> tuple[list[Suppression], str]:
    """One page, newest first; see `accounts.newest.page_of`."""
    return page_of(chosen.rows(actor), "created_at", before)


def is_large(actor: Actor, chosen: ListFilter) -> bool:
    """Whether an export would carry so much that it asks for a fresh proof."""
    return len(chosen.rows(actor).values_list("pk")[: LARGE + 1]) > LARGE


def csv_rows(actor: Actor, chosen: ListFilter) -> Iterator[list[str]]:
    """Every row that passes and can be read. Of erased people there is nothing to tell."""
    for each in chosen.rows(actor).exclude(value="").iterator(chunk_size=1000):
        yield [
            each.kind,
            each.value,
            " ".join(each.channels or ()),
            each.reason,
            each.note,
            each.client.name if each.client else "",
            f"{each.created_at:%Y-%m-%d %H:%M}",
            _moment(each.expires_at) if each.expires_at else "",
        ]


def _moment(at: datetime) -> str:
    """To the last of its digits, so that a list which comes back stops nobody for less."""
    return f"{at:%Y-%m-%d %H:%M}" if at.second == at.microsecond == 0 else f"{at:%Y-%m-%d %H:%M:%S.%f}"
