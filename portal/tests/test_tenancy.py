"""The four fences around a tenant's rows: the door, its detours, and the database itself (the third: test_access)."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from accounts.models import Agency
from accounts.scope import NOBODY, PlatformUse, Scope, agency_scope, platform_scope, scoped
from accounts.tenancy import AgencyOwned, TenantScopeMissing
from conftest import NOON, Cast
from crm.models import Call, Lead, Market, Tag
from crm.searching import search_leads
from crm.services.notes import add_note
from crm.services.workbench import rate_call

# Tables that belong to no tenant, each with the reason.
GLOBAL = {
    "accounts_user": "one login serves many agencies; reached by id or e-mail only",
    "accounts_user_groups": "Django's; unused",
    "accounts_user_user_permissions": "Django's; unused",
    "accounts_audithead": "ends of the audit chains; no role of the product may read or write it",
    "accounts_appsetting": "of the platform",
    "accounts_knownplace": "of the login; reached by its person",
    "accounts_mfachallenge": "of the login; reached by its person",
    "accounts_mfasettings": "of the login",
    "accounts_ratelimit": "counts tries before anybody is known",
    "accounts_trusteddevice": "of the login; reached by its person",
    "accounts_usersession": "of the login; reached by the hash of an unguessable key, or by its person",
    "account_emailaddress": "of the login",
    "account_emailconfirmation": "of the login",
    "mfa_authenticator": "of the login; its seeds are sealed",
    "socialaccount_socialaccount": "of the login",
    "socialaccount_socialapp": "unused: providers are set by the environment",
    "socialaccount_socialtoken": "unused: tokens are not kept",
    "auth_group": "Django's; unused",
    "auth_group_permissions": "Django's; unused",
    "auth_permission": "Django's",
    "django_admin_log": "of superusers",
    "django_content_type": "Django's",
    "django_migrations": "Django's",
    "crm_digestkey": "of the platform; sealed, and names nobody",
    "django_session": "reached by an unguessable key",
    "django_celery_beat_clockedschedule": "the platform's timetable",
    "django_celery_beat_crontabschedule": "the platform's timetable",
    "django_celery_beat_intervalschedule": "the platform's timetable",
    "django_celery_beat_periodictask": "the platform's timetable",
    "django_celery_beat_periodictasks": "the platform's timetable",
    "django_celery_beat_solarschedule": "the platform's timetable",
}
DEFINERS = {
    "accounts_brand",
    "accounts_visitor",
    "accounts_principal",
    "crm_search_leads",
    "crm_suppressed",
    "crm_forget_import",
    "crm_activities_follow",
    "crm_activities_forget",
    "accounts_audit_chain",
    "accounts_audit_head",
}
# Their rows without a client are the agency's, for its clients to read.
SHARED = {"crm_market", "crm_journeytemplate", "crm_journeytemplatestep"}
HOUSE_APPS = ("accounts", "notifications", "integrations", "crm", "portal")


def tenant_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if issubclass(model, AgencyOwned)]


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [row[0] for row in cursor.fetchall()]


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def tenant_tables() -> list[str]:
    return sorted(set(tables()) - set(GLOBAL))


# The door


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model.__name__)
def test_objects_opens_only_through_a_scope(model: type[AgencyOwned]) -> None:
    for attempt in (
        lambda: model.objects.all(),
        lambda: model.objects.get(pk=None),
        lambda: model.objects.filter(pk=None),
        lambda: model.objects.create(),
        lambda: model.objects.count(),
    ):
        with pytest.raises(TenantScopeMissing):
            attempt()


def test_for_actor_shows_staff_their_agency_and_clients_themselves(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):  # the database shows all: what is left is the door's own doing
        seen = {
            name: set(Call.objects.for_actor(cast.actor(name)).values_list("client__name", flat=True))
            for name in ("nora", "theo", "hannah", "rafael", "otto", "petra")
        }

    assert seen == {
        "nora": {"Brightside Dental", "Delgado Plumbing"},
        "theo": {"Brightside Dental"},
        "hannah": {"Brightside Dental"},
        "rafael": {"Delgado Plumbing"},
        "otto": {"Copper Kettle"},
        "petra": {"Copper Kettle"},
    }


# The detours


def edge_modules() -> Iterator[tuple[Path, ast.Module]]:
    for app in HOUSE_APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            inside = path.relative_to(settings.BASE_DIR / app)
            edge = inside.parts[0] == "views" or inside.name in (
                "views.py",
                "forms.py",
                "webhooks.py",
                "inbox.py",
                "dossier.py",
                "lead_filter.py",
                "lead_list.py",
                "context.py",
                "stats.py",
            )
            if edge and "tests" not in inside.parts:
                yield path, ast.parse(path.read_text())


def test_edges_never_step_round_the_door() -> None:
    names = {model.__name__ for model in tenant_models()}
    found = []
    for path, tree in edge_modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in (
                "unscoped",
                "_base_manager",
                "_default_manager",
            ):
                found.append(f"{path.name}:{node.lineno} .{node.attr}")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id.startswith("get_")
            ):
                found += [
                    f"{path.name}:{node.lineno} {node.func.id}({each.id})"
                    for each in node.args
                    if isinstance(each, ast.Name) and each.id in names
                ]
            if isinstance(node, ast.ClassDef):
                found += [
                    f"{path.name}:{each.lineno} model = in {node.name}"
                    for each in node.body
                    if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) in ("model", "queryset")
                ]
    assert found == []


def test_platform_scope_is_entered_only_for_named_uses() -> None:
    """Who looks across agencies is a short list; a new place is added here on purpose."""
    using = set()
    for app in HOUSE_APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if (
                "tests" not in path.parts
                and path.name != "scope.py"
                and "platform_scope(" in path.read_text()
            ):
                using.add(str(path.relative_to(settings.BASE_DIR)))
    assert using == {
        "accounts/management/commands/audit_verify.py",
        "accounts/services/acting.py",
        "accounts/services/action_tokens.py",
        "accounts/services/audit.py",
        "accounts/services/logins.py",
        "accounts/services/monthly_credits.py",
        "accounts/services/platform_acting.py",
        "accounts/services/resealing.py",
        "crm/services/sync_schedule.py",
        "crm/services/ctm_webhook.py",
        "crm/services/ctm_writes.py",
        "crm/services/form_intake.py",
        "crm/services/form_notices.py",
        "crm/services/import_files.py",
        "crm/services/import_work.py",
        "crm/services/recordings.py",
        "crm/services/redaction.py",
        "crm/services/score_sweeps.py",
        "integrations/services/outbox.py",
        "portal/admin_site.py",
        "portal/demo.py",
    }


# The database


def test_runtime_role_is_nobody_special(db: None) -> None:
    [(name, superuser, bypass)] = rows(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    owned = rows(
        "SELECT relname FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    )

    assert (name, superuser, bypass, owned) == ("portal_app", False, False, [])


def test_every_table_is_tenant_protected_or_named_global(db: None) -> None:
    protected = rows(
        "SELECT c.relname::text, "
        "(SELECT array_agg(polname::text ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity"
    )
    assert dict(protected) == {
        table: ["platform", *(["shared"] if table in SHARED else []), "tenant"] for table in tenant_tables()
    }


def test_shared_rows_are_read_by_clients_and_changed_by_the_agency_alone(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        for agency in (cast.larkspur, cast.ironwood):
            Market.unscoped.create(agency=agency, name=f"All of {agency.name}")
    rafael = cast.actor("rafael")

    with scoped(rafael.scope):
        seen = {
            frozenset(rows.values_list("name", flat=True))
            for rows in (Market.unscoped, Market.objects.for_actor(rafael))
        }
        renamed = Market.unscoped.filter(client=None).update(name="Ours now")
        with pytest.raises(DatabaseError), transaction.atomic():
            Market.unscoped.create(agency_id=rafael.agency_id, name="For everybody")
    with scoped(cast.actor("nora").scope):
        by_agency = Market.unscoped.filter(client=None).update(name="South")

    assert (seen, renamed, by_agency) == ({frozenset({"North", "All of Larkspur"})}, 0, 1)


def test_no_materialised_views_and_only_known_definers(db: None) -> None:
    assert rows("SELECT matviewname FROM pg_matviews WHERE schemaname = 'public'") == []
    definers = rows("SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace "
                    "WHERE prosecdef AND n.nspname = 'public'")  # fmt: skip
    assert {name for (name,) in definers} == DEFINERS


def test_unique_keys_of_tenant_tables_hold_the_tenant(db: None) -> None:
    """A key without the tenant tells one agency what another has. Only random ids may do without."""
    keys = rows(
        "SELECT c.relname, i.relname, (SELECT array_agg(a.attname::text) FROM pg_attribute a "
        "WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey)) "
        "FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid "
        "WHERE x.indisunique AND c.relname = ANY (%s)",
        tenant_tables(),
    )
    loose = {
        (table, tuple(columns))
        for table, _, columns in keys
        if not {"agency_id", "client_id"} & set(columns) and columns != ["id"]
    }
    assert loose == {
        ("crm_ctmaccount", ("webhook_token",)),
        ("crm_inboundform", ("token",)),
        ("accounts_agency", ("slug",)),
        ("accounts_actiontoken", ("token_hash",)),
    }


def test_references_between_tenant_tables_carry_the_tenant(db: None) -> None:
    bare = rows(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' "
        "AND conrelid::regclass::text = ANY (%s) AND confrelid::regclass::text = ANY (%s) "
        "AND confrelid::regclass::text <> 'accounts_agency' AND cardinality(conkey) < 2",
        tenant_tables(),
        tenant_tables(),
    )
    tied = {
        (str(table), str(column))
        for table, columns in rows(
            "SELECT conrelid::regclass::text, (SELECT array_agg(attname::text) FROM pg_attribute "
            "WHERE attrelid = conrelid AND attnum = ANY (conkey)) FROM pg_constraint "
            "WHERE contype = 'f' AND cardinality(conkey) > 1"
        )
        for column in columns
    }
    owed = {
        (model._meta.db_table, field.column)
        for model in tenant_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model in tenant_models()
    }
    assert (bare, owed - tied) == ([], set())


@pytest.mark.parametrize("name", ["nora", "hannah", "petra"])
def test_no_foreign_row_without_the_orms_help(cast: Cast, name: str) -> None:
    """Every tenant table of the catalogue, read bare: only rows of the scope come back, though others exist."""
    actor = cast.actor(name)
    for table in tenant_tables():
        agency_column = "id" if table == "accounts_agency" else "agency_id"
        client_column = {
            "accounts_agency": "NULL",
            "accounts_client": "id",
            "accounts_servicepackage": "NULL",
            "integrations_outboxdelivery": "NULL",
        }
        columns = f"{agency_column}, {client_column.get(table, 'client_id')}"
        with platform_scope(PlatformUse.ADMIN):
            every = rows(f"SELECT {columns} FROM {table}")
        with scoped(actor.scope):
            seen = rows(f"SELECT {columns} FROM {table}")
        agencies = {agency for agency, _ in every}
        allowed = [
            (agency, client)
            for agency, client in every
            if agency == actor.agency_id
            and (
                actor.client_ids is None
                or (table in client_column and client_column[table] == "NULL")
                or client in actor.client_ids
            )
        ]
        assert agencies == {cast.larkspur.pk, cast.ironwood.pk}, (
            f"{table}: the cast has no foreign row to leak"
        )
        assert sorted(map(str, seen)) == sorted(map(str, allowed)), table


def test_without_a_scope_every_tenant_table_is_empty(cast: Cast) -> None:
    with scoped(NOBODY):
        assert {
            table: rows(f"SELECT count(*) FROM {table}")[0][0] for table in tenant_tables()
        } == dict.fromkeys(tenant_tables(), 0)


def test_writing_into_another_tenant_is_refused(cast: Cast) -> None:
    tag = {"agency": cast.ironwood, "client": cast.kettle.client, "name": "Planted"}
    with scoped(cast.actor("nora").scope):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Tag.unscoped.create(**tag)
        changed = Call.unscoped.filter(pk=cast.kettle.call.pk).update(summary="Changed")
        deleted, _ = Tag.unscoped.filter(pk=cast.kettle.tag.pk).delete()

    assert (changed, deleted) == (0, 0)


def test_moving_a_row_to_another_client_is_refused_to_a_client(cast: Cast) -> None:
    with scoped(cast.actor("hannah").scope), pytest.raises(DatabaseError), transaction.atomic():
        Lead.unscoped.filter(pk=cast.brightside.lead.pk).update(client=cast.delgado.client)


def test_pointing_at_another_tenants_row_is_refused(cast: Cast) -> None:
    """Foreign keys bypass row-level security; composite ones don't."""
    with agency_scope(cast.larkspur.pk):
        for foreign in (cast.kettle.lead, cast.delgado.lead):
            with pytest.raises(DatabaseError, match="tenant_fk"), transaction.atomic():
                Call.unscoped.filter(pk=cast.brightside.call.pk).update(lead_id=foreign.pk)


