"""Named queries of lists: a person's own, and those shared with everybody on their side."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Lower

from accounts.models import User
from accounts.permissions import Level
from accounts.scope import agency_scope
from accounts.services.audit import Origin, record_by
from accounts.tenancy import Actor
from crm.models import SavedView

BEGINS = "default_views"  # in a person's preferences: ids of views that are not theirs, by place
LOOKS = ("sort", "columns")  # of a query: what does not narrow the list


class NameTaken(Exception):
    """The person has a view of that name for this list."""


def may_share(actor: Actor) -> bool:
    return actor.can("pipeline.stages", Level.WRITE)


def may_change(actor: Actor, view: SavedView) -> bool:
    """One's own, and what is shared with many if one may set up lists for them."""
    return view.owner_id == actor.user_id or (view.shared and may_share(actor))


def query_of(view: SavedView) -> dict[str, str]:
    """The query that ``view`` keeps, as an address writes it."""
    looks = {"sort": view.sort, "columns": ",".join(view.columns)}
    return {**view.filters, **{name: value for name, value in looks.items() if value}}


def _client_of(actor: Actor) -> UUID | None:
    """Whose side it is: a client's, or nobody's, which is the agency's."""
    return actor.client_ids[0] if actor.client_ids and not actor.is_staff else None


