"""How tenants nest, and the only door to their rows.

Agency is the root. A row that belongs to a client carries ``agency`` and ``client``. ``Model.objects`` opens
only through an actor or a client, so that a forgotten filter is an error rather than a leak.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar
from uuid import UUID

from django.db import models

from accounts.permissions import OF_ALL_RECORDS, Level, level, level_while_acting
from accounts.scope import Scope
from lib.uuid7 import uuid7

if TYPE_CHECKING:
    from accounts.models import Client


_Row = TypeVar("_Row", bound=models.Model, covariant=True)


class TenantScopeMissing(RuntimeError):
    """A tenant model was asked for rows without saying on whose behalf."""


@dataclass(frozen=True, slots=True)
class Acting:
    """That the seat is a client's, and whoever sits in it is of the agency."""

    session_id: UUID  # of ImpersonationSession
    on_behalf_of: UUID | None  # an owner of the client; None while it has none
    staff_roles: frozenset[str]
    may_write: bool


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody acting inside one agency. ``client_ids`` None means every client of the agency."""

    user_id: UUID | None
    agency_id: UUID
    roles: frozenset[str]
    client_ids: tuple[UUID, ...] | None
    is_staff: bool  # works for the agency, as opposed to one of its clients
    acting: Acting | None = None
    own_records: bool = (
        False  # of leads and what hangs on them: only those of their campaigns, or owned by them
    )

    @property
    def scope(self) -> Scope:
        return Scope(agency_id=self.agency_id, client_ids=self.client_ids, user_id=self.user_id)

    def level(self, capability: str) -> Level:
        if self.own_records and capability in OF_ALL_RECORDS:
            return Level.NONE
        if self.acting:
            return level_while_acting(self.acting.staff_roles, capability, raised=self.acting.may_write)
        return level(self.roles, capability)

    def can(self, capability: str, at_least: Level = Level.READ) -> bool:
        return self.level(capability) >= at_least

    @property
    def on_behalf_of(self) -> UUID | None:
        """In whose name this is, when it is not one's own."""
        return self.acting.on_behalf_of if self.acting else None


# How a table is cut down for somebody who sees their own records alone. The app that knows what a record is fills it.
OWN_RECORDS: dict[type[models.Model], Callable[[Actor], models.Q]] = {}


class TenantQuerySet(models.QuerySet[Any]):
    """Rows of one tenant table. The first call is always one of the two scopes."""

    def for_actor(self, actor: Actor) -> Self:
        rows = self.filter(agency_id=actor.agency_id)
        if actor.own_records and (rule := OWN_RECORDS.get(self.model)):
            rows = rows.filter(rule(actor))
        if actor.client_ids is None or not self.model.client_lookup:
            return rows
        if len(actor.client_ids) == 1:  # equality keeps the client indexes in play
            return rows.filter(**{self.model.client_lookup: actor.client_ids[0]})
        return rows.filter(**{f"{self.model.client_lookup}__in": actor.client_ids})

    def for_client(self, client: "Client") -> Self:
        return self.filter(**{"agency_id": client.agency_id, self.model.client_lookup: client.pk})


class SharedQuerySet(TenantQuerySet):
    """Rows of one client each, and those without a client, which are the agency's for all its clients to read."""

    def for_actor(self, actor: Actor) -> Self:
        rows = self.filter(agency_id=actor.agency_id)  # nobody's records: see `crm.own_records`
        if actor.client_ids is None:
            return rows
        return rows.filter(models.Q(client=None) | models.Q(client__in=actor.client_ids))

    def for_client(self, client: "Client") -> Self:
        return self.filter(models.Q(client=None) | models.Q(client=client), agency_id=client.agency_id)


class TenantManager(models.Manager[Any]):
    queryset_class: type[TenantQuerySet] = TenantQuerySet

    @classmethod
    def over(cls, queryset_class: type[TenantQuerySet]) -> "TenantManager":
        manager = cls()
        manager.queryset_class = queryset_class
        return manager

    def get_queryset(self) -> NoReturn:
        raise TenantScopeMissing(
            f"{self.model.__name__}.objects opens by .for_actor(actor) or .for_client(client)"
        )

    def _open(self) -> Any:
        return self.queryset_class(self.model, using=self._db)

    def for_actor(self, actor: Actor) -> Any:
        return self._open().for_actor(actor)

    def for_client(self, client: "Client") -> Any:
        return self._open().for_client(client)


class UnscopedManager(models.Manager[_Row]):
    """For services, tasks and admin, which name the tenant another way. Never in views, forms or templates.

    Row-level security still applies: what the scope in force may not see does not exist here either.
    """


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A reference inside one tenant. The database ties it by a composite key (see ``accounts.rls.tie``)."""

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


class Timestamped(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class AgencyOwned(Timestamped):
    """A row of an agency that may, but need not, concern one client."""

    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+", db_index=False)

    client_lookup = "client_id"  # blank: the row concerns no client, and everybody of the agency may see it
    unscoped = UnscopedManager()
    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"


class ClientOwned(AgencyOwned):
    """A row of one client."""

    client = TenantForeignKey("accounts.Client", related_name="+", db_index=False)

    class Meta(AgencyOwned.Meta):
        abstract = True
