from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in
from accounts.attempts import counted, own
from accounts.forms.password import PasswordForm
from accounts.models import User
from accounts.pages import layout_of
from accounts.services.audit import Origin
from accounts.services.passwords import change_password


@sensitive_post_parameters()
@counted(own)
@require_http_methods(["GET", "POST"])
@signed_in
def password(request: HttpRequest) -> HttpResponse:
    """Choose a new password by telling the present one. Whoever has none yet is shown the way by mail."""
    user: User = request.user  # type: ignore[assignment]
    form = PasswordForm(request.POST or None, request=request)
    if request.method == "POST" and user.has_usable_password() and form.is_valid():
        change_password(
            user=user,
            password=form.cleaned_data["new"],
            session_id=request.session.row_id,  # type: ignore[attr-defined]
            origin=Origin.of(request),
            now=timezone.now(),
        )
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed. You are signed out everywhere else.")
        return redirect("accounts:password")
    context = {"form": form, "layout": layout_of(request.actor), "has_one": user.has_usable_password()}  # type: ignore[attr-defined]
    return render(request, "accounts/password.html", context, status=422 if form.is_bound else 200)
