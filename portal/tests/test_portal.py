"""The client's own portal: their people, their calls, and how to get from one to the next."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from accounts.scope import agency_scope
from conftest import NOON, Cast
from crm.models import Call, Lead
from crm.paging import PAGE
from crm.services.timeline import contact_line, tell_all


def see(cast: Cast, url: str, who: str = "hannah") -> str:
    response = cast.browser(who).get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def test_everybody_comes_in_by_their_own_door(cast: Cast) -> None:
    doors = {
        name: cast.browser(name).get("/")["Location"] for name in ("nora", "theo", "hannah", "vi", "sam")
    }

    assert doors == {
        "nora": "/inbox/",
        "theo": "/inbox/",
        "hannah": "/portal/",
        "vi": "/portal/",
        "sam": "/admin/",
    }
    assert cast.browser("lena").get("/").status_code == 403


def test_home_of_a_client_without_a_call_opens(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(client=cast.brightside.client).update(started_at=NOON - timedelta(days=400))

    assert "no calls yet" in see(cast, "/portal/")


def test_caller_who_waits_is_named_on_the_home_page(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Call.unscoped.filter(pk=cast.brightside.call.pk).update(
            category="needs_attention", started_at=timezone.now()
        )

    assert f"/portal/calls/{cast.brightside.call.pk}/" in see(cast, "/portal/")


def many_leads(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Lead.unscoped.bulk_create(
            Lead(
                agency=cast.larkspur,
                client=cast.brightside.client,
                display_name=f"Caller {n:03d}",
                last_call_at=NOON - timedelta(hours=n + 1),
            )
            for n in range(PAGE + 5)
        )


def test_people_are_paged_latest_first(cast: Cast) -> None:
    many_leads(cast)
    browser = cast.browser("hannah")
    first = browser.get("/portal/leads/")
    second = browser.get(first.context["older_url"])
    pages = [each.content.decode() for each in (first, second)]

    assert [("Caller 000" in page, "Caller 054" in page) for page in pages] == [(True, False), (False, True)]
    assert pages[0].index("Lee Brightside") < pages[0].index("Caller 000") < pages[0].index("Caller 048")


def test_people_are_found_by_name_and_number_and_the_search_is_kept(cast: Cast) -> None:
    many_leads(cast)

    assert "Lee Brightside" in see(cast, "/portal/leads/?q=0142")
    found = see(cast, "/portal/leads/?q=caller")
    assert "Lee Brightside" not in found
    assert "/leads/?q=caller&amp;before=" in found


def test_person_shows_their_calls_newest_first(cast: Cast) -> None:
    house = cast.brightside
    with agency_scope(cast.larkspur.pk):
        later = Call.unscoped.create(
            agency=cast.larkspur, client=house.client, lead=house.lead, external_id="later", direction="inbound",
            kind="text", started_at=NOON + timedelta(days=1),
        )  # fmt: skip
        tell_all([contact_line(later)])
    page = see(cast, f"/leads/{house.lead.pk}/")

    assert page.index(f"/portal/calls/{later.pk}/") < page.index(f"/portal/calls/{house.call.pk}/")


def test_viewer_reads_and_owner_works(cast: Cast) -> None:
    call = cast.brightside.call
    form = f'action="/calls/{call.pk}/rating/"'

    assert form in see(cast, f"/portal/calls/{call.pk}/", "hannah")
    assert form not in see(cast, f"/portal/calls/{call.pk}/", "vi")


def test_deed_of_a_client_leads_back_to_the_portal(cast: Cast) -> None:
    call = cast.brightside.call
    here = f"/portal/calls/{call.pk}/"
    response = cast.browser("hannah").post(f"/calls/{call.pk}/notes/", {"body": "Thank you.", "next": here})

    assert (response.status_code, response["Location"]) == (302, here)
    assert "Thank you." in see(cast, here)


@pytest.mark.parametrize(
    "wanted", ["https://evil.example.test/", "//evil.example.test/", "javascript:alert(1)"]
)
def test_deed_never_leads_elsewhere(cast: Cast, wanted: str) -> None:
    call = cast.brightside.call
    response = cast.browser("nora").post(f"/calls/{call.pk}/notes/", {"body": "Hi.", "next": wanted})

    assert response["Location"] == f"/inbox/{call.pk}/"


def test_times_are_those_of_the_reader(cast: Cast) -> None:
    """Noon in UTC is seven in New York, where the client is, and five in the evening to who asks for Kolkata."""
    url = "/portal/calls/"
    in_new_york = see(cast, url)
    User.objects.filter(pk=cast.people["hannah"].pk).update(timezone="Asia/Kolkata")

    assert ("7:00 AM" in in_new_york, "5:30 PM" in see(cast, url)) == (True, True)


def test_theme_is_remembered_and_leads_back(cast: Cast) -> None:
    browser = Browser()
    dark = browser.post("/theme/", {"theme": "dark", "next": "/accounts/login/"})
    off = browser.post("/theme/", {"theme": "pink", "next": "https://evil.example.test/"})

    assert (dark["Location"], dark.cookies["theme"].value) == ("/accounts/login/", "dark")
    assert (off["Location"], off.cookies["theme"].value) == ("/", "")
