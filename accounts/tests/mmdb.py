"""Writes small files in MaxMind's format, so that no real one need lie in the tree: IPv4, maps, strings and numbers."""

import ipaddress
from pathlib import Path
from typing import Any

U16, U32, U64, ARRAY = 5, 6, 9, 11  # the format's numbers for its types
MARK = b"\xab\xcd\xefMaxMind.com"


def write(path: Path, countries: dict[str, str]) -> Path:
    """``countries``: a network such as ``203.0.113.0/24`` to the two letters of its country."""
    nodes: list[list[Any]] = [[None, None]]
    data, places = b"", {}
    for network, country in countries.items():
        if country not in places:
            places[country] = len(data)
            data += _value({"country": {"iso_code": country}})
        parsed = ipaddress.ip_network(network)
        bits = f"{int(parsed.network_address):032b}"[: parsed.prefixlen]
        at = 0
        for bit in map(int, bits[:-1]):
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][int(bits[-1])] = country
    tree = b"".join(_record(each, len(nodes), places) for node in nodes for each in node)
    about = {
        "node_count": (U32, len(nodes)), "record_size": (U16, 24), "ip_version": (U16, 4), "database_type": "Test",
        "binary_format_major_version": (U16, 2), "binary_format_minor_version": (U16, 0), "build_epoch": (U64, 1),
        "languages": [], "description": {},
    }  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + MARK + _value(about))
    return path


def _record(target: Any, count: int, places: dict[str, int]) -> bytes:
    if target is None:
        return count.to_bytes(3, "big")
    return (target if isinstance(target, int) else count + 16 + places[target]).to_bytes(3, "big")


def _value(value: Any) -> bytes:
    if isinstance(value, dict):
        return bytes([7 << 5 | len(value)]) + b"".join(_value(k) + _value(v) for k, v in value.items())
    if isinstance(value, list):
        return bytes([len(value), ARRAY - 7]) + b"".join(map(_value, value))
    if isinstance(value, tuple):
        kind, number = value
        digits: bytes = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return (bytes([kind << 5 | len(digits)]) if kind < 8 else bytes([len(digits), kind - 7])) + digits
    raw: bytes = value.encode()
    return bytes([2 << 5 | len(raw)] if len(raw) < 29 else [2 << 5 | 29, len(raw) - 29]) + raw
