"""One view for two places: the agency's own people and a client's, each behind its own capability."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts.access import View, requires
from accounts.models import Client
from accounts.permissions import Level
from accounts.services.places import Place, place_of
from accounts.tenancy import Actor


def at_place(view: Callable[..., HttpResponseBase]) -> tuple[View, View]:
    """Return ``view`` as it stands for the agency, and for a client named by ``slug``; both pass it the place."""

    @requires("agency.staff", Level.WRITE, side="staff")
    @wraps(view)
    def of_agency(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return view(request, place_of(request.actor, None), **kwargs)  # type: ignore[attr-defined]

    @requires("clients.team", Level.WRITE)
    @wraps(view)
    def of_client(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
        return view(request, client_place(request.actor, slug), **kwargs)  # type: ignore[attr-defined]

    return of_agency, of_client


def client_place(actor: Actor, slug: str) -> Place:
    """A client of the actor's by name; any other does not exist."""
    client = Client.objects.for_actor(actor).filter(slug=slug, archived_at=None).first()
    if client is None:
        raise Http404
    return place_of(actor, client)


def address(place: Place, name: str, *args: Any) -> str:
    """The address of a team page: ``""`` is the list, ``"person"`` one person, and so on."""
    route = f"accounts:{'client_' if place.client else ''}team{'_' + name if name else ''}"
    return reverse(route, args=[place.client.slug, *args] if place.client else args)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty POST is refused by its form, a GET shows it unfilled."""
    return request.POST if request.method == "POST" else None


def own_client(request: HttpRequest) -> Client:
    """The client whose seat the reader is in."""
    client: Client | None = Client.objects.for_actor(request.actor).first()  # type: ignore[attr-defined]
    if client is None:
        raise Http404
    return client
