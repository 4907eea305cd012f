"""Rows of the list of calls as they are drawn: what people typed stays text, and each reader gets their own kind."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import RequestFactory

from accounts.principal import load_principal
from accounts.scope import scoped
from conftest import Cast
from crm.presenting import Listing

NOW = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)
HOSTILE = '{0.__class__} {url} <b onclick="x">&\''
HOSTILE_DRAWN = "{0.__class__} {url} &lt;b onclick=&quot;x&quot;&gt;&amp;&#x27;"
PK = "01a0a0a0-0000-7000-8000-000000000001"


def row(cast: Cast, **changes: Any) -> dict[str, Any]:
    usual = {
        "id": PK, "started_at": datetime(2026, 3, 10, 14, 5, tzinfo=UTC), "kind": "call", "direction": "inbound",
        "answered": True, "caller_name": "", "lead_name": "Dana", "from_number": "", "from_e164": "",
        "category": "warm", "rating": 4, "duration_seconds": 272, "summary": "Asks for a crown", "seen": False,
        "call_sequence": 2, "client_id": str(cast.brightside.client.pk),
    }  # fmt: skip
    return usual | changes


def listing_of(cast: Cast, who: str) -> Listing:
    """Call it within their scope."""
    request: Any = RequestFactory().get("/")
    request.principal = load_principal(cast.people[who].pk)
    request.user, request.actor = cast.people[who], request.principal.actor()
    request.user.timezone = "America/New_York"
    return Listing(request, now=NOW, route="crm:inbox_call" if request.actor.is_staff else "portal:call")


def drawn(cast: Cast, who: str, *rows: dict[str, Any], **told: Any) -> str:
    with scoped(cast.actor(who).scope):
        return "".join(day.rows for day in listing_of(cast, who).days(rows, **told))


@pytest.mark.parametrize("field", ["lead_name", "caller_name", "from_number", "summary"])
def test_what_people_typed_is_text_and_fills_no_other_place(cast: Cast, field: str) -> None:
    blank = {"lead_name": None} if field != "lead_name" else {}

    page = drawn(cast, "nora", row(cast, **blank, **{field: HOSTILE}))

    assert page.count(HOSTILE_DRAWN) == 1
    assert "<b" not in page
    assert page.replace(HOSTILE_DRAWN, "").count("{") == 0


def test_filter_goes_along_in_the_address_escaped_once(cast: Cast) -> None:
    page = drawn(cast, "nora", row(cast), query="?category=warm&q=%22")

    assert (
        page.count(f'"/inbox/{PK}/?category=warm&amp;q=%22"') == 2
    )  # where it leads, and what htmx asks for


def test_staff_see_whose_call_it_is_and_what_is_unread(cast: Cast) -> None:
    page = drawn(cast, "nora", row(cast), row(cast, id=PK[:-1] + "2", seen=True))

    assert page.count('<li class="lead unread">') == 1
    assert page.count('<li class="lead">') == 1
    assert page.count("Brightside Dental</span>") == 2
    assert page.count('hx-target="#drawer"') == 2


def test_client_sees_neither(cast: Cast) -> None:
    page = drawn(cast, "hannah", row(cast))

    assert page.count('<li class="lead">') == 1
    assert page.count("Brightside Dental") == 0
    assert page.count("hx-") == 0
    assert page.count(f'href="/portal/calls/{PK}/"') == 1


def test_open_call_is_marked_alone(cast: Cast) -> None:
    page = drawn(cast, "nora", row(cast), row(cast, id=PK[:-1] + "2"), selected=UUID(PK))

    assert page.count('aria-current="true"') == 1
    assert page.index('aria-current="true"') < page.index(PK)


def test_repeats_and_lengths_are_of_calls_only(cast: Cast) -> None:
    page = drawn(cast, "nora", row(cast), row(cast, kind="text", duration_seconds=0))

    assert page.count('<span class="l-repeat">2nd call</span>') == 1
    assert page.count('<span class="l-dur num">4:32</span>') == 1
    assert page.count('<span class="l-dur num"></span>') == 1


def test_rows_fall_into_days_of_the_readers_zone(cast: Cast) -> None:
    late = row(cast, started_at=datetime(2026, 3, 10, 3, 30, tzinfo=UTC))  # the evening before, in New York
    with scoped(cast.actor("nora").scope):
        days = listing_of(cast, "nora").days([row(cast), late])

    assert [(day.name, day.date) for day in days] == [
        ("Today", "Tuesday, 10 March"),
        ("Yesterday", "Monday, 9 March"),
    ]
