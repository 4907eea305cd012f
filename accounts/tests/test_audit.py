"""The audit log: what is written stays, in order, and shows when somebody tried otherwise."""

import os
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from uuid import UUID

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse

from accounts.audit import REMOVED, scrubbed
from accounts.models import Agency, AuditEvent
from accounts.scope import PlatformUse, platform_scope, scoped
from accounts.services.audit import first_broken, record
from conftest import NOON, PASSWORD, Cast


def write(agency_id: UUID | None, count: int = 1) -> None:
    for number in range(count):
        record(event_type="seat_taken", now=NOON, agency_id=agency_id, details={"number": number})


def events(agency_id: UUID | None) -> list[AuditEvent]:
    with platform_scope(PlatformUse.AUDIT):
        return [each for each in AuditEvent.unscoped.order_by("seq") if each.agency_id == agency_id]


def test_events_are_chained_by_agency(cast: Cast) -> None:
    write(cast.larkspur.pk, 3)
    write(cast.ironwood.pk, 1)
    write(None, 2)

    chain = events(cast.larkspur.pk)

    assert [each.seq for each in chain] == list(range(1, len(chain) + 1))
    assert [each.prev_hash for each in chain] == ["", *(each.hash for each in chain[:-1])]
    assert [first_broken(pk) for pk in (cast.larkspur.pk, cast.ironwood.pk, None)] == [None, None, None]


@pytest.mark.parametrize("use", list(PlatformUse))
def test_nobody_of_the_product_changes_or_removes_an_event(cast: Cast, use: PlatformUse) -> None:
    write(cast.larkspur.pk)
    for scope in (scoped(cast.actor("nora").scope), platform_scope(use)):
        with scope:
            for sql in (
                "UPDATE accounts_auditevent SET success = false",
                "DELETE FROM accounts_auditevent",
                "UPDATE accounts_audithead SET seq = 0",
                "TRUNCATE accounts_auditevent",
            ):
                with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                    connection.cursor().execute(sql)


def test_secrets_never_enter_the_details(cast: Cast) -> None:
    details = {
        "account": "511201",
        "secret_key": "s3cret",
        "nested": {"otp": 123456, "list": [{"apiToken": "t"}]},
    }
    record(event_type="credential_set", now=NOON, agency_id=cast.larkspur.pk, details=details)

    assert events(cast.larkspur.pk)[-1].details == {
        "account": "511201",
        "secret_key": REMOVED,
        "nested": {"otp": REMOVED, "list": [{"apiToken": REMOVED}]},
    }
    assert scrubbed({"plain": 1.5}) == {"plain": 1.5}


def test_people_read_the_events_of_their_own_house_only(cast: Cast) -> None:
    write(cast.ironwood.pk)
    record(event_type="logout", now=NOON, agency_id=cast.larkspur.pk, client_id=cast.delgado.client.pk)

    seen = {}
    for name in ("nora", "hannah", "rafael", "otto"):
        actor = cast.actor(name)
        with scoped(actor.scope):
            rows = AuditEvent.objects.for_actor(actor).values_list("agency__name", "client__name")
            seen[name] = {(agency, client) for agency, client in rows}

    assert seen["otto"] == {("Ironwood", None), ("Ironwood", "Copper Kettle")}
    assert {agency for agency, _ in seen["nora"]} == {"Larkspur"}
    assert seen["rafael"] == {("Larkspur", "Delgado Plumbing")}
    assert seen["hannah"] == {("Larkspur", "Brightside Dental")}


def test_coming_going_and_being_refused_are_written(cast: Cast) -> None:
    nora = cast.give_password("nora")
    browser = cast.browser(None)
    sign_in = reverse("account_login")

    browser.post(sign_in, {"login": "nora@example.test", "password": "wrong"})
    browser.post(sign_in, {"login": "nobody@example.test", "password": "wrong"})
    browser.post(sign_in, {"login": "NORA@example.test", "password": PASSWORD})
    browser.post(reverse("account_logout"))

    own = [(each.event_type, each.failure_reason, each.actor_id) for each in events(cast.larkspur.pk)[-3:]]
    assert own == [
        ("login_failed", "wrong password", nora.pk),
        ("login_success", "", nora.pk),
        ("logout", "", nora.pk),
    ]
    assert [(each.event_type, each.failure_reason) for each in events(None)] == [
        ("login_failed", "unknown e-mail")
    ]


