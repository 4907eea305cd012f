import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.test import Client as Browser
from django.urls import resolve

TEMPLATES = Path(settings.BASE_DIR) / "templates"
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|hx-on|\bjs:|javascript:|<script(?![^>]*\bsrc=)")
EVIL = '<script>"&'


def shell(**changes: Any) -> SimpleNamespace:
    facts = {
        "agency": SimpleNamespace(name=EVIL),
        "nav_clients": [
            SimpleNamespace(id=UUID(int=1), slug="acme", name=EVIL, hue="blue", glyph="droplets")
        ],
        "unread": 0,
        "unread_notices": 0,
        "person": SimpleNamespace(name=EVIL, email="nora@larkspur.example", hue="violet"),
        "place": "",
        "theme": "",
    }
    return SimpleNamespace(**facts | changes)


def current(html: str) -> list[str]:
    return re.findall(r'href="([^"]+)"\s+aria-current="page"', html)


def test_templates_have_nothing_inline():
    found = [
        f"{path.relative_to(TEMPLATES)}: {match[0]}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        if path.parent.name != "mail"  # mail programs know no stylesheets
        for match in INLINE.finditer(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("inbox", "/inbox/"),
        ("leads", "/leads/"),
        ("clients", "/clients/"),
        ("notices", "/notices/"),
        ("", None),
    ],
)
def test_staff_frame_marks_where_you_are_in_both_navigations(place, address):
    html = render_to_string("layouts/app.html", {"shell": shell(place=place)})
    assert current(html) == ([address] * 2 if address else [])


@pytest.mark.parametrize(
    ("place", "address"),
    [("portal-home", "/portal/"), ("leads", "/leads/"), ("portal-calls", "/portal/calls/")],
)
def test_client_frame_marks_where_you_are_in_both_navigations(place, address):
    html = render_to_string("layouts/portal.html", {"shell": shell(place=place)})
    assert current(html) == [address] * 2


@pytest.mark.parametrize("layout", ["app", "portal"])
def test_frame_has_no_dead_link_and_escapes_names(layout):
    html = render_to_string(f"layouts/{layout}.html", {"shell": shell()})
    addresses = set(re.findall(r'(?:href|action)="(/[^"]*)"', html))
    for address in addresses:
        if not address.startswith("/static/"):
            resolve(address)
    assert EVIL not in html
    assert "/accounts/logout/" in addresses


def test_client_frame_has_no_way_to_staff_pages():
    html = render_to_string("layouts/portal.html", {"shell": shell()})
    assert not re.search(r'href="/(inbox|clients)', html)


@pytest.mark.parametrize(("unread", "shown"), [(0, None), (1, "1"), (99, "99"), (100, "99+")])
def test_staff_frame_counts_unread_calls_up_to_99(unread, shown):
    html = render_to_string("layouts/app.html", {"shell": shell(unread=unread)})
    found = re.findall(r'<span class="count end">([^<]*)<', html)
    assert found == ([shown] if shown else [])


def test_frame_wears_the_theme_that_was_chosen():
    assert '<html lang="en" data-theme="dark">' in render_to_string(
        "layouts/app.html", {"shell": shell(theme="dark")}
    )
    html = render_to_string("layouts/app.html", {"shell": shell()})
    assert '<html lang="en">' in html
    assert len(re.findall(r'value="system"\s+aria-pressed="true"', html)) == 2


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_page_needs_no_context(code):
    html = get_template(f"{code}.html").render()
    assert re.search(r"<h1>\s*\S", html)
    assert "<script" not in html


@pytest.mark.django_db
def test_sign_in_page_offers_no_sign_up_and_no_logins():
    html = Browser().get("/accounts/login/").content.decode()
    assert "/accounts/signup/" not in html
    assert "example" not in html
    assert "Forgot your password?" in html


@pytest.mark.django_db
def test_sign_in_refusal_is_said_on_the_form():
    answer = Browser().post("/accounts/login/", {"login": "nobody@larkspur.example", "password": "wrong"})
    assert re.search(r'role="alert">.*<b>[^<]+</b>', answer.content.decode(), re.DOTALL)
