"""Signals written down by hand, seen on the pages of people and of their companies, and dismissed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from accounts.scope import PlatformUse, platform_scope
from conftest import NOON, Cast
from crm.models import Activity, Lead, Signal
from crm.pairs import pairs

FORM = {"kind": "hiring", "summary": "Looks for a hygienist", "url": "example.test/jobs", "day": "2026-03-02"}


def signals(cast: Cast) -> list[Signal]:
    """Those that the test made."""
    with platform_scope(PlatformUse.ADMIN):
        rows = Signal.unscoped.exclude(
            pk__in=[house.work.signal.pk for house in (cast.brightside, cast.delgado, cast.kettle)]
        )
        return list(rows.order_by("pk"))


def employ(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(company=cast.brightside.work.company)


def page(cast: Cast, who: str, kind: str = "lead") -> str:
    pk = cast.brightside.lead.pk if kind == "lead" else cast.brightside.work.company.pk
    return cast.browser(who).get(reverse(f"crm:{kind}", args=[pk])).content.decode()


def told(cast: Cast) -> list[tuple[str, str, dict[str, Any]]]:
    with platform_scope(PlatformUse.ADMIN):
        rows = Activity.unscoped.filter(lead=cast.brightside.lead, action__startswith="signal_").order_by(
            "pk"
        )
        return list(rows.values_list("action", "actor__display_name", "metadata"))


def test_signal_of_a_person_is_written_down_shown_and_dismissed(cast: Cast) -> None:
    nora, lead = cast.browser("nora"), cast.brightside.lead
    made = nora.post(reverse("crm:lead_signal", args=[lead.pk]), FORM)
    [signal] = signals(cast)
    before = page(cast, "vi")
    for who in ("theo", "nora"):  # the second finds it dismissed
        cast.browser(who).post(
            reverse("crm:signal_dismiss", args=[signal.pk]), {"next": f"/leads/{lead.pk}/"}
        )
    [seen] = signals(cast)

    assert made["Location"] == reverse("crm:lead", args=[lead.pk])
    assert (signal.lead_id, signal.company_id, signal.kind, signal.summary, signal.url) == (
        lead.pk, None, "hiring", "Looks for a hygienist", "https://example.test/jobs",
    )  # fmt: skip
    assert signal.occurred_at == datetime(2026, 3, 2, 17, tzinfo=UTC)  # noon in New York
    assert ("Looks for a hygienist" in before, "Looks for a hygienist" in page(cast, "nora")) == (True, False)
    assert (seen.seen_by_id, seen.seen_at is not None) == (cast.people["theo"].pk, True)
    line = {"kind": "hiring", "signal_id": str(signal.pk)}
    assert told(cast) == [("signal_added", "Nora", line), ("signal_seen", "Theo", line)]


def test_signal_of_a_company_stands_with_its_people_too(cast: Cast) -> None:
    employ(cast)
    company = cast.brightside.work.company
    cast.browser("nora").post(reverse("crm:company_signal", args=[company.pk]), FORM)
    [signal] = signals(cast)
    shown = [page(cast, "nora", kind) for kind in ("lead", "company")]
    back = cast.browser("nora").post(
        reverse("crm:signal_dismiss", args=[signal.pk]), {"next": "https://evil.test/"}
    )

    assert (signal.lead_id, signal.company_id) == (None, company.pk)
    assert ["Looks for a hygienist" in each for each in shown] == [True, True]
    assert "about the company" in shown[0]
    assert "about the company" not in shown[1]
    assert back["Location"] == reverse("crm:company", args=[company.pk])
    assert ["Looks for a hygienist" in page(cast, "nora", kind) for kind in ("lead", "company")] == [
        False,
        False,
    ]


def test_signal_of_a_person_does_not_stand_with_their_colleagues(cast: Cast) -> None:
    employ(cast)
    with platform_scope(PlatformUse.ADMIN):
        company = cast.brightside.work.company
        other = Lead.unscoped.create(
            agency_id=company.agency_id,
            client_id=company.client_id,
            display_name="Colleague",
            company=company,
        )
        Signal.unscoped.create(
            agency_id=company.agency_id, client_id=company.client_id, company=company, lead=other,
            summary="Has a new title", occurred_at=NOON,
        )  # fmt: skip

    assert "Has a new title" not in page(cast, "nora")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"summary": " "}, "Say what is new."),
        ({"kind": "gossip"}, "Choose one of the list."),
        ({"url": "not an address"}, "Enter a whole address"),
        ({"day": "2099-01-01"}, "This day is still to come."),
        ({"day": "1815-06-18"}, "Choose a day since 2000."),
        ({"day": ""}, "Choose a day."),
    ],
)
def test_refusals_keep_what_was_typed(cast: Cast, more: dict[str, str], words: str) -> None:
    answer = cast.browser("nora").post(
        reverse("crm:lead_signal", args=[cast.brightside.lead.pk]), {**FORM, **more}
    )

    assert (answer.status_code, words in answer.content.decode(), signals(cast)) == (422, True, [])


@pytest.mark.parametrize("who", ["hannah", "vi"])
def test_clients_read_signals_and_staff_keep_them(cast: Cast, who: str) -> None:
    shown = page(cast, who)

    assert ("Hires two people" in shown, "signals/new/" in shown) == (True, False)
    assert "signals/new/" in page(cast, "nora")


def test_nested_findings_are_readable() -> None:
    found = pairs({
        "summary": "Two chairs", "score": 7, "is_open": True, "empty": [], "languages": ["English", "Spanish"],
        "recent_posts": [
            {"title": "Open day", "likes": 3, "tags": ["news", "spring"]},
            {"title": "New chair", "author": {"name": "Ann", "is_owner": False}},
        ],
        "people": {"office_manager": "Bea", "dentists": ["Ann", "Cy"], "nobody": None},
    })  # fmt: skip

    assert found == [
        ("summary", "Two chairs"),
        ("score", "7"),
        ("is_open", "Yes"),
        ("languages", "English, Spanish"),
        (
            "recent_posts",
            "Title: Open day, Likes: 3, Tags: news, spring\nTitle: New chair, Author (Name: Ann, Is owner: No)",
        ),
        ("people", "Office manager: Bea\nDentists: Ann, Cy"),
    ]


def test_endless_findings_end() -> None:
    deep: Any = "bottom"
    for _ in range(50):
        deep = {"in": deep}
    [(_, lines)] = pairs({"posts": [{"n": n} for n in range(100)]})
    [(_, nested)] = pairs({"deep": deep})

    assert (len(lines.splitlines()), lines.splitlines()[-1]) == (41, "and 60 more")
    assert nested == "In (In (In (In (In (…)))))"
