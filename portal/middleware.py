from functools import cache
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

OF_ITS_OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")


class PolicyMiddleware(CSPMiddleware):
    """django-csp, except that the policy that all pages share is put together once and not with every answer."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        special = settings.DEBUG or HEADER in response or getattr(request, "_csp_nonce", None)
        if special or any(hasattr(response, name) for name in OF_ITS_OWN):
            return super().process_response(request, response)
        request.csp_nonce = None  # type: ignore[attr-defined]  # too late for one: the policy is written
        response[HEADER] = standing_policy()
        return response


@cache
def standing_policy() -> Any:
    return build_policy()
