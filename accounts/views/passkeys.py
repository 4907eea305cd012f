from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import passkeys
from accounts.access import fresh_proof, signed_in
from accounts.factors import factors_of
from accounts.forms.factors import PasskeyForm, PasskeyNameForm
from accounts.models import MFAChallenge
from accounts.services import factors as deeds
from accounts.services.audit import Origin
from accounts.views.factors import enrolled, enrolling

NOT_MADE = "The passkey was not made. Your browser may have been asked too late: try once more."


@sensitive_post_parameters("credential")
@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
@enrolling
def passkey_add(request: HttpRequest) -> HttpResponse:
    """Make a passkey with the browser; the form carries what the browser made."""
    user: Any = request.user
    form, now = PasskeyForm(request.POST or None, initial={"name": "This device"}), timezone.now()
    if request.method == "POST" and form.is_valid():
        credential = passkeys.accept_new(form.cleaned_data["credential"])
        if credential is not None:
            codes = deeds.add_passkey(
                user=user,
                name=form.cleaned_data["name"],
                credential=credential,
                now=now,
                origin=Origin.of(request),
            )
            return enrolled(request, MFAChallenge.Type.WEBAUTHN, codes, now)
        form.add_error(None, NOT_MADE)
    context = {"form": form, "options": passkeys.options_to_create(user)}
    return render(request, "accounts/passkey_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
@fresh_proof
def passkey(request: HttpRequest, factor_id: int) -> HttpResponse:
    """Rename a passkey."""
    user: Any = request.user
    row = next((each for each in factors_of(user.pk).passkeys if each.pk == factor_id), None)
    if row is None:
        raise Http404
    form = PasskeyNameForm(request.POST or None, initial={"name": row.wrap().name})
    if request.method == "POST" and form.is_valid():
        deeds.rename_passkey(
            user=user,
            authenticator_id=factor_id,
            name=form.cleaned_data["name"],
            now=timezone.now(),
            origin=Origin.of(request),
        )
        messages.success(request, "Renamed.")
        return redirect("accounts:factors")
    return render(request, "accounts/passkey.html", {"form": form}, status=422 if form.errors else 200)
