import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lib.addresses import NotPublic
from lib.http import Client, ProviderError
from lib.tests.service import Service, serving

KEY = ("access", "hunter2")
SOUND = bytes(range(256)) * 400


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with Client(service.url, auth=KEY, headers={"X-Token": "t0ken"}, read_timeout_s=5) as client:
        yield client


def file_at(client: Client, url: str) -> tuple[str, bytes]:
    with client.get_stream(url) as (content_type, chunks):
        return content_type, b"".join(chunks)


def failure(client: Client, url: str) -> str:
    with pytest.raises(ProviderError) as caught:
        file_at(client, url)
    return caught.value.kind


def to(url: str) -> tuple[int, dict[str, str], bytes]:
    return 302, {"Location": url}, b""


def test_file_is_streamed_with_its_type(service: Service, client: Client) -> None:
    service.answers["/call.wav"] = (200, {"Content-Type": "audio/wav"}, SOUND)

    assert file_at(client, "/call.wav") == ("audio/wav", SOUND)
    assert service.asked[0].headers["authorization"].startswith("Basic ")


def test_redirect_on_the_same_service_keeps_the_credentials(service: Service, client: Client) -> None:
    service.answers |= {"/a": to("/b"), "/b": to("c"), "/c": to(f"{service.url}/d"), "/d": (200, {}, SOUND)}

    assert file_at(client, "/a") == ("", SOUND)
    assert ["authorization" in each.headers for each in service.asked] == [True] * 4


def test_redirect_to_another_place_goes_without_credentials(service: Service, client: Client) -> None:
    with serving() as store:
        service.answers["/a"] = (302, {"Location": f"{store.url}/f?sig=1", "Set-Cookie": "session=1"}, b"")
        store.answers["/f?sig=1"] = (200, {}, SOUND)

        assert file_at(client, "/a") == ("", SOUND)

        assert not {"authorization", "x-token", "cookie"} & set(store.asked[0].headers)


def test_fourth_redirect_is_not_followed(service: Service, client: Client) -> None:
    service.answers |= {f"/{number}": to(f"/{number + 1}") for number in range(9)}

    assert failure(client, "/0") == "unreadable"
    assert [each.path for each in service.asked] == ["/0", "/1", "/2", "/3"]


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://localhost:{port}/f", "foreign_host"),
        ("http://169.254.169.254/latest/meta-data/", "foreign_host"),
        ("https://127.0.0.1:{port}/f", "foreign_host"),
        ("https://localhost/f", "foreign_host"),
        ("http://8.8.8.8/in-clear", "foreign_host"),
        ("file:///etc/passwd", "foreign_host"),
        ("http://[::1", "unavailable"),
    ],
)
def test_redirect_inwards_is_not_followed(service: Service, client: Client, location: str, kind: str) -> None:
    with serving() as inner:
        service.answers["/a"] = to(location.format(port=inner.port))

        assert failure(client, "/a") == kind
        assert inner.asked == []


def test_file_that_is_too_large_is_broken_off(service: Service, client: Client) -> None:
    service.answers["/a"] = (200, {}, SOUND)

    with pytest.raises(ProviderError) as caught, client.get_stream("/a", max_bytes=1000) as (_, chunks):
        b"".join(chunks)

    assert (caught.value.kind, caught.value.retryable) == ("unreadable", False)


def test_file_cut_short_is_unreadable(service: Service, client: Client) -> None:
    service.answers["/a"] = (200, {"Content-Length": "200000", "Connection": "close"}, SOUND)

    assert failure(client, "/a") == "unreadable"


def test_file_that_is_gone_is_not_found(service: Service, client: Client) -> None:
    service.answers["/a"] = (404, {}, b"")

    assert failure(client, "/a") == "not_found"


def test_redirect_over_tls_connects_to_the_address_that_was_looked_at(tmp_path: Path) -> None:
    keys = certificate(tmp_path, "files.example.com")
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.load_cert_chain(keys)
    tls = ssl.create_default_context(cafile=str(keys))
    looked_up = []

    def resolve(host: str, port: int) -> str:
        looked_up.append((host, port))
        if host.startswith("closed"):
            raise NotPublic(host)
        return "127.0.0.1"

    with serving() as service, serving(server_tls) as store:
        place = f"files.example.com:{store.port}"
        service.answers |= {
            "/a": to(f"https://{place}/f"),
            "/other-name": to(f"https://other.example.com:{store.port}/f"),
            "/closed": to("https://closed.example.com/f"),
            "/somebody": to(f"https://user:pass@{place}/f"),
            "/in-clear": to(f"http://{place}/f"),
        }
        store.answers["/f"] = (200, {}, SOUND)

        with Client(service.url, auth=KEY, tls=tls, resolve=resolve, read_timeout_s=5) as client:
            assert file_at(client, "/a") == ("", SOUND)
            assert failure(client, "/other-name") == "unavailable"  # the certificate is somebody else's
            assert failure(client, "/closed") == "foreign_host"
            assert failure(client, "/somebody") == "foreign_host"
            assert failure(client, "/in-clear") == "foreign_host"

        assert looked_up == [
            ("files.example.com", store.port),
            ("other.example.com", store.port),
            ("closed.example.com", 443),
        ]
        (asked,) = store.asked
        assert (asked.headers["host"], "authorization" in asked.headers) == (place, False)


def certificate(folder: Path, host: str) -> Path:
    """A key and a self-signed certificate for ``host`` in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "keys.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path
