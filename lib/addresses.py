"""Which network addresses lie on the open internet."""

import ipaddress
import socket

# An explicit list: `ipaddress.is_private` and `is_global` let carrier networks and translated addresses through.
CLOSED = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",
    )
]  # fmt: skip
OPEN_V6 = ipaddress.ip_network("2000::/3")
# Within it: tunnels and translations, which may lead to any of the above, and documentation.
CLOSED_V6 = [ipaddress.ip_network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]


class NotPublic(Exception):
    """The host has an address that is not on the open internet, or none at all."""


def is_public(address: str) -> bool:
    """Whether ``address`` is reached over the open internet. Raises `ValueError` for what is no address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in CLOSED)
    return ip in OPEN_V6 and not any(ip in network for network in CLOSED_V6)


def public_address(host: str, port: int) -> str:
    """Resolve ``host`` once and return the address to connect to. Raises `NotPublic` if any of its addresses is closed.

    Connect to what is returned and not to the name, which may mean something else a moment later.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotPublic(f"{host} is not found.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(each.partition("%")[0]) for each in addresses):
        raise NotPublic(f"{host} is not on the open internet.")
    return addresses[0]
