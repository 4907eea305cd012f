"""To Google or Microsoft and back. What is asked of them over the network happens outside of any transaction."""

import logging

from allauth.account.utils import perform_login
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import public
from accounts.models import User
from accounts.next_page import safe_next
from accounts.providers import callback_url, journey_of, keep_journey, provider_or_404, take_journey
from accounts.services import connections
from accounts.services.audit import Origin, record
from lib.http import ProviderError
from lib.openid import Claims, Journey, Provider, Refused, authorize_url, redeem

log = logging.getLogger(__name__)
NOBODY = (
    "{name} did not bring us anybody who can come in. If you were invited, sign in with your password; "
    "then you can add {name} under “Ways to sign in”."
)
LOST = "That took too long, or began in another window. Please try again."
DOWN = "{name} does not answer at the moment. Please try again later, or sign in with your password."


@require_POST
@public
@transaction.non_atomic_requests
def begin(request: HttpRequest, key: str) -> HttpResponseBase:
    """Send somebody who wants to sign in to the provider."""
    if request.user.is_authenticated:
        return redirect("portal:start")
    return set_out(request, provider_or_404(key), connects=False, next_page=safe_next(request, ""))


def set_out(request: HttpRequest, provider: Provider, *, connects: bool, next_page: str) -> HttpResponseBase:
    journey = Journey.begin()
    try:
        address = authorize_url(provider, journey, callback_url(provider))
    except ProviderError:
        log.warning("%s does not answer", provider.name, exc_info=True)
        messages.error(request, DOWN.format(name=provider.name))
        return redirect("accounts:connections" if connects else "account_login")
    whose = str(request.user.pk) if connects else ""
    keep_journey(request, provider, journey, whose=whose, next=next_page)
    return HttpResponseRedirect(address)


@require_GET
@public
@transaction.non_atomic_requests
def callback(request: HttpRequest, key: str) -> HttpResponseBase:
    """Receive whom the provider brings back."""
    provider = provider_or_404(key)
    kept = take_journey(request, provider, request.GET.get("state", ""))
    signed_in = str(request.user.pk) if request.user.is_authenticated else ""
    back = "accounts:connections" if signed_in else "account_login"
    if kept is None or kept["whose"] != signed_in:
        messages.error(request, LOST)
        return redirect(back)
    if "code" not in request.GET:  # "access_denied": they changed their mind
        messages.info(request, f"You did not sign in with {provider.name}.")
        return redirect(back)
    try:
        claims = redeem(provider, journey_of(kept), request.GET["code"], callback_url(provider))
    except ProviderError as error:
        log.warning("%s failed us: %r", provider.name, error)
        messages.error(request, DOWN.format(name=provider.name))
        return redirect(back)
    except Refused as refused:
        return _not_let_in(request, provider, str(refused), back)
    with transaction.atomic():
        if kept["whose"]:
            return _connected(request, provider, claims)
        return _came(request, provider, claims, kept["next"])


def _came(request: HttpRequest, provider: Provider, claims: Claims, next_page: str) -> HttpResponseBase:
    try:
        user = connections.person_of(
            provider=provider, claims=claims, origin=Origin.of(request), now=timezone.now()
        )
    except (connections.NotLetIn, connections.Taken) as refused:
        return _not_let_in(request, provider, str(refused), "account_login")
    request.sign_in_provider = provider.key  # type: ignore[attr-defined]
    response: HttpResponseBase = perform_login(request, user, redirect_url=next_page or None)
    return response


def _connected(request: HttpRequest, provider: Provider, claims: Claims) -> HttpResponseBase:
    user: User = request.user  # type: ignore[assignment]
    try:
        connections.connect(
            user=user, provider=provider, claims=claims, origin=Origin.of(request), now=timezone.now()
        )
    except connections.Taken:
        messages.error(request, f"Somebody else signs in here with that {provider.name} account.")
    else:
        messages.success(request, f"From now on you can sign in with {provider.name}.")
    return redirect("accounts:connections")


def _not_let_in(request: HttpRequest, provider: Provider, reason: str, back: str) -> HttpResponseBase:
    """One answer for whatever was missing, so that it tells nobody who is known here; the log has the reason."""
    record(
        event_type="login_failed",
        now=timezone.now(),
        agency_id=None,
        target=provider.key,
        origin=Origin.of(request),
        failure_reason=reason,
    )
    messages.error(request, NOBODY.format(name=provider.name))
    return redirect(back)
