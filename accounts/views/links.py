"""The one page of every mailed link that does not work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.models import ActionToken
from accounts.services import action_tokens
from accounts.services.action_tokens import LinkRefused
from accounts.services.audit import Origin

WORDS = {
    "unknown": "This is not one of our links. Perhaps a part of it was lost on the way: open it from the mail again.",
    "used": "It was used already. Each link works once.",
    "taken back": "It was taken back by whoever sent it, or a newer one took its place. Look for a later mail.",
    "too old": "It is too old. Links work for a limited time only.",
    "another person": "It was sent to somebody else than who is signed in here.",
    "taken": "Somebody else signs in with this address by now.",
    "closed": "The place it leads to is closed at the moment.",
}
WAYS_ON = {
    ActionToken.Purpose.PASSWORD_RESET: ("Send a new link", "account_reset_password"),
    ActionToken.Purpose.EMAIL_VERIFICATION: ("Go to your profile", "accounts:profile"),
}


def refuse_link(request: HttpRequest, refusal: LinkRefused, purpose: str) -> HttpResponse:
    """Say in words why the link does nothing, and write it down."""
    actor_id = request.user.pk if request.user.is_authenticated else None
    action_tokens.refused(
        refusal=refusal,
        purpose=purpose,
        now=timezone.now(),
        origin=Origin.of(request),
        actor_id=actor_id,
    )
    words, route = WAYS_ON.get(ActionToken.Purpose(purpose), ("Go to sign-in", "account_login"))
    context = {
        "why": WORDS[refusal.reason],
        "is_invitation": purpose == ActionToken.Purpose.INVITE,
        "way_on": words,
        "way_on_url": reverse(route),
    }
    return render(
        request, "accounts/link_refused.html", context, status=404 if refusal.token is None else 410
    )
