"""Other ways to sign in, as far as this site has set them up; and journeys there that have not come back yet."""

import time
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from lib.openid import Journey, Provider, origin_of

JOURNEYS = "provider_journeys"  # in the session
LONGEST_S = 600
MOST = 5


def configured() -> list[Provider]:
    return [
        Provider(key=key, **facts)
        for key, facts in settings.SIGN_IN_PROVIDERS.items()
        if facts["client_id"] and facts["client_secret"]
    ]


def provider_or_404(key: str) -> Provider:
    for each in configured():
        if each.key == key:
            return each
    raise Http404


def callback_url(provider: Provider) -> str:
    site: str = settings.PUBLIC_URL
    return site + reverse("provider_callback", args=[provider.key])


def keep_journey(request: HttpRequest, provider: Provider, journey: Journey, **more: Any) -> None:
    """Bind ``journey`` to this browser: only the session that set out can come back, and once."""
    kept = {"provider": provider.key, "at": time.time(), **asdict(journey), **more}
    request.session[JOURNEYS] = [*request.session.get(JOURNEYS, [])[1 - MOST :], kept]


def take_journey(request: HttpRequest, provider: Provider, state: str) -> dict[str, Any] | None:
    """What was kept for ``state``, which is then used up; None when there is nothing, or it is too old."""
    held = request.session.get(JOURNEYS, [])
    found = next((each for each in held if constant_time_compare(each["state"], state)), None)
    if found is None:
        return None
    request.session[JOURNEYS] = [each for each in held if each is not found]
    fresh = time.time() - found["at"] < LONGEST_S
    return found if fresh and found["provider"] == provider.key else None


def journey_of(kept: dict[str, Any]) -> Journey:
    return Journey(kept["state"], kept["nonce"], kept["verifier"])


def let_forms_lead_out(response: HttpResponseBase) -> HttpResponseBase:
    """Browsers hold the policy on forms against redirects too, and ours lead to the provider."""
    origins = [origin_of(each) for each in configured()]
    if origins:
        response._csp_update = {"form-action": origins}  # type: ignore[attr-defined]
    return response
