"""What a classifier is told, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Turn(Protocol):
    @property
    def speaker(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def start_s(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class CallFacts:
    kind: str
    direction: str
    answered: bool | None
    status: str
    duration_s: int
    talk_s: int
    transcript: str
    turns: Sequence[Turn]
    caller_name: str
    is_known: bool
    previous_calls: int
    vendor_summary: str
    message_body: str
    form_fields: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Evidence:
    quote: str  # an exact part of the transcript
    start_s: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    category: str
    rating: int | None
    summary: str
    confidence: float
    evidence: tuple[Evidence, ...]
    reason: str
