"""Where a request comes from, as far as our own proxies vouch for it."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

HOME_NETWORK = 64  # bits of an IPv6 address that one household or office has


def client_ip(request: HttpRequest) -> str | None:
    """The caller's address: the last that a proxy of ours added to X-Forwarded-For, counted from the end.

    What stands before it was said by the caller and is not believed. None where there is no readable address.
    """
    proxies: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    told = request.META.get("REMOTE_ADDR") or ""
    if proxies:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        told = forwarded[-proxies] if len(forwarded) >= proxies else ""
    return readable(told)


def readable(told: str) -> str | None:
    """``told`` as one plain address: without port or zone, and an IPv4 address in IPv6 clothes as what it is."""
    text = told.strip()
    if text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address)))
    return str(address)


def network_of(ip: str | None) -> str:
    """What a limit by address counts: the address, or the network of an IPv6 one, whose owner has 2**64 of them."""
    if ip is None:
        return "unknown"
    address = ip_address(ip)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, HOME_NETWORK), strict=False))
    return ip
