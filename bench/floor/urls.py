"""One page per floor. ``list`` serves all three lists: filtered, searched by ``q``, and from ``before`` on."""

from pathlib import Path
from typing import Any

import jinja2
from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

COLUMNS = """
c.id, c.contact, c.phone, c.direction, c.started_at, c.seconds, c.note, client.name, category.name, person.name
"""
NAMES = (
    "id", "contact", "phone", "direction", "started_at", "seconds", "note", "client", "category", "person"
)  # fmt: skip
JOINS = (
    "JOIN calls_client client ON client.id = c.client_id JOIN calls_category category ON category.id = c.category_id "
    "JOIN calls_person person ON person.id = c.person_id"
)
NEWEST = "ORDER BY c.started_at DESC, c.id DESC"
# Materialised: with one look at the pattern the planner may choose to walk all calls by date instead.
SEARCH = (
    "WITH hit AS MATERIALIZED (SELECT id, started_at FROM calls_call WHERE contact ILIKE %s OR phone LIKE %s) "
    "SELECT {columns} FROM (SELECT id FROM hit ORDER BY started_at DESC, id DESC LIMIT 50) newest "
    "JOIN calls_call c USING (id) {joins} {newest}"
)
PAGE = jinja2.Environment(autoescape=True).from_string(
    (Path(__file__).parent / "templates" / "list.html").read_text()
)
CLIENTS = [(n, f"Client {n}") for n in range(1, 51)]
CATEGORIES = [(n, f"Category {n}") for n in range(1, 12)]


def ok(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def person(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"signed in {request.user.pk}")


def calls(request: HttpRequest) -> HttpResponse:
    rows = [dict(zip(NAMES, row, strict=True)) for row in _fetch(*_query(request))]
    return HttpResponse(PAGE.render(rows=rows, clients=CLIENTS, categories=CATEGORIES))


def _query(request: HttpRequest) -> tuple[str, list[Any]]:
    asked = request.GET
    if "q" in asked:
        pattern = f"%{asked['q']}%"
        return SEARCH.format(columns=COLUMNS, joins=JOINS, newest=NEWEST), [pattern, pattern]
    conditions, values = ["true"], list[Any]()
    for name in ("client", "category"):
        if name in asked:
            conditions.append(f"c.{name}_id = %s")
            values.append(asked[name])
    if "before" in asked:
        conditions.append("(c.started_at, c.id) < (%s, %s)")
        values += asked["before"].split("~")
    where = " AND ".join(conditions)
    return f"SELECT {COLUMNS} FROM calls_call c {JOINS} WHERE {where} {NEWEST} LIMIT 50", values


def _fetch(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


LEAD_COLUMNS = "l.id, l.name, l.phone, l.email, l.company, l.last_call_at, client.name, status.name"
LEAD_NAMES = ("id", "name", "phone", "email", "company", "last_call_at", "client", "status")
LEAD_JOINS = (
    "JOIN calls_client client ON client.id = l.client_id JOIN calls_status status ON status.id = l.status_id"
)
LATEST = "ORDER BY l.last_call_at DESC, l.id DESC"
LEAD_WORD = "(name ILIKE %s OR phone LIKE %s OR email ILIKE %s OR company ILIKE %s)"
LEAD_SEARCH = (
    "WITH hit AS MATERIALIZED (SELECT id, last_call_at FROM calls_lead WHERE {words}) "
    f"SELECT {LEAD_COLUMNS} FROM (SELECT id FROM hit ORDER BY last_call_at DESC, id DESC LIMIT 50) newest "
    f"JOIN calls_lead l USING (id) {LEAD_JOINS} {LATEST}"
)
LEAD_PAGE = jinja2.Environment(autoescape=True).from_string(
    (Path(__file__).parent / "templates" / "leads.html").read_text()
)


def leads(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    if "q" in asked:
        words = [
            f"%{word}%" for word in asked["q"].split() if len(word) > 1
        ]  # every one, in whichever column
        sql = LEAD_SEARCH.format(words=" AND ".join([LEAD_WORD] * len(words)))
        found = _fetch(sql, [word for word in words for _ in range(4)])
    else:
        conditions, values = ["true"], list[Any]()
        for name in ("client", "status"):
            if name in asked:
                conditions.append(f"l.{name}_id = %s")
                values.append(asked[name])
        where = " AND ".join(conditions)
        found = _fetch(
            f"SELECT {LEAD_COLUMNS} FROM calls_lead l {LEAD_JOINS} WHERE {where} {LATEST} LIMIT 50", values
        )
    rows = [dict(zip(LEAD_NAMES, row, strict=True)) for row in found]
    return HttpResponse(LEAD_PAGE.render(rows=rows, clients=CLIENTS, statuses=CATEGORIES[:5]))


# How many leads and calls a client has, and its calls by category.
FIGURES = (
    "SELECT 'leads', count(*) FROM calls_lead WHERE client_id = %s "
    "UNION ALL SELECT category.name, count(*) FROM calls_call c JOIN calls_category category "
    "ON category.id = c.category_id WHERE c.client_id = %s GROUP BY category.name"
)
FIGURES_PAGE = jinja2.Environment(autoescape=True).from_string(
    "<table>{% for name, count in rows %}<tr><td>{{ name }}<td>{{ count }}</tr>{% endfor %}</table>"
)


def figures(request: HttpRequest) -> HttpResponse:
    client = request.GET["client"]
    return HttpResponse(FIGURES_PAGE.render(rows=_fetch(FIGURES, [client, client])))


urlpatterns = [
    path("figures", figures),
    path("leads", leads),
    path("ok", ok),
    path("person", person),
    path("list", calls),
    path("admin/", admin.site.urls),
]