def test_scope_outlives_a_savepoint_that_is_rolled_back(cast: Cast) -> None:
    """The savepoint takes its settings with it: what is in force then is the scope outside, until it is said anew."""
    with scoped(cast.actor("nora").scope):
        savepoint = transaction.savepoint()
        with scoped(cast.actor("otto").scope):
            assert Call.unscoped.count() == 1
            transaction.savepoint_rollback(savepoint)
            assert set(Call.unscoped.values_list("agency_id", flat=True)) == {cast.ironwood.pk}
        assert Call.unscoped.count() == 2


def test_search_finds_only_leads_of_the_scope(cast: Cast) -> None:
    """The one function that reads past row-level security holds agency and client in its own words."""
    found = {}
    for name in ("nora", "hannah", "otto"):
        with scoped(cast.actor(name).scope):
            found[name] = set(search_leads("Lee", most=50))

    assert found == {
        "nora": {cast.brightside.lead.pk, cast.delgado.lead.pk},
        "hannah": {cast.brightside.lead.pk},
        "otto": {cast.kettle.lead.pk},
    }
    with scoped(NOBODY):
        assert search_leads("Lee", most=50) == []


def test_deeds_open_calls_through_the_door(cast: Cast) -> None:
    """Where the database shows all, the service itself still refuses what is not the actor's."""
    hannah = cast.actor("hannah")
    with platform_scope(PlatformUse.ADMIN):
        for foreign in (cast.delgado.call, cast.kettle.call):
            with pytest.raises(Call.DoesNotExist):
                rate_call(actor=hannah, call_id=foreign.pk, stars=1, now=NOON)
            with pytest.raises(Call.DoesNotExist):
                add_note(actor=hannah, call_id=foreign.pk, body="x", now=NOON)


