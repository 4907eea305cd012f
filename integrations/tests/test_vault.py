"""The vault: sealed for one row, opened for the one who needs it, shown to nobody."""

import logging
from base64 import b64encode
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.scope import PlatformUse, agency_scope, platform_scope
from conftest import NOON, Cast, House
from integrations.models import Credential
from integrations.services.vault import open_credential, store_credential
from lib.encryption import Undecryptable

SECRET = "s3cret-of-brightside"
NEW = "new:" + b64encode(b"n" * 32).decode()


def store(house: House, secret: str = SECRET, **other: Any) -> Credential:
    client = house.client
    with agency_scope(client.agency_id):
        return store_credential(
            **{"agency_id": client.agency_id, "client_id": client.pk, "provider": "ctm", "label": "main",
               "secrets": {"secret_key": secret}, "hint": "side", "now": NOON, **other}
        )  # fmt: skip


def held(credential: Credential) -> Credential:
    with platform_scope(PlatformUse.ADMIN):
        return Credential.unscoped.get(pk=credential.pk)


def test_what_goes_in_comes_out(cast: Cast) -> None:
    assert open_credential(held(store(cast.brightside))) == {"secret_key": SECRET}


def test_nothing_of_it_is_stored_in_clear(cast: Cast) -> None:
    store(cast.brightside)
    with platform_scope(PlatformUse.ADMIN), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, '') FROM integrations_credential c")
        (everything,) = cursor.fetchone()

    assert SECRET not in everything
    assert b64encode(SECRET.encode()).decode()[:16] not in everything


def test_storing_again_replaces(cast: Cast) -> None:
    first, second = store(cast.brightside), store(cast.brightside, "another")

    assert first.pk == second.pk
    assert open_credential(held(second)) == {"secret_key": "another"}


def test_each_owner_and_label_has_its_own(cast: Cast) -> None:
    credentials = [
        store(cast.brightside),
        store(cast.brightside, label="webhook"),
        store(cast.brightside, client_id=None),
        store(cast.delgado),
    ]

    assert len({each.pk for each in credentials}) == 4


@pytest.mark.parametrize("there", ["delgado", "kettle"])
def test_sealed_text_moved_to_another_row_does_not_open(cast: Cast, there: str) -> None:
    stolen, place = store(cast.brightside), store(getattr(cast, there))
    with platform_scope(PlatformUse.ADMIN):
        Credential.unscoped.filter(pk=place.pk).update(payload=stolen.payload)

    with pytest.raises(Undecryptable):
        open_credential(held(place))


def test_row_given_to_another_agency_does_not_open(cast: Cast) -> None:
    credential = held(store(cast.brightside, client_id=None))
    credential.agency_id = cast.ironwood.pk

    with pytest.raises(Undecryptable):
        open_credential(credential)


def test_one_owner_at_most(cast: Cast) -> None:
    with (
        agency_scope(cast.larkspur.pk),
        pytest.raises(IntegrityError, match="credential_one_owner"),
        transaction.atomic(),
    ):
        Credential.unscoped.filter(pk=store(cast.brightside).pk).update(user=cast.people["nora"])


def test_secrets_are_in_no_text_of_the_row(cast: Cast) -> None:
    credential = held(store(cast.brightside))

    assert SECRET not in f"{credential!r} {credential}"
    assert str(credential) == "CallTrackingMetrics …side"


def test_trouble_with_it_says_no_secret(cast: Cast, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    credential = held(store(cast.brightside))
    settings.ENCRYPTION_KEYS = NEW
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Undecryptable) as trouble:
        open_credential(credential)

    assert credential.payload not in str(trouble.value) + caplog.text
    assert SECRET not in str(trouble.value) + caplog.text


def test_admin_page_shows_neither_secret_nor_sealed_text(cast: Cast) -> None:
    credential = store(cast.brightside)
    browser = cast.browser("sam")
    pages = [
        browser.get(reverse("admin:integrations_credential_changelist")),
        browser.get(reverse("admin:integrations_credential_change", args=[credential.pk])),
        browser.get(reverse("admin:integrations_credential_history", args=[credential.pk])),
    ]

    for page in pages:
        assert page.status_code == 200
        assert SECRET not in page.content.decode()
        assert credential.payload[:24] not in page.content.decode()
    assert browser.get(reverse("admin:integrations_credential_add")).status_code == 403
