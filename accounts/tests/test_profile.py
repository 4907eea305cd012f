"""One's own name, zone, picture and address, and going away."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts import proof
from accounts.models import User
from accounts.proof import Proof
from accounts.roles import Role
from accounts.services.acceptance import WrongPerson
from accounts.services.email_change import confirm
from accounts.tests.test_invitations import ORIGIN, Commit, audited, link, seat
from conftest import NOON, PASSWORD, Cast

URL = "/people/profile/"
ME = {"name": "Nora", "timezone": "America/Chicago"}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def upload(kind: str = "PNG", name: str = "../../me.php") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (700, 600), "teal").save(out, kind)
    return SimpleUploadedFile(name, out.getvalue(), content_type="text/html")


def person(cast: Cast, name: str = "nora") -> User:
    return User.objects.get(pk=cast.people[name].pk)


def test_name_and_zone_are_kept_and_times_are_read_in_it(cast: Cast) -> None:
    browser = cast.browser("nora")
    answer = browser.post(URL, {"name": "  Nora \n  Lark ", "timezone": "Asia/Tokyo"})

    assert answer.status_code == 302
    assert (person(cast).name, person(cast).timezone) == ("Nora Lark", "Asia/Tokyo")
    assert audited("profile_changed") == [("nora@example.test", "", "", True)]
    browser.post(URL, {"name": "Nora Lark", "timezone": "Asia/Tokyo"})
    assert len(audited("profile_changed")) == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"timezone": "Mars/Base"}, "Choose one of the zones"),
        ({"timezone": "../etc/passwd"}, "Choose one of the zones"),
        ({"name": ""}, "what to call you"),
        ({"name": "x" * 101}, "under 100 characters"),
        ({"picture": SimpleUploadedFile("a.png", b"<svg onload=alert(1)>")}, "not a picture we can read"),
        ({"picture": SimpleUploadedFile("a.png", b"")}, "This file is empty"),
    ],
    ids=range(6),
)
def test_refused_profile_keeps_what_was_typed(cast: Cast, told: dict[str, Any], words: str) -> None:
    answer = cast.browser("nora").post(URL, {"name": "Norah", "timezone": "Asia/Tokyo"} | told)
    page = answer.content.decode()

    assert (answer.status_code, words in page) == (422, True)
    assert person(cast).timezone == ""
    assert 'value="Norah"' in page or "name" in told


def test_picture_is_made_anew_shown_in_the_frame_and_replaced(
    cast: Cast, media: Path, django_capture_on_commit_callbacks: Commit
) -> None:
    browser = cast.browser("nora")
    for kind in ("PNG", "JPEG"):
        with django_capture_on_commit_callbacks(execute=True):
            assert browser.post(URL, ME | {"picture": upload(kind)}).status_code == 302
    files = list(media.rglob("*"))
    kept = str(person(cast).avatar.name)
    shown = browser.get("/inbox/").content.decode()
    address = reverse("accounts:avatar", args=[cast.people["nora"].pk])
    answer = browser.get(address)

    assert [str(each.relative_to(media)) for each in files if each.is_file()] == [kept]
    assert kept.startswith("avatars/")
    assert kept.endswith(".webp")
    assert f'<img class="avatar av-xs" src="{address}?v=' in shown
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == (
        "image/webp",
        "nosniff",
    )
    assert Image.open(BytesIO(answer.content)).size == (512, 512)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(URL, ME | {"remove_picture": "on"})
    assert [each for each in media.rglob("*") if each.is_file()] == []
    assert browser.get(address).status_code == 404


def test_picture_is_seen_by_colleagues_alone(cast: Cast) -> None:
    cast.browser("hannah").post(URL, {"name": "Hannah", "picture": upload()})
    cast.browser("nora").post(URL, ME | {"picture": upload()})
    seen = {
        (who, whose): cast.browser(who)
        .get(reverse("accounts:avatar", args=[cast.people[whose].pk]))
        .status_code
        for whose in ("hannah", "nora")
        for who in ("nora", "hannah", "vi", "rafael", "otto", None)
    }

    assert seen == {
        ("nora", "hannah"): 200,
        ("hannah", "hannah"): 200,
        ("vi", "hannah"): 200,
        ("rafael", "hannah"): 404,
        ("otto", "hannah"): 404,
        (None, "hannah"): 302,
        ("nora", "nora"): 200,
        ("hannah", "nora"): 404,
        ("vi", "nora"): 404,
        ("rafael", "nora"): 404,
        ("otto", "nora"): 404,
        (None, "nora"): 302,
    }


# The address


@pytest.fixture
def nora(cast: Cast) -> Browser:
    """Nora, who has just proved who she is."""
    user = cast.give_password("nora")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return cast.browser("nora")


def ask(browser: Browser, email: str, commit: Commit) -> Any:
    with commit(execute=True):
        return browser.post(reverse("accounts:profile_email"), {"email": email})


def test_new_address_holds_once_its_link_is_posted(
    cast: Cast, nora: Browser, django_capture_on_commit_callbacks: Commit
) -> None:
    answer = ask(nora, " NEW@Example.test", django_capture_on_commit_callbacks)
    path, to = link(), mail.outbox[-1].to
    looked = nora.get(path).status_code
    before = person(cast).email
    with django_capture_on_commit_callbacks(execute=True):
        nora.post(path)

    assert (answer.status_code, to, looked, before) == (302, ["new@example.test"], 200, "nora@example.test")
    assert (person(cast).email, person(cast).email_verified_at is not None) == ("new@example.test", True)
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        ["nora@example.test"],
        "Your address was changed",
    )
    assert audited("email_changed") == [("new@example.test", "new@example.test", "", True)]
    assert nora.post(path).status_code == 410
    former, new = Browser(), Browser()
    for browser, email in ((former, "nora@example.test"), (new, "new@example.test")):
        browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert ("_auth_user_id" in former.session, "_auth_user_id" in new.session) == (False, True)


def test_address_is_asked_for_by_a_fresh_proof_only(
    cast: Cast, nora: Browser, django_capture_on_commit_callbacks: Commit
) -> None:
    later = cast.browser("nora")
    session = later.session
    proof.keep(session, cast.people["nora"], Proof(cast.people["nora"].pk, "totp", NOON))
    session.save()
    answer = ask(later, "new@example.test", django_capture_on_commit_callbacks)

    assert answer.headers["Location"].startswith("/people/verify/?why=step_up")
    assert mail.outbox == []


def test_somebody_elses_address_is_answered_alike_and_gains_nothing(
    cast: Cast, nora: Browser, django_capture_on_commit_callbacks: Commit
) -> None:
    answer = ask(nora, "OTTO@example.test", django_capture_on_commit_callbacks)

    assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        ["otto@example.test"],
        "This address has a login already",
    )
    assert "http" not in str(mail.outbox[-1].body)


def test_link_that_went_astray_gives_nobody_the_login(
    cast: Cast, nora: Browser, django_capture_on_commit_callbacks: Commit
) -> None:
    ask(nora, "new@example.test", django_capture_on_commit_callbacks)
    path = link()
    stranger, vi = Browser().post(path), cast.browser("vi").post(path)

    assert (stranger.status_code, vi.status_code) == (302, 410)
    assert person(cast).email == "nora@example.test"
    assert audited("link_refused") == [("vi@example.test", "new@example.test", "another person", False)]


def test_deed_itself_asks_whose_link_it_is(
    cast: Cast, nora: Browser, django_capture_on_commit_callbacks: Commit
) -> None:
    ask(nora, "new@example.test", django_capture_on_commit_callbacks)
    told: dict[str, Any] = {"secret": link().split("/")[-2], "now": timezone.now(), "origin": ORIGIN}
    with pytest.raises(WrongPerson):
        confirm(user_id=cast.people["vi"].pk, **told)

    assert person(cast, "vi").email == "vi@example.test"
    assert confirm(user_id=cast.people["nora"].pk, **told) == "new@example.test"


def test_address_taken_meanwhile_is_refused(
    cast: Cast, nora: Browser, django_capture_on_commit_callbacks: Commit
) -> None:
    ask(nora, "new@example.test", django_capture_on_commit_callbacks)
    path = link()
    User.objects.create_user("New@Example.test", PASSWORD)
    answer = nora.post(path)

    assert (answer.status_code, "by now" in answer.content.decode()) == (410, True)
    assert person(cast).email == "nora@example.test"


def test_present_address_is_confirmed(
    cast: Cast, nora: Browser, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        nora.post(reverse("accounts:profile_verify"))
    nora.post(link())

    assert person(cast).email_verified_at is not None
    assert audited("email_verified") == [("nora@example.test", "nora@example.test", "", True)]


# Leaving


def test_leaving_asks_first_and_lets_all_but_the_last_owner_go(cast: Cast) -> None:
    vi, hannah = cast.browser("vi"), cast.browser("hannah")
    asked, last = vi.get(reverse("accounts:leave")), hannah.post(reverse("accounts:leave"))
    still = vi.get("/portal/").status_code
    vi.post(reverse("accounts:leave"))

    assert "Leave Brightside Dental?" in asked.content.decode()
    assert (still, vi.get("/portal/").status_code) == (200, 404)
    assert (last.status_code, "This is the only owner" in last.content.decode()) == (422, True)
    seat(cast, "olga", Role.CLIENT_OWNER, cast.brightside.client)
    assert hannah.post(reverse("accounts:leave")).status_code == 302
