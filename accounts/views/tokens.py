"""Where programs exchange tokens and ask who they are."""

import json

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts.access import public
from accounts.services.audit import Origin
from accounts.services.programs import TokenRefused, authenticate, refresh_tokens

BODY_BYTES = 2_000


@csrf_exempt  # no cookie is read: what proves the sender is in the body
@require_POST
@public
def refresh(request: HttpRequest) -> JsonResponse:
    """``{"refresh": …}`` gives ``{"access", "refresh", "expires_at"}``. What was refused is a 401 that says why."""
    try:
        told = json.loads(request.body[:BODY_BYTES])
        offered = told["refresh"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return problem(400, "bad_request", 'Send JSON like {"refresh": "…"}.')
    try:
        tokens = refresh_tokens(refresh=str(offered), origin=Origin.of(request), now=timezone.now())
    except TokenRefused as refused:
        return problem(401, refused.code, str(refused))
    told = {"access": tokens.access, "refresh": tokens.refresh, "expires_at": tokens.expires_at.isoformat()}
    return JsonResponse(told, headers={"Cache-Control": "no-store"})


@csrf_exempt
@require_GET
@public
def me(request: HttpRequest) -> JsonResponse:
    """Who stands behind the access token, and where they may act."""
    scheme, _, access = request.headers.get("Authorization", "").partition(" ")
    principal = authenticate(access=access, now=timezone.now()) if scheme == "Bearer" else None
    if principal is None:
        return problem(401, "not_signed_in", "Send a valid access token as Authorization: Bearer …")
    seats = [{"seat": key, "name": name} for key, name in principal.seat_names.items()]
    return JsonResponse({"id": str(principal.user.pk), "email": principal.user.email, "seats": seats})


def problem(status: int, code: str, detail: str) -> JsonResponse:
    """RFC 9457."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    told = {"type": f"urn:switchboard:{code}", "title": code.replace("_", " ").capitalize(), "status": status}
    return JsonResponse(
        told | {"detail": detail}, status=status, content_type="application/problem+json", headers=headers
    )
