"""Markets: whose they are, their names, and that none goes while a campaign aims at it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast, make_cast
from crm.models import Campaign, Market
from crm.services.markets import InUse, NotYours, delete_market, save_market

FILLED = {"name": "Family dentists", "region": "Baltimore", "description": "Two chairs or more"}


def add(cast: Cast, name: str, client: Any = None) -> Market:
    with platform_scope(PlatformUse.ADMIN):
        made: Market = Market.unscoped.create(agency=cast.larkspur, client=client, name=name)
        return made


def names(cast: Cast, who: str) -> list[str]:
    page = cast.browser(who).get(reverse("crm:markets"))
    return [each.name for each, _ in page.context["rows"]]


def test_market_of_one_client_and_of_all(cast: Cast) -> None:
    nora = cast.browser("nora")
    answers = [
        nora.post(reverse("crm:market_new"), {**FILLED, "whose": whose})["Location"]
        for whose in ("all", "brightside-dental")
    ]

    with platform_scope(PlatformUse.ADMIN):
        made = Market.unscoped.filter(name=FILLED["name"]).order_by("pk")
        rows = [(each.client_id, each.region, each.description) for each in made]
        told = list(AuditEvent.unscoped.filter(event_type="market_changed").values_list("target", flat=True))
    assert answers == [reverse("crm:markets")] * 2
    more = (FILLED["region"], FILLED["description"])
    assert rows == [(None, *more), (cast.brightside.client.pk, *more)]
    assert told == [FILLED["name"]] * 2


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": "NORTH", "whose": "brightside-dental"}, "name"),  # as the one that is there
        ({"name": " ", "whose": "all"}, "name"),
        ({"name": "South"}, "whose"),
        ({"name": "South", "whose": "copper-kettle"}, "whose"),  # of another agency
        ({"name": "x" * 121, "whose": "all"}, "name"),
    ],
)
def test_form_says_what_is_wrong(cast: Cast, form: dict[str, str], field: str) -> None:
    answer = cast.browser("nora").post(reverse("crm:market_new"), form)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_who_has_some_clients_alone_makes_none_for_all(cast: Cast) -> None:
    house = add(cast, "Everywhere")
    theo, actor = cast.browser("theo"), cast.actor("theo")
    answers = [
        theo.post(reverse("crm:market_new"), {**FILLED, "whose": whose}).status_code
        for whose in ("all", "delgado-plumbing", "brightside-dental")
    ]
    changes = [
        theo.post(reverse(f"crm:{route}", args=[house.pk]), FILLED).status_code
        for route in ("market_edit", "market_delete")
    ]
    with scoped(actor.scope):
        for deed in (
            lambda: save_market(
                actor=actor, market_id=None, client=None, values=FILLED, now=NOON, origin=NOWHERE
            ),
            lambda: delete_market(actor=actor, market_id=house.pk, now=NOON, origin=NOWHERE),
        ):
            with pytest.raises(NotYours):
                deed()

    assert (answers, changes) == ([422, 422, 302], [403, 403])


def test_each_sees_those_of_their_clients_and_of_the_house(cast: Cast) -> None:
    add(cast, "Everywhere")
    add(cast, "South", cast.delgado.client)

    assert [names(cast, who) for who in ("nora", "theo", "otto")] == [
        ["Everywhere", "North", "North", "South"],
        ["Everywhere", "North"],
        ["North"],
    ]


def test_change_keeps_whose_it_is(cast: Cast) -> None:
    market = cast.brightside.work.market
    cast.browser("theo").post(reverse("crm:market_edit", args=[market.pk]), {**FILLED, "whose": "all"})

    with platform_scope(PlatformUse.ADMIN):
        market.refresh_from_db()
    assert (market.name, market.client_id) == (FILLED["name"], cast.brightside.client.pk)


def test_market_in_use_stays_and_says_why(cast: Cast) -> None:
    market, nora = cast.brightside.work.market, cast.browser("nora")
    address = reverse("crm:market_delete", args=[market.pk])
    asked = nora.get(address).content.decode()
    refused = nora.post(address)
    with platform_scope(PlatformUse.ADMIN):
        kept = Market.unscoped.filter(pk=market.pk).exists()
        Campaign.unscoped.filter(market=market).update(market=None)
    done = nora.post(address)

    assert ("1 campaign aims at it" in asked, "Delete the market" in asked) == (True, False)
    assert (refused.status_code, kept, done.status_code) == (422, True, 302)
    with platform_scope(PlatformUse.ADMIN):
        assert not Market.unscoped.filter(pk=market.pk).exists()


def test_use_counts_also_where_the_asker_does_not_see_it(cast: Cast) -> None:
    """Theo may delete Brightside's market, but sees own records alone: none of its campaigns."""
    market = cast.brightside.work.market
    with platform_scope(PlatformUse.ADMIN):
        cast.people["theo"].memberships.update(record_access="own")
    actor = cast.actor("theo")
    with scoped(actor.scope):
        seen = Campaign.objects.for_actor(actor).count()
        with pytest.raises(InUse):
            delete_market(actor=actor, market_id=market.pk, now=NOON, origin=NOWHERE)

    assert seen == 0


