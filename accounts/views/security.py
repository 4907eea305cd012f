from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import fresh_proof, requires
from accounts.forms.programs import ProgramForm
from accounts.models import User, UserSession
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services.audit import Origin
from accounts.services.programs import connect_program
from accounts.services.sessions import end_others, end_session


@require_GET
@requires("own.security")
def security(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in, and which programs act for them."""
    return _page(request, ProgramForm())


def _page(request: HttpRequest, form: ProgramForm, *, status: int = 200, token: str = "") -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    live = UserSession.objects.live(timezone.now()).filter(user_id=user.pk).latest_first()
    here = request.session.row_id  # type: ignore[attr-defined]
    rows = list(live)
    context = {
        "browsers": [(each, each.pk == here) for each in rows if each.kind == UserSession.Kind.BROWSER],
        "programs": [each for each in rows if each.kind == UserSession.Kind.API],
        "form": form,
        "token": token,
        "layout": layout_of(request.actor),  # type: ignore[attr-defined]
    }
    return render(request, "accounts/security.html", context, status=status)


@require_POST
@requires("own.security", Level.WRITE)
def end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    now, origin = timezone.now(), Origin.of(request)
    if not end_session(user_id=user.pk, session_id=session_id, origin=origin, now=now):
        raise Http404
    messages.success(request, "That session has ended.")
    return redirect("accounts:security")


@require_POST
@requires("own.security", Level.WRITE)
def end_all_others(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    ended = end_others(
        user_id=user.pk,
        keep=request.session.row_id,  # type: ignore[attr-defined]
        reason="by_person",
        origin=Origin.of(request),
        now=timezone.now(),
    )
    words = (
        f"{ended} other session{'s' if ended != 1 else ''} ended." if ended else "There was no other session."
    )
    messages.success(request, words)
    return redirect("accounts:security")


@require_POST
@requires("own.security", Level.WRITE)
@fresh_proof
def connect(request: HttpRequest) -> HttpResponse:
    """Connect a program. Its token is shown on this answer and never again."""
    user: User = request.user  # type: ignore[assignment]
    form = ProgramForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    token = connect_program(
        user_id=user.pk, name=form.cleaned_data["name"], origin=Origin.of(request), now=timezone.now()
    )
    return _page(request, ProgramForm(), token=token)
