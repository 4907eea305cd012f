from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import fresh_proof, signed_in
from accounts.models import User
from accounts.pages import layout_of
from accounts.providers import configured, let_forms_lead_out, provider_or_404
from accounts.services.audit import Origin
from accounts.services.connections import LastWayIn, disconnect
from accounts.views.providers import set_out


@require_GET
@signed_in
def connections(request: HttpRequest) -> HttpResponseBase:
    """By which accounts of other providers the person can sign in."""
    user: User = request.user  # type: ignore[assignment]
    held = {each.provider: each for each in SocialAccount.objects.filter(user=user)}
    context = {
        "providers": [(each, held.get(each.key)) for each in configured()],
        "layout": layout_of(request.actor),  # type: ignore[attr-defined]
    }
    return let_forms_lead_out(render(request, "accounts/connections.html", context))


@require_POST
@signed_in
@fresh_proof
@transaction.non_atomic_requests
def connect(request: HttpRequest, key: str) -> HttpResponseBase:
    return set_out(request, provider_or_404(key), connects=True, next_page="")


@require_http_methods(["GET", "POST"])
@signed_in
@fresh_proof
def remove(request: HttpRequest, key: str) -> HttpResponseBase:
    """Ask first, then take one way to sign in away."""
    user: User = request.user  # type: ignore[assignment]
    account = SocialAccount.objects.filter(user=user, provider=key).first()
    if account is None:
        raise Http404
    provider = provider_or_404(key)
    if request.method == "GET":
        context = {"provider": provider, "account": account, "layout": layout_of(request.actor)}  # type: ignore[attr-defined]
        return render(request, "accounts/connections_remove.html", context)
    try:
        disconnect(user_id=user.pk, provider=key, origin=Origin.of(request), now=timezone.now())
    except LastWayIn:
        messages.error(request, f"Choose a password first: without {provider.name} you could not sign in.")
        return redirect("accounts:password")
    messages.success(request, f"You no longer sign in with {provider.name}.")
    return redirect("accounts:connections")
