"""Acting as a client: choose whom, allow oneself to change things, stop; and who did so before."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import visits as visiting
from accounts.access import requires, signed_in, superuser, while_acting
from accounts.acting_middleware import enter, leave
from accounts.forms.acting import EntryForm, ReasonForm
from accounts.models import Client, ImpersonationSession, User
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.acting import (
    NoLongerActing,
    allow_changes,
    clients_to_act_as,
    end_acting,
    start_acting,
)
from accounts.services.audit import Origin
from accounts.services.platform_acting import door_to, start_as_superuser
from accounts.tenancy import Actor
from accounts.views.places import posted

SHOWN = 50
RECENT = 5
LOOKED_BACK = 30  # times


@require_GET
@requires("clients.act_as", Level.OWN, side="staff")
def acting(request: HttpRequest) -> HttpResponse:
    """Whose portal to enter: one's last few, and all one may, by name. ``over`` names a time that just ended."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    q = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    may = clients_to_act_as(actor)
    rows = list((may.filter(name__icontains=q) if q else may)[: SHOWN + 1])
    own = visiting.visits(actor).filter(staff_id=actor.user_id)
    context = {
        "q": q,
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "recent": [] if q else _recent(own, {each.pk for each in rows}),
        "over": own.filter(pk=over).first() if (over := _uuid(request.GET.get("over", ""))) else None,
        "elsewhere": own.filter(ended_at=None, ends_at__gt=timezone.now()).first(),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/acting.html", context)


def _recent(own: QuerySet[ImpersonationSession], may: set[UUID]) -> list[Client]:
    """The clients last acted as, each once, of those that can be seen above."""
    latest: dict[UUID, Client] = {}
    for each in own[:LOOKED_BACK]:
        latest.setdefault(each.client_id, each.client)
    return [client for pk, client in latest.items() if pk in may][:RECENT]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_POST
@requires("clients.act_as", Level.OWN, side="staff")
def start(request: HttpRequest) -> HttpResponse:
    client_id = _uuid(request.POST.get("client", ""))
    if client_id is None:
        raise Http404
    try:
        row = start_acting(
            actor=request.actor,  # type: ignore[attr-defined]
            client_id=client_id,
            now=timezone.now(),
            origin=Origin.of(request),
        )
    except Client.DoesNotExist:
        raise Http404 from None
    enter(request, row)
    return redirect("portal:home")


@require_http_methods(["GET", "POST"])
@superuser
def as_superuser(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A superuser before the portal of a client of any agency: they enter by saying why. ``over``: they were inside."""
    user: User = request.user  # type: ignore[assignment]
    form, now = EntryForm(posted(request)), timezone.now()
    try:
        if request.method == "POST" and form.is_valid():
            row = start_as_superuser(
                user=user,
                client_id=client_id,
                reason=form.cleaned_data["reason"],
                now=now,
                origin=Origin.of(request),
            )
            enter(request, row)
            return redirect("portal:home")
        door = door_to(user=user, client_id=client_id, now=now)
    except Client.DoesNotExist:
        raise Http404 from None
    context = {"door": door, "form": form, "over": "over" in request.GET, "layout": layout_of(request.actor)}  # type: ignore[attr-defined]
    return render(request, "accounts/acting_platform.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@while_acting
def changes(request: HttpRequest) -> HttpResponse:
    """Allow oneself to change things, by saying why."""
    back = _back(request)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            allow_changes(
                actor=request.actor,  # type: ignore[attr-defined]
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
                origin=Origin.of(request),
            )
        except NoLongerActing:
            return redirect("portal:start")
        messages.success(request, "You can change things now. Your name stays beside whatever you do.")
        return redirect(back)
    context = {"form": form, "row": request.acting, "back": back}  # type: ignore[attr-defined]
    return render(request, "accounts/acting_changes.html", context, status=422 if form.errors else 200)


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("portal:home")


@require_POST
@signed_in
def stop(request: HttpRequest) -> HttpResponse:
    """Be oneself again, on the client's page; harmless for who is that already."""
    row: ImpersonationSession | None = request.acting  # type: ignore[attr-defined]
    if row is None:
        return redirect("portal:start")
    end_acting(
        agency_id=row.agency_id,
        staff_id=row.staff_id,
        session_id=row.pk,
        now=timezone.now(),
        origin=Origin.of(request),
        because="stopped",
    )
    leave(request)
    messages.info(request, f"You have left the portal of {row.client.name}.")
    if row.by_platform:
        return redirect("admin:accounts_client_change", row.client_id)
    return redirect("crm:client", slug=row.client.slug)


@require_GET
@requires("audit.read")
def visits(request: HttpRequest) -> HttpResponse:
    """Everybody who looked in: the agency's owners and admins see all clients, a client's see their own."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows, older = visiting.page(actor, request.GET.get("before", ""), timezone.now())
    here = reverse("accounts:visits")
    context = {
        "rows": rows,
        "older_url": f"{here}?{urlencode({'before': older})}" if older else "",
        "layout": layout_of(actor),
    }
    return render(request, "accounts/visits.html", context)
