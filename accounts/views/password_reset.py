"""Forgotten passwords: asking for a link, and choosing a new password behind it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import public
from accounts.forms.entry import NewPasswordForm, ResetForm
from accounts.models import ActionToken, User
from accounts.services import action_tokens
from accounts.services import password_reset as service
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin
from accounts.views.links import refuse_link
from accounts.views.places import posted

RESET = ActionToken.Purpose.PASSWORD_RESET


@require_http_methods(["GET", "POST"])
@public
def ask(request: HttpRequest) -> HttpResponse:
    """The same page and the same words, whether somebody signs in with the address or not."""
    form = ResetForm(posted(request))
    if request.method == "POST" and form.is_valid():
        service.ask_for_reset(email=form.cleaned_data["email"], now=timezone.now(), origin=Origin.of(request))
        return redirect("account_reset_password_done")
    return render(request, "account/password_reset.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@public
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "account/password_reset_done.html")


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
@public
def choose(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind the link. Looking changes nothing; a password that is refused leaves the link as it is."""
    try:
        token = action_tokens.find(purpose=RESET, secret=secret, now=timezone.now())
        person: User = token.user  # type: ignore[assignment]  # a reset is always somebody's
        form = NewPasswordForm(posted(request), person=person)
        if request.method == "POST" and form.is_valid():
            service.reset_password(
                secret=secret,
                password=form.cleaned_data["password"],
                now=timezone.now(),
                origin=Origin.of(request),
            )
            return redirect("account_reset_password_from_key_done")
    except LinkRefused as refusal:
        return refuse_link(request, refusal, RESET)
    context = {"form": form, "email": token.email}
    return render(
        request, "account/password_reset_from_key.html", context, status=422 if form.errors else 200
    )


@require_GET
@public
def chosen(request: HttpRequest) -> HttpResponse:
    return render(request, "account/password_reset_from_key_done.html")
