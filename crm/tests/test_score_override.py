"""A person's number beside the sum: it counts until it is lifted, and the machine goes on adding up."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.scope import agency_scope, scoped
from conftest import NOON, Cast
from crm.lead_filter import LeadFilter, Reading
from crm.lead_list import lead_page
from crm.models import Activity, Call, Lead, ScoringModel
from crm.score_page import history, panel_of
from crm.services.score_override import lift_override, override_score
from crm.services.scoring import rescore, scores_in_force
from crm.services.timeline import tell
from crm.tests.test_merging import merge, undo
from crm.tests.test_scores import again, hot_news, settle
from crm.timeline import deed_of

MINUTE = timedelta(minutes=1)


def say(
    cast: Cast, number: int | None, minutes: int = 1, who: str = "nora", reason: str = "Met them"
) -> Lead:
    actor, lead_id, now = cast.actor(who), cast.brightside.lead.pk, NOON + minutes * MINUTE
    with scoped(actor.scope), transaction.atomic():
        if number is None:
            return lift_override(actor=actor, lead_id=lead_id, now=now)
        return override_score(actor=actor, lead_id=lead_id, number=number, reason=reason, now=now)


def stands(cast: Cast) -> tuple[Any, ...]:
    """(number and tier that count, what the sum says, the number by hand and its reason)"""
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        lead = Lead.unscoped.get(pk=cast.brightside.lead.pk)
        row = scores_in_force([lead])[lead.pk]
    return lead.score, lead.tier, row.total, row.override, row.reason


def test_a_persons_number_counts_beside_the_sum_until_it_is_lifted(cast: Cast) -> None:
    again(cast.brightside)
    assert stands(cast) == (52, "warm", 52, None, "")
    say(cast, 90)
    assert stands(cast) == (90, "hot", 52, 90, "Met them")
    again(cast.brightside, NOON + timedelta(days=10))  # the machine goes on
    assert stands(cast) == (90, "hot", 42, 90, "Met them")
    say(cast, None, 60 * 24 * 11)
    assert stands(cast) == (42, "cool", 42, None, "")


def test_both_are_told_with_who_did_it(cast: Cast) -> None:
    say(cast, 90)
    say(cast, 90, 2)  # the same again is nothing
    say(cast, None, 3)
    say(cast, None, 4)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        lines = Activity.unscoped.filter(lead=cast.brightside.lead, action__startswith="score_").order_by(
            "pk"
        )
        told = [(each.who, each.words) for each in map(deed_of, lines.select_related("actor"))]
    assert told == [("Nora", "Score set by hand from 52 to 90"), ("Nora", "Score left to the sum again: 52")]


def test_who_makes_somebody_hot_by_hand_tells_the_others(cast: Cast) -> None:
    again(cast.brightside)
    say(cast, 69)
    say(cast, 95, 2)
    say(cast, 96, 3)

    assert [each["by"] for each in hot_news(cast)] == [str(cast.people["nora"].pk)]


def test_thresholds_of_the_client_name_the_number_by_hand_too(cast: Cast) -> None:
    say(cast, 60)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        ScoringModel.unscoped.create(
            agency=cast.larkspur,
            client=cast.brightside.client,
            version=2,
            weights={"hot_from": 60, "phone": 5},
        )
    again(cast.brightside, NOON + 2 * MINUTE)

    assert stands(cast)[:2] == (60, "hot")


def test_lists_go_by_the_number_that_counts(cast: Cast) -> None:
    again(cast.brightside)
    say(cast, 90)
    nora = cast.actor("nora")
    with scoped(nora.scope), transaction.atomic():
        shown = {
            tier: [
                row["of score"]
                for row in lead_page(nora, LeadFilter.parse({"tier": tier}, Reading({})), ["score"]).rows
            ]
            for tier in ("hot", "warm", "cool")
        }
        ranked = lead_page(nora, LeadFilter.parse({"sort": "score"}, Reading({})), ["score"]).rows
    assert shown == {"hot": ["90 hot"], "warm": [], "cool": []}
    assert ranked[0]["of score"] == "90 hot"


def test_archived_and_foreign_people_have_no_number_set(cast: Cast) -> None:
    with pytest.raises(Lead.DoesNotExist):
        say(cast, 90, who="rafael")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(archived_at=NOON)
    with pytest.raises(Lead.DoesNotExist):
        say(cast, 90)


def test_a_merge_keeps_the_number_of_who_stays_and_its_undo_gives_both_theirs(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        twin = Lead.unscoped.create(agency=cast.larkspur, client=house.client, display_name="Twin")
        tell(about=twin, lead_id=twin.pk, action="lead_created", now=NOON)
    with agency_scope(cast.larkspur.pk):
        rescore(agency_id=cast.larkspur.pk, lead_ids=[twin.pk, house.lead.pk], now=NOON)
    say(cast, 80)
    hannah = cast.actor("hannah")
    with scoped(hannah.scope), transaction.atomic():
        override_score(actor=hannah, lead_id=twin.pk, number=99, reason="Twin", now=NOON + 9 * MINUTE)

    merge(cast, house.lead, twin)
    again(house, NOON + 10 * MINUTE)
    assert stands(cast)[0] == 80

    undo(cast, house.lead)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        twin.refresh_from_db()
        row = scores_in_force([twin])[twin.pk]
    assert (twin.score, row.override, row.reason) == (99, 99, "Twin")
    assert stands(cast)[0] == 80


def test_the_history_says_who_when_and_why(cast: Cast) -> None:
    again(cast.brightside)
    say(cast, 90)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(rating=4)
    again(cast.brightside, NOON + 2 * MINUTE)
    nora = cast.actor("nora")
    with scoped(nora.scope), transaction.atomic():
        lead = Lead.objects.for_actor(nora).get(pk=cast.brightside.lead.pk)
        entries, older = history(nora, lead, "")
        panel = panel_of(nora, lead)
    assert [(each.number, each.who, each.words, each.reason, each.changes) for each in entries[:3]] == [
        (
            90,
            "Switchboard",
            "Added up anew; the number set by hand counts",
            "",
            [("Their best call was worth 4 stars.", "+8")],
        ),
        (90, "Nora", "Set by hand", "Met them", []),
        (52, "Switchboard", "Added up anew", "", entries[2].changes),
    ]
    assert (len(entries), older) == (4, "")  # the cast's own is the oldest
    assert panel.sum
    assert panel.override
    assert (panel.number, panel.sum.total, panel.override.scored_by, panel.is_due) == (
        90, 60, cast.people["nora"], True,
    )  # fmt: skip
    settle()
    with scoped(nora.scope), transaction.atomic():
        assert panel_of(nora, lead).is_due is False


def test_the_page_shows_a_sum_that_adds_up_and_the_form_keeps_what_was_typed(cast: Cast) -> None:
    again(cast.brightside)
    browser, args = cast.browser("nora"), [cast.brightside.lead.pk]
    page = browser.get(reverse("crm:lead", args=args)).content.decode()
    assert "They came to us within the last 7 days." in page
    assert "Sum, by weights version 1" in page

    refused = browser.post(
        reverse("crm:lead_score_set", args=args), {"number": "101", "reason": "Kept words"}
    )
    assert refused.status_code == 422
    assert "A score is 100 at most." in refused.content.decode()
    assert "Kept words" in refused.content.decode()

    done = browser.post(
        reverse("crm:lead_score_set", args=args), {"number": "77", "reason": "Good talk"}, follow=True
    )
    page = done.content.decode()
    assert "77, set by hand" in page
    assert "The sum would be 52." in page
    assert "Good talk" in page
    lifted = browser.post(reverse("crm:lead_score_lift", args=args), follow=True).content.decode()
    assert "The sum counts again: their score is 52." in lifted
