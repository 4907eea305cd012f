"""The doors alone: with row-level security out of the way, the product's own filters still hold.

The database is the second fence. Behind it a door left open would go unseen, so here it shows everything to everybody.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import reverse

from accounts.models import User
from accounts.scope import Scope, scoped
from conftest import Cast
from crm.models import Call
from portal.tests.test_access import HOUSE_ROUTES, OBJECT_ROUTES, ROWS, VISITORS, address, visit

PEOPLE = ("nora", "theo", "hannah", "vi", "rafael", "otto", "petra")
LARKSPURS = ("Brightside", "brightside-dental", "Delgado", "delgado-plumbing")
FOREIGN = {  # words that stand in every row of a house that is not theirs, in whatever a page shows
    "nora": ("Copper", "copper-kettle", "Ironwood", "otto@", "Otto", "Petra"),
    "theo": ("Delgado", "delgado-plumbing", "Copper", "copper-kettle", "Ironwood", "otto@", "Rafael"),
    "hannah": ("Delgado", "delgado-plumbing", "Copper", "copper-kettle", "Ironwood", "Rafael", "Petra"),
    "vi": ("Delgado", "delgado-plumbing", "Copper", "copper-kettle", "Ironwood", "Rafael", "Petra"),
    "rafael": ("Brightside", "brightside-dental", "Copper", "copper-kettle", "Ironwood", "Hannah", "Petra"),
    "otto": (*LARKSPURS, "Larkspur", "nora@", "Nora", "Hannah", "Rafael"),
    "petra": (*LARKSPURS, "Larkspur", "nora@", "Nora", "Hannah", "Rafael"),
}
HOME = {
    "nora": "brightside",
    "theo": "brightside",
    "hannah": "brightside",
    "vi": "brightside",
    "rafael": "delgado",
}
STRANGERS = {
    "delgado": ("theo", "hannah"),
    "kettle": ("nora", "theo", "hannah"),
    "brightside": ("otto", "rafael"),
}
PAGES = sorted(name for name, row in ROWS.items() if row.method == "GET" and not name.startswith("account_"))


@pytest.fixture
def no_row_security(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every scope reads as the platform: the policies let all rows through, whoever asks."""
    own = Scope.settings.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Scope, "settings", property(lambda scope: ("portal_platform", *own(scope)[1:])))
    connection.scope_in_force = None  # type: ignore[attr-defined]
    yield
    connection.scope_in_force = None  # type: ignore[attr-defined]


def words_of(answer: HttpResponseBase) -> str:
    if isinstance(answer, StreamingHttpResponse):
        return answer.getvalue().decode(errors="replace")
    return str(answer.content.decode(errors="replace"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_tells_of_another_house(cast: Cast, no_row_security: None, name: str) -> None:
    told = {}
    for who in PEOPLE:
        house = getattr(cast, HOME.get(who, "kettle"))
        answer = cast.browser(who).get(address(name, house))
        if answer.status_code == 200:
            page = words_of(answer)
            told[who] = [word for word in FOREIGN[who] if word in page]

    assert {who: words for who, words in told.items() if words} == {}


@pytest.mark.parametrize("name", OBJECT_ROUTES)
def test_foreign_objects_do_not_exist_behind_the_door_either(
    cast: Cast, no_row_security: None, name: str
) -> None:
    statuses = {
        (who, house): visit(cast, name, who, getattr(cast, house)).status_code
        for house, people in STRANGERS.items()
        for who in people
    }

    assert {each: status for each, status in statuses.items() if status not in (403, 404)} == {}
    let_in = [who for who in PEOPLE if ROWS[name].statuses[VISITORS.index(who)] in (200, 302, 422)]
    assert {status for (who, _), status in statuses.items() if who in let_in} <= {404}


def test_no_picture_of_another_house_is_shown(
    cast: Cast, no_row_security: None, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    (tmp_path / "one.webp").write_bytes(b"a picture")
    User.objects.update(avatar="one.webp")
    shown = {
        (who, whose): cast.browser(who)
        .get(reverse("accounts:avatar", args=[cast.people[whose].pk]))
        .status_code
        for who in ("nora", "hannah")
        for whose in ("hannah", "nora", "rafael", "petra")
    }

    assert shown == {
        ("nora", "hannah"): 200,
        ("nora", "nora"): 200,
        ("nora", "rafael"): 200,
        ("nora", "petra"): 404,
        ("hannah", "hannah"): 200,
        ("hannah", "nora"): 404,
        ("hannah", "rafael"): 404,
        ("hannah", "petra"): 404,
    }


def test_the_database_is_open_in_these_tests(cast: Cast, no_row_security: None) -> None:
    """Else they would prove nothing."""
    with scoped(cast.actor("hannah").scope):
        assert Call.unscoped.count() == 3
    assert set(HOUSE_ROUTES) >= set(PAGES)