def test_campaigns_are_filtered_by_market(cast: Cast) -> None:
    other = add(cast, "Everywhere")
    unused = add(cast, "Nowhere")
    own: dict[str, Any] = {"agency": cast.larkspur, "client": cast.brightside.client}
    with platform_scope(PlatformUse.ADMIN):
        Campaign.unscoped.create(**own, name="Whitening", market=other)
    pages = {
        who: cast.browser(who).get(reverse("crm:campaigns"), {"market": str(other.pk)}).context
        for who in ("nora", "hannah", "rafael")
    }
    found = {who: [each.name for each in page["rows"]] for who, page in pages.items()}
    offered = {who: [each.name for each in page["markets"]] for who, page in pages.items()}

    assert found == {"nora": ["Whitening"], "hannah": ["Whitening"], "rafael": ["Recall"]}
    assert offered == {
        "nora": ["Everywhere", "North", "North"],
        "hannah": ["Everywhere", "North"],
        "rafael": ["North"],
    }
    for junk in (str(unused.pk), "x", "\x00", str(cast.kettle.work.market.pk)):
        page = cast.browser("nora").get(reverse("crm:campaigns"), {"market": junk})
        assert len(page.context["rows"]) == 3, junk


@pytest.mark.parametrize(("market", "status"), [("delgado", 422), ("kettle", 422), ("brightside", 302)])
def test_campaign_takes_a_market_of_its_client_or_of_the_house(cast: Cast, market: str, status: int) -> None:
    wanted = getattr(cast, market).work.market
    form = {"name": "New", "market": wanted.pk, "rest_after": 3, "rest_days": 14, "retry_hours": 20}
    answer = cast.browser("nora").post(reverse("crm:campaign_new") + "?client=brightside-dental", form)

    assert answer.status_code == status


@pytest.mark.django_db(transaction=True)
def test_deleting_and_choosing_at_once_leaves_no_campaign_without_its_market() -> None:
    """Of a market either is left: itself with the campaign, or neither."""
    with transaction.atomic():
        cast = make_cast()
        markets = [add(cast, f"Market {n}") for n in range(6)]
        actor = cast.actor("nora")
    together = Barrier(2)

    def delete(market: Market) -> bool:
        try:
            together.wait()
            with transaction.atomic(), scoped(actor.scope):
                delete_market(actor=actor, market_id=market.pk, now=NOON, origin=NOWHERE)
        except InUse:
            return False
        finally:
            connection.close()
        return True

    def choose(market: Market) -> bool:
        own: dict[str, Any] = {"agency": cast.larkspur, "client": cast.brightside.client}
        try:
            together.wait()
            with transaction.atomic(), agency_scope(cast.larkspur.pk):
                Campaign.unscoped.create(**own, name=market.name, market=market)
        except IntegrityError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        ended = [
            {each.result() for each in (pool.submit(delete, market), pool.submit(choose, market))}
            for market in markets
        ]
    with transaction.atomic(), platform_scope(PlatformUse.ADMIN):
        left = set(Market.unscoped.filter(name__startswith="Market ").values_list("pk", flat=True))
        aimed = set(Campaign.unscoped.filter(name__startswith="Market ").values_list("market", flat=True))
    assert ended == [{True, False}] * 6
    assert left == aimed
