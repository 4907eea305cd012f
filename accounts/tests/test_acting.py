"""Agency people in a client's seat: who may, what they can do there, when it ends, and what is remembered."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction

from accounts.acting_middleware import seated
from accounts.models import AuditEvent, Client, ClientAssignment, ImpersonationSession, Membership
from accounts.permissions import MATRIX, WHILE_ACTING, Level, level, level_while_acting
from accounts.roles import AGENCY_ROLES, Role
from accounts.scope import PlatformUse, platform_scope, scoped
from accounts.services.acting import (
    LASTS,
    NoLongerActing,
    ReasonMissing,
    allow_changes,
    clients_to_act_as,
    end_acting,
    running,
    start_acting,
)
from accounts.services.audit import Origin
from accounts.tenancy import Actor
from conftest import NOON, Cast, make_cast

NOWHERE = Origin()
SECOND = timedelta(microseconds=1)
NEVER = {
    "agency.ownership",
    "agency.profile",
    "agency.staff",
    "audit.read",
    "clients.act_as",
    "clients.subscription",
    "clients.team",
    "ctm.connect",
    "email.log",
    "journeys.concerns",
    "leads.erase",
    "leads.export",
    "oauth.connections",
    "oauth.providers",
    "own.security",
    "platform.administer",
    "secrets.reveal",
    "security.others",
    "telephony.credentials",
    "telephony.provision",
    "webhooks.manage",
}


def start(
    cast: Cast, who: str = "nora", client: Client | None = None, now: datetime = NOON
) -> ImpersonationSession:
    actor = cast.actor(who)
    with scoped(actor.scope):
        return start_acting(
            actor=actor, client_id=(client or cast.brightside.client).pk, now=now, origin=NOWHERE
        )


def stop(row: ImpersonationSession, now: datetime) -> None:
    with platform_scope(PlatformUse.ADMIN):
        end_acting(
            agency_id=row.agency_id,
            staff_id=row.staff_id,
            session_id=row.pk,
            now=now,
            origin=NOWHERE,
            because="stopped",
        )


def seat(cast: Cast, row: ImpersonationSession, who: str = "nora") -> Actor:
    return seated(cast.actor(who), row)


def told(*types: str) -> list[tuple[object, ...]]:
    with platform_scope(PlatformUse.AUDIT):
        rows = AuditEvent.unscoped.filter(event_type__in=types).order_by("agency_id", "seq")
        return [
            (
                each.event_type,
                each.actor and each.actor.name,
                each.on_behalf_of and each.on_behalf_of.name,
                each.client and each.client.name,
                each.details,
            )
            for each in rows.select_related("actor", "on_behalf_of", "client")
        ]


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("nora", ["Brightside Dental", "Delgado Plumbing"]),
        ("theo", ["Brightside Dental"]),
        ("bea", []),
        ("ed", []),
        ("hannah", []),
        ("otto", ["Copper Kettle"]),
    ],
)
def test_who_may_act_as_whom(cast: Cast, who: str, names: list[str]) -> None:
    actor = cast.actor(who)
    with platform_scope(PlatformUse.ADMIN):  # the database shows all: what is left is the service's own doing
        assert [each.name for each in clients_to_act_as(actor)] == names


def test_members_who_see_all_clients_act_as_their_own_alone(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["theo"]).update(client_access="all")
        actor = cast.actor("theo")
        assert actor.client_ids is None
        assert [each.name for each in clients_to_act_as(actor)] == ["Brightside Dental"]


@pytest.mark.parametrize("change", [{"status": "inactive"}, {"archived_at": NOON}])
def test_nobody_acts_as_a_client_that_is_off(cast: Cast, change: dict[str, object]) -> None:
    row = start(cast)
    with platform_scope(PlatformUse.ADMIN):
        Client.unscoped.filter(pk=cast.brightside.client.pk).update(**change)

    with pytest.raises(Client.DoesNotExist):
        start(cast)
    with scoped(cast.actor("nora").scope):
        assert running(staff=cast.actor("nora"), session_id=row.pk, now=NOON) is None


@pytest.mark.parametrize(
    ("who", "house"),
    [("theo", "delgado"), ("nora", "kettle"), ("bea", "brightside"), ("hannah", "brightside")],
)
def test_others_clients_do_not_exist(cast: Cast, who: str, house: str) -> None:
    with pytest.raises(Client.DoesNotExist):
        start(cast, who, getattr(cast, house).client)


def test_it_lasts_an_hour_to_the_instant(cast: Cast) -> None:
    row, nora = start(cast), cast.actor("nora")

    with scoped(nora.scope):
        holds = [
            running(staff=nora, session_id=row.pk, now=NOON + LASTS - SECOND) == row,
            running(staff=nora, session_id=row.pk, now=NOON + LASTS) is None,
        ]

    assert (row.ends_at - row.started_at, holds) == (timedelta(minutes=60), [True, True])
    assert (row.was_over_at(NOON + LASTS - SECOND), row.was_over_at(NOON + LASTS)) == (None, NOON + LASTS)


def test_somebody_elses_time_is_not_ones_own(cast: Cast) -> None:
    row, theo = start(cast), cast.actor("theo")

    with scoped(theo.scope):
        assert running(staff=theo, session_id=row.pk, now=NOON) is None
        assert running(staff=theo, session_id=uuid4(), now=NOON) is None


def test_a_right_that_was_taken_away_ends_it(cast: Cast) -> None:
    row = start(cast, "theo")
    with platform_scope(PlatformUse.ADMIN):
        ClientAssignment.unscoped.filter(user=cast.people["theo"]).delete()

    theo = cast.actor("theo")
    with scoped(theo.scope):
        assert running(staff=theo, session_id=row.pk, now=NOON) is None


def test_one_seat_at_a_time(cast: Cast) -> None:
    first = start(cast)
    second = start(cast, client=cast.delgado.client, now=NOON + timedelta(minutes=5))

    with platform_scope(PlatformUse.ADMIN):
        rows = dict(
            ImpersonationSession.unscoped.filter(pk__in=[first.pk, second.pk]).values_list("pk", "ended_at")
        )
        with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
            ImpersonationSession.unscoped.filter(pk=first.pk).update(ended_at=None)

    assert rows == {first.pk: NOON + timedelta(minutes=5), second.pk: None}


def test_the_seat_holds_what_the_owner_may_and_only_to_look_at(cast: Cast) -> None:
    row = start(cast)
    looking = seat(cast, row)

    assert (looking.client_ids, looking.is_staff, looking.user_id) == (
        (cast.brightside.client.pk,),
        False,
        cast.people["nora"].pk,
    )
    assert {looking.level(each) for each in MATRIX} == {Level.NONE, Level.READ}
    assert {each for each in MATRIX if looking.can(each)} <= WHILE_ACTING


def test_raising_gives_the_owners_rights_within_the_list(cast: Cast) -> None:
    row = start(cast)
    with scoped(seat(cast, row).scope):
        raised = allow_changes(actor=seat(cast, row), reason=" fix  a\nrating ", now=NOON, origin=NOWHERE)
    able = seat(cast, raised)

    owner = {each: level((Role.CLIENT_OWNER,), each) for each in WHILE_ACTING - {"classification.rerun"}}
    assert {each: able.level(each) for each in owner} == owner
    assert able.level("classification.rerun") == Level.WRITE
    assert {able.level(each) for each in set(MATRIX) - WHILE_ACTING} == {Level.NONE}
    assert (raised.mode, raised.reason) == ("write", "fix a rating")


@pytest.mark.parametrize("raised", [False, True])
def test_some_things_stay_shut_in_any_mode(raised: bool) -> None:
    assert set() == NEVER & WHILE_ACTING
    assert {level_while_acting(AGENCY_ROLES, each, raised=raised) for each in NEVER} == {Level.NONE}


def test_some_rights_hold_only_while_acting(cast: Cast) -> None:
    """The cells of the table that say ``a``: nothing in one's own seat, to look at in a client's, to do when raised."""
    row = start(cast)
    own, looking = cast.actor("nora"), seat(cast, row)
    row.mode = "write"
    able, theo = seat(cast, row), seated(cast.actor("theo"), row)

    for each in ("classification.rerun", "onboarding.fill"):
        levels = (
            own.can(each),
            looking.can(each),
            looking.can(each, Level.WRITE),
            able.can(each, Level.WRITE),
        )
        assert levels == (False, True, False, True), each
    assert (theo.can("classification.rerun"), theo.can("onboarding.fill", Level.WRITE)) == (False, True)


def test_changes_want_a_reason_and_a_time_that_runs(cast: Cast) -> None:
    row = start(cast)
    actor = seat(cast, row)
    with scoped(actor.scope):
        with pytest.raises(ReasonMissing):
            allow_changes(actor=actor, reason=" \n", now=NOON, origin=NOWHERE)
        with pytest.raises(NoLongerActing):
            allow_changes(actor=actor, reason="late", now=NOON + LASTS, origin=NOWHERE)
        with pytest.raises(NoLongerActing):
            allow_changes(actor=cast.actor("nora"), reason="from one's own seat", now=NOON, origin=NOWHERE)
        with pytest.raises(IntegrityError, match="write_has_reason"), transaction.atomic():
            ImpersonationSession.unscoped.filter(pk=row.pk).update(mode="write", reason="")


def test_every_event_names_both(cast: Cast) -> None:
    row = start(cast)
    with scoped(seat(cast, row).scope):
        allow_changes(actor=seat(cast, row), reason="fix a rating", now=NOON, origin=NOWHERE)
    stop(row, NOON + timedelta(minutes=3))
    stop(row, NOON + timedelta(minutes=9))

    both = ("Nora", "Hannah", "Brightside Dental")
    until = (NOON + LASTS).isoformat()
    assert told("acting_started", "acting_raised", "acting_ended") == [
        ("acting_started", *both, {"until": until}),
        ("acting_raised", *both, {"reason": "fix a rating"}),
        ("acting_ended", *both, {"because": "stopped"}),
    ]


def test_an_end_that_is_noticed_late_is_still_at_its_hour(cast: Cast) -> None:
    row = start(cast)
    stop(row, NOON + timedelta(hours=5))

    with platform_scope(PlatformUse.ADMIN):
        assert ImpersonationSession.unscoped.get(pk=row.pk).ended_at == NOON + LASTS
    assert told("acting_ended")[-1][-1] == {"because": "the hour was over"}


def test_a_client_without_an_owner_can_be_entered(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        Membership.unscoped.filter(user=cast.people["hannah"]).update(revoked_at=NOON)

    assert start(cast).subject is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_starts_at_once_leave_one_seat() -> None:
    with transaction.atomic():
        cast = make_cast()
        nora = cast.actor("nora")
    clients = [cast.brightside.client, cast.delgado.client] * 4

    def begin(client: Client) -> None:
        try:
            with transaction.atomic(), scoped(nora.scope):
                start_acting(actor=nora, client_id=client.pk, now=NOON, origin=NOWHERE)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, clients))

    with platform_scope(PlatformUse.ADMIN), transaction.atomic():
        rows = ImpersonationSession.unscoped.filter(staff=nora.user_id, started_at=NOON, ends_at=NOON + LASTS)
        assert (
            rows.filter(ended_at=None).count(),
            len(told("acting_started")),
            len(told("acting_ended")),
        ) == (1, 8, 7)