def as_owner(*statements: str) -> None:
    """Do to the log what only the owner of its table could do."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("ALTER TABLE accounts_auditevent NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER")
        for statement in statements:
            owner.execute(statement)
        owner.execute("ALTER TABLE accounts_auditevent FORCE ROW LEVEL SECURITY, ENABLE TRIGGER USER")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE accounts_auditevent SET details = '{\"number\": 8}' WHERE seq = 7", 7),
        (
            "UPDATE accounts_auditevent SET occurred_at = occurred_at + interval '1 microsecond' WHERE seq = 1",
            1,
        ),
        ("UPDATE accounts_auditevent SET success = NOT success WHERE seq = 40", 40),
        ("DELETE FROM accounts_auditevent WHERE seq = 12", 12),
        ("DELETE FROM accounts_auditevent WHERE seq = 40", 40),
        ("UPDATE accounts_auditevent SET seq = 41 - seq", 1),
    ],
)
def test_verify_fails_when_the_owner_changes_a_byte(statement: str, broken: int) -> None:
    with transaction.atomic(), platform_scope(PlatformUse.PROVISION):
        agency = Agency.objects.create(name="Larkspur", slug="larkspur")
    write(agency.pk, 40)
    out = StringIO()
    call_command("audit_verify", stdout=out)
    assert "Larkspur: 40 events, in order" in out.getvalue()

    as_owner("ALTER TABLE accounts_auditevent DROP CONSTRAINT audit_event_seq", statement)
    try:
        assert first_broken(agency.pk) == broken
        with pytest.raises(CommandError):
            call_command("audit_verify", stdout=out)
    finally:
        as_owner(
            "TRUNCATE accounts_auditevent, accounts_audithead",
            "ALTER TABLE accounts_auditevent ADD CONSTRAINT audit_event_seq UNIQUE NULLS NOT DISTINCT (agency_id, seq)",
        )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_events_of_many_at_once_stay_in_order() -> None:
    with transaction.atomic(), platform_scope(PlatformUse.PROVISION):
        agency = Agency.objects.create(name="Larkspur", slug="larkspur")

    def work(_: int) -> None:
        try:
            for _ in range(25):
                with transaction.atomic():
                    write(agency.pk, 50)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    with platform_scope(PlatformUse.AUDIT), transaction.atomic():
        assert AuditEvent.unscoped.count() == 10_000
    assert first_broken(agency.pk) is None


def test_page_shows_the_own_house_and_filters(cast: Cast) -> None:
    write(cast.ironwood.pk)
    record(event_type="login_failed", now=NOON, agency_id=cast.larkspur.pk, failure_reason="wrong password")
    browser = cast.browser("nora")

    every = browser.get(reverse("accounts:audit")).content.decode()
    refused = browser.get(reverse("accounts:audit"), {"failed": "1"}).content.decode()
    none = browser.get(reverse("accounts:audit"), {"who": "nobody-of-this-name"}).content.decode()

    assert ("Set credentials" in every, "wrong password" in every, "Copper Kettle" in every) == (
        True,
        True,
        False,
    )
    assert ("<td>Set credentials" in refused, "wrong password" in refused) == (False, True)
    assert "No event fits these filters" in none


def test_page_is_paged_by_key(cast: Cast) -> None:
    write(cast.larkspur.pk, 60)
    browser = cast.browser("nora")

    first = browser.get(reverse("accounts:audit"))
    second = browser.get(first.context["older_url"])

    ids = [[row["event"].pk for row in page.context["rows"]] for page in (first, second)]
    assert (len(ids[0]), len(set(ids[0]) & set(ids[1])), second.context["older_url"]) == (50, 0, "")
    assert {pk for page in ids for pk in page} == {each.pk for each in events(cast.larkspur.pk)}
    assert browser.get(reverse("accounts:audit"), {"before": "nonsense"}).status_code == 200


def test_export_is_harmless_own_and_itself_an_event(cast: Cast) -> None:
    record(event_type="seat_taken", now=NOON, agency_id=cast.larkspur.pk, target="=cmd()")
    write(cast.ironwood.pk)

    lines = cast.browser("nora").get(reverse("accounts:audit_csv")).getvalue().decode().splitlines()

    assert lines[0].startswith("time (UTC),event,outcome,who")
    assert len(lines) == 1 + len(events(cast.larkspur.pk))
    assert any("'=cmd()" in line for line in lines)
    assert events(cast.larkspur.pk)[-1].event_type == "audit_exported"
