"""Scores in the database: due whenever a fact changes, written where something changed, told once."""

import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast, House, make_cast
from crm.models import Call, Callback, Lead, LeadScore, ScoreDue, ScoringModel, ScoringRound
from crm.score_watch import WATCHED
from crm.services import score_facts, score_sweeps
from crm.services.erasing import erase_lead
from crm.services.score_sweeps import begin_rounds, score_due, walk_on
from crm.services.scoring import LEAD_HOT, Rescored, rescore
from crm.services.suppression import Entry, add_by_hand, remove
from crm.services.workbench import rate_call
from integrations.models import OutboxEvent

DAY = timedelta(days=1)


def due() -> set[UUID]:
    with platform_scope(PlatformUse.ADMIN):
        return set(ScoreDue.unscoped.values_list("lead_id", flat=True))


def settle() -> None:
    """Forget what has made leads due so far."""
    with platform_scope(PlatformUse.ADMIN):
        ScoreDue.unscoped.all().delete()


def again(house: House, now: datetime = NOON, **how: Any) -> Rescored:
    with agency_scope(house.client.agency_id):
        return rescore(agency_id=house.client.agency_id, lead_ids=[house.lead.pk], now=now, **how)


def history(house: House) -> list[tuple[int, str]]:
    """Of the house's lead, the scores that were added up: the cast's own is older."""
    with agency_scope(house.client.agency_id), transaction.atomic():
        house.lead.refresh_from_db()
        rows = LeadScore.unscoped.filter(lead=house.lead).exclude(components=[]).order_by("pk")
        return list(rows.values_list("total", "tier"))


OTHERS: dict[str, str] = {  # another value for each watched column that has not just any text
    "phone_is_wrong": "NOT phone_is_wrong", "company_id": "%(company)s", "archived_at": "now()", "erased_at": "now()",
    "lead_id": "%(other)s", "started_at": "started_at + interval '1 minute'", "done_at": "now()",
    "duration_seconds": "duration_seconds + 1", "talk_seconds": "talk_seconds + 1", "answered": "NOT answered",
    "rating": "5 - rating", "direction": "'outbound'", "kind": "'text'", "category": "'spam'",
    "email_status": "'verified'", "source": "'form'", "sentiment": "'positive'",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column"), [(table, each) for table, (_, every) in WATCHED.items() for each in every]
)
def test_whoever_changes_a_fact_makes_its_lead_due(cast: Cast, table: str, column: str) -> None:
    """Also by a statement that goes round every service."""
    house, other = cast.brightside, uuid4()
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.create(pk=other, agency=cast.larkspur, client=house.client, display_name="Else")
    rows = {"crm_lead": house.lead.pk, "crm_call": house.call.pk, "crm_callback": house.work.callback.pk}
    settle()
    given = {"pk": rows[table], "company": house.work.company.pk, "other": other}
    with agency_scope(cast.larkspur.pk), transaction.atomic(), connection.cursor() as cursor:
        value = OTHERS.get(column, f"{column} || 'x'")
        cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE id = %(pk)s", given)
        assert cursor.rowcount == 1

    assert due() == {house.lead.pk, *([other] if column == "lead_id" else ())}


def test_nothing_is_due_when_nothing_that_counts_changed(cast: Cast) -> None:
    settle()
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(summary="Other words", seen_at=NOON, rating=3)
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(
            notes="Other words", owner=cast.people["nora"]
        )

    assert due() == set()


def test_what_is_new_and_what_goes_makes_due_too(cast: Cast) -> None:
    house = cast.brightside
    seen = []
    with agency_scope(cast.larkspur.pk):
        for deed in (
            lambda: Callback.unscoped.filter(lead=house.lead).delete(),
            lambda: Lead.unscoped.create(agency=cast.larkspur, client=house.client, display_name="New"),
            lambda: Call.unscoped.create(agency=cast.larkspur, client=house.client, lead=house.lead,
                                         external_id="x", direction="inbound", started_at=NOON),
        ):  # fmt: skip
            settle()
            with transaction.atomic():
                deed()
            seen.append(due())

    assert (seen[0], len(seen[1]), seen[2]) == ({house.lead.pk}, 1, {house.lead.pk})