def test_scopes_nest_and_end(cast: Cast) -> None:
    with platform_scope(PlatformUse.ADMIN):
        assert Call.unscoped.count() == 3
        with scoped(cast.actor("hannah").scope):
            assert Call.unscoped.count() == 1
        assert Call.unscoped.count() == 3
    assert Call.unscoped.count() == 0
    assert rows("SELECT current_user") == [("portal_app",)]


def test_scope_with_no_clients_sees_no_client_rows(cast: Cast) -> None:
    with scoped(Scope(agency_id=cast.larkspur.pk, client_ids=())):
        assert (Call.unscoped.count(), Agency.objects.count()) == (0, 1)


def test_history_cannot_be_rewritten_by_the_product(cast: Cast) -> None:
    with scoped(cast.actor("nora").scope):
        for sql in ("UPDATE crm_activity SET action = 'x'", "DELETE FROM crm_activity"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                rows(sql)


@pytest.mark.django_db(transaction=True)
def test_scope_does_not_outlive_its_transaction() -> None:
    with agency_scope(uuid4()), transaction.atomic():
        assert rows("SELECT current_setting('app.agency_id', true) <> ''") == [(True,)]
    with transaction.atomic():
        assert rows("SELECT coalesce(current_setting('app.agency_id', true), '')") == [("",)]
