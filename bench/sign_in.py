"""Prints what a visitor of a site needs, as JSON.

Signs in by writing the session, without a password. For the product it also reads where page 1,000 begins and proves
that what is measured runs behind row-level security.
"""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.db import connection, transaction
from django.test import Client as Browser
from django.utils import timezone
from django.utils.module_loading import import_string

DEEP = 49_950  # rows before page 1,000
COUNTED = ("/inbox/", "/inbox/?category=warm&client=harbor-dental", "/inbox/?q=Felix+Applegate")


def signed_in(user: Any, **held: str) -> Browser:
    """A browser that holds the cookie of a session; ``held`` is what else the session says."""
    session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(held)
    session.save()
    browser = Browser(headers={"host": "127.0.0.1"})
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return browser


def cookies(browser: Browser) -> str:
    return "; ".join(f"{name}={cookie.value}" for name, cookie in browser.cookies.items())


def floor() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT started_at, id FROM calls_call ORDER BY 1 DESC, 2 DESC OFFSET %s LIMIT 1", [DEEP - 1]
        )
        started_at, pk = cursor.fetchone()
    browser = signed_in(get_user_model().objects.get_by_natural_key("bench"))
    browser.get("/admin/")
    return {"cookie": cookies(browser), "deep": f"{started_at.isoformat()}~{pk}"}


def product(email: str) -> dict[str, Any]:
    from django_otp import DEVICE_ID_SESSION_KEY

    from accounts.principal import load_principal
    from accounts.proof import Proof
    from accounts.scope import scoped
    from crm.paging import Place

    user = get_user_model().objects.get(email=email)
    principal = load_principal(user.pk)
    actor = principal.actor() if principal else None
    if actor is None:
        raise SystemExit(f"{email} has no seat")
    with transaction.atomic(), scoped(actor.scope), connection.cursor() as cursor:
        cursor.execute(
            "SELECT started_at, id FROM crm_call WHERE agency_id = %s ORDER BY 1 DESC, 2 DESC OFFSET %s LIMIT 1",
            [actor.agency_id, DEEP - 1],
        )
        found = cursor.fetchone()
        fences = prove_fences(cursor)
    deep = str(Place(*found)) if found else ""  # a short list has no page 1,000
    proof = Proof(user.pk, "totp", timezone.now())  # the gate is asked with every page, and opens
    browser = signed_in(user, **{DEVICE_ID_SESSION_KEY: proof.persistent_id})
    counts = {path: count_queries(browser, path) for path in COUNTED}
    return {"cookie": cookies(browser), "deep": deep, "fences": fences, "queries": counts}


def prove_fences(cursor: Any) -> str:
    """Say who asks and how many of all calls they see. Ends the run when row-level security does not hold."""
    cursor.execute(
        "SELECT current_user, rolsuper OR rolbypassrls, "
        "(SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class "
        "WHERE oid IN ('crm_call'::regclass, 'crm_lead'::regclass, 'accounts_client'::regclass)) "
        "FROM pg_roles WHERE rolname = current_user"
    )
    role, bypasses, forced = cursor.fetchone()
    cursor.execute("SELECT count(DISTINCT agency_id), count(*) FROM crm_call")
    agencies, seen = cursor.fetchone()
    if (role, bypasses, forced, agencies) != ("portal_app", False, True, 1):
        raise SystemExit(f"Not behind row-level security: {role} {bypasses} {forced} {agencies}")
    return f"{role}, no superuser, no BYPASSRLS, row-level security forced; sees {seen:,} calls of its own agency"


def count_queries(browser: Browser, path: str) -> int:
    """How many statements a page asks, the one that sets the scope included."""
    seen: list[str] = []

    def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        status = browser.get(path).status_code
    if status != 200:
        raise SystemExit(f"{path} answered {status}")
    return len(seen) + 1


def main(email: str = "") -> None:
    """Sign in to the product as ``email``, or to the floor."""
    print(json.dumps(product(email) if email else floor()))
