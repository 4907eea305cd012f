"""Countries of addresses, from a file in MaxMind's format."""

from pathlib import Path
from typing import Any

import pytest

from accounts.geo import country_of
from accounts.tests.mmdb import write


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    path = write(tmp_path / "countries.mmdb", {"203.0.113.0/24": "US", "198.51.100.0/25": "FR"})
    settings.GEOIP_DATABASE = str(path)
    return path


@pytest.mark.parametrize(
    ("ip", "country"),
    [
        ("203.0.113.9", "US"),
        ("198.51.100.127", "FR"),
        ("198.51.100.128", ""),
        ("192.0.2.1", ""),
        ("2001:db8::1", ""),
        ("not an address", ""),
        (None, ""),
    ],
)
def test_country_of(file: Path, ip: str | None, country: str) -> None:
    assert country_of(ip) == country


def test_without_a_file_no_country_is_known(settings: Any) -> None:
    settings.GEOIP_DATABASE = ""

    assert country_of("203.0.113.9") == ""


@pytest.mark.parametrize("content", [None, b"", b"not such a file"])
def test_a_broken_file_is_no_file(settings: Any, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.mmdb"
    if content is not None:
        path.write_bytes(content)
    settings.GEOIP_DATABASE = str(path)

    assert country_of("203.0.113.9") == ""
