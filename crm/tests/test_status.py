"""Status and speed-to-lead follow from facts: for every combination of them, and whenever they change."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.scope import agency_scope
from conftest import NOON, Cast, House
from crm.models import Call, CampaignMember, Customer, FormSubmission, Lead
from crm.services.statuses import refresh_status
from crm.status import BY_HAND, Facts, Status, lead_status
from crm.tests.test_leads import arrive, entry, leads

STEPS = (
    ("enriched", Status.ENRICHED),
    ("scored", Status.SCORED),
    ("in_sequence", Status.IN_SEQUENCE),
    ("contacted", Status.CONTACTED),
    ("replied", Status.REPLIED),
    ("is_customer", Status.CONVERTED),
)


def every() -> Iterator[Facts]:
    names = [name for name, _ in STEPS]
    for by_hand, *values in product(("", *BY_HAND), *[(False, True)] * len(names)):
        yield Facts(by_hand=str(by_hand), **dict(zip(names, map(bool, values), strict=True)))


def test_every_combination_of_facts_has_a_status() -> None:
    seen = {}
    for facts in every():
        held = [status for name, status in STEPS if getattr(facts, name)]
        if not facts.enriched and Status.SCORED in held:  # a number alone makes nobody less new
            held.remove(Status.SCORED)
        seen[facts] = lead_status(facts)
        assert seen[facts] == (facts.by_hand or (held[-1] if held else Status.NEW))
    assert (len(seen), set(seen.values())) == (192, set(Status))


def test_one_fact_more_never_takes_a_step_back() -> None:
    order = [Status.NEW, *(status for _, status in STEPS)]
    for facts in every():
        if not facts.by_hand:
            for name, _ in STEPS:
                more = Facts(**{**{n: getattr(facts, n) for n, _ in STEPS}, name: True})
                assert order.index(lead_status(more)) >= order.index(lead_status(facts))


def test_only_two_are_said_by_hand(cast: Cast) -> None:
    lead = cast.brightside.lead
    with agency_scope(cast.larkspur.pk):
        for said in Status:
            with transaction.atomic():
                rows = Lead.unscoped.filter(pk=lead.pk)
                if said in BY_HAND:
                    assert rows.update(status_by_hand=said) == 1
                else:
                    with pytest.raises(IntegrityError), transaction.atomic():
                        rows.update(status_by_hand=said)


def bare(house: House) -> Lead:
    """A new person of the house whom nothing has happened to."""
    lead: Lead = Lead.unscoped.create(
        agency_id=house.client.agency_id, client=house.client, display_name="Ada"
    )
    return lead


def contact(lead: Lead, minutes: int, direction: str, **fields: Any) -> None:
    Call.unscoped.create(
        agency_id=lead.agency_id, client_id=lead.client_id, lead=lead, external_id=str(uuid4()),
        direction=direction, started_at=NOON + timedelta(minutes=minutes), **fields,
    )  # fmt: skip


def found(lead: Lead) -> tuple[str, float | None, float | None]:
    """Status, and the minutes after noon at which the clock started and stopped."""
    refresh_status(agency_id=lead.agency_id, lead_ids=[lead.pk, None])
    lead.refresh_from_db()
    clock = (lead.first_inbound_at, lead.first_response_at)
    return lead.status, *((at - NOON) / timedelta(minutes=1) if at else None for at in clock)  # type: ignore[return-value]


def test_status_and_clock_follow_the_facts(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        lead = bare(house)
        own: dict[str, Any] = {"agency_id": lead.agency_id, "client": house.client}
        assert found(lead) == ("new", None, None)
        Lead.unscoped.filter(pk=lead.pk).update(enrichment_data={"Insurance": "Delta"})
        assert found(lead) == ("enriched", None, None)
        Lead.unscoped.filter(pk=lead.pk).update(scored_at=NOON)
        assert found(lead) == ("scored", None, None)
        CampaignMember.unscoped.create(**own, campaign=house.work.campaign, lead=lead, added_at=NOON)
        assert found(lead) == ("in_sequence", None, None)
        contact(lead, -9, "outbound")  # before they ever came: no answer to anything
        assert found(lead) == ("contacted", None, None)
        contact(lead, 0, "inbound", answered=False)
        assert found(lead) == ("replied", 0, None)
        contact(lead, 12, "outbound", answered=False)
        contact(lead, 40, "inbound", answered=True)
        assert found(lead) == ("replied", 0, 12)
        Customer.unscoped.create(**own, lead=lead, name="Ada")
        assert found(lead) == ("converted", 0, 12)
        Lead.unscoped.filter(pk=lead.pk).update(status_by_hand="disqualified")
        assert found(lead) == ("disqualified", 0, 12)


def test_an_answered_call_is_its_own_response_and_a_form_starts_the_clock(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        answered, wrote = bare(house), bare(house)
        contact(answered, 3, "inbound", answered=True)
        FormSubmission.unscoped.create(
            agency_id=wrote.agency_id, client=house.client, lead=wrote, form=house.work.form, payload={},
            status="processed", due_at=NOON, received_at=NOON,
        )  # fmt: skip
        assert (found(answered), found(wrote)) == (("contacted", 3, 3), ("new", 0, None))


def test_nothing_is_written_when_nothing_changed(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        lead = bare(cast.brightside)
        contact(lead, 0, "inbound", answered=True)
        ids = [lead.pk]
        assert [refresh_status(agency_id=lead.agency_id, lead_ids=ids) for _ in range(2)] == [1, 0]


def test_tracked_calls_set_both_in_whatever_order_they_come(cast: Cast) -> None:
    house = cast.brightside
    late, early = (
        entry(2, NOON + timedelta(hours=1), direction="outbound"),
        entry(1, answered=False, status="no-answer"),
    )
    arrive(house, late)
    arrive(house, early)

    [lead] = leads(house)
    assert (lead.status, lead.first_inbound_at, lead.first_response_at) == (
        "contacted", NOON, NOON + timedelta(hours=1),
    )  # fmt: skip
