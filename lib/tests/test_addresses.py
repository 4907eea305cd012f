import pytest

from lib.addresses import NotPublic, is_public, public_address


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_address_on_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "192.0.0.8", "224.0.0.1", "255.255.255.255", "203.0.113.9",
        "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_address_that_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "::1"])
def test_name_for_an_inner_address_is_refused(host: str) -> None:
    with pytest.raises(NotPublic):
        public_address(host, 443)


def test_name_of_nobody_is_refused() -> None:
    with pytest.raises(NotPublic, match="not found"):
        public_address("nobody.invalid", 443)


def test_public_address_is_returned_as_it_is() -> None:
    assert public_address("8.8.8.8", 443) == "8.8.8.8"


def test_name_with_one_inner_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr("lib.addresses.socket.getaddrinfo", lambda *_, **__: found)

    with pytest.raises(NotPublic, match="not on the open internet"):
        public_address("mixed.example.com", 443)
