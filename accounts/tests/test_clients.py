"""Clients as their agency keeps them, and as their own people may."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Client, ClientAssignment, ClientProfile, Membership
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.assignments import NotOfTheAgency, assign_staff, unassign_staff
from accounts.services.audit import Origin
from accounts.services.clients import archive_client, change_client, change_status
from conftest import NOON, Cast

FACTS = {
    "name": "Summit Roofing", "industry": "home_service", "subtype": "Roofing", "email": "desk@summit.test",
    "phone": "512 555 0199", "website": "summit.test", "timezone": "America/Chicago",
}  # fmt: skip
CONTACT = {
    "front_desk_emails": "one@summit.test, two@summit.test\none@summit.test",
    "form_email_recipients": "",
    "office_admin_name": "  Ana   Ruiz ",
    "office_admin_email": "ana@summit.test",
    "monthly_revenue_goal": "25000",
    "looker_url": "https://looker.test/1",
}


def client(cast: Cast, slug: str = "brightside-dental") -> Client:
    with agency_scope(cast.larkspur.pk):
        return Client.unscoped.get(slug=slug)


def events(cast: Cast, event_type: str) -> list[tuple[str, dict[str, Any]]]:
    with agency_scope(cast.larkspur.pk):
        rows = AuditEvent.unscoped.filter(event_type=event_type).order_by("seq")
        return [(each.target, each.details) for each in rows]


def at(name: str, slug: str = "brightside-dental") -> str:
    return reverse(f"clients:{name}", args=[slug])


@pytest.mark.parametrize("name", ["New", "!!!", "Ω", "x" * 200])
def test_address_of_a_new_client_is_never_one_of_ours(cast: Cast, name: str) -> None:
    answer = cast.browser("nora").post(reverse("crm:client_create"), {**FACTS, "name": name})

    assert answer.status_code == 302
    assert cast.browser("nora").get(answer.headers["Location"]).context["client"].name == name


def test_who_sees_assigned_clients_only_is_assigned_to_the_one_they_make(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.filter(user=cast.people["theo"]).update(role="agency_admin")
    theo = cast.browser("theo")

    answer = theo.post(reverse("crm:client_create"), FACTS)

    assert theo.get(answer.headers["Location"]).status_code == 200
    assert theo.get(at("profile", "delgado-plumbing")).status_code == 404


def test_profile_is_changed_and_the_log_tells_what_but_not_how(cast: Cast) -> None:
    answer = cast.browser("nora").post(at("profile_save"), {**FACTS, **CONTACT})

    assert answer.status_code == 302
    assert client(cast).name == "Summit Roofing"
    with agency_scope(cast.larkspur.pk):
        profile = ClientProfile.unscoped.get(client=cast.brightside.client)
    assert profile.front_desk_emails == ["one@summit.test", "two@summit.test"]
    assert (profile.office_admin_name, str(profile.monthly_revenue_goal)) == ("Ana Ruiz", "25000.00")
    ((_, details),) = events(cast, "client_changed")
    assert set(details["changed"]) == {*FACTS, *CONTACT} - {"form_email_recipients"}
    assert "summit" not in str(details).lower()


@pytest.mark.parametrize(
    ("who", "route"), [("nora", "clients:profile_save"), ("hannah", "accounts:business_save")]
)
def test_country_of_numbers_is_kept_beside_the_other_settings(cast: Cast, who: str, route: str) -> None:
    with agency_scope(cast.larkspur.pk):
        Client.unscoped.filter(slug="brightside-dental").update(settings={"hue": "teal"})
    address = reverse(route, args=["brightside-dental"] if who == "nora" else [])
    answers = [
        cast.browser(who).post(address, {**FACTS, **CONTACT, "country": country}).status_code
        for country in ("XX", "GB")
    ]

    assert (answers, client(cast).settings) == ([422, 302], {"hue": "teal", "country": "GB"})
    assert "country" in events(cast, "client_changed")[-1][1]["changed"]
    page = cast.browser("nora").get(at("profile")).content.decode()
    assert '<option value="GB" selected>United Kingdom</option>' in page


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", " ", "Name the client."),
        ("timezone", "Mars/Olympus", "Choose a time zone from the list."),
        ("email", "desk", "Enter an e-mail address"),
        ("front_desk_emails", "a@b.test nonsense", "“nonsense” is not an e-mail address."),
        ("front_desk_emails", " ".join(f"a{n}@b.test" for n in range(21)), "20 addresses at most"),
        ("website", "http://", "Enter a web address"),
        ("monthly_revenue_goal", "lots", "Enter an amount"),
    ],
)
def test_error_stands_beside_its_field(cast: Cast, field: str, typed: str, words: str) -> None:
    answer = cast.browser("nora").post(at("profile_save"), {**FACTS, **CONTACT, field: typed})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert words in answer.content.decode()
    assert client(cast).name == "Brightside Dental"


def test_clients_people_change_their_contacts_but_not_what_is_the_agencys(cast: Cast) -> None:
    answer = cast.browser("hannah").post(reverse("accounts:business_save"), {**FACTS, **CONTACT})

    assert answer.status_code == 302
    changed = client(cast)
    with agency_scope(cast.larkspur.pk):
        profile = ClientProfile.unscoped.get(client=changed)
    assert (changed.phone, profile.office_admin_name) == ("512 555 0199", "Ana Ruiz")
    assert (changed.name, changed.industry, changed.subtype, profile.looker_url) == (
        "Brightside Dental", "other", "", "",
    )  # fmt: skip


def test_service_leaves_alone_what_is_the_agencys_whatever_a_form_lets_through(cast: Cast) -> None:
    hannah = cast.actor("hannah")
    values = {"name": "Renamed", "looker_url": "https://elsewhere.test", "phone": "1"}
    with scoped(hannah.scope):
        change_client(
            actor=hannah, client_id=cast.brightside.client.pk, values=values, now=NOON, origin=Origin()
        )

    assert (client(cast).name, client(cast).phone) == ("Brightside Dental", "1")


def test_services_keep_to_the_actors_clients_where_the_database_shows_all(cast: Cast) -> None:
    otto, theo = cast.actor("otto"), cast.actor("theo")
    here: dict[str, Any] = {"now": NOON, "origin": Origin()}
    with platform_scope(PlatformUse.ADMIN):
        for actor, house in ((otto, cast.brightside), (theo, cast.delgado)):
            own: dict[str, Any] = {**here, "actor": actor, "client_id": house.client.pk}
            deeds: list[tuple[Any, dict[str, Any]]] = [
                (change_client, {"values": {"name": "Renamed"}}),
                (change_status, {"status": "inactive"}),
                (archive_client, {"archived": True}),
                (assign_staff, {"user_id": cast.people["bea"].pk, "kind": "bdr"}),
            ]
            for deed, fields in deeds:
                with pytest.raises(Client.DoesNotExist):
                    deed(**own, **fields)
            with pytest.raises(ClientAssignment.DoesNotExist):
                unassign_staff(actor=actor, assignment_id=house.assignment.pk, **here)


def test_who_may_only_read_sees_facts_and_no_form(cast: Cast) -> None:
    for who, address in (("vi", reverse("accounts:business")), ("ed", at("profile"))):
        page = cast.browser(who).get(address).content.decode()
        assert ("Time zone" in page, 'name="phone"' in page) == (True, False)


@pytest.mark.parametrize(
    ("was", "wanted", "becomes"),
    [
        ("onboarding", "active", "active"),
        ("onboarding", "inactive", "inactive"),
        ("active", "inactive", "inactive"),
        ("active", "onboarding", "active"),
        ("inactive", "active", "active"),
        ("inactive", "onboarding", "onboarding"),
        ("active", "gone", "active"),
    ],
)
def test_status_takes_the_steps_there_are(cast: Cast, was: str, wanted: str, becomes: str) -> None:
    with agency_scope(cast.larkspur.pk):
        Client.unscoped.filter(pk=cast.brightside.client.pk).update(status=was)

    cast.browser("nora").post(at("status"), {"status": wanted})

    assert client(cast).status == becomes
    told = [("Brightside Dental", {"from": was, "to": wanted})] if was != becomes else []
    assert events(cast, "client_status_changed") == told


def test_archived_client_leaves_the_lists_and_its_people_their_seat(cast: Cast) -> None:
    nora, hannah = cast.browser("nora"), cast.browser("hannah")
    assert "Archive Brightside Dental?" in nora.get(at("archive")).content.decode()
    assert client(cast).archived_at is None
    nora.post(at("archive_now"))

    listed = nora.get(reverse("crm:clients")).context["rows"]
    archived = nora.get(reverse("crm:clients"), {"status": "archived"}).context["rows"]
    assert [[each.name for each, *_ in rows] for rows in (listed, archived)] == [
        ["Delgado Plumbing"], ["Brightside Dental"],
    ]  # fmt: skip
    assert hannah.get(reverse("accounts:business")).status_code == 404
    nora.post(at("status"), {"status": "inactive"})
    assert client(cast).status == "active"  # not while it is put away

    nora.post(at("unarchive"))
    assert (client(cast).archived_at, hannah.get(reverse("accounts:business")).status_code) == (None, 200)
    assert [details for _, details in events(cast, "client_status_changed")] == [
        {"archived": True}, {"archived": False},
    ]  # fmt: skip


def test_list_is_filtered_by_status(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Client.unscoped.filter(pk=cast.delgado.client.pk).update(status="onboarding")
    nora, names = cast.browser("nora"), {}
    for wanted in ("", "onboarding", "active", "inactive", "archived", "nonsense"):
        rows = nora.get(reverse("crm:clients"), {"status": wanted}).context["rows"]
        names[wanted] = [each.name for each, *_ in rows]

    both = ["Brightside Dental", "Delgado Plumbing"]
    assert names == {
        "": both, "onboarding": both[1:], "active": both[:1], "inactive": [], "archived": [], "nonsense": both,
    }  # fmt: skip


def test_staff_is_assigned_and_taken_off_and_sees_accordingly(cast: Cast) -> None:
    nora, theo = cast.browser("nora"), cast.browser("theo")
    chosen = {"user": str(cast.people["theo"].pk), "kind": "account_manager"}

    for _ in range(2):
        nora.post(at("staff_add", "delgado-plumbing"), chosen)
    assert theo.get(at("profile", "delgado-plumbing")).status_code == 200
    with agency_scope(cast.larkspur.pk):
        made = ClientAssignment.unscoped.get(client=cast.delgado.client, user=cast.people["theo"])
    nora.post(reverse("clients:staff_remove", args=[made.pk]))

    assert theo.get(at("profile", "delgado-plumbing")).status_code == 404
    told = ("theo@example.test", {"as": "account_manager"})
    assert (events(cast, "client_assigned"), events(cast, "client_unassigned")) == ([told], [told])


@pytest.mark.parametrize("who", ["hannah", "otto", "lena", "sam"])
def test_only_people_of_the_agency_are_assigned(cast: Cast, who: str) -> None:
    answer = cast.browser("nora").post(at("staff_add"), {"user": str(cast.people[who].pk), "kind": "member"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["user"])
    with agency_scope(cast.larkspur.pk):
        assert not ClientAssignment.unscoped.filter(user=cast.people[who]).exists()


def test_service_assigns_nobody_else_whatever_a_form_lets_through(cast: Cast) -> None:
    nora = cast.actor("nora")
    for who in ("hannah", "otto", "lena"):
        with scoped(nora.scope), pytest.raises(NotOfTheAgency):
            assign_staff(
                actor=nora, client_id=cast.brightside.client.pk, user_id=cast.people[who].pk, kind="member",
                now=NOON, origin=Origin(),
            )  # fmt: skip


def test_assigned_admin_may_assign_colleagues_they_cannot_list(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.filter(user=cast.people["theo"]).update(role="agency_admin")

    answer = cast.browser("theo").post(at("staff_add"), {"user": str(cast.people["bea"].pk), "kind": "bdr"})

    assert answer.status_code == 302
    with agency_scope(cast.larkspur.pk):
        assert ClientAssignment.unscoped.filter(user=cast.people["bea"], kind="bdr").count() == 1
