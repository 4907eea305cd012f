"""What the browser keeps of a sign-in, and who else may read it."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client as Browser

from conftest import PASSWORD, Cast

SHOW = """
import json, django; django.setup()
from django.conf import settings as s
print(json.dumps([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,
                  s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY, s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_PATH]))
"""


def test_cookies_of_a_sign_in_are_out_of_reach_of_scripts_and_other_sites(cast: Cast) -> None:
    nora = cast.give_password("nora")
    browser = Browser()
    browser.get("/accounts/login/")
    browser.post("/accounts/login/", {"login": nora.email, "password": PASSWORD})

    assert len(browser.cookies) >= 3  # session, form token, device
    for cookie in browser.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["domain"], cookie["path"]) == (
            True,
            "Lax",
            "",
            "/",
        )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://portal.example.test", ["__Host-sid", "__Host-csrf", True, True, True, True, None, "/"]),
        ("http://127.0.0.1:8000", ["sid", "csrf", False, False, True, True, None, "/"]),
    ],
)
def test_over_tls_cookies_are_bound_to_this_host_alone(url: str, expected: list[Any]) -> None:
    environment = {**os.environ, "PUBLIC_URL": url}
    told = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=project.BASE_DIR, env=environment, capture_output=True, check=True
    )

    assert json.loads(told.stdout) == expected
