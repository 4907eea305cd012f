"""Suggested weights: nothing without enough, nothing of what a sale itself brings, and a person decides."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.scope import agency_scope
from conftest import Cast
from crm.models import Lead, ScoringModel
from crm.score_learning import ENOUGH, TRAITS, suggest
from crm.score_weights import BY_NAME, USUAL
from crm.scoring import Facts

OWNER, NOBODY = Facts(title="Owner", has_phone=True), Facts(has_phone=True)


def points(bought: int, others: int, of: int = 100) -> tuple[int, int]:
    """What is suggested for owners, so many of whom bought and did not; and for a number, which everybody has."""
    found = suggest(
        [OWNER] * bought + [NOBODY] * (of - bought), [OWNER] * others + [NOBODY] * (of - others), USUAL
    )
    suggested = {each.name: each.suggested for each in found.evidence}
    return suggested["decides"], suggested["phone"]


@pytest.mark.parametrize(
    ("bought", "others", "expected"),
    [
        (40, 20, 8),  # twice as many
        (80, 20, 16),
        (20, 40, -8),
        (22, 20, 10),  # chance: as it was
        (50, 0, 45),  # nobody else, counted as one in a hundred
    ],
)
def test_points_follow_how_much_more_frequent_a_trait_is(bought: int, others: int, expected: int) -> None:
    assert points(bought, others) == (expected, 5)


@pytest.mark.parametrize(("won", "rest"), [(ENOUGH - 1, 500), (500, ENOUGH - 1), (0, 0)])
def test_too_few_suggest_nothing(won: int, rest: int) -> None:
    found = suggest([OWNER] * won, [NOBODY] * rest, USUAL)

    assert (found.is_enough, found.evidence, found.weights) == (False, (), {})


@given(st.integers(0, 100), st.integers(0, 100))
def test_suggestions_stay_within_bounds(bought: int, others: int) -> None:
    assert all(BY_NAME[name].least <= each <= BY_NAME[name].most for name, each in
               zip(("decides", "phone"), points(bought, others), strict=True))  # fmt: skip


def test_what_a_sale_itself_brings_is_not_looked_at() -> None:
    """A call that ended in a sale is rated for it, and who bought is called again."""
    sold = Facts(stars=5, talk_seconds=999, inbound=9, inbound_days=0, contact_days=0, picked_up=5, came_back=True,
                 meetings=2, sentiment="positive")  # fmt: skip

    assert not any(has(sold) for has in TRAITS.values())


def fill(cast: Cast, count: int = ENOUGH) -> None:
    """People of Brightside, of whom those with a title bought; and as many who came only now, and still may."""
    now = timezone.now()
    own = {"agency": cast.larkspur, "client": cast.brightside.client, "source": "manual"}
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        bought = [Lead(**own, title="Owner", status="converted") for _ in range(count)]
        others = [Lead(**own) for _ in range(count * 2)]
        Lead.unscoped.bulk_create([*bought, *others])
        ripe = [lead.pk for lead in others[:count]]
        Lead.unscoped.filter(pk__in=ripe).update(created_at=now - timedelta(days=31))


def test_the_evidence_is_shown_and_a_person_makes_it_a_version(cast: Cast) -> None:
    fill(cast)
    browser, args = cast.browser("nora"), [cast.brightside.client.slug]
    page = browser.get(reverse("crm:scoring_suggestion", args=args))
    words = page.content.decode()
    assert f"{ENOUGH} converted leads with {ENOUGH} that were known for a month" in words
    assert "100 %" in words

    filled = {name: str(value) for name, value in page.context["filled"]}
    looked = browser.post(reverse("crm:scoring_save", args=args), {**filled, "preview": "1"})
    assert 'name="learned" value="on"' in looked.content.decode()
    saved = browser.post(reverse("crm:scoring_save", args=args), filled, follow=True).content.decode()
    assert f"after what {ENOUGH} sales suggest" in saved
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        made = ScoringModel.unscoped.get(client=cast.brightside.client, version=2)
    assert (made.weights["decides"], made.learned_from["suggested"]["decides"]) == (50, 50)


def test_too_few_are_said_to_be_too_few(cast: Cast) -> None:
    fill(cast, ENOUGH - 1)
    page = cast.browser("nora").get(reverse("crm:scoring_suggestion", args=[cast.brightside.client.slug]))

    assert "There are too few to say anything yet." in page.content.decode()
