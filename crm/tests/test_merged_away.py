"""A merge lasts: whoever calls from the number of the person who was merged away is the one who was kept."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.scope import agency_scope
from conftest import NOON, Cast, House
from crm.models import Call, Lead, LeadMerge
from crm.services.duplicates import BEFORE_MERGE, lookalikes
from crm.services.merged_away import kept_people
from crm.tests.test_calling import log, logged
from crm.tests.test_leads import arrive, call, entry, leads
from crm.tests.test_merging import merge, twin, undo

NUMBER, ADDRESS = "+14105550177", "lee.twin@example.test"


def double(cast: Cast, **fields: Any) -> Lead:
    """Somebody with a number and an address of their own, not merged yet."""
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        theirs = {"phone": "(410) 555-0177", "phone_e164": NUMBER, "email": ADDRESS, **fields}
        return twin(cast.brightside, **theirs)


def merged(cast: Cast, **choose: str) -> Lead:
    """The house's lead keeps its own number; the other's address is taken over unless ``choose`` says otherwise."""
    other = double(cast)
    merge(cast, cast.brightside.lead, other, choose=choose)
    return other


def found(house: House, **asked: list[str]) -> dict[str, dict[str, Any]]:
    with agency_scope(house.client.agency_id), transaction.atomic():
        return kept_people(agency_id=house.client.agency_id, client_id=house.client.pk, asked=asked)


def test_call_from_the_number_of_who_was_merged_away_is_the_kept_ones(cast: Cast) -> None:
    house = cast.brightside
    other = merged(cast)
    arrive(house, entry(1, caller_number=NUMBER), entry(2, caller_number="(410) 555-0177"))

    assert [call(house, n).lead for n in (1, 2)] == [house.lead] * 2
    assert leads(house) == [other]  # nobody is made


def test_address_that_nobody_has_any_more_finds_the_kept_one(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        Lead.unscoped.filter(pk=house.lead.pk).update(email="lee@example.test")
    other = merged(cast)
    arrive(house, entry(1, caller_number="+14105550188", email=ADDRESS.upper()))
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        kept = Lead.unscoped.get(pk=house.lead.pk)

    assert call(house, 1).lead == house.lead
    assert (kept.email, kept.phone_e164, leads(house)) == ("lee@example.test", "+14105550142", [other])


def test_number_that_the_kept_one_lost_finds_them_too(cast: Cast) -> None:
    house, other = cast.brightside, double(cast)
    merge(cast, house.lead, other, choose={"phone": str(other.pk)})
    arrive(house, entry(1, caller_number="+14105550142"))

    assert (call(house, 1).lead, leads(house)) == (house.lead, [other])


def test_another_address_at_a_merged_number_is_another_person(cast: Cast) -> None:
    house = cast.brightside
    other = merged(cast)
    arrive(house, entry(1, caller_number=NUMBER, email="somebody.else@example.test"))

    [first, fresh] = leads(house)
    assert (first, fresh.email, call(house, 1).lead) == (other, "somebody.else@example.test", fresh)


def test_whoever_has_the_number_now_comes_first(cast: Cast) -> None:
    house = cast.brightside
    merged(cast)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        holder = twin(house, display_name="Holder", phone_e164=NUMBER)
    arrive(house, entry(1, caller_number=NUMBER))

    assert call(house, 1).lead == holder


def test_chain_is_followed_to_its_end(cast: Cast) -> None:
    house, first = cast.brightside, double(cast)
    second = double(cast, phone_e164="+14105550178", email="second@example.test")
    merge(cast, second, first)
    merge(cast, house.lead, second)
    first_link = found(house, phone_e164=[NUMBER, "+14105550199", ""])
    both = found(house, phone_e164=[NUMBER, "+14105550178"], email=[])

    assert first_link == {"phone_e164": {NUMBER: house.lead.pk}}
    assert both == {"phone_e164": {NUMBER: house.lead.pk, "+14105550178": house.lead.pk}, "email": {}}


@pytest.mark.parametrize("state", ["undone", "archived", "erased", "sibling", "given up"])
def test_merge_that_stands_no_more_finds_nobody(cast: Cast, state: str) -> None:
    house = cast.brightside
    merged(cast)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        kept = Lead.unscoped.filter(pk=house.lead.pk)
        if state == "archived":
            kept.update(archived_at=NOON)
        elif state == "erased":
            LeadMerge.unscoped.filter(kept=house.lead).update(before={}, moved={})
        elif state == "given up":  # the address, which the kept one took over and was freed of since
            kept.update(email="another@example.test")
    if state == "undone":
        undo(cast, house.lead)
    asked = found(cast.delgado if state == "sibling" else house, phone_e164=[NUMBER], email=[ADDRESS])

    stands = {NUMBER: house.lead.pk} if state == "given up" else {}
    assert asked == {"phone_e164": stands, "email": {}}


def test_call_logged_by_hand_finds_the_kept_one(cast: Cast) -> None:
    merged(cast)
    log(cast, "nora", phone="410-555-0177", name="")

    assert logged().lead == cast.brightside.lead


def test_call_logged_with_who_was_merged_away_is_the_kept_ones(cast: Cast) -> None:
    other = merged(cast)
    url = reverse("crm:lead_call_log", args=[other.pk])
    browser = cast.browser("nora")
    shown = browser.get(url)
    told = {"direction": "inbound", "phone": NUMBER, "started_at": "2026-03-03T10:30", "minutes": "1"}
    browser.post(url, told)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        on_the_archived = Call.unscoped.filter(lead=other).count()

    assert (shown.status_code, shown["location"]) == (302, f"/leads/{cast.brightside.lead.pk}/calls/log/")
    assert (logged().lead, on_the_archived) == (cast.brightside.lead, 0)


def test_former_number_is_said_to_be_somebodys(cast: Cast) -> None:
    house = cast.brightside
    merged(cast)
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        same = lookalikes(cast.actor("nora"), house.client.pk, phone_e164=NUMBER)
        own = lookalikes(cast.actor("nora"), house.client.pk, phone_e164="+14105550142")

    assert [(each.lead, each.by) for each in same] == [(house.lead, BEFORE_MERGE)]
    assert [(each.lead, each.by) for each in own] == [(house.lead, "number")]


def test_merges_are_read_once_for_all_calls_of_a_page(cast: Cast, django_assert_max_num_queries: Any) -> None:
    house = cast.brightside
    merged(cast)
    with django_assert_max_num_queries(40) as few:
        arrive(house, entry(1, caller_number=NUMBER), entry(2, caller_number="+14105550150"))
    with django_assert_max_num_queries(len(few)):
        arrive(
            house,
            entry(3, caller_number=NUMBER),
            *(entry(n, caller_number=f"+1410555016{n}") for n in range(4, 9)),
        )
