"""Who must not be contacted: asked across scopes, never weakened, and found after every change of keys."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.scope import PlatformUse, agency_scope, platform_scope, scoped
from accounts.services.audit import NOWHERE
from accounts.services.resealing import reseal
from conftest import NOON, Cast, House, make_cast
from crm.models import CampaignMember, DigestKey, Lead, Suppression
from crm.services.digests import DIGEST_KEY, digest
from crm.services.suppression import (
    Added,
    Entry,
    Stays,
    add_by_hand,
    remove,
    suppress,
    suppress_lead,
    suppressed,
    suppressed_leads,
)
from crm.suppression import covering, guess, normalised
from lib.encryption import KeyRing, Undecryptable, generate_key


def asked(house: House, channel: str | None = "voice", **values: Any) -> frozenset[str]:
    own: dict[str, Any] = {"agency_id": house.client.agency_id, "client_id": house.client.pk}
    with agency_scope(house.client.agency_id):
        return suppressed(**own, channel=channel, now=NOON, **values)


def stop(house: House, *entries: Entry, wide: bool = False, **more: Any) -> Added:
    own: dict[str, Any] = {
        "agency_id": house.client.agency_id,
        "client_id": None if wide else house.client.pk,
    }
    with agency_scope(house.client.agency_id):
        return suppress(**own, entries=entries, **{"source": "test", "now": NOON, **more})


def row(house: House, kind: str = "email") -> Suppression:
    with agency_scope(house.client.agency_id):
        return Suppression.unscoped.exclude(pk=house.work.suppression.pk).get(client=house.client, kind=kind)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("email", " Ann.Lee@Example.COM ", "ann.lee@example.com"),
        ("email", "ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("email", "ann@localhost", ""),
        ("email", "an n@example.com", ""),
        ("email", "@example.com", ""),
        ("phone", "(512) 555-0148", "+15125550148"),
        ("phone", "+1 512 555 0148", "+15125550148"),
        ("phone", "555-0148", ""),
        ("phone", "anonymous", ""),
        ("domain", "https://www.Example.com/about", "example.com"),
        ("domain", "@example.com", "example.com"),
        ("domain", "192.168.0.1", ""),
        ("domain", "example", ""),
        ("linkedin", "https://www.linkedin.com/in/Ann-Lee/?utm=1", "linkedin.com/in/ann-lee"),
        ("linkedin", "uk.linkedin.com/in/ann-lee", "linkedin.com/in/ann-lee"),
        ("linkedin", "https://notlinkedin.com/in/ann-lee", ""),
        ("linkedin", "https://[broken", ""),
    ],
)
def test_values_are_written_one_way(kind: str, given: str, expected: str) -> None:
    assert normalised(kind, given, "US") == expected


def test_kind_is_guessed_from_the_value() -> None:
    given = ("ann@example.com", "512-555-0148", "example.com", "linkedin.com/in/ann", "nonsense", "")
    assert [guess(each, "US")[0] for each in given] == ["email", "phone", "domain", "linkedin", "", ""]


def test_domain_covers_those_below_it() -> None:
    assert covering("ann@mail.example.co.uk") == ["mail.example.co.uk", "example.co.uk", "co.uk"]


def test_question_is_answered_across_scopes(cast: Cast) -> None:
    """Platform, agency and client each count; what another client or agency suppressed does not."""
    stop(cast.brightside, Entry("phone", "(512) 555-0001"))
    stop(cast.delgado, Entry("phone", "(512) 555-0002"))
    stop(cast.delgado, Entry("phone", "+1 (512) 555-0003"), wide=True)
    stop(cast.kettle, Entry("phone", "+1 (512) 555-0004"), wide=True)
    with platform_scope(PlatformUse.ADMIN):
        suppress(
            agency_id=None, client_id=None, entries=[Entry("domain", "spam.test")], source="admin", now=NOON
        )
    numbers = [f"+1512555000{n}" for n in range(1, 6)]

    stopped = asked(cast.brightside, phones=numbers, emails=["a@mail.spam.test", "a@ham.test"])

    assert stopped == {numbers[0], numbers[2], "a@mail.spam.test"}


def test_client_is_told_what_it_may_not_read(cast: Cast) -> None:
    stop(cast.delgado, Entry("email", "ann@example.test"), wide=True)
    hannah = cast.actor("hannah")
    with scoped(hannah.scope):
        own: dict[str, Any] = {"agency_id": hannah.agency_id, "client_id": cast.brightside.client.pk}
        stopped = suppressed(**own, channel="email", emails=["Ann@example.test"], now=NOON)
        seen = set(Suppression.unscoped.values_list("client_id", flat=True))

    assert (set(stopped), seen) == ({"Ann@example.test"}, {cast.brightside.client.pk})


def test_sweep_across_agencies_asks_for_the_agency_it_names(cast: Cast) -> None:
    stop(cast.brightside, Entry("phone", "(512) 555-0001"))
    own: dict[str, Any] = {"agency_id": cast.larkspur.pk, "client_id": cast.brightside.client.pk}
    with platform_scope(PlatformUse.SWEEP):
        stopped = suppressed(**own, channel="voice", phones=["+15125550001"], now=NOON)

    assert stopped == {"+15125550001"}


def test_channels_and_dates_limit_a_suppression(cast: Cast) -> None:
    stop(cast.brightside, Entry("email", "ann@example.test"), channels=["email"])
    stop(cast.brightside, Entry("email", "bob@example.test"), expires_at=NOON + timedelta(hours=1))
    stop(cast.brightside, Entry("email", "cy@example.test"), expires_at=NOON)
    every = ["ann@example.test", "bob@example.test", "cy@example.test"]

    assert asked(cast.brightside, "email", emails=every) == set(every[:2])
    assert asked(cast.brightside, "voice", emails=every) == {every[1]}
    assert asked(cast.brightside, None, emails=every) == set(every[:2])


def test_what_cannot_be_read_is_not_contacted(cast: Cast) -> None:
    assert asked(cast.brightside, phones=["anonymous", "", "+15125550001"]) == {"anonymous"}


def test_many_are_asked_about_in_two_statements(
    cast: Cast, django_assert_num_queries: Callable[..., Any]
) -> None:
    stop(cast.brightside, Entry("email", "n7@example.test"))
    with agency_scope(cast.larkspur.pk), django_assert_num_queries(2):
        stopped = suppressed(
            agency_id=cast.larkspur.pk, client_id=cast.brightside.client.pk, channel="email", now=NOON,
            emails=[f"n{n}@example.test" for n in range(500)],
        )  # fmt: skip
    assert stopped == {"n7@example.test"}


STRONGER = [
    ("manual", "do_not_contact", "do_not_contact"),
    ("hard_bounce", "manual", "hard_bounce"),
    ("complaint", "imported", "complaint"),
    ("unsubscribed", "opted_out", "unsubscribed"),
]


@pytest.mark.parametrize(("first", "then", "kept"), STRONGER)
def test_adding_again_never_weakens(cast: Cast, first: str, then: str, kept: str) -> None:
    one = stop(cast.brightside, Entry("email", "ann@example.test", first), channels=["email", "sms"])
    two = stop(
        cast.brightside, Entry("email", "ANN@example.test", then), channels=["voice"],
        expires_at=NOON + timedelta(days=1),
    )  # fmt: skip
    found = row(cast.brightside)

    assert (two.known, two.fresh) == (one.fresh, [])
    assert (found.reason, found.channels, found.expires_at) == (kept, ["email", "sms", "voice"], None)
    assert found.sticky == (kept in ("hard_bounce", "complaint"))


def test_one_that_ran_out_begins_anew(cast: Cast) -> None:
    stop(cast.brightside, Entry("email", "ann@example.test", "do_not_contact"), expires_at=NOON)
    later = NOON + timedelta(days=2)
    stop(
        cast.brightside, Entry("email", "ann@example.test"), channels=["sms"], now=NOON + timedelta(days=1),
        expires_at=later,
    )  # fmt: skip
    found = row(cast.brightside)

    assert (found.reason, found.channels, found.expires_at) == ("manual", ["sms"], later)


def test_person_is_one_whatever_the_way(cast: Cast) -> None:
    """A stop by telephone stops mail too; an address that bounced leaves the telephone open."""
    lead = cast.brightside.lead
    with agency_scope(lead.agency_id):
        Lead.unscoped.filter(pk=lead.pk).update(email="lee@example.test", linkedin_url="not a profile")
        lead.refresh_from_db()
        stop(cast.brightside, Entry("email", "lee@example.test", "hard_bounce"), channels=["email"])
        before = [set(suppressed_leads(leads=[lead], channel=each, now=NOON)) for each in ("voice", "email")]
        stop(cast.brightside, Entry("phone", lead.phone_e164, "do_not_contact"))
        after = [set(suppressed_leads(leads=[lead], channel=each, now=NOON)) for each in ("voice", "sms")]

    assert (before, after) == ([set(), {lead.pk}], [{lead.pk}, {lead.pk}])


def test_stopping_a_person_takes_them_out_of_campaigns(cast: Cast) -> None:
    lead = cast.brightside.lead
    with agency_scope(lead.agency_id):
        suppress_lead(lead=lead, reason="do_not_contact", source="disposition", added_by=None, now=NOON)
        member = CampaignMember.unscoped.get(pk=cast.brightside.work.member.pk)

    assert member.status == "opted_out"
    assert asked(cast.brightside, "sms", phones=[lead.phone_e164]) == {lead.phone_e164}
    assert asked(cast.delgado, "sms", phones=[lead.phone_e164]) == set()


def test_erased_person_stays_found_and_unread(cast: Cast) -> None:
    stop(cast.brightside, Entry("email", "ann@example.test", note="Ann of Oak Street"))
    stop(cast.brightside, Entry("email", "ann@example.test"), wide=True)
    stop(cast.brightside, Entry("email", "ann@example.test", "erased"))
    stop(cast.brightside, Entry("email", "ann@example.test", "manual", "Ann again"))
    with agency_scope(cast.larkspur.pk):
        rows = Suppression.unscoped.filter(value_hash=digest("email", "ann@example.test"))
        kept = sorted((each.reason, each.value, each.sticky, each.note) for each in rows)

    assert kept == [("erased", "", True, ""), ("manual", "", False, "")]
    assert asked(cast.brightside, emails=["ann@example.test"]) == {"ann@example.test"}


def test_sticky_ones_stay_and_others_go_with_a_trace(cast: Cast) -> None:
    nora = cast.actor("nora")
    with scoped(nora.scope):
        (loose,) = add_by_hand(
            actor=nora, client_id=cast.brightside.client.pk, entry=Entry("phone", "512 555 0001"), channels=None,
            expires_at=None, now=NOON, origin=NOWHERE,
        ).fresh  # fmt: skip
        (fast,) = stop(cast.brightside, Entry("email", "ann@example.test", "complaint")).fresh
        remove(actor=nora, suppression_id=loose, now=NOON, origin=NOWHERE)
        with pytest.raises(Stays, match="reported as spam"):
            remove(actor=nora, suppression_id=fast, now=NOON, origin=NOWHERE)
        with pytest.raises(Suppression.DoesNotExist):
            remove(actor=nora, suppression_id=cast.kettle.work.suppression.pk, now=NOON, origin=NOWHERE)
        left = set(Suppression.unscoped.values_list("pk", flat=True))
        told = AuditEvent.unscoped.filter(event_type__startswith="suppression_").order_by("seq")
        log = [(each.event_type, each.target, str(loose) in str(each.details)) for each in told]
        said = "".join(str(each.details) for each in told)

    assert fast in left
    assert loose not in left
    assert log == [("suppression_added", "phone", True), ("suppression_removed", "phone", True)]
    assert "5550001" not in said


def test_digest_survives_new_keys(cast: Cast) -> None:
    """Neither a new SECRET_KEY nor a new ring moves a digest; only the key's seal is made anew."""
    before = digest("email", "ann@example.test")
    sealed = DigestKey.objects.get().sealed
    old, fresh = settings.ENCRYPTION_KEYS, f"fresh:{generate_key()}"
    with override_settings(SECRET_KEY="another", ENCRYPTION_KEYS=f"{fresh},{old}"):
        assert digest("email", "ann@example.test") == before
        assert [reseal(DIGEST_KEY, now=NOON).resealed for _ in range(2)] == [1, 0]
    with override_settings(ENCRYPTION_KEYS=fresh):
        assert digest("email", "ann@example.test") == before
        assert digest("domain", "ann@example.test") != before
        assert not KeyRing.parse(fresh).needs_rotation(DigestKey.objects.get().sealed)
    assert DigestKey.objects.get().sealed != sealed


