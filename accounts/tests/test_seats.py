"""People with several seats: one at a time, chosen by themselves, from their own."""

from django.urls import reverse

from accounts.models import Client, Membership
from accounts.principal import load_principal
from accounts.roles import Role
from accounts.scope import PlatformUse, platform_scope
from conftest import NOON, Cast


def give_second_seat(cast: Cast) -> str:
    """Hannah, who owns Brightside, looks on at Delgado as well."""
    client = cast.delgado.client
    with platform_scope(PlatformUse.PROVISION):
        Membership.unscoped.create(
            agency=cast.larkspur,
            user=cast.people["hannah"],
            client=client,
            role=Role.CLIENT_VIEWER,
            accepted_at=NOON,
        )
    return f"{cast.larkspur.pk}/{client.pk}"


def test_seats_keep_their_own_rights(cast: Cast) -> None:
    seat = give_second_seat(cast)
    principal = load_principal(cast.people["hannah"].pk)
    assert principal is not None

    first, second = principal.actor(), principal.actor(seat)

    assert first is not None
    assert second is not None
    assert (first.can("leads.edit"), second.can("leads.edit")) == (True, False)
    assert (first.client_ids, second.client_ids) == ((cast.brightside.client.pk,), (cast.delgado.client.pk,))


def test_taking_a_seat_moves_the_portal_there(cast: Cast) -> None:
    seat = give_second_seat(cast)
    browser = cast.browser("hannah")

    before = browser.get(reverse("portal:calls")).content.decode()
    answer = browser.post(reverse("accounts:take_seat"), {"seat": seat})
    after = browser.get(reverse("portal:calls")).content.decode()

    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("portal:start"))
    assert ("Lee Brightside" in before, "Lee Delgado" in before) == (True, False)
    assert ("Lee Brightside" in after, "Lee Delgado" in after) == (False, True)


def test_another_persons_seat_does_not_exist(cast: Cast) -> None:
    browser = cast.browser("hannah")

    answer = browser.post(reverse("accounts:take_seat"), {"seat": f"{cast.larkspur.pk}/"})

    assert answer.status_code == 404
    assert browser.get(reverse("crm:inbox")).status_code == 404


def test_a_seat_that_was_taken_away_falls_back_to_the_first(cast: Cast) -> None:
    seat = give_second_seat(cast)
    browser = cast.browser("hannah")
    browser.post(reverse("accounts:take_seat"), {"seat": seat})
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(client=cast.delgado.client, user=cast.people["hannah"]).update(
            revoked_at=NOON
        )

    page = browser.get(reverse("portal:calls")).content.decode()

    assert ("Lee Brightside" in page, "Lee Delgado" in page) == (True, False)


def test_roles_page_marks_ones_own_and_hides_the_agencys_from_clients(cast: Cast) -> None:
    staff = cast.browser("nora").get(reverse("accounts:roles")).content.decode()
    client = cast.browser("vi").get(reverse("accounts:roles")).content.decode()

    assert 'class="mine">Agency owner' in staff
    assert 'class="mine">Client viewer' in client
    assert "Agency owner" not in client
    assert "Telephony credentials" not in client


def test_menu_names_the_seats_of_those_who_have_several(cast: Cast) -> None:
    one = cast.browser("rafael").get(reverse("portal:home")).content.decode()
    give_second_seat(cast)
    several = cast.browser("hannah").get(reverse("portal:home")).content.decode()

    assert "Act from another place" not in one
    assert [
        name in several for name in ("Act from another place", "Brightside Dental", "Delgado Plumbing")
    ] == [True] * 3


def give_many_seats(cast: Cast, count: int) -> None:
    """Vi looks on at many clients, and at one of another agency."""
    with platform_scope(PlatformUse.PROVISION):
        clients = [
            Client.unscoped.create(agency=cast.larkspur, name=f"Client {n}", slug=f"client-{n}")
            for n in range(count)
        ]
        for client in (*clients, cast.kettle.client):
            Membership.unscoped.create(
                agency_id=client.agency_id,
                user=cast.people["vi"],
                client=client,
                role=Role.CLIENT_VIEWER,
                accepted_at=NOON,
            )


def test_many_seats_are_found_on_a_page_of_their_own(cast: Cast) -> None:
    browser = cast.browser("vi")
    give_many_seats(cast, 8)

    menu = browser.get(reverse("portal:home")).content.decode()
    every = browser.get(reverse("accounts:seats"))
    found = browser.get(reverse("accounts:seats"), {"q": "kettle iron"})
    none = browser.get(reverse("accounts:seats"), {"q": "nobody"}).content.decode()

    assert ("Find among all 10" in menu, menu.count('name="seat"')) == (True, 8)
    assert len(every.context["rows"]) == 10
    assert [(each.name, each.house) for each in found.context["rows"]] == [("Copper Kettle", "Ironwood")]
    assert "No place of that name" in none


def test_few_seats_fit_the_menu(cast: Cast) -> None:
    give_many_seats(cast, 2)

    menu = cast.browser("vi").get(reverse("portal:home")).content.decode()

    assert ("Find among all" in menu, menu.count('name="seat"')) == (False, 4)
    assert '<span class="hint">Ironwood</span>' in menu


def test_one_seat_is_no_choice(cast: Cast) -> None:
    assert cast.browser("rafael").get(reverse("accounts:seats")).status_code == 404
