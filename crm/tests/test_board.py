"""Moving people through a pipeline: order, neighbours, stale boards, lost reasons, two at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.scope import agency_scope, scoped
from accounts.tenancy import Actor
from conftest import NOON, Cast, House, make_cast
from crm.models import Activity, Lead, PipelineStage
from crm.services.board import UNSAID, BoardChanged, Move, ReasonMissing, Spot, move_lead
from crm.services.workbench import move_lead as move_caller

LATER = NOON + timedelta(days=3)


def stage(house: House, name: str, **fields: Any) -> PipelineStage:
    with agency_scope(house.client.agency_id):
        return PipelineStage.unscoped.create(
            agency_id=house.client.agency_id, client=house.client, name=name, position=9, **fields
        )


def people(house: House, count: int, at: PipelineStage | None = None) -> list[Lead]:
    with agency_scope(house.client.agency_id):
        return [
            Lead.unscoped.create(
                agency_id=house.client.agency_id, client=house.client, display_name=f"Person {n}", stage=at
            )
            for n in range(count)
        ]


def order(house: House, at: PipelineStage) -> list[str]:
    with agency_scope(house.client.agency_id):
        rows = Lead.unscoped.filter(stage=at, archived_at=None).order_by("board_rank", "pk")
        return [each.display_name for each in rows]


def go(actor: Actor, lead: Lead, to: PipelineStage | None, **how: Any) -> Move:
    with scoped(actor.scope), transaction.atomic():
        return move_lead(
            actor=actor, lead_id=lead.pk, stage_id=to.pk if to else None, now=how.pop("now", LATER), **how
        )


@pytest.fixture
def nora(cast: Cast) -> Actor:
    return cast.actor("nora")


def test_a_person_goes_between_the_neighbours_that_were_named(cast: Cast, nora: Actor) -> None:
    quoted = stage(cast.brightside, "Quoted")
    first, second, third = people(cast.brightside, 3, quoted)

    move = go(
        nora, cast.brightside.lead, quoted, spot=Spot(first.pk, second.pk), seen=cast.brightside.stage.pk
    )

    assert move.exact
    assert order(cast.brightside, quoted) == [
        "Person 0",
        cast.brightside.lead.display_name,
        "Person 1",
        "Person 2",
    ]
    assert go(nora, third, quoted, spot=Spot(None, first.pk)).exact
    assert order(cast.brightside, quoted)[0] == "Person 2"


def test_a_move_is_told_and_starts_the_clock_of_the_stage(cast: Cast, nora: Actor) -> None:
    quoted = stage(cast.brightside, "Quoted")

    go(nora, cast.brightside.lead, quoted)

    with agency_scope(cast.larkspur.pk):
        lead = Lead.unscoped.get(pk=cast.brightside.lead.pk)
        told = Activity.unscoped.get(action="stage_changed")
    assert (lead.stage_id, lead.stage_entered_at) == (quoted.pk, LATER)
    assert told.metadata == {
        "from": str(cast.brightside.stage.pk), "to": str(quoted.pk), "from_name": "New", "to_name": "Quoted",
    }  # fmt: skip
    assert told.actor_id == cast.people["nora"].pk


def test_another_place_in_the_same_stage_is_no_news(cast: Cast, nora: Actor) -> None:
    quoted = stage(cast.brightside, "Quoted")
    first, second = people(cast.brightside, 2, quoted)

    go(nora, second, quoted, spot=Spot(None, first.pk))

    with agency_scope(cast.larkspur.pk):
        assert not Activity.unscoped.filter(action="stage_changed").exists()
        assert Lead.unscoped.get(pk=second.pk).stage_entered_at is None
    assert order(cast.brightside, quoted) == ["Person 1", "Person 0"]


def test_when_a_neighbour_has_gone_the_other_one_decides_and_the_mover_is_told(
    cast: Cast, nora: Actor
) -> None:
    quoted, elsewhere = stage(cast.brightside, "Quoted"), stage(cast.brightside, "Elsewhere")
    first, second, third = people(cast.brightside, 3, quoted)
    go(nora, first, elsewhere)

    move = go(nora, cast.brightside.lead, quoted, spot=Spot(first.pk, second.pk))

    assert not move.exact
    assert order(cast.brightside, quoted) == [cast.brightside.lead.display_name, "Person 1", "Person 2"]
    go(nora, second, elsewhere)
    go(nora, third, elsewhere)
    move = go(nora, first, quoted, spot=Spot(second.pk, third.pk))
    assert not move.exact
    assert order(cast.brightside, quoted)[0] == "Person 0"


def test_somebody_in_between_since_then_is_said(cast: Cast, nora: Actor) -> None:
    quoted = stage(cast.brightside, "Quoted")
    first, second, third = people(cast.brightside, 3, quoted)
    go(nora, third, quoted, spot=Spot(first.pk, second.pk))

    move = go(nora, cast.brightside.lead, quoted, spot=Spot(first.pk, second.pk))

    assert not move.exact
    assert order(cast.brightside, quoted) == [
        "Person 0",
        cast.brightside.lead.display_name,
        "Person 2",
        "Person 1",
    ]


def test_a_stage_that_is_no_longer_empty_is_said(cast: Cast, nora: Actor) -> None:
    quoted = stage(cast.brightside, "Quoted")
    people(cast.brightside, 1, quoted)

    assert not go(nora, cast.brightside.lead, quoted, spot=Spot(seen_empty=True)).exact
    assert go(nora, people(cast.brightside, 1)[0], quoted).exact


def test_who_was_moved_by_another_since_stays_there(cast: Cast, nora: Actor) -> None:
    quoted, booked = stage(cast.brightside, "Quoted"), stage(cast.brightside, "Booked")
    go(nora, cast.brightside.lead, quoted)

    with pytest.raises(BoardChanged, match=r"to Quoted\. They stay there"):
        go(cast.actor("hannah"), cast.brightside.lead, booked, seen=cast.brightside.stage.pk)

    assert order(cast.brightside, quoted) == [cast.brightside.lead.display_name]


def test_who_is_lost_is_lost_for_a_reason(cast: Cast, nora: Actor) -> None:
    lost = stage(cast.brightside, "Lost", is_lost_stage=True)

    with pytest.raises(ReasonMissing):
        go(nora, cast.brightside.lead, lost)
    go(nora, cast.brightside.lead, lost, reason="Too far away")
    with agency_scope(cast.larkspur.pk):
        assert Lead.unscoped.get(pk=cast.brightside.lead.pk).lost_reason == "Too far away"
        assert "Too far" not in str(Activity.unscoped.get(action="stage_changed").metadata)
    go(nora, cast.brightside.lead, cast.brightside.stage)
    with agency_scope(cast.larkspur.pk):
        assert Lead.unscoped.get(pk=cast.brightside.lead.pk).lost_reason == ""


def test_a_caller_is_moved_by_the_same_deed(cast: Cast, nora: Actor) -> None:
    quoted, lost = stage(cast.brightside, "Quoted"), stage(cast.brightside, "Lost", is_lost_stage=True)

    with scoped(nora.scope), transaction.atomic():
        moved = move_caller(actor=nora, call_id=cast.brightside.call.pk, stage=quoted, now=LATER)
    assert moved is not None
    assert (moved.stage_entered_at, bool(moved.board_rank)) == (LATER, True)
    with pytest.raises(ReasonMissing), scoped(nora.scope), transaction.atomic():
        move_caller(actor=nora, call_id=cast.brightside.call.pk, stage=lost, now=LATER)
    with agency_scope(cast.larkspur.pk):
        assert Activity.unscoped.get(action="stage_changed").call_id == cast.brightside.call.pk


def test_stages_and_people_of_others_do_not_exist(cast: Cast) -> None:
    theo = cast.actor("theo")

    with pytest.raises(PipelineStage.DoesNotExist):
        go(cast.actor("nora"), cast.brightside.lead, cast.delgado.stage)
    with pytest.raises(Lead.DoesNotExist):
        go(theo, cast.delgado.lead, None)


def test_a_crowded_gap_is_spread_anew_before_the_column_is_full(cast: Cast, nora: Actor) -> None:
    quoted = stage(cast.brightside, "Quoted")
    top, bottom = people(cast.brightside, 2, quoted)
    for _ in range(150):
        go(nora, cast.brightside.lead, quoted, spot=Spot(top.pk, bottom.pk))
        bottom, lead = cast.brightside.lead, bottom
        cast.brightside.lead = lead
    with agency_scope(cast.larkspur.pk):
        ranks = list(Lead.unscoped.filter(stage=quoted).values_list("board_rank", flat=True))

    assert len(set(ranks)) == 3
    assert max(map(len, ranks)) < 60
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=top.pk).update(board_rank="A" * 50)
        Lead.unscoped.filter(pk=bottom.pk).update(board_rank="A" * 50 + "1")
    assert go(nora, cast.brightside.lead, quoted, spot=Spot(top.pk, bottom.pk)).exact
    with agency_scope(cast.larkspur.pk):
        ranks = sorted(Lead.unscoped.filter(stage=quoted).values_list("board_rank", flat=True))
    assert max(map(len, ranks)) < 5


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_the_board_keeps_the_order_people_make(cast: Cast, moves: list[tuple[int, int]]) -> None:
    nora = cast.actor("nora")
    with transaction.atomic():
        quoted = stage(cast.brightside, f"Stage {UUID(int=len(moves))}")
        crowd = people(cast.brightside, 5, quoted)
        expected = list(crowd)
        for who, where in moves:
            lead = expected.pop(who)
            expected.insert(where, lead)
            above = expected[where - 1].pk if where else None
            below = expected[where + 1].pk if where + 1 < len(expected) else None
            assert go(nora, lead, quoted, spot=Spot(above, below)).exact
        assert order(cast.brightside, quoted) == [each.display_name for each in expected]
        transaction.set_rollback(True)


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Run all ``deeds`` in threads of their own that start together; an exception is what it returned."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return deed()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


@pytest.mark.django_db(transaction=True)
def test_two_people_move_one_card_and_one_of_them_is_told() -> None:
    with transaction.atomic():
        cast = make_cast()
        quoted, booked = stage(cast.brightside, "Quoted"), stage(cast.brightside, "Booked")
    actors = [cast.actor("nora"), cast.actor("hannah")]

    results = at_once(
        [
            lambda: go(actors[0], cast.brightside.lead, quoted, seen=cast.brightside.stage.pk),
            lambda: go(actors[1], cast.brightside.lead, booked, seen=cast.brightside.stage.pk),
        ]
    )

    won = [each for each in results if isinstance(each, Move)]
    told = [each for each in results if isinstance(each, BoardChanged)]
    assert (len(won), len(told)) == (1, 1)
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        lead = Lead.unscoped.get(pk=cast.brightside.lead.pk)
        assert lead.stage_id == won[0].lead.stage_id
        assert Activity.unscoped.filter(action="stage_changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_who_come_into_one_stage_at_once_get_a_place_each() -> None:
    with transaction.atomic():
        cast = make_cast()
        quoted = stage(cast.brightside, "Quoted")
        there = people(cast.brightside, 2, quoted)
        crowd = people(cast.brightside, 6)
    nora = cast.actor("nora")

    def come(lead: Lead) -> Callable[[], Move]:
        return lambda: go(nora, lead, quoted, spot=Spot(there[0].pk, there[1].pk), seen=None)

    results = at_once([come(lead) for lead in crowd])

    assert [type(each) for each in results] == [Move] * 6
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        ranks = list(Lead.unscoped.filter(stage=quoted).values_list("board_rank", flat=True))
    assert len(set(ranks)) == 8
    assert sum(each.exact for each in results) == 1


@pytest.mark.django_db(transaction=True)
def test_the_order_of_a_stage_is_decided_by_one_at_a_time() -> None:
    """Whoever comes while another is deciding waits until the other's place is there to be seen."""
    with transaction.atomic():
        cast = make_cast()
        quoted = stage(cast.brightside, "Quoted")
        first, second = people(cast.brightside, 2)
    nora = cast.actor("nora")
    decided: list[str] = []

    def slowly() -> None:
        with scoped(nora.scope), transaction.atomic():
            move_lead(actor=nora, lead_id=first.pk, stage_id=quoted.pk, now=LATER)
            time.sleep(1)
            decided.append("first")

    def meanwhile() -> None:
        time.sleep(0.4)
        go(nora, second, quoted)
        decided.append("second")

    assert at_once([slowly, meanwhile]) == [None, None]
    assert decided == ["first", "second"]
    with transaction.atomic():
        assert order(cast.brightside, quoted) == ["Person 1", "Person 0"]


def test_unsaid_is_neither_nobody_nor_anybody() -> None:
    assert Spot().below is None
    assert Spot(below=UNSAID) != Spot()