def test_lost_key_stops_everybody(cast: Cast) -> None:
    digest("email", "ann@example.test")
    with override_settings(ENCRYPTION_KEYS=f"other:{generate_key()}"), pytest.raises(Undecryptable):
        asked(cast.brightside, emails=["ann@example.test"])


def test_lists_are_read_by_their_own_people_alone(cast: Cast) -> None:
    stop(cast.delgado, Entry("email", "wide@example.test"), wide=True)
    with platform_scope(PlatformUse.ADMIN):  # what is left is the door's own doing
        seen = {
            name: set(Suppression.objects.for_actor(cast.actor(name)).values_list("value_hash", flat=True))
            for name in ("nora", "theo", "hannah", "otto")
        }
        wide = digest("email", "wide@example.test")
    dental, plumbing, kettle = (
        each.work.suppression.value_hash for each in (cast.brightside, cast.delgado, cast.kettle)
    )
    assert seen == {"nora": {dental, plumbing, wide}, "theo": {dental}, "hannah": {dental}, "otto": {kettle}}


@pytest.mark.django_db(transaction=True)
def test_two_who_suppress_at_once_make_one_row() -> None:
    with transaction.atomic():
        cast = make_cast()
    entries = [Entry("email", f"n{n}@example.test", "do_not_contact") for n in range(20)]

    def go(turn: int) -> Added:
        try:
            with transaction.atomic():
                return stop(
                    cast.brightside, *(entries if turn % 2 else reversed(entries)), now=timezone.now()
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(go, range(8)))
    with transaction.atomic(), agency_scope(cast.larkspur.pk):
        rows = Suppression.unscoped.filter(source="test").count()

    assert sum(len(each.fresh) for each in added) == rows == 20
    assert {len(each.fresh) + len(each.known) for each in added} == {20}
