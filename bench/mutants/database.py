"""What to take away in the database: the policy of a table, and the tie of a reference to its tenant."""

from dataclasses import dataclass

import psycopg

OPEN = "true"
WHOLE_AGENCY = "{agency} = (SELECT nullif(current_setting('app.agency_id', true), '')::uuid)"
POLICIES = """
SELECT c.relname, pg_get_expr(p.polqual, p.polrelid), EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'client_id'), c.relname = 'accounts_agency'
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.polname = 'tenant' ORDER BY c.relname
"""
TIES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conname LIKE '%\\_tenant\\_fk' ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class DatabaseMutant:
    name: str
    take: str
    give_back: str


def mutants(owner_url: str) -> list[DatabaseMutant]:
    with psycopg.connect(owner_url) as owner:
        policies = owner.execute(POLICIES).fetchall()
        ties = owner.execute(TIES).fetchall()
    found = []
    for table, rule, of_client, is_agency in policies:
        back = _policy(table, rule)
        found.append(DatabaseMutant(f"{table} policy: open to all", _policy(table, OPEN), back))
        if of_client and "client_ids" in rule:
            whole = WHOLE_AGENCY.format(agency="id" if is_agency else "agency_id")
            found.append(DatabaseMutant(f"{table} policy: open to its agency", _policy(table, whole), back))
    for table, name, definition in ties:
        found.append(
            DatabaseMutant(
                f"{table} tie: {name} dropped",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
                f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}",
            )
        )
    return found


def _policy(table: str, rule: str) -> str:
    return f"ALTER POLICY tenant ON {table} USING ({rule}) WITH CHECK ({rule})"


def execute(owner_url: str, statement: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(statement)
