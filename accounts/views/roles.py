from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import requires
from accounts.pages import layout_of
from accounts.permissions import MATRIX, NOTES, Level, level
from accounts.roles import AGENCY_ROLES, CLIENT_ROLES, Role

LEVEL_WORDS = {
    Level.ADMINISTER: "Everything, deletion and settings included",
    Level.WRITE: "Create and change",
    Level.OWN: "Their own, or what is assigned to them",
    Level.READ: "See",
    Level.ACTING: "Only while acting as the client",
}


@require_GET
@requires("own.security")
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do, from the table that decides it. Client people see the roles of their own side."""
    actor = request.actor  # type: ignore[attr-defined]
    columns = [*(AGENCY_ROLES if actor.is_staff else ()), *CLIENT_ROLES]
    context = {
        "columns": [(role, role.label, role in actor.roles) for role in columns],
        "rows": list(_rows(columns)),
        "levels": [(each.name.lower(), words) for each, words in LEVEL_WORDS.items()],
        "layout": layout_of(actor),
    }
    return render(request, "accounts/roles.html", context)


def _rows(columns: list[Role]) -> Iterator[dict[str, Any]]:
    """Capabilities that at least one of ``columns`` has, in the order of the table."""
    for capability, (words, _) in MATRIX.items():
        cells = [level([role], capability) for role in columns]
        if any(cells):
            yield {
                "words": words,
                "note": NOTES.get(capability, ""),
                "cells": [(cell.name.lower(), LEVEL_WORDS.get(cell, "")) for cell in cells],
            }
