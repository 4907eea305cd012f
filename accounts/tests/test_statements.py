from django.db import connection, transaction

from accounts.scope import PlatformUse, platform_scope, scoped
from accounts.statements import fetch
from conftest import Cast

OFTEN = 8  # PostgreSQL settles on a plan after five times
COUNT = "SELECT count(*) FROM crm_call"


def test_prepared_statement_sees_the_scope_in_force(cast: Cast) -> None:
    seen = []
    for _ in range(OFTEN):
        for who in ("nora", "hannah", "otto"):
            with scoped(cast.actor(who).scope):
                seen.append(fetch(COUNT, [])[0][0])
        with platform_scope(PlatformUse.ADMIN):
            seen.append(fetch(COUNT, [])[0][0])
        seen.append(fetch(COUNT, [])[0][0])

    assert seen == [2, 1, 1, 3, 0] * OFTEN


def test_prepared_statement_is_kept_by_the_server(cast: Cast) -> None:
    for _ in range(3):
        fetch("SELECT %s::int + 1", [1])

    kept = fetch("SELECT statement FROM pg_prepared_statements", [])
    assert ("SELECT $1::int + 1",) in kept


def test_prepared_statement_survives_a_rollback(cast: Cast) -> None:
    savepoint = transaction.savepoint()
    with scoped(cast.actor("nora").scope):
        before = fetch(COUNT, [])
        transaction.savepoint_rollback(savepoint)
        after = fetch(COUNT, [])

    assert (before, after) == ([(2,)], [(2,)])


def test_statements_by_hand_pass_the_wrappers(cast: Cast) -> None:
    seen = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        fetch("SELECT 1", [])

    assert seen == ["SELECT 1"]
