"""Calls written down by hand: with whom, when on whose clock, and what follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, User
from accounts.scope import PlatformUse, agency_scope, platform_scope
from conftest import Cast
from crm.callee import local_time, zone_of
from crm.models import Activity, Call, Callback, Lead, Note
from crm.services.suppression import Entry, suppress
from crm.suppression import Reason
from lib import phones


def form(**more: Any) -> dict[str, Any]:
    base = {"direction": "outbound", "phone": "(512) 555-0199", "started_at": "2026-03-03T10:30", "minutes": "4",
            "seconds": "10", "notes": "Asked about prices.", "name": "Ann Field"}  # fmt: skip
    return {**base, **more}


def log(cast: Cast, who: str, client: str = "?client=brightside-dental", **more: Any) -> Any:
    return cast.browser(who).post(reverse("crm:call_log") + client, form(**more))


def logged() -> Call:
    with platform_scope(PlatformUse.ADMIN):
        call: Call = Call.unscoped.select_related("lead", "client").get(source="manual")
        return call


def test_call_from_nowhere_makes_the_person(cast: Cast) -> None:
    User.objects.filter(pk=cast.people["bea"].pk).update(timezone="America/Denver")
    response = log(cast, "bea")
    call = logged()
    with platform_scope(PlatformUse.ADMIN):
        notes = list(Note.unscoped.filter(call=call).values_list("note_type", "body"))
        told = list(Activity.unscoped.filter(call=call).values_list("action", flat=True))
        callbacks = Callback.unscoped.filter(call=call).count()

    assert response.headers["Location"] == reverse("crm:inbox_call", args=[call.pk])
    assert (call.client.name, call.lead.name, call.lead.phone_e164, call.lead.source) == (
        "Brightside Dental", "Ann Field", "+15125550199", "manual",
    )  # fmt: skip
    assert (call.direction, call.to_number, call.phone_number, call.from_e164, call.duration_seconds) == (
        "outbound", "+15125550199", "(512) 555-0199", "", 250,
    )  # fmt: skip
    assert call.started_at == datetime(2026, 3, 3, 17, 30, tzinfo=UTC)  # on Bea's clock, in Denver
    assert (call.called_by_id, call.answered, call.disposition, callbacks) == (
        cast.people["bea"].pk,
        True,
        "",
        0,
    )
    assert (notes, told) == ([("call", "Asked about prices.")], ["call_made", "note_added"])


def test_person_with_the_number_is_found_and_not_made_again(cast: Cast) -> None:
    log(cast, "nora", phone="410-555-0142", name="")
    assert logged().lead_id == cast.brightside.lead.pk


def test_another_address_at_the_same_number_is_another_person(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(email="lee@example.test")
    log(cast, "nora", phone="410-555-0142", email="ann@example.test")

    assert (logged().lead.email, logged().lead_id == cast.brightside.lead.pk) == ("ann@example.test", False)


def test_client_logs_from_the_persons_page(cast: Cast) -> None:
    response = cast.browser("hannah").post(
        reverse("crm:lead_call_log", args=[cast.brightside.lead.pk]),
        form(direction="inbound", phone="+14105550142", disposition="Voicemail", minutes="", seconds=""),
    )
    call = logged()

    assert response.headers["Location"] == reverse("portal:call", args=[call.pk])
    assert (call.lead_id, call.from_e164, call.disposition, call.answered, call.duration_seconds) == (
        cast.brightside.lead.pk, "+14105550142", "Voicemail", False, 0,
    )  # fmt: skip
    assert call.call_sequence == 1  # in March, before the one of November
    assert call.seen_at is None  # the agency has not read it yet


def test_first_call_back_stops_the_speed_to_lead_clock(cast: Cast) -> None:
    url = reverse("crm:lead_call_log", args=[cast.brightside.lead.pk])
    for direction, hour in (("inbound", 11), ("outbound", 12), ("outbound", 13)):
        told = form(direction=direction, started_at=f"2026-03-03T{hour}:00", minutes="", seconds="")
        cast.browser("nora").post(url, told)
    with platform_scope(PlatformUse.ADMIN):
        lead = Lead.unscoped.get(pk=cast.brightside.lead.pk)

    # Eleven and noon in New York
    assert (lead.first_inbound_at, lead.first_response_at) == (
        datetime(2026, 3, 3, 16, tzinfo=UTC), datetime(2026, 3, 3, 17, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"phone": "", "name": ""}, "Write a number, a name or an address"),
        ({"started_at": ""}, "When was the call?"),
        ({"started_at": "2099-01-01T10:00"}, "This is still to come."),
        ({"started_at": "2026-03-08T02:30"}, "this time does not exist"),
        ({"started_at": "yesterday"}, "Choose a date and a time."),
        ({"minutes": "-1"}, "greater than or equal to 0"),
        ({"email": "ann@"}, "Write the whole address"),
        ({"disposition": "Busy"}, "Choose one of the nine."),
        ({"disposition": "Callback Requested"}, "When do they want to be called?"),
        ({"disposition": "Meeting Booked"}, "Say where the meeting is booked"),
        ({"called_by": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
    ],
)
def test_refusals_keep_what_was_typed_and_write_nothing(cast: Cast, more: dict[str, str], words: str) -> None:
    response = log(cast, "nora", **more)
    page = response.content.decode()
    with platform_scope(PlatformUse.ADMIN):
        written = Call.unscoped.filter(source="manual").count()

    assert (response.status_code, words in page, "Asked about prices." in page, written) == (
        422,
        True,
        True,
        0,
    )


def test_staff_say_for_which_client_and_strangers_clients_are_none(cast: Cast) -> None:
    nora = cast.browser("nora")
    asked = nora.get(reverse("crm:call_log")).content.decode()
    foreign = nora.post(reverse("crm:call_log") + "?client=copper-kettle", form())
    with platform_scope(PlatformUse.ADMIN):
        written = Call.unscoped.filter(source="manual").count()

    assert ("For which client?" in asked, "For which client?" in foreign.content.decode(), written) == (
        True,
        True,
        0,
    )


def test_whoever_sees_own_records_owns_whom_they_add_and_is_shown_nobody_else(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["bea"]).update(record_access="own")
    log(cast, "bea", phone="512 555 0177", name="New One")
    mine = logged()
    other = log(cast, "bea", phone="410-555-0142", name="")
    with platform_scope(PlatformUse.ADMIN):
        known = Call.unscoped.filter(source="manual", lead=cast.brightside.lead).count()

    assert mine.lead.owner_id == cast.people["bea"].pk
    assert (other.headers["Location"], known) == (reverse("crm:inbox"), 1)


def test_ending_of_a_tracked_call_is_said_on_its_page(cast: Cast) -> None:
    hannah, url = cast.browser("hannah"), reverse("crm:dispose", args=[cast.brightside.call.pk])
    asked = hannah.get(url).content.decode()
    later = (timezone.now() + timedelta(days=400)).strftime("%Y-01-05T09:00")
    hannah.post(url, {"disposition": "Callback Requested", "callback_at": later, "callback_note": "Crown"})
    hannah.post(url, {"disposition": "Do Not Contact"})
    back = hannah.post(url, {"disposition": ""}, follow=True).content.decode()

    assert "suggests “Future Potential”" in asked  # its category is warm
    assert "They stay on the do-not-contact list." in back


def test_zone_is_the_persons_own_else_their_numbers_else_the_clients() -> None:
    assert [
        zone_of("Europe/Paris", "+15125550148", "America/New_York"),
        zone_of("nonsense", "+15125550148", "America/New_York"),
        zone_of("", "+18005550100", "America/New_York"),
        zone_of("", "", "America/New_York"),
    ] == ["Europe/Paris", "America/Chicago", "America/New_York", "America/New_York"]
    assert phones.zone("not a number") == ""


@pytest.mark.parametrize(
    ("utc_hour", "clock", "warning"),
    [(12, "7:00 AM", "Too early"), (13, "8:00 AM", ""), (1, "8:00 PM", ""), (2, "9:00 PM", "Too late")],
)
def test_too_early_and_too_late_are_on_the_callees_clock(utc_hour: int, clock: str, warning: str) -> None:
    found = local_time(datetime(2026, 11, 20, utc_hour, tzinfo=UTC), "America/New_York")

    assert (found.clock, found.warning.startswith(warning), bool(found.warning)) == (
        clock,
        True,
        bool(warning),
    )


def test_local_number_is_one_of_the_country_of_the_client(cast: Cast) -> None:
    client = cast.brightside.client
    client.settings = {**client.settings, "country": "AU"}
    with platform_scope(PlatformUse.ADMIN):
        client.save(update_fields=["settings"])
    log(cast, "bea", phone="0412 345 678")
    log(cast, "bea", phone="+61 412 345 678", direction="inbound")
    with platform_scope(PlatformUse.ADMIN):
        calls = Call.unscoped.filter(source="manual").order_by("created_at").select_related("lead")
        told = [(each.lead.phone_e164, each.to_number, each.from_e164) for each in calls]
        people = Lead.unscoped.filter(phone_e164="+61412345678").count()

    assert told == [("+61412345678", "+61412345678", ""), ("+61412345678", "", "+61412345678")]
    assert people == 1


def page_of(cast: Cast, call: Call, who: str = "nora") -> str:
    return str(cast.browser(who).get(reverse("crm:inbox_call", args=[call.pk])).content.decode())


def test_page_of_a_call_offers_the_other_side_by_the_agencys_dialer(cast: Cast) -> None:
    log(cast, "nora")
    call = logged()
    with platform_scope(PlatformUse.ADMIN):
        cast.larkspur.settings = {"dialer_url": "https://dialer.example/call?to={number}"}
        cast.larkspur.save()
    page = page_of(cast, call)

    assert page.count('href="https://dialer.example/call?to=%2B15125550199"') == 2
    assert ("Call again" in page, "No caller ID" in page, "tel:" in page) == (True, False, False)
    assert ("there is no recording" in page, "No transcript yet" in page) == (True, False)


@pytest.mark.parametrize("of", ["the call", "the person"])
def test_page_of_a_call_offers_none_to_who_must_not_be_called(cast: Cast, of: str) -> None:
    log(cast, "nora")
    call = logged()
    value = "+15125550199" if of == "the call" else "ann@example.test"
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.filter(pk=call.lead.pk).update(email="ann@example.test")
        suppress(
            agency_id=cast.larkspur.pk, client_id=None, source="test", now=timezone.now(),
            entries=[Entry("phone" if of == "the call" else "email", value, Reason.COMPLAINT)],
        )  # fmt: skip
    page = page_of(cast, call)

    assert ("Do not call" in page, "tel:" in page, "Call again" in page) == (True, False, False)
