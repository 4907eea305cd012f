"""How far a person has come, from facts alone. People say "converted" and "disqualified"; the rest follows."""

from dataclasses import dataclass

from crm.models.leads import Lead

Status = Lead.Status
BY_HAND = (Status.CONVERTED, Status.DISQUALIFIED)


@dataclass(frozen=True, slots=True)
class Facts:
    by_hand: str = ""  # what a person said, of BY_HAND
    is_customer: bool = False
    replied: bool = False  # they came to us after we went to them
    contacted: bool = False  # we went to them, or picked up when they came
    in_sequence: bool = False
    scored: bool = False
    enriched: bool = False


def lead_status(facts: Facts) -> Status:
    """The furthest step that the facts hold. A person's word stands before them all."""
    if facts.by_hand:
        return Status(facts.by_hand)
    steps = (
        (facts.is_customer, Status.CONVERTED),
        (facts.replied, Status.REPLIED),
        (facts.contacted, Status.CONTACTED),
        (facts.in_sequence, Status.IN_SEQUENCE),
        (facts.scored and facts.enriched, Status.SCORED),  # everybody has a score from the first minute
        (facts.enriched, Status.ENRICHED),
    )
    return next((status for holds, status in steps if holds), Status.NEW)
