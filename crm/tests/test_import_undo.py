"""What is taken back of an import, and what stays because somebody has worked with it since."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.scope import agency_scope
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast
from crm.models import Activity, CampaignMember, Company, Lead, LeadTag, Note, PipelineStage
from crm.services.board import move_lead
from crm.services.facts import set_facts
from crm.services.leads import FIELDS, as_text, update_lead
from crm.services.stages import remove_stage
from crm.tests.test_import_jobs import ANN, BOB, Desk, text_of


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast)


def facts(desk: Desk, lead: Lead, **chosen: Any) -> None:
    said: dict[str, Any] = {"status_by_hand": "", "sentiment": "", "owner_id": None, **chosen}
    set_facts(actor=desk.actor, lead_id=lead.pk, now=NOON, **said)


def notes(desk: Desk, lead: Lead) -> None:
    Note.unscoped.create(agency_id=lead.agency_id, client_id=lead.client_id, lead=lead, body="Called her")


def joins(desk: Desk, lead: Lead) -> None:
    CampaignMember.unscoped.create(
        agency_id=lead.agency_id, client_id=lead.client_id, lead=lead, campaign=desk.house.work.campaign, added_at=NOON
    )  # fmt: skip


def untags(desk: Desk, lead: Lead) -> None:
    LeadTag.unscoped.filter(lead=lead).delete()


DEEDS: dict[str, Callable[[Desk, Lead], object]] = {
    "sentiment": lambda desk, lead: facts(desk, lead, sentiment="positive"),
    "status": lambda desk, lead: facts(desk, lead, status_by_hand="disqualified"),
    "owner": lambda desk, lead: facts(desk, lead, owner_id=desk.actor.user_id),
    "note": notes,
    "campaign": joins,
    "tags": untags,
    "zone": lambda desk, lead: Lead.unscoped.filter(pk=lead.pk).update(timezone="America/Denver"),
    "facts": lambda desk, lead: Lead.unscoped.filter(pk=lead.pk).update(enrichment_data={"Pets": "2"}),
    "number": lambda desk, lead: Lead.unscoped.filter(pk=lead.pk).update(phone_is_wrong=True),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_somebody_did_with_a_person_keeps_them(desk: Desk, deed: str) -> None:
    job = desk.run(text_of(ANN, BOB))
    ann = desk.find(email="ann@example.test")
    with agency_scope(desk.agency_id), transaction.atomic():
        DEEDS[deed](desk, ann)
    undone = desk.undo(job)

    assert (undone.status, undone.reversed, undone.kept) == ("undone", 1, 1)
    assert [(line, undo) for line, _, _, undo in desk.rows(job)] == [(2, "kept"), (3, "reversed")]
    assert desk.find(email="ann@example.test").pk == ann.pk


def test_time_of_a_later_change_stays(desk: Desk) -> None:
    desk.run(text_of(ANN))
    job = desk.run(text_of(["", "", "ann@example.test", "", "Waco", "", ""]), policy="update")
    ann = desk.find(email="ann@example.test")
    with agency_scope(desk.agency_id):
        stage = desk.house.stage
        move_lead(actor=desk.actor, lead_id=ann.pk, stage_id=stage.pk, now=NOON)
        seen = as_text(ann)
        update_lead(actor=desk.actor, lead_id=ann.pk, values=_values(ann, title="Owner"), seen=seen, now=NOON)
    touched = desk.find(pk=ann.pk)
    desk.undo(job)
    after = desk.find(pk=ann.pk)

    assert (after.city, after.title, after.stage_id, after.stage_entered_at) == (
        "Austin", "Owner", stage.pk, touched.stage_entered_at,
    )  # fmt: skip
    assert after.updated_at >= touched.updated_at


def _values(lead: Lead, **changed: Any) -> dict[str, Any]:
    held = {name: getattr(lead, name) for name in FIELDS if name != "extras"}
    return {**held, "extras": dict(lead.enrichment_data), **changed}


def two_stages(desk: Desk) -> tuple[PipelineStage, PipelineStage]:
    own: dict[str, Any] = {"agency_id": desk.agency_id, "client": desk.house.client}
    with agency_scope(desk.agency_id), transaction.atomic():
        return (
            PipelineStage.unscoped.create(**own, name="Talking", position=80),
            PipelineStage.unscoped.create(**own, name="Gone", position=81, is_lost_stage=True),
        )


HEAD = ["E-mail", "Stage", "Lost reason"]


def test_move_of_an_import_is_told_and_goes_back_to_its_place(desk: Desk) -> None:
    talking, gone = two_stages(desk)
    desk.run(text_of(ANN, BOB))
    ann, bob = desk.find(email="ann@example.test"), desk.find(email="bob@example.test")
    with agency_scope(desk.agency_id):
        for each in (ann, bob):
            move_lead(actor=desk.actor, lead_id=each.pk, stage_id=talking.pk, now=NOON - timedelta(days=3))
    before = desk.leads()
    rows = (["ann@example.test", "gone", "Too dear"], ["bob@example.test", "Gone", ""])
    job = desk.run(text_of(*rows, head=HEAD), policy="update")
    lost = desk.find(pk=ann.pk)

    assert (lost.stage_id, lost.lost_reason, lost.board_rank, job.failed) == (gone.pk, "Too dear", "", 1)
    assert desk.find(pk=bob.pk).stage_id == talking.pk
    told = {
        "to": str(gone.pk),
        "from": str(talking.pk),
        "to_name": "Gone",
        "from_name": "Talking",
        "job": str(job.pk),
    }
    with agency_scope(desk.agency_id), transaction.atomic():
        lines = Activity.unscoped.filter(lead=ann, action="stage_changed").order_by("created_at")
        assert [(line.metadata, line.actor_id) for line in lines][1:] == [(told, desk.actor.user_id)]
    desk.undo(job)
    assert desk.leads() == before
    with agency_scope(desk.agency_id), transaction.atomic():
        assert [line.metadata["to_name"] for line in lines.all()] == ["Talking", "Gone", "Talking"]


def test_who_was_made_and_moved_by_one_list_leaves_no_trace(desk: Desk) -> None:
    two_stages(desk)
    before = desk.leads()
    rows = (["ann@example.test", "Talking", ""], ["ann@example.test", "Gone", "Too dear"])
    job = desk.run(text_of(*rows, head=HEAD), policy="update")
    told = desk.told()
    undone = desk.undo(job)

    assert (job.created, job.updated, told["stage_changed"]) == (1, 1, 1)
    assert (undone.reversed, desk.leads(), desk.told()["stage_changed"]) == (2, before, 0)


def test_place_on_the_board_that_was_given_away_is_not_taken_twice(desk: Desk) -> None:
    talking, _ = two_stages(desk)
    desk.run(text_of(ANN, BOB))
    ann, bob = desk.find(email="ann@example.test"), desk.find(email="bob@example.test")
    with agency_scope(desk.agency_id):
        move_lead(actor=desk.actor, lead_id=ann.pk, stage_id=talking.pk, now=NOON)
        place = desk.find(pk=ann.pk).board_rank
        job = desk.run(text_of(["ann@example.test", "gone", "Too dear"], head=HEAD), policy="update")
        move_lead(actor=desk.actor, lead_id=bob.pk, stage_id=talking.pk, now=NOON)
    assert desk.find(pk=bob.pk).board_rank == place
    desk.undo(job)

    assert (desk.find(pk=ann.pk).stage_id, desk.find(pk=ann.pk).board_rank) == (talking.pk, "")


def test_rows_that_cannot_go_back_say_why_and_all_others_go(desk: Desk) -> None:
    talking, _gone = two_stages(desk)
    desk.run(text_of(ANN, BOB, ["Cy", "", "cy@example.test", "", "", "", ""]))
    ann, bob = desk.find(email="ann@example.test"), desk.find(email="bob@example.test")
    head = ["Lead ID", "E-mail", "Stage", "City"]
    with agency_scope(desk.agency_id):
        move_lead(actor=desk.actor, lead_id=bob.pk, stage_id=talking.pk, now=NOON)
    other = desk.house.stage.name
    rows = (
        [str(ann.pk), "new@example.test", "", ""], [str(bob.pk), "", other, ""], ["", "cy@example.test", "", "Waco"]
    )  # fmt: skip
    job = desk.run(text_of(*rows, head=head), policy="update")
    with agency_scope(desk.agency_id), transaction.atomic():
        Lead.unscoped.create(agency_id=desk.agency_id, client=desk.house.client, email="ann@example.test")
    with agency_scope(desk.agency_id):
        remove_stage(
            actor=desk.actor, client_id=desk.house.client.pk, stage_id=talking.pk, into=None, now=NOON, origin=NOWHERE
        )  # fmt: skip
    undone = desk.undo(job)

    assert (undone.status, undone.reversed, undone.kept) == ("undone", 1, 0)
    assert [(undo, reason) for _, _, reason, undo in desk.rows(job)] == [
        ("failed", "Somebody else has their former e-mail address by now."),
        ("failed", "The stage they were in is gone."),
        ("reversed", "Known already, by e-mail address."),
    ]
    assert desk.find(email="cy@example.test").city == ""
    assert desk.find(pk=ann.pk).email == "new@example.test"


CELL = st.sampled_from(["", "", "Ann", "Bob", "Lee", "'=1", "Zoë", "a\nb"])
STAGE = st.sampled_from([("", ""), ("Talking", ""), ("Gone", "Too dear"), ("Gone", ""), ("", "Too dear")])
PHONE, TAGS = st.sampled_from(["", "5125550148", "ext. 3"]), st.sampled_from(["", "vip", "vip; new"])
LINE = st.tuples(
    st.integers(0, 11), CELL, CELL, PHONE, TAGS, STAGE, CELL, st.sampled_from(["", "Lee & Sons", "Ray Ltd"]),
)  # fmt: skip
ALL = ["E-mail", "First name", "Last name", "Phone", "Tags", "Stage", "Lost reason", "Favourite", "Company"]


def lines_of(rows: list[Any]) -> bytes:
    return text_of(
        *([f"p{n}@example.test", first, last, phone, tags, *stage, more, firm]
          for n, first, last, phone, tags, stage, more, firm in rows),
        head=ALL,
    )  # fmt: skip


def state(desk: Desk) -> tuple[Any, ...]:
    with agency_scope(desk.agency_id), transaction.atomic():
        on = set(LeadTag.unscoped.filter(client=desk.house.client).values_list("lead_id", "tag_id"))
        firms = set(Company.unscoped.filter(client=desk.house.client).values_list("pk", flat=True))
    return desk.leads(), on, firms


def test_undo_of_a_line_that_changes_whom_a_line_before_has_made(cast: Cast) -> None:
    desk = Desk(cast)
    before = desk.leads()
    job = desk.run(
        text_of(
            ["ann@example.test", "5125550148"], ["ann@example.test", "5125550149"], head=["E-mail", "Phone"]
        ),
        policy="update",
    )
    undone = desk.undo(job)

    assert (job.created, job.updated, undone.reversed, undone.kept) == (1, 1, 2, 0), desk.rows(job)
    assert desk.leads() == before


@settings(
    max_examples=5, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(first=st.lists(LINE, min_size=8, max_size=12), second=st.lists(LINE, min_size=8, max_size=15))
def test_undo_leaves_everybody_as_they_were(cast: Cast, first: list[Any], second: list[Any]) -> None:
    desk = Desk(cast)
    with agency_scope(desk.agency_id), transaction.atomic():
        known = PipelineStage.unscoped.filter(client=desk.house.client, name="Gone").exists()
    if not known:
        two_stages(desk)
    desk.run(lines_of(first), policy="update")
    before = state(desk)
    job = desk.run(lines_of(second), policy="update")
    undone = desk.undo(job)

    assert (undone.status, undone.kept) == ("undone", 0), desk.rows(job)
    assert undone.reversed == job.created + job.updated
    assert state(desk) == before
