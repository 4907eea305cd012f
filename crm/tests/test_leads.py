"""Whose call it is: people found again by address and number, made when nobody knows them, and numbered calls."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.scope import agency_scope
from conftest import NOON, Cast, House, make_cast
from crm.models import Call, Lead, Tag
from crm.providers.ctm.records import call_record
from crm.services import workbench
from crm.services.ingest import Ingested, ingest_calls
from crm.services.reconciling import Reading

NUMBER = "+14105550199"


def entry(n: int, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    usual = {
        "direction": "inbound",
        "status": "answered",
        "duration": 60,
        "talk_time": 50,
        "caller_number": NUMBER,
    }
    return {"id": n, "unix_time": int(at.timestamp()), **usual, **fields}


def arrive(house: House, *entries: dict[str, Any]) -> Ingested:
    now = timezone.now()
    records = [call_record(each) for each in entries]
    with agency_scope(house.client.agency_id):
        return ingest_calls(client=house.client, records=records, reading=Reading(now), now=now)


def call(house: House, n: int) -> Call:
    with agency_scope(house.client.agency_id), transaction.atomic():
        return Call.unscoped.select_related("lead").get(client=house.client, external_id=str(n))


def leads(house: House) -> list[Lead]:
    """Those that the test made."""
    with agency_scope(house.client.agency_id), transaction.atomic():
        rows = Lead.unscoped.filter(client=house.client).exclude(pk__in=(house.lead.pk, house.work.gone.pk))
        return list(rows.order_by("created_at", "pk"))


def test_unknown_number_makes_a_lead(cast: Cast) -> None:
    arrive(
        cast.brightside,
        entry(1, name="Dana Ann Whitfield", city="Baltimore", state="MD", email="Dana@Example.test"),
    )

    [lead] = leads(cast.brightside)
    assert call(cast.brightside, 1).lead == lead
    assert (lead.display_name, lead.first_name, lead.last_name) == (
        "Dana Ann Whitfield",
        "Dana",
        "Ann Whitfield",
    )
    assert (lead.phone_e164, lead.email, lead.city, lead.state, lead.last_call_at) == (
        NUMBER, "dana@example.test", "Baltimore", "MD", NOON,
    )  # fmt: skip


def test_known_number_joins_its_lead_however_it_is_written(cast: Cast) -> None:
    arrive(cast.brightside, entry(1), entry(2, caller_number="(410) 555-0199"))
    arrive(cast.brightside, entry(3, caller_number="4105550199"))

    [lead] = leads(cast.brightside)
    assert [call(cast.brightside, n).lead for n in (1, 2, 3)] == [lead] * 3


def test_same_number_at_the_next_client_is_another_lead(cast: Cast) -> None:
    arrive(cast.brightside, entry(1))
    arrive(cast.delgado, entry(1))

    assert [len(leads(house)) for house in (cast.brightside, cast.delgado)] == [1, 1]


def test_address_goes_before_number(cast: Cast) -> None:
    arrive(cast.brightside, entry(1, email="dana@example.test"))
    arrive(cast.brightside, entry(2, caller_number="+14105550155", email="DANA@example.test"))

    [dana] = leads(cast.brightside)
    assert call(cast.brightside, 2).lead == dana
    assert dana.phone_e164 == NUMBER  # what is known is not overwritten


def test_shared_number_with_another_address_is_another_person(cast: Cast) -> None:
    arrive(cast.brightside, entry(1, email="dana@example.test", name="Dana"))
    arrive(cast.brightside, entry(2, email="lee@example.test", name="Lee"))
    arrive(cast.brightside, entry(3), entry(4, email="lee@example.test"))

    dana, lee = leads(cast.brightside)
    assert [call(cast.brightside, n).lead for n in (1, 2, 3, 4)] == [dana, lee, dana, lee]
    assert (dana.display_name, lee.display_name, lee.phone_e164) == ("Dana", "Lee", NUMBER)


def test_address_learned_later_is_filled_in_and_names_are_kept(cast: Cast) -> None:
    arrive(cast.brightside, entry(1, name="WIRELESS CALLER"))
    [before] = leads(cast.brightside)
    arrive(cast.brightside, entry(2, name="Dana Whitfield", email="dana@example.test"))
    arrive(cast.brightside, entry(3, name="Somebody Else"))

    [after] = leads(cast.brightside)
    assert (before.display_name, before.email) == ("", "")
    assert (after.display_name, after.email) == ("Dana Whitfield", "dana@example.test")


def test_lead_typed_in_with_capitals_is_found(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        typed = Lead.unscoped.create(
            agency=cast.larkspur, client=cast.brightside.client, email="Dana@Example.Test"
        )
    arrive(cast.brightside, entry(1, email="dana@example.test"))

    assert call(cast.brightside, 1).lead == typed


@pytest.mark.parametrize("number", ["+", None, "anonymous", "Restricted", "0"])
def test_caller_without_number_and_address_has_no_lead(cast: Cast, number: str | None) -> None:
    arrive(cast.brightside, entry(1, caller_number=number), entry(2, caller_number=number))

    assert (leads(cast.brightside), call(cast.brightside, 1).lead) == ([], None)
    assert call(cast.brightside, 2).call_sequence == 1


def test_anonymous_form_with_an_address_has_a_lead(cast: Cast) -> None:
    arrive(cast.brightside, entry(1, caller_number="+", direction="form", email="dana@example.test"))

    [lead] = leads(cast.brightside)
    assert (lead.email, lead.name) == ("dana@example.test", "dana@example.test")


def test_archived_person_who_calls_again_is_a_new_lead(cast: Cast) -> None:
    arrive(cast.brightside, entry(1))
    [old] = leads(cast.brightside)
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=old.pk).update(archived_at=NOON)
    arrive(cast.brightside, entry(2))

    assert len(leads(cast.brightside)) == 2
    assert call(cast.brightside, 2).lead != old


def test_late_news_of_an_old_call_does_not_bring_an_archived_lead_back(cast: Cast) -> None:
    arrive(cast.brightside, entry(1))
    [old] = leads(cast.brightside)
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=old.pk).update(archived_at=NOON)
    arrive(cast.brightside, entry(1, transcription_text="Caller: Hello."))

    assert [lead.pk for lead in leads(cast.brightside)] == [old.pk]
    assert call(cast.brightside, 1).lead_id == old.pk


def test_call_given_to_another_lead_stays_there(cast: Cast) -> None:
    arrive(cast.brightside, entry(1))
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(client=cast.brightside.client, external_id="1").update(lead=cast.brightside.lead)
    arrive(cast.brightside, entry(1, notes="Edited."))

    assert call(cast.brightside, 1).lead == cast.brightside.lead


def test_last_call_is_the_latest_whatever_the_order(cast: Cast) -> None:
    arrive(cast.brightside, entry(2, NOON), entry(1, NOON - timedelta(days=1)))
    arrive(cast.brightside, entry(3, NOON - timedelta(days=2)))

    assert leads(cast.brightside)[0].last_call_at == NOON


def places(house: House, *numbers: int) -> list[tuple[int, str]]:
    return [(call(house, n).call_sequence, call(house, n).caller_type) for n in numbers]


def test_calls_of_a_number_are_counted_and_late_arrivals_move_the_rest(cast: Cast) -> None:
    arrive(cast.brightside, entry(2, NOON), entry(3, NOON + timedelta(hours=1)))
    before = places(cast.brightside, 2, 3)
    arrive(cast.brightside, entry(1, NOON - timedelta(days=30)))

    assert before == [(1, "new"), (2, "repeat")]
    assert places(cast.brightside, 1, 2, 3) == [(1, "new"), (2, "repeat"), (3, "repeat")]


def test_caller_who_bought_is_a_returning_customer_from_then_on(cast: Cast) -> None:
    house = cast.brightside
    arrive(house, *(entry(n, NOON + timedelta(hours=n)) for n in (1, 2, 3)))

    def rate(stars: int) -> None:
        with agency_scope(cast.larkspur.pk):
            workbench.rate_call(
                actor=cast.actor("nora"), call_id=call(house, 2).pk, stars=stars, now=timezone.now()
            )

    rate(5)
    bought = places(house, 1, 2, 3)
    arrive(house, entry(4, NOON + timedelta(hours=4)))
    then = places(house, 4)
    rate(3)

    assert bought == [(1, "new"), (2, "repeat"), (3, "returning_customer")]
    assert then == [(4, "returning_customer")]
    assert places(house, 1, 2, 3, 4) == [(1, "new"), (2, "repeat"), (3, "repeat"), (4, "repeat")]


def test_numbers_of_other_clients_are_not_counted(cast: Cast) -> None:
    arrive(cast.delgado, entry(1, NOON - timedelta(days=1)))
    arrive(cast.brightside, entry(1))

    assert places(cast.brightside, 1) == [(1, "new")]


def test_same_call_twice_on_a_page_is_one_call(cast: Cast) -> None:
    result = arrive(cast.brightside, entry(1), entry(1, notes="Later."))

    assert (len(result.fresh), call(cast.brightside, 1).notes) == (1, "Later.")


def test_tags_of_ctm_are_added_and_ours_are_kept(cast: Cast) -> None:
    arrive(cast.brightside, entry(1, tag_list=["urgent", "Roof"]))  # the cast has a tag "Urgent"
    with agency_scope(cast.larkspur.pk):
        workbench.tag_call(
            actor=cast.actor("nora"), call_id=call(cast.brightside, 1).pk, name="Ours", now=NOON
        )
    arrive(cast.brightside, entry(1, tag_list=["Leak"]))

    with agency_scope(cast.larkspur.pk):
        names = Tag.unscoped.filter(call_tags__call=call(cast.brightside, 1)).values_list("name", flat=True)
        assert sorted(names) == ["Leak", "Ours", "Roof", "Urgent"]


@pytest.fixture
def real_cast(transactional_db: None) -> Cast:
    with transaction.atomic():
        return make_cast()


@pytest.mark.slow
def test_first_calls_of_one_stranger_at_once_make_one_lead(real_cast: Cast) -> None:
    """A webhook and the sync, or two webhooks, each in a transaction of its own."""
    gate, failures = threading.Barrier(4), list[BaseException]()

    def go(n: int) -> None:
        try:
            gate.wait()
            arrive(real_cast.brightside, entry(n, NOON + timedelta(minutes=n)), entry(99, tag_list=["Same"]))
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    [lead] = leads(real_cast.brightside)
    assert {call(real_cast.brightside, n).lead for n in (0, 1, 2, 3, 99)} == {lead}
    assert sorted(call(real_cast.brightside, n).call_sequence for n in (0, 1, 2, 3, 99)) == [1, 2, 3, 4, 5]


# What the drawer tells


def test_history_badge_and_sequence_are_shown(cast: Cast) -> None:
    arrive(cast.brightside, entry(1, name="Dana"), entry(2, NOON + timedelta(hours=1)))
    page = cast.browser("nora").get(f"/inbox/{call(cast.brightside, 2).pk}/").content.decode()

    assert "2nd call" in page
    assert f"/inbox/{call(cast.brightside, 1).pk}/" in page
