"""People made one and taken apart: every row follows, nothing is lost, and undoing is exact."""

import random
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import ForeignKey, UniqueConstraint
from django.urls import reverse

from accounts.scope import agency_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast, House, make_cast
from crm.merging import CHOICES, CHOSEN, DERIVED, JOINED, NEVER, columns, snapshot
from crm.models import (
    Activity,
    Call,
    CampaignMember,
    Company,
    Customer,
    Lead,
    LeadMerge,
    LeadTag,
    OutcomeMilestone,
    ServiceAgreement,
    Tag,
)
from crm.services.leads import as_text, update_lead
from crm.services.merging import (
    BY_FUNCTION,
    MOVES,
    OF_CUSTOMER,
    STAYS,
    MergeRefused,
    merge_leads,
    undo_merge,
)
from crm.services.timeline import tell


def references(target: str) -> set[tuple[str, str]]:
    return {
        (model.__name__, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model.__name__ == target
    }


def test_every_reference_to_a_person_follows_or_stays_on_purpose() -> None:
    assert references("Lead") == set(MOVES) | BY_FUNCTION | STAYS
    assert references("Customer") - {("Activity", "customer")} == {(name, "customer") for name in OF_CUSTOMER}


def test_every_key_that_holds_a_person_is_known() -> None:
    for (name, field), key in MOVES.items():
        model = apps.get_model("crm", name)
        unique = [
            {
                "tag_id" if each == "tag" else "campaign_id" if each == "campaign" else each
                for each in rule.fields
            }
            - {"agency", "client", field}
            for rule in model._meta.constraints
            if isinstance(rule, UniqueConstraint) and field in rule.fields
        ]
        assert unique == ([set(key)] if key is not None else []), name


def test_every_column_of_a_person_is_chosen_joined_worked_out_or_left() -> None:
    places = [*CHOSEN, *DERIVED, *JOINED, *NEVER]
    assert (len(places), set(places)) == (len(set(places)), set(columns()))


def twin(house: House, **fields: Any) -> Lead:
    lead: Lead = Lead.unscoped.create(
        **{"agency_id": house.client.agency_id, "client": house.client, "display_name": "Twin", **fields}
    )
    return lead


def furnish(house: House, lead: Lead, rng: random.Random) -> None:
    """Some of everything that points at a person, clashing with what the house's lead has or not."""
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client": house.client}
    for n in range(rng.randint(0, 3)):
        call = Call.unscoped.create(
            **own, lead=lead, external_id=f"{lead.pk}-{n}", direction=rng.choice(("inbound", "outbound")),
            answered=rng.choice((True, False)), started_at=NOON + timedelta(hours=rng.randint(-40, 40)),
        )  # fmt: skip
        tell(about=lead, lead_id=lead.pk, call_id=call.pk, action="call_received", now=NOON)
    if rng.random() < 0.5:
        LeadTag.unscoped.create(**own, lead=lead, tag=house.tag)
        OutcomeMilestone.unscoped.create(**own, lead=lead, stage="replied", reached_at=NOON)
    LeadTag.unscoped.create(**own, lead=lead, tag=Tag.unscoped.create(**own, name=f"T{rng.random()}"))
    if rng.random() < 0.5:
        CampaignMember.unscoped.create(
            **own, lead=lead, campaign=house.work.campaign, added_at=NOON,
            status=rng.choice(CampaignMember.Status.values),
        )  # fmt: skip
    if rng.random() < 0.5:
        customer = Customer.unscoped.create(**own, lead=lead, name="Twin")
        ServiceAgreement.unscoped.create(**own, customer=customer, agreed_price=5, agreed_date=NOON.date())
    for name, value in {
        "email": f"{lead.pk}@example.test", "title": "Owner", "city": "Towson", "notes": "Words", "value": 12,
        "sentiment": "positive", "enrichment_data": {"a": rng.random()}, "last_call_at": NOON, "score": 4,
        "attribution": {"source": "x"}, "stage": house.stage, "phone": "1", "external_ref": "R", "owner": house.worker,
    }.items():  # fmt: skip
        if rng.random() < 0.5:
            setattr(lead, name, value)
    lead.save()


def everything(house: House) -> dict[str, Any]:
    """All that points at people of the house, and the people themselves, but for when rows were last saved."""
    pictures: dict[str, Any] = {
        f"{name}.{field}": sorted(
            apps.get_model("crm", name).unscoped.filter(client=house.client).values_list("pk", f"{field}_id")
        )
        for name, field in [*MOVES, *BY_FUNCTION, *((each, "customer") for each in OF_CUSTOMER)]
    }
    told = Activity.unscoped.filter(client=house.client).exclude(action__in=("lead_merged", "merge_undone"))
    pictures["Activity.lead"] = sorted(told.values_list("pk", "lead_id"))
    pictures["members"] = sorted(
        CampaignMember.unscoped.filter(client=house.client).values_list("pk", "status")
    )
    pictures["customers"] = sorted(Customer.unscoped.filter(client=house.client).values_list("pk", "status"))
    for lead in Lead.unscoped.filter(client=house.client):
        pictures[str(lead.pk)] = {**snapshot(lead), "updated_at": None}
    return pictures


def merge(cast: Cast, kept: Lead, *others: Lead, choose: dict[str, str] | None = None) -> Lead:
    actor = cast.actor("hannah")
    with scoped(actor.scope), transaction.atomic():
        LeadMerge.unscoped.filter(before={}).delete()  # the cast's, at the same moment
        seen = {
            str(each.pk): each.updated_at.isoformat()
            for each in Lead.unscoped.filter(pk__in=[each.pk for each in (kept, *others)])
        }
        return merge_leads(
            actor=actor, kept_id=kept.pk, merged_ids=[each.pk for each in others], choose=choose or {}, seen=seen,
            now=NOON, origin=NOWHERE,
        )  # fmt: skip


def undo(cast: Cast, kept: Lead, merge_id: UUID | None = None) -> list[Lead]:
    actor = cast.actor("hannah")
    with scoped(actor.scope), transaction.atomic():
        rows = LeadMerge.unscoped.filter(kept=kept, undone_at=None).exclude(before={})
        wanted = merge_id or rows.latest("merged_at").pk
        return undo_merge(actor=actor, lead_id=kept.pk, merge_id=wanted, now=NOON, origin=NOWHERE)


@pytest.mark.parametrize("seed", range(12))
def test_merge_then_undo_is_identity(cast: Cast, seed: int) -> None:
    house, rng = cast.brightside, random.Random(seed)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        LeadMerge.unscoped.filter(client=house.client).delete()
        people = [house.lead, *(twin(house) for _ in range(rng.randint(1, 2)))]
        for each in people[1:]:
            furnish(house, each, rng)
        rng.shuffle(people)
        before = everything(house)
    choose = {key: str(rng.choice(people).pk) for key in CHOICES}
    merge(cast, *people, choose=choose)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        assert everything(house) != before
    undo(cast, people[0])

    with agency_scope(cast.larkspur.pk), transaction.atomic():
        assert everything(house) == before


def test_all_that_was_theirs_is_the_kept_ones_and_the_timeline_tells_it(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        other = twin(house, email="twin@example.test", enrichment_data={"Insurance": "Delta"}, title="Owner")
        call = Call.unscoped.create(
            agency_id=other.agency_id, client=house.client, lead=other, external_id="t", direction="outbound",
            started_at=NOON + timedelta(hours=1),
        )  # fmt: skip
    kept = merge(cast, house.lead, other, choose={"title": str(other.pk)})

    with agency_scope(cast.larkspur.pk), transaction.atomic():
        gone = Lead.unscoped.get(pk=other.pk)
        line = Activity.unscoped.get(lead=kept, action="lead_merged")
        call.refresh_from_db()
    assert (kept.email, kept.title, kept.enrichment_data, kept.display_name) == (
        "twin@example.test", "Owner", {"Insurance": "Delta"}, house.lead.display_name,
    )  # fmt: skip
    assert (call.lead_id, gone.merged_into_id, gone.archived_at, line.metadata["name"]) == (
        kept.pk, kept.pk, NOON, "Twin",
    )  # fmt: skip
    page = cast.browser("vi").get(reverse("crm:lead", args=[other.pk]))
    assert (page.status_code, page["location"]) == (302, f"/leads/{kept.pk}/")


def test_who_left_a_campaign_has_left_it(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        other = twin(house)
        CampaignMember.unscoped.create(
            agency_id=other.agency_id, client=house.client, lead=other, campaign=house.work.campaign, added_at=NOON,
            status="opted_out",
        )  # fmt: skip
    merge(cast, house.lead, other)

    with agency_scope(cast.larkspur.pk):
        assert CampaignMember.unscoped.get(pk=house.work.member.pk).status == "opted_out"


def test_undo_refuses_when_somebody_changed_the_person(cast: Cast) -> None:
    house, hannah = cast.brightside, cast.actor("hannah")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        other = twin(house)
    kept = merge(cast, house.lead, other)
    with scoped(hannah.scope), transaction.atomic():
        values: dict[str, Any] = {**as_text(kept), "value": None, "extras": {}, "city": "Dundalk"}
        update_lead(actor=hannah, lead_id=kept.pk, seen=as_text(kept), values=values, now=NOON)

    with pytest.raises(MergeRefused, match=r"changed this person since they were merged \(place\)"):
        undo(cast, kept)


def test_calls_that_came_since_stay_and_do_not_prevent_undoing(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        other = twin(house)
    kept = merge(cast, house.lead, other)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        late = Call.unscoped.create(
            agency_id=kept.agency_id, client=house.client, lead=kept, external_id="late", direction="outbound",
            started_at=NOON + timedelta(days=1),
        )  # fmt: skip
        Lead.unscoped.filter(pk=kept.pk).update(last_call_at=late.started_at, status="new")
    undo(cast, kept)

    with agency_scope(cast.larkspur.pk), transaction.atomic():
        after, apart = Lead.unscoped.get(pk=kept.pk), Lead.unscoped.get(pk=other.pk)
        late.refresh_from_db()
    assert (late.lead_id, after.last_call_at, apart.last_call_at, apart.archived_at) == (
        kept.pk, late.started_at, None, None,
    )  # fmt: skip


def test_an_address_that_was_taken_meanwhile_is_said(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=house.lead.pk).update(email="lee@example.test")
        other = twin(house, email="twin@example.test")
    kept = merge(cast, house.lead, other)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        twin(house, email="TWIN@example.test")

    with pytest.raises(MergeRefused, match="Somebody else has one of the e-mail addresses by now"):
        undo(cast, kept)


def test_a_later_merge_is_undone_first(cast: Cast) -> None:
    house, hannah = cast.brightside, cast.actor("hannah")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        one, two = twin(house), twin(house)
    merge(cast, house.lead, one)
    with scoped(hannah.scope), transaction.atomic():
        first = LeadMerge.unscoped.get(merged=one)
        LeadMerge.unscoped.filter(pk=first.pk).update(merged_at=NOON - timedelta(minutes=1))
    merge(cast, house.lead, two)

    with pytest.raises(MergeRefused, match="Undo that one first"):
        undo(cast, house.lead, first.pk)
    undo(cast, house.lead)
    undo(cast, house.lead, first.pk)


@pytest.mark.parametrize("state", ["archived", "erased", "changed", "same", "foreign", "sibling"])
def test_what_cannot_be_merged_is_refused(cast: Cast, state: str) -> None:
    house, nora = cast.brightside, cast.actor("nora")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        other = twin(house)
        seen = {str(each.pk): each.updated_at.isoformat() for each in (house.lead, other, cast.delgado.lead)}
        if state in ("archived", "erased"):
            Lead.unscoped.filter(pk=other.pk).update(**{f"{state}_at": NOON})
        if state == "changed":
            Lead.unscoped.get(pk=other.pk).save()
    wanted = {"same": house.lead, "foreign": cast.kettle.lead, "sibling": cast.delgado.lead}.get(state, other)

    with scoped(nora.scope), transaction.atomic(), pytest.raises((MergeRefused, Lead.DoesNotExist)):
        merge_leads(
            actor=nora,
            kept_id=house.lead.pk,
            merged_ids=[wanted.pk],
            choose={},
            seen=seen,
            now=NOON,
            origin=NOWHERE,
        )
    with agency_scope(cast.larkspur.pk):
        assert LeadMerge.unscoped.filter(kept=house.lead).exclude(before={}).count() == 0


def at_once(cast: Cast, *deeds: Any) -> list[str]:
    """Run the deeds in threads of their own, and return how each ended."""
    ends, gate = [], threading.Barrier(len(deeds))

    def run(deed: Any) -> None:
        gate.wait()
        try:
            deed()
            ends.append("done")
        except (MergeRefused, Lead.DoesNotExist) as refused:
            ends.append(type(refused).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sorted(ends)


@pytest.mark.django_db(transaction=True)
def test_overlapping_merges_and_edits_at_once_leave_a_whole(transactional_db: None) -> None:
    with transaction.atomic():
        cast = make_cast()
    house, hannah = cast.brightside, cast.actor("hannah")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        one, two = twin(house, city="A"), twin(house, city="B")
        seen = {str(each.pk): each.updated_at.isoformat() for each in (house.lead, one, two)}

    def merging(kept: Lead, merged: Lead) -> Any:
        def deed() -> None:
            with scoped(hannah.scope):
                merge_leads(
                    actor=hannah, kept_id=kept.pk, merged_ids=[merged.pk], choose={}, seen=seen, now=NOON,
                    origin=NOWHERE,
                )  # fmt: skip

        return deed

    assert at_once(cast, merging(house.lead, one), merging(one, two)) == ["MergeRefused", "done"]

    with agency_scope(cast.larkspur.pk), transaction.atomic():
        first, second = twin(house), twin(house)
        seen |= {str(each.pk): each.updated_at.isoformat() for each in (first, second)}
        shown = as_text(second)

    def editing() -> None:
        values: dict[str, Any] = {**shown, "value": None, "extras": {}, "city": "Towson"}
        with scoped(hannah.scope):
            update_lead(actor=hannah, lead_id=second.pk, seen=shown, values=values, now=NOON)

    assert at_once(cast, merging(first, second), editing) in (
        ["DoesNotExist", "done"],
        ["MergeRefused", "done"],
    )


def test_the_function_moves_no_lines_but_those_of_a_merge_in_scope(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        row = LeadMerge.unscoped.get(kept=house.lead)
        tell(about=row.merged, lead_id=row.merged_id, action="lead_created", now=NOON)
    for who, moved in (("rafael", 0), ("otto", 0), ("hannah", 1)):
        with scoped(cast.actor(who).scope), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT crm_activities_follow(%s, false)", [row.pk])
            assert len(cursor.fetchall()) == moved, who


def test_the_companies_of_merged_people_stay(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        company = Company.unscoped.create(agency=cast.larkspur, client=house.client, name="Acme")
        other = twin(house, company=company, company_name="Acme")
    kept = merge(cast, house.lead, other)
    assert (kept.company_id, kept.company_name) == (company.pk, "Acme")
