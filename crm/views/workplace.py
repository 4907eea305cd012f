"""What the pages of the daily work share: whose client they are about, and the frame around them.

The agency works on one client at a time, named in the address; a client's own people have theirs.
"""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.directory import ClientFacts, visible_clients
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.tenancy import Actor


def chosen_client(request: HttpRequest) -> ClientFacts | None:
    """The client named in the address or the form, else the first. None when the actor has no client at all.

    A name that is not among theirs is somebody else's: 404.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    clients = visible_clients(request)
    named = request.POST.get("client") or request.GET.get("client", "") if actor.is_staff else ""
    if not named:
        return clients[0] if clients else None
    for client in clients:
        if client.slug == named:
            return client
    raise Http404


def client_of(request: HttpRequest) -> ClientFacts:
    """As `chosen_client`, for pages that make no sense without one."""
    client = chosen_client(request)
    if client is None:
        raise Http404
    return client


def facts_of(request: HttpRequest, client_id: Any) -> ClientFacts:
    """The client of a row that was found already. Archived clients have no pages."""
    for client in visible_clients(request):
        if client.id == client_id:
            return client
    raise Http404


def at(client: ClientFacts, actor: Actor) -> str:
    """The query that keeps the agency at ``client``; a client's own people need none."""
    return f"?client={client.slug}" if actor.is_staff else ""


def show(
    request: HttpRequest, template: str, heading: str, context: dict[str, Any], *,
    client: ClientFacts | None = None, back: tuple[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Draw a page in the frame of the reader's side. ``back`` is (words, address) of the page above."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    frame = {
        "layout": layout_of(actor),
        "heading": heading,
        "back": back,
        "client": client,
        "clients": visible_clients(request) if actor.is_staff else (),
        "at": at(client, actor) if client else "",
        "may_see_privacy": actor.can("redaction.policy"),
        "may_edit_notes": actor.can("leads.edit", Level.OWN),
    }
    return render(request, template, {**frame, **context}, status=status)


def token(saved_at: datetime) -> str:
    """What a form carries to tell later whether its row was saved meanwhile."""
    return saved_at.isoformat()


def moment_of(given: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return at if at.tzinfo else None