@pytest.mark.parametrize(
    ("kind", "client"), [("phone", True), ("phone", False), ("email", True), ("email", False)]
)
def test_who_must_not_be_contacted_is_due_and_scores_nothing(cast: Cast, kind: str, client: bool) -> None:
    house, nora = cast.brightside, cast.actor("nora")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=house.lead.pk).update(email="Lee@Example.test")
    again(house)
    settle()
    entry = Entry(kind, house.lead.phone_e164 if kind == "phone" else "lee@example.test")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        added = add_by_hand(
            actor=nora, client_id=house.client.pk if client else None, entry=entry, channels=None, expires_at=None,
            now=NOON, origin=NOWHERE,
        )  # fmt: skip
    assert due() == {house.lead.pk}
    again(house)
    assert history(house)[-1] == (0, "cold")
    settle()
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        remove(actor=nora, suppression_id=added.fresh[0], now=NOON, origin=NOWHERE)
    assert due() == {house.lead.pk}


def test_what_is_gathered_is_watched() -> None:
    """Whoever lets scores read one more column has to have the database watch it."""
    source = inspect.getsource(score_facts)
    tables = set(re.findall(r"\bcrm_\w+", score_facts.FACTS))
    calls = {each.column for each in Call._meta.concrete_fields} & set(
        re.findall(r"\w+", score_facts.FACTS.split("LATERAL")[1])
    )
    people = set(re.findall(r"\blead\.(\w+)", source)) - {"pk", "client_id"}

    assert tables == set(WATCHED)
    assert calls - {"id", "agency_id"} == set(WATCHED["crm_call"][1])
    assert people <= set(WATCHED["crm_lead"][1])


def test_a_score_is_written_with_its_sum_and_only_when_it_changes(cast: Cast) -> None:
    house = cast.brightside

    assert (len(again(house).written), len(again(house).written)) == (1, 0)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        [row] = LeadScore.unscoped.filter(lead=house.lead).exclude(components=[])
        house.lead.refresh_from_db()
    assert {each["factor"]: each["points"] for each in row.components} == {
        "rating": 12, "talk": 5, "inbound": 4, "recency": 12, "callback": 8, "phone": 5, "source": 6,
    }  # fmt: skip
    assert (row.total, row.tier, row.weights_version) == (52, "warm", 1)
    assert (house.lead.score, house.lead.tier, house.lead.scored_at) == (52, "warm", NOON)


def test_the_database_keeps_no_score_that_is_not_its_sum(cast: Cast) -> None:
    again(cast.brightside)
    with (
        agency_scope(cast.larkspur.pk),
        pytest.raises(IntegrityError, match="score_is_the_sum"),
        transaction.atomic(),
    ):
        LeadScore.unscoped.exclude(components=[]).update(total=99)


def test_time_takes_points_by_name(cast: Cast) -> None:
    house = cast.brightside
    for days in (0, 1, 6, 8, 40, 41, 300, 700):
        again(house, NOON + days * DAY)

    with agency_scope(cast.larkspur.pk), transaction.atomic():
        rows = LeadScore.unscoped.filter(lead=house.lead).exclude(components=[]).order_by("pk")
        lost = [{each["factor"]: each["points"] for each in row.components}.get("decay", 0) for row in rows]
    assert history(house) == [(52, "warm"), (42, "cool"), (28, "cool"), (11, "cold")]
    assert lost == [0, -4, -12, -29]


