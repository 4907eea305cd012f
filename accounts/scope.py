"""Who the database believes is asking: the transaction-local settings that row-level security reads.

A scope is entered in Python and reaches PostgreSQL with the next statement, by ``set_config(…, true)``, so it
lives no longer than the transaction. Outside a transaction nothing is set and tenant tables look empty.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import TransactionStatus

from accounts.statements import PreparedCursor


class PlatformUse(Enum):
    """Every reason for which code may look across agencies. A use that is not named here cannot be had."""

    ADMIN = "superusers in Django admin"
    SWEEP = "finding work that is due, in all agencies"
    WEBHOOK = "finding the connection that a webhook address belongs to"
    PROVISION = "creating an agency and its first people"
    LINK = "finding the row of a link that was mailed, by its secret"
    ACTING = "a superuser on the way into, or out of, a client's seat"
    LOGIN = "whether a login serves one agency alone"
    RESEAL = "sealing secrets anew under the newest key"
    REDACTION = "taking destroyed words out of what happened, which nobody else may change"
    AUDIT = "adding to the audit log, also before anybody is signed in"


@dataclass(frozen=True, slots=True)
class Scope:
    """``client_ids`` None means every client of the agency; an empty tuple means none."""

    agency_id: UUID | None = None
    client_ids: tuple[UUID, ...] | None = ()
    user_id: UUID | None = None
    platform: PlatformUse | None = None

    @property
    def settings(self) -> tuple[str, str, str, str]:
        clients = "*" if self.client_ids is None else "{" + ",".join(map(str, self.client_ids)) + "}"
        return (
            "portal_platform" if self.platform else "none",
            str(self.agency_id or ""),
            clients if self.agency_id else "",
            str(self.user_id or ""),
        )

    def condition(self, table: str, *, client: str = "client_id") -> tuple[str, list[Any]]:
        """The SQL that holds for rows of ``table`` in this scope, and its values.

        For statements written by hand, which do not pass the door of a manager. Row-level security stands behind it.
        """
        held = f"{table}.agency_id = %s"
        if self.client_ids is None:
            return held, [self.agency_id]
        if len(self.client_ids) == 1:  # equality keeps the client indexes in play
            return f"{held} AND {table}.{client} = %s", [self.agency_id, self.client_ids[0]]
        return f"{held} AND {table}.{client} = ANY(%s)", [self.agency_id, list(self.client_ids)]


NOBODY = Scope()
_current: ContextVar[Scope] = ContextVar("scope", default=NOBODY)

SET_SCOPE = (
    "SELECT set_config('role', %s, true), set_config('app.agency_id', %s, true), "
    "set_config('app.client_ids', %s, true), set_config('app.user_id', %s, true)"
)


@contextmanager
def scoped(scope: Scope) -> Iterator[None]:
    """Run the block as ``scope``. Scopes nest; the inner one holds until its block ends."""
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)


def agency_scope(agency_id: UUID) -> Any:
    """The whole agency, for tasks that act as the system with the tenant named."""
    return scoped(Scope(agency_id=agency_id, client_ids=None))


def agency_in_force() -> UUID | None:
    """The agency as which this code runs at present; None across agencies and for nobody."""
    return _current.get().agency_id


def platform_scope(use: PlatformUse) -> Any:
    return scoped(Scope(platform=use))


def install(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Put the scope in front of every statement of ``connection`` (receiver of ``connection_created``)."""
    if apply_scope not in connection.execute_wrappers:
        connection.execute_wrappers.append(apply_scope)


def apply_scope(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    wrapper: Any = context["connection"]
    if wrapper.in_atomic_block:
        raw = wrapper.connection
        status = raw.pgconn.transaction_status
        if status == TransactionStatus.IDLE:
            wrapper.scope_in_force = NOBODY  # the transaction has not begun: every setting is at its default
        wanted = _current.get()
        if status != TransactionStatus.INERROR and wanted != wrapper.scope_in_force:
            PreparedCursor(raw).execute(SET_SCOPE, wanted.settings)
            wrapper.scope_in_force = wanted
    result = execute(sql, params, many, context)
    if isinstance(sql, str) and sql.startswith("ROLLBACK TO"):
        wrapper.scope_in_force = None  # the savepoint took its settings with it: say them again
    return result
