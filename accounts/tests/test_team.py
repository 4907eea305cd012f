"""The team pages: roles, reach and logins of people, and that a house never loses its last owner."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import ActionToken, ClientAssignment, Membership, User
from accounts.principal import load_principal
from accounts.roles import Role
from accounts.scope import PlatformUse, platform_scope, scoped
from accounts.services import logins, memberships
from accounts.services.places import LastOwner, OutOfReach
from accounts.tenancy import Actor
from accounts.tests.test_invitations import ORIGIN, audited, invite, place, seat
from conftest import NOON, PASSWORD, Cast, make_cast

SLUG = "brightside-dental"


def held(cast: Cast, name: str) -> set[str]:
    principal = load_principal(cast.people[name].pk)
    assert principal is not None
    return {role for actor in principal.seats.values() for role in actor.roles}


def person_url(cast: Cast, name: str, slug: str = "") -> str:
    pk = cast.people[name].pk
    route = "accounts:client_team_person" if slug else "accounts:team_person"
    return reverse(route, args=[slug, pk] if slug else [pk])


def end_url(cast: Cast, name: str, slug: str = "") -> str:
    return person_url(cast, name, slug) + "end/"


def act(actor: Actor, deed: Any, **told: Any) -> None:
    with scoped(actor.scope):
        deed(actor=actor, now=timezone.now(), origin=ORIGIN, **told)


# What the page shows


@pytest.mark.parametrize("slug", ["", SLUG])
def test_button_that_signs_somebody_out_is_not_ones_own(cast: Cast, slug: str) -> None:
    url = person_url(cast, "hannah" if slug else "theo", slug)

    page = cast.browser("nora").get(url).content.decode()

    assert re.findall(r'action="([^"]+/sign-out/)"', page) == [url + "sign-out/"]
    assert page.count(f'action="{reverse("account_logout")}"') == 2  # both menus of the frame


def test_pages_list_their_own_people_and_no_others(cast: Cast) -> None:
    shown = {
        who: set(
            re.findall(r"(\w+)@example\.test</span></span>", cast.browser(who).get(url).content.decode())
        )
        for who, url in (
            ("nora", reverse("accounts:team")),
            ("otto", reverse("accounts:team")),
            ("hannah", reverse("accounts:client_team", args=[SLUG])),
            ("rafael", reverse("accounts:client_team", args=["delgado-plumbing"])),
        )
    }

    assert shown == {
        "nora": {"nora", "theo", "bea", "ed"},
        "otto": {"otto"},
        "hannah": {"hannah", "vi"},
        "rafael": {"rafael"},
    }


# Changing roles


def test_several_roles_add_up_and_hold_from_the_next_click(cast: Cast) -> None:
    theo = cast.browser("theo")
    before = theo.get(reverse("accounts:team")).status_code
    told = {"roles": ["agency_admin", "bdr"], "client_access": "all", "record_access": "own"}
    answer = cast.browser("nora").post(person_url(cast, "theo"), told)

    assert (before, answer.status_code, theo.get(reverse("accounts:team")).status_code) == (403, 302, 200)
    assert held(cast, "theo") == {"agency_admin", "bdr"}
    with platform_scope(PlatformUse.ADMIN):
        rows = Membership.unscoped.filter(user=cast.people["theo"])
        assert {(each.role, each.record_access, each.revoked_at is None) for each in rows} == {
            ("agency_member", "all", False),
            ("agency_admin", "own", True),
            ("bdr", "own", True),
        }
    assert audited("role_changed") == [("nora@example.test", "theo@example.test", "", True)]


def test_assigned_clients_are_replaced(cast: Cast) -> None:
    told = {
        "roles": ["agency_member"],
        "client_access": "assigned",
        "record_access": "all",
        "clients": [str(cast.delgado.client.pk)],
    }
    cast.browser("nora").post(person_url(cast, "theo"), told)
    page = cast.browser("theo").get("/inbox/").content.decode()

    assert ("Delgado Plumbing" in page, "Brightside Dental" in page) == (True, False)


def test_no_role_at_all_is_an_error_beside_the_field(cast: Cast) -> None:
    answer = cast.browser("nora").post(person_url(cast, "theo"), {})

    assert answer.status_code == 422
    assert "Leave at least one role" in answer.content.decode()
    assert held(cast, "theo") == {"agency_member"}


@pytest.mark.parametrize("deed", ["change", "end"])
def test_owners_are_touched_by_owners_alone(cast: Cast, deed: str) -> None:
    seat(cast, "ada", Role.AGENCY_ADMIN)
    seat(cast, "cara", Role.CLIENT_ADMIN, cast.brightside.client)
    suffix = "end/" if deed == "end" else ""
    tries = {
        "admin over owner": ("ada", person_url(cast, "nora"), ["agency_member"]),
        "client admin over client owner": ("cara", person_url(cast, "hannah", SLUG), ["client_viewer"]),
    }
    answers = {
        name: cast.browser(who).post(url + suffix, {"roles": roles}).status_code
        for name, (who, url, roles) in tries.items()
    }

    assert answers == dict.fromkeys(tries, 403)
    assert (held(cast, "nora"), held(cast, "hannah")) == ({"agency_owner"}, {"client_owner"})


def test_admin_makes_nobody_an_owner_not_even_themselves(cast: Cast) -> None:
    seat(cast, "ada", Role.AGENCY_ADMIN)
    told = {"roles": ["agency_owner"], "client_access": "all", "record_access": "all"}
    answers = [cast.browser("ada").post(person_url(cast, who), told).status_code for who in ("ada", "theo")]
    with pytest.raises(OutOfReach):
        act(
            cast.actor("ada"),
            memberships.change_person,
            place=place(cast),
            user_id=cast.people["ada"].pk,
            roles=["agency_owner"],
        )

    assert answers == [422, 422]
    assert held(cast, "ada") == {"agency_admin"}


def test_people_of_other_places_do_not_exist(cast: Cast) -> None:
    answers = [
        cast.browser(who).get(url).status_code
        for who, url in (
            ("nora", person_url(cast, "otto")),
            ("nora", person_url(cast, "hannah")),  # of a client, not of the agency
            ("hannah", person_url(cast, "rafael", SLUG)),
            ("hannah", person_url(cast, "theo", SLUG)),
            ("hannah", person_url(cast, "rafael", "delgado-plumbing")),
        )
    ]

    assert answers == [404] * 5


def test_invitations_of_somebody_who_lost_the_right_are_taken_back(cast: Cast) -> None:
    seat(cast, "ada", Role.AGENCY_ADMIN)
    staff = invite(cast, "ada", place=place(cast), role=Role.EDITOR)
    client = invite(cast, "ada", email="b@example.test")
    others = invite(cast, "hannah", email="c@example.test")
    told = {"roles": ["editor"], "client_access": "all", "record_access": "all"}
    cast.browser("nora").post(person_url(cast, "ada"), told)
    with platform_scope(PlatformUse.ADMIN):
        gone = {
            token.pk: ActionToken.unscoped.get(pk=token.pk).revoked_at is not None
            for token in (staff, client, others)
        }

    assert gone == {staff.pk: True, client.pk: True, others.pk: False}


# Going


def test_ended_membership_is_out_at_the_next_click_after_a_question(cast: Cast) -> None:
    theo, nora = cast.browser("theo"), cast.browser("nora")
    asked = nora.get(end_url(cast, "theo"))
    still = theo.get("/inbox/").status_code
    nora.post(end_url(cast, "theo"))
    with platform_scope(PlatformUse.ADMIN):
        assignments = ClientAssignment.unscoped.filter(user=cast.people["theo"]).count()

    assert "End the membership of Theo?" in asked.content.decode()
    assert (still, theo.get("/inbox/").status_code, assignments) == (200, 404, 0)
    assert audited("membership_ended") == [("nora@example.test", "theo@example.test", "", True)]


@pytest.mark.parametrize("side", ["agency", "client"])
def test_last_owner_cannot_go_nor_be_demoted(cast: Cast, side: str) -> None:
    who, slug, lower = ("nora", "", "agency_admin") if side == "agency" else ("hannah", SLUG, "client_admin")
    told = {"roles": [lower], "client_access": "all", "record_access": "all"}
    browser = cast.browser(who)
    answers = [
        browser.post(person_url(cast, who, slug), told),
        browser.post(end_url(cast, who, slug)),
    ]

    assert [each.status_code for each in answers] == [422, 422]
    assert all("This is the only owner" in each.content.decode() for each in answers)
    assert held(cast, who) == {f"{side}_owner"}


def test_owner_whose_login_is_switched_off_does_not_count(cast: Cast) -> None:
    second = seat(cast, "olga", Role.AGENCY_OWNER)
    User.objects.filter(pk=second.pk).update(is_active=False)
    with pytest.raises(LastOwner):
        act(cast.actor("nora"), memberships.leave, place=place(cast))


def two_owners(role: Role) -> tuple[Cast, list[Actor]]:
    with transaction.atomic():
        cast = make_cast()
        at = cast.brightside.client if role == Role.CLIENT_OWNER else None
        seat(cast, "olga", role, at)
    return cast, [cast.actor("hannah" if at else "nora"), cast.actor("olga")]


def at_once(attempts: list[Any]) -> list[str]:
    def run(attempt: Any) -> str:
        try:
            attempt()
        except LastOwner:
            return "last owner"
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return sorted(pool.map(run, attempts))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [Role.AGENCY_OWNER, Role.CLIENT_OWNER])
def test_two_owners_who_leave_at_once_leave_one(role: Role) -> None:
    cast, owners = two_owners(role)
    where = place(cast, cast.brightside if role == Role.CLIENT_OWNER else None)

    found = at_once([lambda a=actor: act(a, memberships.leave, place=where) for actor in owners])

    assert found == ["done", "last owner"]
    assert owners_of(where.where) == 1


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_switch_each_other_off_leave_one() -> None:
    cast, (nora, olga) = two_owners(Role.AGENCY_OWNER)

    found = at_once(
        [
            lambda: act(nora, logins.deactivate, user_id=olga.user_id),
            lambda: act(olga, logins.deactivate, user_id=nora.user_id),
        ]
    )

    assert found == ["done", "last owner"]
    assert owners_of(place(cast).where) == 1


def owners_of(where: dict[str, Any]) -> int:
    with transaction.atomic(), platform_scope(PlatformUse.ADMIN):
        return Membership.unscoped.filter(
            **where,
            revoked_at=None,
            role__in=["agency_owner", "client_owner"],
            user__is_active=True,
        ).count()


# Logins


def test_switched_off_login_is_out_at_the_next_click_and_comes_back(cast: Cast) -> None:
    vi, nora, pk = cast.browser("vi"), cast.browser("nora"), cast.people["vi"].pk
    asked = nora.get(reverse("accounts:team_deactivate", args=[pk])).status_code
    before = vi.get("/portal/").status_code
    nora.post(reverse("accounts:team_deactivate", args=[pk]))
    out = vi.get("/portal/").status_code
    nora.post(reverse("accounts:team_reactivate", args=[pk]))

    assert (asked, before, out) == (200, 200, 302)
    assert cast.browser("vi").get("/portal/").status_code == 200
    assert audited("person_deactivated") == audited("person_reactivated")
    assert audited("person_deactivated") == [("nora@example.test", "vi@example.test", "", True)]


def test_login_that_serves_others_too_is_not_the_agencys_to_switch_off(cast: Cast) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.create(
            agency=cast.ironwood, user=cast.people["vi"], role="editor", accepted_at=NOON
        )
    url = reverse("accounts:team_deactivate", args=[cast.people["vi"].pk])
    answer = cast.browser("nora").post(url)

    assert (answer.status_code, "not your agency’s alone" in answer.content.decode()) == (422, True)
    assert User.objects.get(pk=cast.people["vi"].pk).is_active


def test_only_owners_switch_off_and_never_themselves_last_owners_or_superusers(cast: Cast) -> None:
    seat(cast, "ada", Role.AGENCY_ADMIN)
    User.objects.filter(pk=cast.people["ed"].pk).update(is_superuser=True)
    answers = {
        (who, whom): cast.browser(who)
        .post(reverse("accounts:team_deactivate", args=[cast.people[whom].pk]))
        .status_code
        for who, whom in (
            ("ada", "vi"),
            ("hannah", "vi"),
            ("nora", "nora"),
            ("nora", "hannah"),
            ("nora", "ed"),
            ("nora", "petra"),
        )
    }

    assert list(answers.values()) == [403, 404, 422, 422, 422, 404]
    assert User.objects.filter(is_active=False).count() == 0


def test_signing_in_when_switched_off_is_told_apart_only_by_the_right_password(cast: Cast) -> None:
    vi = cast.people["vi"]
    vi.set_password(PASSWORD)
    vi.is_active = False
    vi.save()
    answer = Browser().post("/accounts/login/", {"login": vi.email, "password": PASSWORD})

    assert Browser().get("/portal/").status_code == 302
    assert "_auth_user_id" not in answer.wsgi_request.session
