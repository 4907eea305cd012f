from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import passkeys
from accounts.access import signed_in, while_held
from accounts.arrivals import asked, open_challenge, visit_of
from accounts.factors import WORDS
from accounts.models import MFAChallenge
from accounts.owed import Owed, next_of, owed_by, settle
from accounts.services.audit import Origin
from accounts.services.challenges import AskedTooOften, ChallengeOver, answer
from accounts.templatetags.reader import clock_in_zone

Type = MFAChallenge.Type
WRONG = {
    Type.EMAIL_OTP: "That is not the code. Look at the newest mail and try again.",
    Type.TOTP: "That code is not right, or it was used already. Wait for the next one in your app.",
    Type.BACKUP_CODE: "That is not one of your unused backup codes.",
    Type.WEBAUTHN: "The passkey was not accepted. Try again, or choose another way.",
}
OVER = "That code has run out, or too many wrong ones were tried. Ask for a new one."


@sensitive_post_parameters("code", "credential")
@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
@while_held
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a second factor: of somebody held at sign-in, or as a step-up before something sensitive."""
    now = timezone.now()
    owed = owed_by(request, now)
    if owed is None:
        return redirect(next_of(request))
    wanted = (request.POST or request.GET).get("method", "")
    method = wanted if wanted in owed.methods else owed.methods[0]
    if request.method == "GET":
        return _page(request, owed, method)
    error = _error(request, owed, method, now)
    if error:
        return _page(request, owed, method, error)
    trust = request.POST.get("trust") == "on"
    return redirect(settle(request, owed, method, now, trust=trust, name=_device_name(request)))


@require_POST
@signed_in
@while_held
def verify_send(request: HttpRequest) -> HttpResponse:
    """Mail a code, or another one after a pause."""
    now = timezone.now()
    owed = owed_by(request, now)
    if owed and Type.EMAIL_OTP in owed.methods:
        try:
            fresh = open_challenge(request, owed.user, Type.EMAIL_OTP, now).created_at == now
        except AskedTooOften as refused:
            messages.error(request, _too_often(request, refused))
        else:
            words = (
                "A code is on its way to you."
                if fresh
                else "We have just sent one. Wait a minute for the next."
            )
            messages.success(request, words)
    query = request.GET.copy()
    query["method"] = Type.EMAIL_OTP
    return redirect(f"{reverse('accounts:verify')}?{query.urlencode()}")


def _error(request: HttpRequest, owed: Owed, method: str, now: datetime) -> str:
    """Check what was sent; a sentence when it does not pass."""
    try:
        if method != Type.EMAIL_OTP:
            open_challenge(request, owed.user, method, now)
        known: Any = asked(request).get("challenge") or {}
        right = method in known and answer(
            user=owed.user,
            challenge_id=known[method],
            method=method,
            given=request.POST.get("credential" if method == Type.WEBAUTHN else "code", ""),
            now=now,
            origin=Origin.of(request),
        )
    except ChallengeOver:
        return OVER
    except AskedTooOften as refused:
        return _too_often(request, refused)
    return "" if right else WRONG[Type(method)]


def _too_often(request: HttpRequest, refused: AskedTooOften) -> str:
    return f"Too many tries. For your safety we wait until {clock_in_zone(request, refused.until)}."


def _device_name(request: HttpRequest) -> str:
    session_name = getattr(request.session, "device_name", "")
    return str(session_name or "This browser")


def _page(request: HttpRequest, owed: Owed, method: str, error: str = "") -> HttpResponse:
    known: Any = asked(request).get("challenge") or {}
    context = {
        "owed": owed,
        "method": method,
        "sent": method in known,
        "others": [(each, WORDS[Type(each)]) for each in owed.methods if each != method],
        "typed": request.POST.get("code", "")[:20],
        "trusting": request.POST.get("trust") == "on",
        "may_trust": owed.may_trust and visit_of(request).device_id is not None and not owed.must_enrol,
        "error": error,
        "query": request.GET.urlencode(),
        "next_query": _without_method(request),
        "email": _masked(owed.user.email),
        "options": passkeys.options_to_sign(owed.user) if method == Type.WEBAUTHN else "",
    }
    return render(request, "accounts/verify.html", context, status=422 if error else 200)


def _without_method(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("method", None)
    return query.urlencode()


def _masked(email: str) -> str:
    name, _, host = email.partition("@")
    return f"{name[:1]}•••@{host}"
