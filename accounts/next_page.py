"""Where to go on to after a deed, when the address comes from the request."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def is_safe(request: HttpRequest, url: str | None) -> bool:
    """Whether ``url`` stays on the host that was asked, by https where that was."""
    return bool(url) and url_has_allowed_host_and_scheme(
        url, {request.get_host()}, require_https=request.is_secure()
    )


def safe_next(request: HttpRequest, otherwise: str) -> str:
    """The request's ``next`` if it is safe, else ``otherwise``."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_safe(request, wanted) else otherwise
