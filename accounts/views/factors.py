from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import gate, proof, totp_setup
from accounts.access import View, fresh_proof, signed_in, while_held
from accounts.arrivals import asked
from accounts.factors import factors_of
from accounts.forms.factors import CodeForm, MethodsForm
from accounts.models import MFAChallenge, TrustedDevice
from accounts.owed import is_enrolling, let_in
from accounts.pages import layout_of
from accounts.services import factors as deeds
from accounts.services.audit import Origin
from accounts.services.devices import untrust_device
from accounts.services.sign_in_rules import rules_of

NOT_THE_CODE = "That is not the code your app shows now. Take the newest one, and check the phone’s time."


def enrolling(view: View) -> View:
    """Open to a fresh proof, and to somebody held who has shown an e-mail code but needs a stronger factor."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        if is_enrolling(request, now) or proof.fresh(request, now):
            return view(request, *args, **kwargs)
        held = request.held is not None  # type: ignore[attr-defined]
        return gate.to_proof(request) if held else gate.ask_again(request)

    guarded.wants_fresh_proof = True  # type: ignore[attr-defined]
    return while_held(guarded)


@require_GET
@never_cache
@signed_in
def factors(request: HttpRequest) -> HttpResponse:
    """The ways to prove it is oneself, the devices that need not, and what to change about both."""
    return _page(request)


def _page(request: HttpRequest, form: MethodsForm | None = None) -> HttpResponse:
    user: Any = request.user
    found, rules = factors_of(user.pk), rules_of(user)
    now = timezone.now()
    trusted = TrustedDevice.objects.filter(user=user, revoked_at=None, expires_at__gt=now).order_by(
        "-trusted_at"
    )
    context = {
        "factors": found,
        "passkeys": [(row, row.wrap().name) for row in found.passkeys],
        "codes_left": _codes_left(found.codes),
        "form": form or MethodsForm(factors=found, strong=rules.strong),
        "strong": rules.strong,
        "always": rules.always,
        "trusted": trusted,
        "this_device": Origin.of(request).device_id,
        "layout": layout_of(request.actor),  # type: ignore[attr-defined]
    }
    return render(request, "accounts/factors.html", context, status=422 if form else 200)


def _codes_left(row: Any) -> int:
    """Of ten; counted without opening the seed."""
    return 10 - int(row.data["used_mask"]).bit_count() if row else 0


@require_GET
@never_cache
@signed_in
@enrolling
def factors_start(request: HttpRequest) -> HttpResponse:
    """Where somebody is led whose role wants more than an e-mail code: choose between app and passkey."""
    return render(request, "accounts/factors_start.html")


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
@enrolling
def factors_totp(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: scan or type the seed, then confirm with a code."""
    user: Any = request.user
    if factors_of(user.pk).totp:
        messages.info(request, "An authenticator app is set up already. Remove it first to use another.")
        return redirect("accounts:factors")
    form, now = CodeForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        codes = deeds.enrol_totp(
            user=user,
            secret=totp_setup.waiting_secret(request),
            code=form.cleaned_data["code"],
            now=now,
            origin=Origin.of(request),
        )
        if codes is not None:
            totp_setup.forget_secret(request)
            return enrolled(request, MFAChallenge.Type.TOTP, codes, now)
        form.add_error("code", NOT_THE_CODE)
    context = {"form": form, "secret": totp_setup.in_groups(totp_setup.waiting_secret(request))}
    return render(request, "accounts/factors_totp.html", context, status=422 if form.errors else 200)


def enrolled(request: HttpRequest, method: str, codes: list[str], now: datetime) -> HttpResponse:
    """A factor was just set up, which proves it as well: let the person in, and show backup codes if there are new."""
    user: Any = request.user
    after = str(asked(request).get("next") or "")
    let_in(request, user, method, now)
    if codes:
        return render(request, "accounts/factors_codes.html", {"codes": codes, "next": after})
    messages.success(request, "Added. Your other devices were signed out.")
    return redirect(after or "accounts:factors")


@require_GET
@never_cache
@signed_in
@enrolling
def factors_qr(request: HttpRequest) -> HttpResponse:
    return HttpResponse(totp_setup.qr_svg(request), content_type="image/svg+xml")


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
@fresh_proof
def factors_codes(request: HttpRequest) -> HttpResponse:
    """Ten new backup codes, shown this once; the old ones die."""
    user: Any = request.user
    if request.method == "POST":
        codes = deeds.make_backup_codes(user=user, now=timezone.now(), origin=Origin.of(request))
        if codes is not None:
            return render(request, "accounts/factors_codes.html", {"codes": codes, "next": ""})
        messages.error(request, "Backup codes stand in for an app or a passkey. Set one of them up first.")
        return redirect("accounts:factors")
    context = {"has_codes": bool(factors_of(user.pk).codes)}
    return render(request, "accounts/factors_codes_ask.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@fresh_proof
def factors_remove(request: HttpRequest, factor_id: int) -> HttpResponse:
    """Take away the app or a passkey; asks first."""
    user: Any = request.user
    found = factors_of(user.pk)
    row = next((each for each in found.rows if each.pk == factor_id and each != found.codes), None)
    if row is None:
        raise Http404
    if request.method == "GET":
        what = "your authenticator app" if row == found.totp else f"the passkey “{row.wrap().name}”"
        strong = [each for each in found.rows if each != found.codes]
        context = {"what": what, "last": len(strong) == 1}
        return render(request, "accounts/factors_remove.html", context)
    try:
        deeds.remove_factor(
            user=user, authenticator_id=factor_id, now=timezone.now(), origin=Origin.of(request)
        )
    except deeds.StillNeeded:
        messages.error(
            request, "Your role needs an app or a passkey. Add another one before you remove this."
        )
    else:
        messages.success(request, "Removed. Your other devices were signed out.")
    return redirect("accounts:factors")


@require_POST
@signed_in
@fresh_proof
def factors_methods(request: HttpRequest) -> HttpResponse:
    """Which way is offered first, and whether e-mail still counts."""
    user: Any = request.user
    rules = rules_of(user)
    form = MethodsForm(request.POST, factors=factors_of(user.pk), strong=rules.strong)
    if not form.is_valid():
        return _page(request, form)
    deeds.choose_methods(
        user=user,
        preferred=form.cleaned_data["preferred"],
        by_email=form.cleaned_data.get("by_email", True),
        now=timezone.now(),
        origin=Origin.of(request),
    )
    messages.success(request, "Saved.")
    return redirect("accounts:factors")


@require_POST
@signed_in
def factors_untrust(request: HttpRequest, trusted_id: UUID) -> HttpResponse:
    """Ask on that device again. Needs no fresh proof: it only makes things safer."""
    user: Any = request.user
    if not untrust_device(
        user_id=user.pk, trusted_id=trusted_id, now=timezone.now(), origin=Origin.of(request)
    ):
        raise Http404
    messages.success(request, "That device is asked again at its next sign-in.")
    return redirect("accounts:factors")


@require_GET
@signed_in
def why(request: HttpRequest) -> HttpResponse:
    """When and why one was asked for a second factor."""
    user: Any = request.user
    rows = MFAChallenge.objects.filter(user=user).order_by("-created_at")[:50]
    context = {"rows": rows, "now": timezone.now(), "layout": layout_of(request.actor)}  # type: ignore[attr-defined]
    return render(request, "accounts/why.html", context)
