"""Inviting and accepting: who may invite whom, what the link shows to whom, and that it is used once."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import ActionToken, AuditEvent, ClientAssignment, Membership, User
from accounts.principal import load_principal
from accounts.roles import Role
from accounts.scope import NOBODY, PlatformUse, platform_scope, scoped
from accounts.services import acceptance, invitations
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin
from accounts.services.places import OutOfReach, Place
from conftest import NOON, PASSWORD, Cast, make_cast

ORIGIN = Origin("192.0.2.7")
Commit = Callable[..., Any]  # pytest-django's django_capture_on_commit_callbacks


def seat(cast: Cast, name: str, role: Role, at: Any = None) -> User:
    """A new person of Larkspur who holds ``role`` there, or at one of its clients."""
    user = User.objects.create_user(f"{name}@example.test", PASSWORD, display_name=name.capitalize())
    cast.people[name] = user
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.create(agency=cast.larkspur, user=user, client=at, role=role, accepted_at=NOON)
    return user


def place(cast: Cast, house: Any = None) -> Place:
    return Place(cast.larkspur.pk, cast.larkspur.name, house.client if house else None)


def invite(cast: Cast, by: str = "nora", **told: Any) -> ActionToken:
    actor = cast.actor(by)
    values: dict[str, Any] = {
        "place": place(cast, cast.brightside),
        "email": "new@example.test",
        "role": Role.CLIENT_MEMBER,
        "now": timezone.now(),
    }
    with scoped(actor.scope):
        return invitations.invite(actor=actor, origin=ORIGIN, **values | told)


def link(message: Any = None) -> str:
    """The path in the newest mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", str((message or mail.outbox[-1]).body))
    assert found
    return found[1]


def invited_link(cast: Cast, commit: Commit, **told: Any) -> str:
    with commit(execute=True):
        invite(cast, **told)
    return link()


def seats_of(email: str) -> dict[str, list[str]]:
    principal = load_principal(User.objects.get(email=email).pk)
    assert principal is not None
    return {principal.seat_names[key]: sorted(actor.roles) for key, actor in principal.seats.items()}


def audited(event: str) -> list[tuple[str | None, str, str, bool]]:
    with platform_scope(PlatformUse.ADMIN):
        rows = AuditEvent.unscoped.filter(event_type=event).order_by("seq")
        return list(rows.values_list("actor__email", "target", "failure_reason", "success"))


NEW: dict[str, str] = {"name": "Nadia New", "password": PASSWORD + " 7", "again": PASSWORD + " 7"}


# Inviting


def test_mail_holds_the_link_and_the_table_does_not(
    cast: Cast, django_capture_on_commit_callbacks: Commit
) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks)
    with platform_scope(PlatformUse.ADMIN):
        stored = str(list(ActionToken.unscoped.values()) + list(AuditEvent.unscoped.values()))

    assert mail.outbox[-1].to == ["new@example.test"]
    assert mail.outbox[-1].subject == "Nora invites you to Brightside Dental"
    assert path.split("/")[-2] not in stored
    assert audited("invited") == [("nora@example.test", "new@example.test", "", True)]


def test_role_above_ones_own_is_refused(cast: Cast) -> None:
    seat(cast, "ada", Role.AGENCY_ADMIN)
    seat(cast, "cara", Role.CLIENT_ADMIN, cast.brightside.client)
    at_client, at_agency = place(cast, cast.brightside), place(cast)
    tries = [
        ("ada", at_agency, Role.AGENCY_OWNER),
        ("cara", at_client, Role.CLIENT_OWNER),
        ("vi", at_client, Role.CLIENT_VIEWER),
        ("theo", at_client, Role.CLIENT_VIEWER),
        ("hannah", at_agency, Role.AGENCY_MEMBER),
        ("hannah", at_client, Role.AGENCY_MEMBER),
        ("hannah", place(cast, cast.delgado), Role.CLIENT_VIEWER),
        ("nora", Place(cast.ironwood.pk, "Ironwood", cast.kettle.client), Role.CLIENT_VIEWER),
    ]
    for who, where, role in tries:
        with pytest.raises(OutOfReach):
            invite(cast, who, place=where, role=role)

    assert invite(cast, "cara", role=Role.CLIENT_ADMIN).metadata["role"] == "client_admin"
    assert len(audited("invited")) == 1


