"""Django admin for superusers: every page of every registered model, with rows of two agencies."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from accounts.scope import PlatformUse, platform_scope
from conftest import Cast
from integrations.models import Credential

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
HOUSE = [
    model for model in MODELS if model._meta.app_label in ("accounts", "crm", "integrations", "notifications")
]
OWNED = [model for model in HOUSE if hasattr(model, "agency")]


def every(model: type[Model]) -> list[Any]:
    with platform_scope(PlatformUse.ADMIN):
        return list(getattr(model, "unscoped", model._default_manager).all())


def page(browser: Browser, model: type[Model], name: str, *args: object, **query: str) -> tuple[int, str]:
    response = browser.get(
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args), query
    )
    return response.status_code, response.content.decode()


def sealed() -> list[str]:
    return [credential.payload[:24] for credential in every(Credential)]


@pytest.mark.parametrize("model", HOUSE, ids=lambda model: model._meta.label)
def test_pages_open_and_show_no_sealed_text(cast: Cast, model: type[Model]) -> None:
    browser, payloads = cast.browser("sam"), sealed()
    rows = every(model)
    assert rows, "the cast has no such row"
    pages = [page(browser, model, "changelist"), page(browser, model, "changelist", q="lee"),
             page(browser, model, "changelist", o="1")]  # fmt: skip
    pages += [page(browser, model, "change", row.pk) for row in rows]
    pages += [page(browser, model, "history", row.pk) for row in rows[:1]]
    added, deleted = page(browser, model, "add")[0], page(browser, model, "delete", rows[0].pk)[0]

    assert {status for status, _ in pages} == {200}
    assert (added in (200, 403), deleted in (200, 403)) == (True, True)
    assert not [payload for payload in payloads for _, text in pages if payload in text]


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)
def test_list_shows_rows_of_both_agencies(cast: Cast, model: type[Model]) -> None:
    _, text = page(cast.browser("sam"), model, "changelist")
    rows = every(model)

    assert {row.agency_id for row in rows} >= {cast.larkspur.pk, cast.ironwood.pk}
    assert not [row for row in rows if str(row.pk) not in text]


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model not in HOUSE], ids=lambda model: model._meta.label
)
def test_borrowed_models_open_too(cast: Cast, model: type[Model]) -> None:
    assert page(cast.browser("sam"), model, "changelist")[0] == 200


@pytest.mark.parametrize("model", HOUSE, ids=lambda model: model._meta.label)
def test_agency_owner_is_shown_nothing(cast: Cast, model: type[Model]) -> None:
    browser = cast.browser("nora")
    rows = every(model)

    assert {page(browser, model, "changelist")[0], page(browser, model, "change", rows[0].pk)[0]} == {302}


def test_index_opens_and_search_of_people_works(cast: Cast) -> None:
    browser = cast.browser("sam")

    assert browser.get("/admin/").status_code == 200
    found = browser.get("/admin/autocomplete/", {
        "app_label": "accounts", "model_name": "membership", "field_name": "user", "term": "nora",
    })  # fmt: skip
    assert [each["text"] for each in found.json()["results"]] == ["nora@example.test"]
