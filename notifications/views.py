from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from notifications.models import Notification

SHOWN = 100


@require_GET
@requires("own.security", side="staff")
def notice_list(request: HttpRequest) -> HttpResponse:
    rows = Notification.objects.for_actor(request.actor).newest_first()[:SHOWN]  # type: ignore[attr-defined]
    return render(request, "notifications/list.html", {"notices": list(rows)})


@require_POST
@requires("own.security", side="staff")
def follow(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Mark one notice read and go where it points."""
    notice = Notification.objects.for_actor(request.actor).filter(pk=notice_id).first()  # type: ignore[attr-defined]
    if notice is None:
        raise Http404
    notice.mark_read(timezone.now())
    if notice.link_url and url_has_allowed_host_and_scheme(notice.link_url, set()):
        return redirect(notice.link_url)
    return redirect("notifications:list")


@require_POST
@requires("own.security", side="staff")
def read_all(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = Notification.objects.for_actor(request.actor).unread()  # type: ignore[attr-defined]
    rows.update(read_at=now, updated_at=now)
    messages.success(request, "All notices are read.")
    return redirect("notifications:list")
