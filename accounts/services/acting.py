"""Agency people and superusers in a client's seat: who may, for how long, and what of it is remembered."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Agency, Client, ClientAssignment, ImpersonationSession, Membership, User
from accounts.permissions import SUPERUSER, Level
from accounts.roles import Role
from accounts.scope import PlatformUse, platform_scope, scoped
from accounts.services.audit import Origin, record
from accounts.tenancy import Actor

LASTS = timedelta(minutes=60)
Mode = ImpersonationSession.Mode


class NoLongerActing(Exception):
    """The time in the client's seat is over."""


class ReasonMissing(Exception):
    """Changes are allowed to who says why."""


def clients_to_act_as(actor: Actor) -> QuerySet[Client]:
    """The clients whose portal ``actor`` may enter now, by name: not archived, not deactivated.

    Who may so with their own clients alone has those they are assigned to, even if they see all.
    """
    rows: QuerySet[Client] = Client.objects.for_actor(actor)
    held = actor.level("clients.act_as")
    if not actor.is_staff or held < Level.OWN:
        return rows.none()
    if held == Level.OWN:
        own = ClientAssignment.objects.for_actor(actor).filter(user_id=actor.user_id)
        rows = rows.filter(pk__in=own.values("client_id"))
    if SUPERUSER in actor.roles:  # others come no further than their own agency, which is active
        rows = rows.filter(agency__status=Agency.Status.ACTIVE)
    return rows.filter(archived_at=None).exclude(status=Client.Status.INACTIVE).order_by("name")


def running(*, staff: Actor, session_id: UUID | str, now: datetime) -> ImpersonationSession | None:
    """The time in a client's seat that still holds for ``staff``: one query. Half-open: at its end it is over."""
    rows = ImpersonationSession.objects.for_actor(staff).select_related(
        "agency", "client", "subject", "staff"
    )
    held: ImpersonationSession | None = rows.filter(
        pk=session_id,
        staff_id=staff.user_id,
        by_platform=SUPERUSER in staff.roles,
        ended_at=None,
        ends_at__gt=now,
        client__in=clients_to_act_as(staff).order_by(),
    ).first()
    return held


@transaction.atomic
def start_acting(
    *, actor: Actor, client_id: UUID, now: datetime, origin: Origin, reason: str = ""
) -> ImpersonationSession:
    """Begin to look at the client's portal as its owner does, for an hour. What ran before ends: one seat at a time.

    Raises `Client.DoesNotExist` for clients that ``actor`` may not act as. Superusers owe a reason: `ReasonMissing`.
    """
    if actor.user_id is None:
        raise Client.DoesNotExist
    by_platform, said = SUPERUSER in actor.roles, _in_one_line(reason)
    if by_platform and not said:
        raise ReasonMissing
    # Two starts of one person go one by one.
    User.objects.select_for_update(no_key=True).get(pk=actor.user_id)
    client = clients_to_act_as(actor).get(pk=client_id)
    before = _end_what_runs(actor, now)
    row: ImpersonationSession = ImpersonationSession.unscoped.create(
        agency_id=actor.agency_id,
        client=client,
        staff_id=actor.user_id,
        subject=owner_of(client),
        by_platform=by_platform,
        reason=said,
        started_at=now,
        ends_at=now + LASTS,
    )
    for each in before:
        _tell("acting_ended", each, now, origin, because=_why(each, now, "began elsewhere"))
    told = {"reason": said, "by": "a superuser"} if by_platform else {}
    _tell("acting_started", row, now, origin, until=row.ends_at.isoformat(), **told)
    return row


def _end_what_runs(actor: Actor, now: datetime) -> list[ImpersonationSession]:
    """End the person's present time in a seat, of a superuser in whatever agency. Their rows, for the log."""
    scope = platform_scope(PlatformUse.ACTING) if SUPERUSER in actor.roles else scoped(actor.scope)
    with scope:
        rows = ImpersonationSession.unscoped.filter(staff_id=actor.user_id, ended_at=None)
        if SUPERUSER not in actor.roles:
            rows = rows.filter(agency_id=actor.agency_id)
        before = list(rows)
        for each in before:
            each.ended_at = min(now, each.ends_at)
            each.save(update_fields=["ended_at", "updated_at"])
    return before


@transaction.atomic
def allow_changes(*, actor: Actor, reason: str, now: datetime, origin: Origin) -> ImpersonationSession:
    """Let the present time in a client's seat change things, for ``reason``, until it ends.

    Raises `NoLongerActing`, or `ReasonMissing` when the reason is blank.
    """
    said = _in_one_line(reason)
    if not said:
        raise ReasonMissing
    rows = ImpersonationSession.objects.for_actor(actor).select_for_update()
    row = rows.filter(pk=actor.acting.session_id, staff_id=actor.user_id).first() if actor.acting else None
    if row is None or not row.is_running(now):
        raise NoLongerActing
    row.mode, row.reason = Mode.WRITE, said
    row.save(update_fields=["mode", "reason", "updated_at"])
    _tell("acting_raised", row, now, origin, reason=row.reason)
    raised: ImpersonationSession = row
    return raised


@transaction.atomic
def end_acting(
    *, agency_id: UUID, staff_id: UUID, session_id: UUID, now: datetime, origin: Origin, because: str
) -> None:
    """End it, at the latest when it would have ended by itself; once ended it stays as it was."""
    rows = ImpersonationSession.unscoped.select_for_update().filter(agency_id=agency_id, staff_id=staff_id)
    row = rows.filter(pk=session_id, ended_at=None).first()
    if row is None:
        return
    row.ended_at = min(now, row.ends_at)
    row.save(update_fields=["ended_at", "updated_at"])
    _tell("acting_ended", row, now, origin, because=_why(row, now, because))


def _in_one_line(reason: str) -> str:
    return " ".join(reason.split())[:300]


def _why(row: ImpersonationSession, now: datetime, otherwise: str) -> str:
    return "the hour was over" if now >= row.ends_at else otherwise


def owner_of(client: Client) -> User | None:
    """The owner who has been there longest; None while nobody has accepted."""
    owners = Membership.objects.for_client(client).filter(
        role=Role.CLIENT_OWNER, accepted_at__isnull=False, revoked_at=None, user__is_active=True
    )
    found = owners.order_by("accepted_at", "pk").select_related("user").first()
    return found.user if found else None


def _tell(event: str, row: ImpersonationSession, now: datetime, origin: Origin, **details: str) -> None:
    record(
        event_type=event,
        now=now,
        agency_id=row.agency_id,
        client_id=row.client_id,
        actor_id=row.staff_id,
        on_behalf_of_id=row.subject_id,
        origin=origin,
        details=details,
    )
