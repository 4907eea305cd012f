"""One stream of what happened with a person: written in one place, in known words, and never rewritten."""

import re
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection, transaction
from django.urls import reverse

from accounts.scope import agency_scope
from conftest import NOON, Cast
from crm.models import Activity
from crm.services.timeline import line, tell, tell_all
from crm.timeline import ACTIONS, KINDS, deed_of, names_of

ROOT = Path(__file__).parents[2]
WRITES = re.compile(
    r"\bActivity\(\n?|\bActivity\.(unscoped|objects)[^\n]*\.(create|bulk_create|update|delete)\("
)


def test_only_the_timeline_writes_lines() -> None:
    apps = [path.parent for path in ROOT.glob("*/apps.py")]
    code = [path for app in apps for path in app.rglob("*.py") if not {"tests", "migrations"} & {*path.parts}]

    assert [
        str(path.relative_to(ROOT))
        for path in code
        if path.name != "activity.py" and WRITES.search(path.read_text())
    ] == ["crm/services/timeline.py"]


def test_every_action_is_of_a_kind_and_every_kind_has_a_name() -> None:
    assert {action.kind for action in ACTIONS.values()} <= set(KINDS)
    assert {name for kind in KINDS for name in names_of(kind)} == set(ACTIONS)


def test_a_line_says_who_did_what(cast: Cast) -> None:
    lead = cast.brightside.lead
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        told = tell(
            about=lead, lead_id=lead.pk, actor=cast.actor("nora"), action="rating_changed",
            metadata={"from": 3, "to": 1}, now=NOON,
        )  # fmt: skip
        kept = Activity.unscoped.select_related("actor").get(pk=told.pk)

    deed = deed_of(kept)
    assert (deed.words, deed.who, deed.occurred_at) == (
        "Rating changed from 3 stars to 1 star", "Nora", NOON,
    )  # fmt: skip


def test_an_action_that_nobody_described_is_refused(cast: Cast) -> None:
    with pytest.raises(KeyError):
        line(about=cast.brightside.lead, action="sneezed", now=NOON)


@pytest.mark.parametrize("deed", ["UPDATE crm_activity SET action = 'other'", "DELETE FROM crm_activity"])
def test_what_was_told_stays(cast: Cast, deed: str) -> None:
    with agency_scope(cast.larkspur.pk), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute(deed)
        transaction.set_rollback(True)


def test_a_long_timeline_is_read_page_by_page(cast: Cast) -> None:
    lead, browser = cast.brightside.lead, cast.browser("hannah")
    with agency_scope(cast.larkspur.pk), transaction.atomic():
        tell_all(
            line(about=lead, lead_id=lead.pk, action="owner_changed", metadata={"name": f"No {n}."}, now=NOON)
            for n in range(2000)
        )
    address: str | None = reverse("crm:lead", args=[lead.pk]) + "?kind=changes"
    seen: list[str] = []
    while address:
        page = browser.get(address)
        seen += [entry.words for entry in page.context["person"].entries]
        address = page.context["older_url"]

    assert seen == [f"Given to No {n}." for n in reversed(range(2000))]
