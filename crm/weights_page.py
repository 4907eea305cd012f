"""The versions of a client's weights in words: who made each, and what it changed."""

from dataclasses import dataclass
from datetime import datetime

from accounts.newest import PAGE, page_and_one_more
from accounts.tenancy import Actor
from crm.models import ScoringModel
from crm.score_weights import PRODUCT, USUAL, WEIGHTS, complete


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    who: str
    made_at: datetime
    changes: list[tuple[str, int, int]]  # (what, from, to)
    bought: int = 0  # leads that a suggestion was learned from, where it began with one


def versions(actor: Actor, client_id: object, before: str) -> tuple[list[Version], str]:
    """One page, newest first, and the place where the next begins."""
    rows = ScoringModel.objects.for_actor(actor).filter(client_id=client_id).select_related("made_by")
    ordered = rows.order_by("-created_at", "-pk")
    found, older = page_and_one_more(ordered, "created_at", before)
    was = [complete(each.weights) for each in found[1:]] + [dict(USUAL)]
    return [_version(row, each) for row, each in zip(found[:PAGE], was, strict=False)], older


def _version(row: ScoringModel, was: dict[str, int]) -> Version:
    held = complete(row.weights)
    changes = [
        (each.words, was[each.name], held[each.name]) for each in WEIGHTS if was[each.name] != held[each.name]
    ]
    who, learned = row.made_by.name if row.made_by else "Somebody", row.learned_from.get("bought", 0)
    return Version(row.version, who, row.created_at, changes, learned)


def version_of(actor: Actor, client_id: object, asked: str) -> tuple[int, dict[str, int]] | None:
    """The weights of a version of the client, as an address names it; None for anything else."""
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 9):
        return None
    if int(asked) == PRODUCT:
        return PRODUCT, dict(USUAL)
    row = ScoringModel.objects.for_actor(actor).filter(client_id=client_id, version=int(asked)).first()
    return (row.version, complete(row.weights)) if row else None
