"""Notices: one for each person and piece of news, read by nobody else."""

from typing import Any

import pytest

from accounts.scope import agency_scope
from conftest import Cast
from notifications.models import Notification
from notifications.services.notices import notify


def tell(cast: Cast, *names: str, **other: Any) -> None:
    with agency_scope(cast.larkspur.pk):
        notify(
            **{"agency_id": cast.larkspur.pk, "client_id": cast.brightside.client.pk,
               "user_ids": [cast.people[name].pk for name in names], "event": "test", "title": "A caller waits",
               "dedupe_key": "call:1", **other}
        )  # fmt: skip


def told(cast: Cast, key: str = "call:1") -> list[str]:
    with agency_scope(cast.larkspur.pk):
        rows = Notification.unscoped.filter(dedupe_key=key).select_related("user")
        return sorted(row.user.display_name for row in rows)


def test_same_news_twice_is_one_notice(cast: Cast) -> None:
    tell(cast, "nora", "theo")
    tell(cast, "nora", "bea")

    assert told(cast) == ["Bea", "Nora", "Theo"]


def test_notice_is_read_by_its_person_alone(cast: Cast) -> None:
    tell(cast, "nora")

    assert "A caller waits" in cast.browser("nora").get("/notices/").content.decode()
    assert "A caller waits" not in cast.browser("theo").get("/notices/").content.decode()


def notice(cast: Cast) -> Notification:
    with agency_scope(cast.larkspur.pk):
        return Notification.unscoped.get(dedupe_key="call:1")


def test_following_marks_read_and_leads_there(cast: Cast) -> None:
    tell(cast, "nora", link_url=f"/inbox/{cast.brightside.call.pk}/")
    response = cast.browser("nora").post(f"/notices/{notice(cast).pk}/")

    assert (response.status_code, response["Location"]) == (302, f"/inbox/{cast.brightside.call.pk}/")
    assert notice(cast).status == "read"


@pytest.mark.parametrize(
    "link", ["https://evil.example.test/", "//evil.example.test/", "javascript:alert(1)", ""]
)
def test_following_leads_nowhere_else(cast: Cast, link: str) -> None:
    tell(cast, "nora", link_url=link)
    response = cast.browser("nora").post(f"/notices/{notice(cast).pk}/")

    assert response["Location"] == "/notices/"


def test_anothers_notice_can_be_neither_followed_nor_read(cast: Cast) -> None:
    tell(cast, "nora")

    assert cast.browser("theo").post(f"/notices/{notice(cast).pk}/").status_code == 404
    cast.browser("theo").post("/notices/read/")
    assert notice(cast).status == "unread"


def test_long_title_is_cut(cast: Cast) -> None:
    tell(cast, "nora", title="x" * 500)

    assert len(notice(cast).title) == 200
