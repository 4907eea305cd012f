"""An agency's looks: refused when people could not see them, then on every page and mail of its own and no other."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.brand import stylesheet, stylesheet_url
from accounts.models import Agency, AuditEvent
from accounts.scope import PlatformUse, agency_scope, platform_scope
from accounts.services.action_tokens import issue
from accounts.services.mailing import send_mail
from accounts.shades import OUR_OWN, checks, dark, is_good, light, nearest_good
from conftest import Cast
from lib.colour import contrast

RED = "#aa3355"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def picture(kind: str = "PNG") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (600, 600), "green").save(out, kind)
    return SimpleUploadedFile("logo.png", out.getvalue())


def dress(agency: Agency, **branding: str) -> None:
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.filter(pk=agency.pk).update(branding=branding)


def looks(agency: Agency) -> dict[str, Any]:
    with agency_scope(agency.pk):
        kept: dict[str, Any] = Agency.objects.get(pk=agency.pk).branding
        return kept


def sheet_of(browser: Browser, address: str) -> bool:
    return stylesheet_url(RED) in browser.get(address, follow=True).content.decode()


# Shades


@pytest.mark.parametrize("brand", [OUR_OWN, "#000000", "#ff0000", "#1100ff", "#00bb00", "#808080"])
def test_good_colours_are_legible_in_both_themes(brand: str) -> None:
    assert [each.words for each in checks(brand) if not each.passes] == []
    for shades in (light(brand), dark(brand)):
        assert contrast(shades.on_accent, shades.accent) >= 4.5
        assert contrast(shades.accent, shades.surface) >= 3


@pytest.mark.parametrize(
    ("poor", "offered"),
    [("#ffff00", "#a6a300"), ("#ffffff", "#9e9e9e"), ("#00ff00", "#00bc00"), ("#ffc0cb", "#b0979b")],
)
def test_poor_colour_is_offered_its_nearest_good_one(poor: str, offered: str) -> None:
    assert (is_good(poor), nearest_good(poor), is_good(offered)) == (False, offered, True)


# The page


def test_branding_is_saved_and_told(cast: Cast) -> None:
    browser = cast.browser("nora")
    answer = browser.post(reverse("accounts:branding_save"), {"colour": "#AA3355", "sender": "Larkspur Desk"})

    assert answer.status_code == 302
    assert looks(cast.larkspur) == {"brand": RED, "sender": "Larkspur Desk"}
    with agency_scope(cast.larkspur.pk):
        (told,) = AuditEvent.unscoped.filter(event_type="branding_changed")
    assert told.details == {"changed": ["brand", "sender"], "brand": RED, "sender": "Larkspur Desk"}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"colour": "#ffff00"}, "colour", "Take #a6a300 instead."),
        ({"colour": "yellow"}, "colour", "# and six digits"),
        ({"colour": "#4c5bd4;} body{display:none"}, "colour", "# and six digits"),
        ({"sender": "Us <a@b.test>"}, "sender", "Use a plain name"),
        ({"sender": "x" * 101}, "sender", "under 100 characters"),
    ],
)
def test_error_stands_beside_its_field_and_nothing_is_kept(
    cast: Cast, fields: dict[str, str], field: str, words: str
) -> None:
    answer = cast.browser("nora").post(
        reverse("accounts:branding_save"), {"colour": RED, "sender": "", **fields}
    )

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert words in answer.content.decode()
    assert looks(cast.larkspur) == {}


def test_preview_shows_the_colour_and_keeps_nothing(cast: Cast) -> None:
    browser = cast.browser("nora")
    page = browser.post(reverse("accounts:branding_preview"), {"colour": RED, "sender": "Desk"})

    assert stylesheet_url(RED) in page.content.decode()
    assert ('value="Desk"' in page.content.decode(), looks(cast.larkspur)) == (True, {})
    assert not sheet_of(browser, reverse("accounts:branding"))


def test_agency_is_changed_and_new_clients_begin_accordingly(cast: Cast) -> None:
    browser = cast.browser("nora")
    browser.post(
        reverse("accounts:agency_save"),
        {"name": " Larkspur  Partners", "timezone": "America/Chicago", "client_timezone": "America/Denver",
         "client_industry": "medical", "slug": "stolen"},
    )  # fmt: skip

    with agency_scope(cast.larkspur.pk):
        agency = Agency.objects.get(pk=cast.larkspur.pk)
        (told,) = AuditEvent.unscoped.filter(event_type="agency_changed")
    assert (agency.name, agency.slug, agency.timezone) == ("Larkspur Partners", "larkspur", "America/Chicago")
    assert told.details == {"changed": ["name", "timezone", "settings"]}
    begin = browser.get(reverse("crm:client_new")).context["form"].initial
    assert begin == {"timezone": "America/Denver", "industry": "medical"}


# Where it shows


def test_colour_is_on_the_pages_of_the_house_and_of_no_other(cast: Cast) -> None:
    dress(cast.larkspur, brand=RED)
    shown = {
        who: sheet_of(cast.browser(who), address)
        for who, address in (
            ("nora", reverse("crm:inbox")),
            ("hannah", reverse("portal:home")),
            ("otto", reverse("crm:inbox")),
            ("petra", reverse("portal:home")),
        )
    }

    assert shown == {"nora": True, "hannah": True, "otto": False, "petra": False}


def test_sign_in_page_looks_like_the_house_one_comes_from(cast: Cast) -> None:
    dress(cast.larkspur, brand=RED)
    login = reverse("account_login")
    stranger, guest, lost, nora = (cast.browser(None) for _ in range(4))
    guest.get(reverse("brand:door", args=["larkspur"]))
    lost.get(reverse("brand:door", args=["no-such-house"]))
    nora = cast.browser("nora")
    nora.get(reverse("portal:start"))
    nora.post(reverse("account_logout"))

    assert [sheet_of(each, login) for each in (stranger, guest, lost, nora)] == [False, True, False, True]
    assert "Sign in to Larkspur" in guest.get(login).content.decode()
    assert "house" not in lost.cookies


def test_where_there_is_one_house_its_sign_in_page_needs_no_address(cast: Cast) -> None:
    dress(cast.larkspur, brand=RED)
    with platform_scope(PlatformUse.PROVISION):
        Agency.objects.filter(pk=cast.ironwood.pk).update(status="inactive")

    assert sheet_of(cast.browser(None), reverse("account_login"))


def test_invitation_looks_like_the_house_that_invites(cast: Cast) -> None:
    dress(cast.larkspur, brand=RED)
    with agency_scope(cast.larkspur.pk):
        _, secret = issue(
            purpose="invite", email="new@example.test", now=timezone.now(), agency_id=cast.larkspur.pk,
            metadata={"role": "agency_member"},
        )  # fmt: skip

    assert sheet_of(cast.browser(None), reverse("accounts:invitation", args=[secret]))


def test_cookie_of_nonsense_does_no_harm(cast: Cast) -> None:
    browser = cast.browser(None)
    browser.cookies["house"] = "'; DROP\x01 TABLE" * 20
    assert browser.get(reverse("account_login")).status_code == 200


def test_stylesheet_is_the_same_for_all_and_kept_for_good(cast: Cast) -> None:
    for who in ("nora", None):
        answer = cast.browser(who).get(stylesheet_url(RED))
        assert answer.content.decode() == stylesheet(RED)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert (answer.cookies, "Vary" in answer.headers) == ({}, False)


@pytest.mark.parametrize("name", ["aa3355", "aa3355-00000000", "aa335-1", "zzzzzz-00000000", "x"])
def test_no_other_stylesheet_can_be_asked_for(db: None, name: str) -> None:
    answer = Browser().get(f"/brand/{name}.css")

    assert (answer.status_code, answer.cookies, answer.headers["Content-Type"]) == (404, {}, "text/plain")


def test_logo_is_drawn_anew_shown_and_taken_away(cast: Cast) -> None:
    nora, post = cast.browser("nora"), reverse("accounts:branding_logo")
    nora.post(post, {"picture": picture("JPEG")})
    page = nora.get(reverse("crm:inbox")).content.decode()
    address = f"/brand/{looks(cast.larkspur)['logo']}.png"
    served = cast.browser(None).get(address)

    assert f'<img class="logo" src="{address}"' in page
    assert Image.open(BytesIO(served.getvalue())).size == (512, 512)
    assert (served.headers["Content-Type"], served.headers["X-Content-Type-Options"], served.cookies) == (
        "image/png", "nosniff", {},
    )  # fmt: skip
    assert address not in cast.browser("otto").get(reverse("crm:inbox")).content.decode()
    nora.post(post, {"remove": "on"})
    assert (looks(cast.larkspur)["logo"], address in nora.get(reverse("crm:inbox")).content.decode()) == (
        "", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (SimpleUploadedFile("logo.svg", b"<svg><script>1</script></svg>"), "not a picture we can read"),
        (SimpleUploadedFile("logo.png", b""), "The file is empty."),
        (None, "Choose a picture first."),
    ],
)
def test_what_is_no_picture_is_refused_beside_its_field(cast: Cast, upload: Any, words: str) -> None:
    data = {"picture": upload} if upload else {}
    answer = cast.browser("nora").post(reverse("accounts:branding_logo"), data)

    assert (answer.status_code, words in answer.content.decode(), looks(cast.larkspur)) == (422, True, {})


@pytest.mark.parametrize("path", ["../secrets", "0" * 63, "%2e%2e%2fsettings", "é" * 64])
def test_logo_address_leads_to_logos_only(db: None, path: str) -> None:
    assert Browser().get(f"/brand/{path}.png").status_code == 404


def test_mail_comes_in_the_name_and_colour_of_the_persons_house(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    dress(cast.larkspur, brand=RED, sender="Larkspur Desk", logo="0" * 64)
    with django_capture_on_commit_callbacks(execute=True):
        for who in ("hannah", "otto", "lena"):
            send_mail(template="mfa_changed", to=f"{who}@example.test", context={"name": who, "what": "x"})

    sent: list[Any] = list(mail.outbox)
    html = [str(each.alternatives[0][0]) for each in sent]
    assert [each.from_email.split(" <")[0] for each in sent] == [
        "Larkspur Desk",
        "Ironwood",
        "Switchboard",
    ]
    assert [light(RED).accent in each for each in html] == [True, False, False]
    assert [f"/brand/{'0' * 64}.png" in each for each in html] == [True, False, False]
