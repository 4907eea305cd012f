"""Packages that are sold, and subscriptions to them."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import AuditEvent, Client, CreditTransaction, ServicePackage, Subscription
from accounts.scope import agency_scope
from accounts.services.monthly_credits import give_next_month
from conftest import Cast

PACKAGE = {
    "name": "Growth", "tier": "velocity", "monthly_credits": "200", "price": "499.00", "currency": "USD",
    "leads_a_month": "500", "users": "",
}  # fmt: skip


def make(cast: Cast, **fields: Any) -> ServicePackage:
    with agency_scope(cast.larkspur.pk):
        made: ServicePackage = ServicePackage.unscoped.create(
            agency=cast.larkspur, **{"name": "Growth", "monthly_credits": 200, **fields}
        )
        return made


def subscription(cast: Cast) -> Subscription:
    with agency_scope(cast.larkspur.pk):
        return Subscription.unscoped.select_related("package").get(client=cast.brightside.client)


def events(cast: Cast, event_type: str) -> list[dict[str, Any]]:
    with agency_scope(cast.larkspur.pk):
        return [each.details for each in AuditEvent.unscoped.filter(event_type=event_type).order_by("seq")]


def subscribe(browser: Browser, package: ServicePackage | UUID | str, **fields: str) -> Any:
    pk = package.pk if isinstance(package, ServicePackage) else package
    chosen = {"package": str(pk), "status": "active", "default_permission_mode": "co_pilot", **fields}
    return browser.post(reverse("clients:subscription_save", args=["brightside-dental"]), chosen)


def test_package_is_made_changed_retired_and_told(cast: Cast) -> None:
    nora = cast.browser("nora")
    nora.post(reverse("accounts:packages_create"), PACKAGE)
    with agency_scope(cast.larkspur.pk):
        made = ServicePackage.unscoped.get(name="Growth")
    nora.post(reverse("accounts:packages_save", args=[made.pk]), {**PACKAGE, "price": "599"})
    nora.post(reverse("accounts:packages_save", args=[made.pk]), {**PACKAGE, "price": "599"})
    nora.post(reverse("accounts:packages_offer", args=[made.pk]), {"offered": "0"})

    with agency_scope(cast.larkspur.pk):
        made.refresh_from_db()
    assert (made.tier, made.monthly_credits, str(made.price), made.limits, made.is_active) == (
        "velocity", 200, "599.00", {"leads_per_month": 500}, False,
    )  # fmt: skip
    assert events(cast, "package_changed") == [
        {"created": True},
        {"package": str(made.pk), "changed": ["price"]},
        {"package": str(made.pk), "sold": False},
    ]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "Name the package."),
        ("name", "Plan 0142", "You have another package of this name."),
        ("monthly_credits", "-1", "greater than or equal to 0"),
        ("monthly_credits", "many", "Enter a whole number."),
        ("price", "12.345", "no more than 2 decimal places"),
        ("currency", "dollars", "Use three capital letters"),
        ("tier", "gold", "not one of the available choices"),
    ],
)
def test_error_stands_beside_its_field_and_keeps_what_was_typed(
    cast: Cast, field: str, typed: str, words: str
) -> None:
    answer = cast.browser("nora").post(reverse("accounts:packages_create"), {**PACKAGE, field: typed})

    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["form"][field].value() == typed


def test_packages_of_others_are_not_sold_here(cast: Cast) -> None:
    answer = subscribe(cast.browser("nora"), cast.kettle.package)

    assert (answer.status_code, "Choose one of the packages" in answer.content.decode()) == (422, True)
    assert subscription(cast).package == cast.brightside.package


def test_retired_package_stays_with_who_has_it_and_goes_to_nobody_else(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        ServicePackage.unscoped.all().update(is_active=False)
    nora = cast.browser("nora")

    kept = subscribe(nora, cast.brightside.package, status="past_due")
    given = subscribe(nora, cast.delgado.package)

    assert (kept.status_code, given.status_code) == (302, 422)
    assert (subscription(cast).package, subscription(cast).status) == (cast.brightside.package, "past_due")


@pytest.mark.parametrize("status", list(Subscription.Status))
def test_every_state_can_be_chosen_and_is_told(cast: Cast, status: str) -> None:
    with agency_scope(cast.larkspur.pk):
        Subscription.unscoped.filter(client=cast.brightside.client).delete()
    package = make(cast)

    subscribe(cast.browser("nora"), package, status=status, default_permission_mode="manual")

    held = subscription(cast)
    assert (held.package, held.status, held.default_permission_mode) == (package, status, "manual")
    (told,) = events(cast, "subscription_changed")
    assert told["package_id"] == ["None", str(package.pk)]


def test_month_comes_when_the_subscription_begins_and_not_for_the_time_at_rest(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Subscription.unscoped.filter(client=cast.brightside.client).update(status="paused")
    nora, package = cast.browser("nora"), make(cast)

    subscribe(nora, package, status="paused")
    assert subscription(cast).credits_reset_at is None
    subscribe(nora, package)
    begun = subscription(cast).credits_reset_at
    assert begun is not None
    assert give_next_month(now=begun)

    with agency_scope(cast.larkspur.pk):
        last = CreditTransaction.unscoped.filter(client=cast.brightside.client).order_by("seq").last()
    assert last is not None
    assert (last.delta, last.balance_after, last.actor) == (200, 250, None)


def test_credits_are_moved_by_the_page_and_refused_in_words(cast: Cast) -> None:
    nora = cast.browser("nora")
    address = reverse("clients:subscription_credits", args=["brightside-dental"])

    given = nora.post(address, {"kind": "grant", "amount": "25", "note": "Sorry for Monday"})
    refused = nora.post(address, {"kind": "correct", "amount": "-500", "note": "Too many"})
    silent = nora.post(address, {"kind": "expire", "amount": "1", "note": " "})

    assert (given.status_code, refused.status_code, silent.status_code) == (302, 422, 422)
    assert "Only 75 credits are left; 500 would be taken." in refused.content.decode()
    assert "Say why: your client reads it too." in silent.content.decode()
    assert subscription(cast).credits_remaining == 75


def test_credits_of_a_client_without_a_subscription_are_refused_in_words(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Subscription.unscoped.filter(client=cast.brightside.client).delete()
    address = reverse("clients:subscription_credits", args=["brightside-dental"])

    answer = cast.browser("nora").post(address, {"kind": "grant", "amount": "25", "note": "Hello"})

    assert "Give the client a subscription first." in answer.content.decode()


def test_client_owner_reads_the_own_plan_and_ledger_only(cast: Cast) -> None:
    with agency_scope(cast.larkspur.pk):
        Client.unscoped.filter(pk=cast.delgado.client.pk).update(name="Next Door")
    page = cast.browser("hannah").get(reverse("accounts:plan")).content.decode()

    assert ("Plan 0142" in page, "Granted by the agency" in page) == (True, True)
    assert ("Plan 0148" in page, "Next Door" in page, "<form" in page.split("settings-page")[1]) == (
        False, False, False,
    )  # fmt: skip


def test_ledger_is_paged_by_number(cast: Cast) -> None:
    own = {"agency": cast.larkspur, "client": cast.brightside.client, "reason": "grant", "delta": 1}
    with agency_scope(cast.larkspur.pk):
        for seq in range(2, 62):
            CreditTransaction.unscoped.create(**own, seq=seq, balance_after=49 + seq)
    browser, here = cast.browser("hannah"), reverse("accounts:plan")

    first = browser.get(here)
    second = browser.get(first.context["older_url"])

    numbers = [[row.seq for row in page.context["rows"]] for page in (first, second)]
    assert numbers == [list(range(61, 11, -1)), list(range(11, 0, -1))]
    assert second.context["older_url"] == ""
    assert browser.get(here, {"before": "nonsense²"}).status_code == 200