def _person(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise PermissionDenied
    return actor.user_id


def _reachable(actor: Actor) -> QuerySet[SavedView]:
    """Those of the side on which ``actor`` sits: the agency's stand under no client. Ask within ``_side``."""
    client_id = _client_of(actor)
    rows = SavedView.unscoped.filter(agency_id=actor.agency_id)
    rows = rows.filter(client_id=client_id) if client_id else rows.filter(client=None)
    return rows.filter(Q(owner_id=actor.user_id) | Q(shared=True))


def views_of(actor: Actor, resource: str) -> list[SavedView]:
    """One's own and the shared ones, by name."""
    with agency_scope(actor.agency_id):  # what the agency shares is for staff with few clients too
        rows = _reachable(actor).filter(resource=resource).select_related("owner")
        return list(rows.order_by(Lower("name"), "pk"))


def find_view(actor: Actor, view_id: UUID, *, hold: bool = False) -> SavedView:
    """Raises `SavedView.DoesNotExist`; with ``hold`` nobody else changes it before the transaction ends."""
    with agency_scope(actor.agency_id):
        rows = _reachable(actor)
        found: SavedView = (rows.select_for_update(of=("self",)) if hold else rows).get(pk=view_id)
        return found


def view_to_change(actor: Actor, view_id: UUID) -> SavedView:
    """Raises `SavedView.DoesNotExist`, and `PermissionDenied` where the view is there to be used only."""
    view = find_view(actor, view_id)
    if not may_change(actor, view):
        raise PermissionDenied
    return view


def default_view(actor: Actor, resource: str) -> SavedView | None:
    """What the person's list begins with: a view of theirs, or one that is shared with them."""
    if actor.user_id is None:
        return None
    chosen = User.objects.filter(pk=actor.user_id).values(
        view=Cast(
            KeyTextTransform(_place(actor, resource), KeyTextTransform(BEGINS, "preferences")), UUIDField()
        )
    )
    own = Q(owner_id=actor.user_id, is_default=True)
    with agency_scope(actor.agency_id):
        return _reachable(actor).filter(own | Q(pk__in=chosen), resource=resource).first()


def _place(actor: Actor, resource: str) -> str:
    """Of one person's lists this one, on the side on which they sit."""
    return f"{actor.agency_id}:{_client_of(actor) or ''}:{resource}"


@transaction.atomic
def begin_with(*, actor: Actor, view_id: UUID, begins: bool) -> SavedView:
    """Let the person's own list begin with the view, or not. It need not be theirs: for the others nothing changes.

    Raises `SavedView.DoesNotExist`.
    """
    view = find_view(actor, view_id, hold=True)
    user: User = User.objects.select_for_update().get(pk=_person(actor))
    with agency_scope(actor.agency_id):
        mine = {"owner_id": user.pk, "client_id": view.client_id, "resource": view.resource}
        SavedView.unscoped.filter(agency_id=actor.agency_id, **mine).update(is_default=False)
        if view.owner_id == user.pk and begins:
            view.is_default = True
            view.save(update_fields=("is_default", "updated_at"))
    _prefer(user, _place(actor, view.resource), view.pk if begins and view.owner_id != user.pk else None)
    return view


def _prefer(user: User, place: str, view_id: UUID | None) -> None:
    chosen = {name: pk for name, pk in user.preferences.get(BEGINS, {}).items() if name != place}
    if view_id:
        chosen[place] = str(view_id)
    user.preferences = {**user.preferences, BEGINS: chosen}
    user.save(update_fields=("preferences",))


@transaction.atomic
def save_view(
    *,
    actor: Actor,
    resource: str,
    name: str,
    query: Mapping[str, str],
    shared: bool,
    is_default: bool,
    now: datetime,
    origin: Origin,
) -> SavedView:
    """Keep ``query`` under a new name. Raises `NameTaken`."""
    view = SavedView(
        agency_id=actor.agency_id, client_id=_client_of(actor), owner_id=_person(actor), resource=resource
    )
    _keep(view, query)
    return _change(actor, view, name, shared=shared, is_default=is_default, now=now, origin=origin)


@transaction.atomic
def change_view(
    *, actor: Actor, view_id: UUID, name: str, shared: bool, is_default: bool, now: datetime, origin: Origin
) -> SavedView:
    """Rename it, share it or not, open one's list with it or not. Raises `NameTaken` and `SavedView.DoesNotExist`."""
    view = _held(actor, view_id)
    return _change(actor, view, name, shared=shared, is_default=is_default, now=now, origin=origin)


@transaction.atomic
def keep_query(
    *, actor: Actor, view_id: UUID, query: Mapping[str, str], now: datetime, origin: Origin
) -> SavedView:
    """Let the view mean ``query`` from now on, for all who use it."""
    view = _held(actor, view_id)
    _keep(view, query)
    with agency_scope(actor.agency_id):
        view.save(update_fields=("filters", "sort", "columns", "updated_at"))
    _record(actor, view, "changed", now, origin)
    return view


@transaction.atomic
def delete_view(*, actor: Actor, view_id: UUID, now: datetime, origin: Origin) -> SavedView:
    view = _held(actor, view_id)
    pk = view.pk
    with agency_scope(actor.agency_id):
        view.delete()
    view.pk = pk
    _record(actor, view, "deleted", now, origin)
    return view


def _held(actor: Actor, view_id: UUID) -> SavedView:
    view = find_view(actor, view_id, hold=True)
    if not may_change(actor, view):
        raise PermissionDenied
    return view


def _keep(view: SavedView, query: Mapping[str, str]) -> None:
    view.filters = {name: value for name, value in query.items() if name not in LOOKS}
    view.sort = query.get("sort", "")
    view.columns = [each for each in query.get("columns", "").split(",") if each]


def _change(
    actor: Actor,
    view: SavedView,
    name: str,
    *,
    shared: bool,
    is_default: bool,
    now: datetime,
    origin: Origin,
) -> SavedView:
    if shared != view.shared and not may_share(actor):
        raise PermissionDenied
    was_shared, view.name, view.shared = view.shared, name, shared
    with agency_scope(actor.agency_id):
        if view.owner_id == actor.user_id:  # whose list begins with it is the owner's own business
            view.is_default = is_default
            if is_default:
                _own_default(view).exclude(pk=view.pk).update(is_default=False)
                user: User = User.objects.select_for_update().get(pk=view.owner_id)
                _prefer(user, _place(actor, view.resource), None)
        try:
            with transaction.atomic():
                view.save()
        except IntegrityError as error:
            raise NameTaken from error
    if shared or was_shared:
        _record(actor, view, "shared" if shared else "private", now, origin)
    return view


def _own_default(view: SavedView) -> QuerySet[SavedView]:
    own = {"agency_id": view.agency_id, "client_id": view.client_id, "owner_id": view.owner_id}
    return SavedView.unscoped.filter(**own, resource=view.resource, is_default=True)


def _record(actor: Actor, view: SavedView, how: str, now: datetime, origin: Origin) -> None:
    """What many see is of record; one's private views are nobody's business."""
    if view.shared or how == "private":
        record_by(
            actor, "view_changed", now=now, target=view.name, origin=origin,
            details={"list": view.resource, "how": how},
        )  # fmt: skip