def test_forged_role_is_an_error_beside_the_field(cast: Cast) -> None:
    seat(cast, "cara", Role.CLIENT_ADMIN, cast.brightside.client)
    url = reverse("accounts:client_team_invite", args=["brightside-dental"])
    answer = cast.browser("cara").post(url, {"email": "new@example.test", "role": "client_owner"})

    assert answer.status_code == 422
    assert "Choose one of the roles in the list" in answer.content.decode()
    assert 'value="new@example.test"' in answer.content.decode()
    assert audited("invited") == []


def test_staff_held_to_some_clients_invite_nobody_to_the_agency(cast: Cast) -> None:
    ada = seat(cast, "ada", Role.AGENCY_ADMIN)
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.filter(user=ada).update(client_access="assigned")
        ClientAssignment.unscoped.create(agency=cast.larkspur, client=cast.brightside.client, user=ada)
    browser = cast.browser("ada")
    delgado = reverse("accounts:client_team", args=["delgado-plumbing"])

    assert browser.get(reverse("accounts:team")).status_code == 403
    assert browser.get(reverse("accounts:client_team", args=["brightside-dental"])).status_code == 200
    assert browser.get(delgado).status_code == 404


def test_address_is_one_whatever_its_case(cast: Cast) -> None:
    url = reverse("accounts:client_team_invite", args=["brightside-dental"])
    browser = cast.browser("hannah")
    first = browser.post(url, {"email": "  NEW@Example.test", "role": "client_viewer"})
    again = browser.post(url, {"email": "new@EXAMPLE.test", "role": "client_viewer"})
    there = browser.post(url, {"email": "VI@example.test", "role": "client_viewer"})
    alike = browser.post(
        url, {"email": "n\N{CYRILLIC SMALL LETTER IE}w@example.test", "role": "client_viewer"}
    )

    assert [each.status_code for each in (first, again, there, alike)] == [302, 422, 422, 422]
    assert "open invitation already" in again.content.decode()
    assert "in the team already" in there.content.decode()
    assert "cyrillic small letter ie" in alike.content.decode()


def test_inviting_tells_nothing_about_other_logins(cast: Cast) -> None:
    """Otto signs in elsewhere, nobody@ nowhere: the answers are alike."""
    url = reverse("accounts:client_team_invite", args=["brightside-dental"])
    answers = []
    for email in ("otto@example.test", "nobody@example.test"):
        answer = cast.browser("hannah").post(url, {"email": email, "role": "client_viewer"}, follow=True)
        page = answer.content.decode().replace(email, "")
        answers.append((answer.status_code, [*answer.redirect_chain], len(re.findall("Invited", page))))

    assert answers[0][:2] == answers[1][:2]


# Accepting


def test_new_person_chooses_name_and_password_and_is_in(
    cast: Cast, django_capture_on_commit_callbacks: Commit
) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks)
    browser = Browser()
    page = browser.get(path)
    answer = browser.post(path, NEW)

    assert "Nora invites you to Brightside Dental" in page.content.decode()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert browser.get(reverse("portal:home")).status_code == 200
    assert seats_of("new@example.test") == {"Brightside Dental": ["client_member"]}
    user = User.objects.get(email="new@example.test")
    assert (user.name, user.check_password(NEW["password"]), user.email_verified_at is not None) == (
        "Nadia New",
        True,
        True,
    )
    assert audited("invitation_accepted") == [("new@example.test", "new@example.test", "", True)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "password1234", "again": "password1234"}, "too common"),
        ({"password": "new@example.test", "again": "new@example.test"}, "too similar"),
        ({"password": "nadia new 12", "name": "Nadia New 12", "again": "nadia new 12"}, "too similar"),
        ({"again": "something else 9"}, "The two passwords differ"),
        ({"name": " \u200b "}, "what to call you"),
        ({"name": "x" * 101}, "under 100 characters"),
    ],
)
def test_refused_form_uses_nothing_up(
    cast: Cast, django_capture_on_commit_callbacks: Commit, change: dict[str, str], words: str
) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks)
    browser = Browser()
    refused = browser.post(path, NEW | change)

    assert (refused.status_code, words in refused.content.decode()) == (422, True)
    assert not User.objects.filter(email="new@example.test").exists()
    assert browser.post(path, NEW).status_code == 302


