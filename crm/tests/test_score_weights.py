"""A client's weights: a change is a new version, looked at first, and everybody is added up anew."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Client
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast, make_cast
from crm.models import LeadScore, ScoringModel, ScoringRound
from crm.score_weights import USUAL
from crm.services.score_sweeps import walk_on
from crm.services.score_weights import WeightsChanged, preview, save_weights
from crm.services.scoring import Weighing
from crm.tests.test_scores import again, history
from crm.weights_page import versions


def save(cast: Cast, seen: int, who: str = "nora", **points: int) -> Weighing:
    actor = cast.actor(who)
    with scoped(actor.scope):
        return save_weights(
            actor=actor, client_id=cast.brightside.client.pk, weights={**USUAL, **points}, seen=seen, now=NOON,
            origin=NOWHERE,
        )  # fmt: skip


def numbers(cast: Cast) -> list[int]:
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        rows = ScoringModel.unscoped.filter(client=cast.brightside.client).order_by("version")
        return [row.version for row in rows]


def test_a_change_is_a_new_version_and_the_old_ones_stay(cast: Cast) -> None:
    again(cast.brightside)
    assert save(cast, 1, phone=15).version == 2
    assert save(cast, 2, phone=15).version == 2  # nothing was different
    assert save(cast, 2).version == 3

    assert numbers(cast) == [1, 2, 3]
    with platform_scope(PlatformUse.ADMIN):
        told = AuditEvent.unscoped.filter(event_type="scoring_weights_changed").order_by("seq")
        assert [each.details["changed"] for each in told] == [{"phone": [5, 15]}, {"phone": [15, 5]}]


def test_everybody_is_added_up_anew_in_the_background(cast: Cast) -> None:
    again(cast.brightside)
    with platform_scope(PlatformUse.ADMIN):
        ScoringRound.unscoped.update(due_at=NOON + timedelta(days=1), after=cast.brightside.lead.pk)
    assert walk_on(now=NOON) is False
    save(cast, 1, phone=15)

    assert walk_on(now=NOON) is True
    assert walk_on(now=NOON) is False
    assert history(cast.brightside) == [(52, "warm"), (62, "warm")]
    assert history(cast.delgado) == []
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        rows = LeadScore.unscoped.filter(lead=cast.brightside.lead).order_by("pk")
        assert [row.weights_version for row in rows] == [1, 1, 2]


def test_who_looked_at_an_older_version_saves_nothing(cast: Cast) -> None:
    save(cast, 1, phone=15)
    with pytest.raises(WeightsChanged) as refused:
        save(cast, 1, company=9)

    assert (refused.value.newest.version, numbers(cast)) == (2, [1, 2])


@pytest.mark.parametrize("who", ["otto", "rafael"])
def test_foreign_clients_have_no_weights_to_save(cast: Cast, who: str) -> None:
    with pytest.raises(Client.DoesNotExist):
        save(cast, 1, who, phone=15)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told_of_the_other() -> None:
    with transaction.atomic():
        cast, ready = make_cast(), Barrier(2)

    def work(points: int) -> int | None:
        try:
            ready.wait()
            return save(cast, 1, phone=points).version
        except WeightsChanged:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(work, (11, 12)))

    assert sorted(done, key=str) == [2, None]
    assert numbers(cast) == [1, 2]


def test_a_look_at_the_effect_writes_nothing(cast: Cast) -> None:
    again(cast.brightside)
    nora = cast.actor("nora")
    with scoped(nora.scope):
        [effect] = preview(
            actor=nora, client_id=cast.brightside.client.pk, weights={**USUAL, "phone": 45}, now=NOON
        )
    assert (effect.lead, effect.before.total, effect.after.total, effect.after.tier) == (
        cast.brightside.lead, 52, 92, "hot",
    )  # fmt: skip
    assert (effect.differs, history(cast.brightside), numbers(cast)) == (True, [(52, "warm")], [1])


def test_versions_say_who_changed_what(cast: Cast) -> None:
    save(cast, 1, phone=15)
    save(cast, 2, phone=15, company=0)
    nora = cast.actor("nora")
    with scoped(nora.scope), transaction.atomic():
        found, older = versions(nora, cast.brightside.client.pk, "")

    assert [(each.number, each.who, each.changes) for each in found] == [
        (3, "Nora", [("Company is known", 3, 0)]),
        (2, "Nora", [("Has a phone number", 5, 15)]),
        (1, "Somebody", []),
    ]
    assert older == ""


def test_the_page_previews_saves_and_refuses_in_sentences(cast: Cast) -> None:
    again(cast.brightside, timezone.now())
    browser, args = cast.browser("nora"), [cast.brightside.client.slug]
    page, post = reverse("crm:scoring", args=args), reverse("crm:scoring_save", args=args)
    typed = {**{name: str(value) for name, value in USUAL.items()}, "seen": "1"}

    looked = browser.post(post, {**typed, "phone": "45", "preview": "1"})
    assert looked.status_code == 200
    assert "Nothing is saved yet." in looked.content.decode()
    assert 'value="45"' in looked.content.decode()
    refused = browser.post(post, {**typed, "phone": "51", "warm_from": "80", "company": ""})
    words = refused.content.decode()
    assert refused.status_code == 422
    assert "Choose 50 or less." in words
    assert "Hot has to begin above warm." in words
    assert "Write a number; 0 for what should not count." in words
    saved = browser.post(post, {**typed, "phone": "9"}, follow=True).content.decode()
    assert "Version 2 counts from now on." in saved
    meanwhile = browser.post(post, {**typed, "phone": "8"})
    assert meanwhile.status_code == 422
    assert "Somebody saved version 2 meanwhile" in meanwhile.content.decode()
    assert 'name="seen" value="2"' in meanwhile.content.decode()
    assert 'value="8"' in meanwhile.content.decode()
    older = browser.get(f"{page}?from=0").content.decode()
    assert "The form shows the usual weights." in older
    assert numbers(cast) == [1, 2]
