"""Saved views: whose they are, what a list opened by one shows, and who may change it."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import AuditEvent
from accounts.scope import agency_scope
from accounts.services.audit import NOWHERE
from conftest import NOON, Cast
from crm.models import SavedView
from crm.services.saved_views import (
    NameTaken,
    begin_with,
    change_view,
    default_view,
    delete_view,
    keep_query,
    query_of,
    save_view,
    views_of,
)

AT: dict[str, Any] = {"now": NOON, "origin": NOWHERE}


def save(cast: Cast, who: str, name: str = "Hot", query: str = "tier=hot", **wish: Any) -> SavedView:
    asked = dict(pair.split("=") for pair in query.split("&"))
    usual = {"resource": "leads", "shared": False, "is_default": False, **wish}
    return save_view(actor=cast.actor(who), name=name, query=asked, **usual, **AT)


def seen(cast: Cast, who: str, resource: str = "leads") -> list[str]:
    return [view.name for view in views_of(cast.actor(who), resource)]


def test_views_are_seen_by_their_owner_and_when_shared_by_their_side(cast: Cast) -> None:
    save(cast, "nora", "Nora's")
    save(cast, "nora", "All of us", shared=True)
    save(cast, "theo", "Theo's")
    save(cast, "hannah", "Front desk", shared=True)

    assert {who: seen(cast, who) for who in ("nora", "theo", "bea", "hannah", "vi", "rafael", "otto")} == {
        "nora": ["All of us", "Nora's"],
        "theo": ["All of us", "Theo's"],  # who sees but one client sees what the agency shares
        "bea": ["All of us"],
        "hannah": ["Front desk", "New this week"],
        "vi": ["Front desk", "New this week"],
        "rafael": ["New this week"],
        "otto": [],
    }


def test_query_is_kept_with_its_order_and_columns(cast: Cast) -> None:
    view = save(cast, "nora", query="tier=hot&sort=name&columns=phone,tags")
    with agency_scope(cast.larkspur.pk):
        kept = SavedView.unscoped.get(pk=view.pk)

    assert (kept.filters, kept.sort, kept.columns) == ({"tier": "hot"}, "name", ["phone", "tags"])
    assert query_of(kept) == {"tier": "hot", "sort": "name", "columns": "phone,tags"}


def test_sharing_and_changing_what_is_shared_needs_the_right(cast: Cast) -> None:
    mine, ours = save(cast, "nora", "Mine"), save(cast, "nora", "Ours", shared=True)
    for who in ("bea", "vi"):
        with pytest.raises(PermissionDenied):
            save(cast, who, shared=True)
    own = save(cast, "bea", "Bea's")
    change = {"shared": True, "is_default": False, **AT}
    with pytest.raises(PermissionDenied):
        change_view(actor=cast.actor("bea"), view_id=own.pk, name="Bea's", **change)
    for deed in (
        lambda: keep_query(actor=cast.actor("bea"), view_id=ours.pk, query={}, **AT),
        lambda: delete_view(actor=cast.actor("bea"), view_id=ours.pk, **AT),
    ):
        with pytest.raises(PermissionDenied):
            deed()
    with pytest.raises(SavedView.DoesNotExist):
        delete_view(actor=cast.actor("theo"), view_id=mine.pk, **AT)
    keep_query(actor=cast.actor("theo"), view_id=ours.pk, query={"tier": "cold"}, **AT)

    assert query_of(next(each for each in views_of(cast.actor("nora"), "leads") if each.name == "Ours")) == {
        "tier": "cold"
    }


def test_a_name_is_taken_once_a_person_and_list(cast: Cast) -> None:
    save(cast, "nora", "Hot")
    with pytest.raises(NameTaken):
        save(cast, "nora", "HOT")
    save(cast, "theo", "Hot")
    save(cast, "nora", "Hot", resource="calls")


def test_one_view_is_the_default_and_it_is_its_owners_alone(cast: Cast) -> None:
    first = save(cast, "nora", "First", is_default=True, shared=True)
    second = save(cast, "nora", "Second", is_default=True)
    save(cast, "nora", "Third", is_default=True, resource="calls")
    change_view(actor=cast.actor("theo"), view_id=first.pk, name="First", shared=True, is_default=True, **AT)

    found = default_view(cast.actor("nora"), "leads")
    assert (found and found.pk, default_view(cast.actor("theo"), "leads")) == (second.pk, None)


def test_list_opened_without_a_query_begins_with_ones_default(cast: Cast) -> None:
    leads = save(cast, "nora", query="tier=hot&sort=name", is_default=True)
    calls = save(cast, "hannah", query="category=spam", is_default=True, resource="calls")
    nora, hannah = cast.browser("nora"), cast.browser("hannah")

    assert nora.get("/leads/")["Location"] == f"/leads/?view={leads.pk}&tier=hot&sort=name"
    assert nora.get("/leads/?view=all").status_code == 200
    assert nora.get("/inbox/").status_code == 200
    assert hannah.get("/portal/calls/")["Location"] == f"/portal/calls/?view={calls.pk}&category=spam"
    assert cast.browser("theo").get("/leads/").status_code == 200


def test_address_that_left_its_view_is_called_modified(cast: Cast) -> None:
    view = save(cast, "nora", query="tier=hot&sort=name")
    nora = cast.browser("nora")

    def look(query: str) -> tuple[str, bool]:
        context = nora.get(f"/leads/?{query}").context
        return context["opened"].name, context["opened"].modified

    own = f"view={view.pk}"
    assert look(f"{own}&tier=hot&sort=name") == ("Hot", False)
    assert look(f"{own}&sort=name&tier=hot&before=nonsense") == ("Hot", False)
    assert look(f"{own}&tier=hot&sort=name&status=new") == ("Hot", True)
    assert look(f"{own}&tier=hot") == ("Hot", True)
    assert look("tier=hot&sort=name") == ("", False)
    assert look("view=00000000-0000-0000-0000-000000000007&tier=hot") == ("", False)
    assert (
        nora.get(f"/leads/?{own}&tier=cold").context["opened"].reset_url
        == f"/leads/?{own}&tier=hot&sort=name"
    )


def test_view_is_made_kept_renamed_and_deleted_on_its_pages(cast: Cast) -> None:
    nora = cast.browser("nora")
    empty = nora.post("/views/leads/create/?status=new", {"name": " "})
    made = nora.post("/views/leads/create/?status=new&view=all", {"name": "  Fresh   ones ", "shared": "on"})
    [view] = views_of(cast.actor("nora"), "leads")
    again = nora.post("/views/leads/create/?tier=hot", {"name": "fresh ones"})
    kept = nora.post(f"/views/{view.pk}/keep/?status=new&owner=me&view={view.pk}")
    changed = nora.post(f"/views/{view.pk}/change/", {"name": "Fresh", "is_default": "on"})

    assert (empty.status_code, "Name the view." in empty.content.decode()) == (422, True)
    assert made["Location"] == f"/leads/?view={view.pk}&status=new"
    assert (view.name, view.shared) == ("Fresh ones", True)
    assert (again.status_code, "You have a view of that name already." in again.content.decode()) == (
        422,
        True,
    )
    assert kept["Location"] == f"/leads/?view={view.pk}&owner=me&status=new"
    assert changed["Location"] == "/views/leads/"
    [view] = views_of(cast.actor("nora"), "leads")
    assert (view.name, view.shared, view.is_default) == ("Fresh", False, True)
    assert "Delete “Fresh”?" in nora.get(f"/views/{view.pk}/delete/").content.decode()
    assert nora.post(f"/views/{view.pk}/delete/").status_code == 302
    assert seen(cast, "nora") == []


def test_view_of_a_client_one_does_not_see_is_not_offered(cast: Cast) -> None:
    save(cast, "nora", "Delgado's new", query="client=delgado-plumbing&status=new", shared=True)
    save(cast, "nora", "New", query="status=new", shared=True)

    pages = {who: cast.browser(who).get("/views/leads/").content.decode() for who in ("nora", "theo")}
    assert {who: ("Delgado" in page, ">New<" in page) for who, page in pages.items()} == {
        "nora": (True, True),
        "theo": (False, True),
    }


def test_nothing_a_view_keeps_is_obeyed_but_what_the_list_knows(cast: Cast) -> None:
    view = save(cast, "nora", query="owner__password__startswith=p&q=lee")
    offered = cast.browser("nora").get("/views/leads/").context["offered"]
    page = cast.browser("nora").get(offered[0].url)

    assert (page.context["chosen"].kept, offered[0].view.pk) == ({"q": "lee"}, view.pk)


def test_changes_of_shared_views_are_on_record(cast: Cast) -> None:
    view = save(cast, "nora", "Ours", shared=True)
    save(cast, "nora", "Mine")
    delete_view(actor=cast.actor("nora"), view_id=view.pk, **AT)
    with agency_scope(cast.larkspur.pk):
        told = AuditEvent.unscoped.filter(event_type="view_changed").order_by("seq")
        found = [(each.target, each.details["how"]) for each in told]

    assert found == [("Ours", "shared"), ("Ours", "deleted")]


def test_menu_of_views_comes_to_htmx_alone(cast: Cast) -> None:
    save(cast, "nora", "Hot")
    menu = (
        cast.browser("nora").get("/views/leads/?status=new", headers={"HX-Request": "true"}).content.decode()
    )

    assert ("<html" in menu, "Hot" in menu, "/views/leads/new/?status=new" in menu) == (False, True, True)
    assert cast.browser("nora").get("/views/nonsense/").status_code == 404


def begins(cast: Cast, who: str) -> str:
    view = default_view(cast.actor(who), "leads")
    return view.name if view else ""


def test_shared_view_begins_the_list_of_whoever_wants_it_and_of_nobody_else(cast: Cast) -> None:
    shared, own = save(cast, "nora", "All of us", shared=True), save(cast, "theo", "Theo's", is_default=True)
    theo = cast.browser("theo")
    theo.post(f"/views/{shared.pk}/begin/", {"begins": "1"})
    chosen = {who: begins(cast, who) for who in ("theo", "nora", "bea")}
    opened = theo.get("/leads/")
    page = theo.get("/views/leads/").content.decode()
    theo.post(f"/views/{own.pk}/begin/", {"begins": "1"})
    back = begins(cast, "theo")
    theo.post(f"/views/{own.pk}/begin/", {"begins": "0"})

    assert chosen == {"theo": "All of us", "nora": "", "bea": ""}
    assert (opened.status_code, opened["Location"]) == (302, f"/leads/?view={shared.pk}&tier=hot")
    assert page.count("Your list begins with it") == 1
    assert (back, begins(cast, "theo")) == ("Theo's", "")


@pytest.mark.parametrize("end", ["deleted", "private", "another"])
def test_list_begins_with_no_view_that_is_gone(cast: Cast, end: str) -> None:
    shared = save(cast, "nora", "All of us", shared=True)
    begin_with(actor=cast.actor("theo"), view_id=shared.pk, begins=True)
    if end == "deleted":
        delete_view(actor=cast.actor("nora"), view_id=shared.pk, **AT)
    elif end == "private":
        change_view(
            actor=cast.actor("nora"), view_id=shared.pk, name="Mine", shared=False, is_default=False, **AT
        )
    else:  # of one's own, by its form
        save(cast, "theo", "Theo's", is_default=True)

    assert begins(cast, "theo") == ("Theo's" if end == "another" else "")


def test_view_of_others_begins_nobodys_list(cast: Cast) -> None:
    private, clients = save(cast, "nora", "Nora's"), save(cast, "hannah", "Front desk", shared=True)
    codes = [
        cast.browser(who).post(f"/views/{view.pk}/begin/", {"begins": "1"}).status_code
        for who, view in (("theo", private), ("theo", clients), ("rafael", clients), ("vi", clients))
    ]

    assert codes == [404, 404, 404, 302]
    assert [begins(cast, who) for who in ("theo", "rafael", "vi", "hannah")] == ["", "", "Front desk", ""]


def test_what_a_list_begins_with_is_asked_in_one_statement(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    shared = save(cast, "nora", "All of us", shared=True)
    begin_with(actor=cast.actor("theo"), view_id=shared.pk, begins=True)
    theo = cast.actor("theo")
    with django_assert_num_queries(1):
        default_view(theo, "leads")