def test_known_person_signs_in_first_and_confirms(
    cast: Cast, django_capture_on_commit_callbacks: Commit
) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks, email="petra@example.test")
    nobody = Browser()
    asked = nobody.get(path).content.decode()
    forged = nobody.post(path, NEW)
    petra = cast.browser("petra")
    looked = petra.get(path)
    before = seats_of("petra@example.test")
    answer = petra.post(path)

    assert f"/accounts/login/?next={path}" in asked
    assert "password" not in asked.split("<main")[1].replace("Forgot your password?", "").replace(
        "password/reset", ""
    )
    assert (forged.status_code, looked.status_code, answer.status_code) == (200, 200, 302)
    assert before == {"Copper Kettle": ["client_owner"]}
    assert seats_of("petra@example.test") == {
        "Copper Kettle": ["client_owner"],
        "Brightside Dental": ["client_member"],
    }
    assert (
        "Lee Brightside" in petra.get(reverse("portal:leads")).content.decode()
    )  # where they were invited to


def test_only_the_invited_person_accepts(cast: Cast, django_capture_on_commit_callbacks: Commit) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks)
    vi = cast.browser("vi")
    looked, tried = vi.get(path), vi.post(path, NEW)

    assert (looked.status_code, tried.status_code) == (403, 403)
    assert "You are signed in as vi@example.test" in tried.content.decode()
    assert seats_of("vi@example.test") == {"Brightside Dental": ["client_viewer"]}
    assert audited("link_refused") == [("vi@example.test", "new@example.test", "another person", False)]
    assert Browser().post(path, NEW).status_code == 302


def test_deed_itself_asks_who_accepts(cast: Cast, django_capture_on_commit_callbacks: Commit) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks, email="petra@example.test")
    told: dict[str, Any] = {"secret": path.split("/")[-2], "now": timezone.now(), "origin": ORIGIN}
    with pytest.raises(acceptance.WrongPerson):
        acceptance.accept_as(user_id=cast.people["rafael"].pk, **told)
    membership = acceptance.accept_as(user_id=cast.people["petra"].pk, **told)

    assert membership.user_id == cast.people["petra"].pk
    assert seats_of("rafael@example.test") == {"Delgado Plumbing": ["client_owner"]}


def test_links_that_do_not_work_say_why_and_gain_nothing(
    cast: Cast, django_capture_on_commit_callbacks: Commit
) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks)
    altered = path[:-2] + ("A" if path[-2] != "A" else "B") + "/"
    answers = {"altered": Browser().post(altered, NEW)}
    with platform_scope(PlatformUse.ADMIN):
        rows = ActionToken.unscoped.filter(email="new@example.test")
        for name, change in (
            ("old", {"expires_at": timezone.now()}),
            ("taken back", {"expires_at": NOON + timedelta(days=999), "revoked_at": NOON}),
            ("used", {"revoked_at": None, "consumed_at": NOON}),
        ):
            rows.update(**change)
            answers[name] = Browser().post(path, NEW)

    told = {
        name: (answer.status_code, re.search(r"<p>(.*?)</p>", answer.content.decode())[1][:12])  # type: ignore[index]
        for name, answer in answers.items()
    }
    assert told == {
        "altered": (404, "This is not o"[:12]),
        "old": (410, "It is too ol"),
        "taken back": (410, "It was taken"),
        "used": (410, "It was used "),
    }
    assert not User.objects.filter(email="new@example.test").exists()
    assert len(audited("link_refused")) == 4