@pytest.mark.parametrize(("known", "status"), [({}, "new"), ({"Insurance": "Delta"}, "scored")])
def test_a_score_counts_as_a_step_for_whom_more_is_known_of(
    cast: Cast, known: dict[str, str], status: str
) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        lead = Lead.unscoped.create(
            agency=cast.larkspur,
            client=house.client,
            display_name="Ada",
            source="manual",
            enrichment_data=known,
        )
    with agency_scope(cast.larkspur.pk):
        rescore(agency_id=cast.larkspur.pk, lead_ids=[lead.pk], now=NOON)
        with transaction.atomic():
            lead.refresh_from_db()
    assert (lead.score, lead.tier, lead.status) == (0, "cold", status)


def test_each_client_has_its_own_newest_weights(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        for version, phone in ((2, 1), (3, 9)):
            ScoringModel.unscoped.create(
                agency=cast.larkspur, client=cast.brightside.client, version=version, weights={"phone": phone}
            )
    again(cast.brightside)
    again(cast.delgado)

    assert (history(cast.brightside), history(cast.delgado)) == ([(56, "warm")], [(52, "warm")])


def test_a_due_lead_is_scored_once_and_no_longer_due(cast: Cast) -> None:
    now = timezone.now() + DAY
    while score_due(now=now):
        pass

    assert due() == set()
    assert [len(history(each)) for each in (cast.brightside, cast.delgado, cast.kettle)] == [1, 1, 1]
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        rate_call(actor=cast.actor("nora"), call_id=cast.brightside.call.pk, stars=4, now=NOON)
    assert score_due(now=now) == 1
    assert [len(history(each)) for each in (cast.brightside, cast.delgado, cast.kettle)] == [2, 1, 1]


def test_what_changed_last_is_scored_first(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind somebody's great import nobody waits."""
    monkeypatch.setattr(score_sweeps, "BATCH", 1)
    now = timezone.now() + DAY
    settle()
    with platform_scope(PlatformUse.ADMIN):
        for minutes, house in ((3, cast.brightside), (2, cast.kettle), (1, cast.delgado)):
            ScoreDue.unscoped.create(
                agency_id=house.client.agency_id, client=house.client, lead_id=house.lead.pk,
                due_at=now - timedelta(minutes=minutes),
            )  # fmt: skip
    seen = []
    while score_due(now=now):
        seen.append([len(history(each)) for each in (cast.brightside, cast.kettle, cast.delgado)])

    assert seen == [[0, 0, 1], [0, 1, 1], [1, 1, 1]]


def test_an_erased_person_has_no_score_any_more(cast: Cast) -> None:
    house, nora = cast.brightside, cast.actor("nora")
    again(house)
    with scoped(nora.scope):
        erase_lead(actor=nora, lead_id=house.lead.pk, now=NOON, origin=NOWHERE)
    again(house, NOON + DAY)
    while score_due(now=timezone.now() + DAY):
        pass

    with agency_scope(cast.larkspur.pk), transaction.atomic():
        house.lead.refresh_from_db()
        rows = LeadScore.unscoped.filter(lead=house.lead)
        assert {(str(row.components), row.reason) for row in rows} == {("[]", "")}
    assert (house.lead.score, house.lead.tier, house.lead.scored_at) == (None, "", None)
    assert due() == set()


def test_one_that_fails_takes_no_other_along_and_comes_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with one person, the others of the batch are scored."""
    bad = cast.brightside.lead.pk

    def failing(*, lead_ids: list[UUID], **rest: Any) -> Rescored:
        if bad in lead_ids:
            raise ValueError("no sum")
        return rescore(lead_ids=lead_ids, **rest)

    monkeypatch.setattr(score_sweeps, "rescore", failing)
    now = timezone.now() + DAY
    while score_due(now=now):
        pass

    with platform_scope(PlatformUse.ADMIN):
        rows = list(ScoreDue.unscoped.values_list("lead_id", "attempts"))
    assert set(rows) == {(bad, 1)}
    assert [len(history(each)) for each in (cast.brightside, cast.delgado, cast.kettle)] == [0, 1, 1]


def test_every_client_is_walked_once_a_day(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_sweeps, "BATCH", 2)
    with platform_scope(PlatformUse.ADMIN):
        ScoringRound.unscoped.all().delete()
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        for n in range(4):
            Lead.unscoped.create(
                agency=cast.larkspur, client=cast.brightside.client, display_name=f"N{n}", phone_e164="1"
            )
    assert (begin_rounds(now=NOON), begin_rounds(now=NOON)) == (3, 0)

    batches = 0
    while walk_on(now=NOON):
        batches += 1

    assert batches == 5  # of five people, one and one
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        people = Lead.unscoped.filter(client=cast.brightside.client, archived_at=None)
        assert {each.score for each in people} == {52, 11}
        rounds = ScoringRound.unscoped.values_list("after", "done_at", "due_at")
        assert set(rounds) == {(None, NOON, NOON + DAY)}
    assert walk_on(now=NOON + DAY - timedelta(seconds=1)) is False
    assert walk_on(now=NOON + DAY) is True


def hot_news(cast: Cast) -> list[dict[str, str]]:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        return list(OutboxEvent.unscoped.filter(topic=LEAD_HOT).values_list("payload", flat=True))


def heat(house: House) -> None:
    with agency_scope(house.client.agency_id), transaction.atomic():
        Call.unscoped.filter(pk=house.call.pk).update(
            rating=5, talk_seconds=900, disposition="Meeting Booked"
        )


def test_becoming_hot_is_told_once(cast: Cast) -> None:
    house = cast.brightside
    again(house)
    assert hot_news(cast) == []
    heat(house)
    for minute, title in enumerate(("Owner", "", "Manager")):  # it changes, and is hot all the same
        with agency_scope(cast.larkspur.pk), transaction.atomic():
            Lead.unscoped.filter(pk=house.lead.pk).update(title=title)
        again(house, NOON + timedelta(minutes=minute + 1))

    assert [tier for _, tier in history(house)] == ["warm", "hot", "hot", "hot"]
    assert [each["lead_id"] for each in hot_news(cast)] == [str(house.lead.pk)]


@pytest.mark.parametrize(("days", "how", "told"), [(0, {}, 1), (3, {}, 0), (0, {"is_news": False}, 0)])
def test_what_was_hot_all_along_is_no_news(cast: Cast, days: int, how: dict[str, Any], told: int) -> None:
    """Scored for the first time: news if they were here within the day, and not when everybody is walked over."""
    heat(cast.brightside)
    again(cast.brightside, NOON + days * DAY, **how)

    assert history(cast.brightside)[-1][1] == "hot"
    assert len(hot_news(cast)) == told


@pytest.mark.django_db(transaction=True)
def test_two_who_score_at_once_write_one_row() -> None:
    with transaction.atomic():
        house, ready = make_cast().brightside, Barrier(4)

    def work(_n: int) -> None:
        try:
            ready.wait()
            again(house)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert history(house) == [(52, "warm")]


@pytest.mark.django_db(transaction=True)
def test_who_is_held_by_others_is_not_waited_for() -> None:
    with transaction.atomic():
        house = make_cast().brightside
    with agency_scope(house.client.agency_id), transaction.atomic():
        Lead.unscoped.select_for_update(of=("self",)).get(pk=house.lead.pk)

        def elsewhere() -> Rescored:
            try:
                return again(house)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool:
            result = pool.submit(elsewhere).result(timeout=20)

    assert (result.written, result.busy) == ([], [house.lead.pk])


def test_no_scope_scores_another_agencys_leads(cast: Cast) -> None:
    with agency_scope(cast.ironwood.pk):
        result = rescore(agency_id=cast.larkspur.pk, lead_ids=[cast.brightside.lead.pk], now=NOON)

    assert (result.written, history(cast.brightside)) == ([], [])