def test_sent_again_the_first_link_is_dead(cast: Cast, django_capture_on_commit_callbacks: Commit) -> None:
    first = invited_link(cast, django_capture_on_commit_callbacks)
    with platform_scope(PlatformUse.ADMIN):
        token = ActionToken.unscoped.get(email="new@example.test")
    url = reverse("accounts:client_team_resend", args=["brightside-dental", token.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert cast.browser("hannah").post(url).status_code == 302
    second = link()

    assert first != second
    assert [Browser().get(each).status_code for each in (first, second)] == [404, 200]


def test_taken_back_after_a_question(cast: Cast, django_capture_on_commit_callbacks: Commit) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks)
    with platform_scope(PlatformUse.ADMIN):
        token = ActionToken.unscoped.get(email="new@example.test")
    url = reverse("accounts:client_team_revoke", args=["brightside-dental", token.pk])
    browser = cast.browser("hannah")
    asked = browser.get(url).status_code
    still = Browser().get(path).status_code
    browser.post(url)

    assert (asked, still, Browser().get(path).status_code) == (200, 200, 410)
    assert browser.get(url).status_code == 404
    assert audited("invitation_revoked") == [("hannah@example.test", "new@example.test", "", True)]


@pytest.mark.parametrize("closing", ["client", "agency"])
def test_closed_house_takes_nobody_in(
    cast: Cast, django_capture_on_commit_callbacks: Commit, closing: str
) -> None:
    path = invited_link(cast, django_capture_on_commit_callbacks)
    with platform_scope(PlatformUse.ADMIN):
        if closing == "client":
            cast.brightside.client.archived_at = NOON
            cast.brightside.client.save()
        else:
            cast.larkspur.status = "inactive"
            cast.larkspur.save()
    answer = Browser().post(path, NEW)

    assert answer.status_code == 410
    assert not User.objects.filter(email="new@example.test").exists()


def test_staff_come_with_their_clients_and_no_more(
    cast: Cast, django_capture_on_commit_callbacks: Commit
) -> None:
    url = reverse("accounts:team_invite")
    told = {
        "email": "new@example.test",
        "role": "bdr",
        "client_access": "assigned",
        "clients": [str(cast.delgado.client.pk)],
        "record_access": "own",
    }
    browser = cast.browser("nora")
    foreign = browser.post(url, told | {"clients": [str(cast.kettle.client.pk)]})
    none = browser.post(url, told | {"clients": []})
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(url, told).status_code == 302
    Browser().post(link(), NEW)
    principal = load_principal(User.objects.get(email="new@example.test").pk)
    assert principal is not None
    actor = principal.actor()
    assert actor is not None
    with platform_scope(PlatformUse.ADMIN):
        held = Membership.unscoped.get(user__email="new@example.test")
        kind = ClientAssignment.unscoped.get(user__email="new@example.test").kind

    assert (foreign.status_code, none.status_code) == (422, 422)
    assert (actor.roles, actor.client_ids) == (frozenset({"bdr"}), (cast.delgado.client.pk,))
    assert (held.record_access, held.invited_by_id, kind) == ("own", cast.people["nora"].pk, "bdr")


def test_somebody_who_had_left_comes_back_by_invitation(
    cast: Cast, django_capture_on_commit_callbacks: Commit
) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["vi"]).update(revoked_at=NOON)
    path = invited_link(
        cast, django_capture_on_commit_callbacks, email="vi@example.test", role=Role.CLIENT_VIEWER
    )
    answer = cast.browser("vi").post(path)

    assert answer.status_code == 302
    assert seats_of("vi@example.test") == {"Brightside Dental": ["client_viewer"]}


@pytest.mark.django_db(transaction=True)
def test_fifty_acceptances_at_once_make_one_person() -> None:
    with transaction.atomic():
        cast = make_cast()
    mail.outbox.clear()
    with transaction.atomic():
        invite(cast)
    secret = link().split("/")[-2]

    def attempt(number: int) -> str:
        try:
            with scoped(NOBODY):
                acceptance.accept_as_new(
                    secret=secret, name=f"N {number}", password="!", now=timezone.now(), origin=ORIGIN
                )
        except LinkRefused as refusal:
            return refusal.reason
        finally:
            connections.close_all()
        return "let in"

    with ThreadPoolExecutor(50) as pool:
        found = Counter(pool.map(attempt, range(50)))

    assert found == {"let in": 1, "used": 49}
    assert User.objects.filter(email="new@example.test").count() == 1
