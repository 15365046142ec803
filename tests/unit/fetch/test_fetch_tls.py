"""TLS: trusted by the authority that the settings name, and never left by a redirect."""

import ssl
import subprocess
from pathlib import Path

import pytest

from tests.left_out import leave_out
from tests.unit.fetch.fetch_samples import Wall, get, new_fetcher
from tests.unit.fetch.fetch_servers import answer, says, serving
from vacnet.fetch import UnavailableError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "cert.pem", directory / "key.pem"
    request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    try:
        subprocess.run(["openssl", *request.split(), *files], check=True, capture_output=True)
    except FileNotFoundError:
        # Nothing in Python's library makes a certificate, and vacnet itself needs none made.
        leave_out("openssl", "it is not installed, and makes the certificate of this test")
    return certificate, key


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def test_the_authority_of_the_settings_is_trusted(
    cache: Path, wall: Wall, tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    fetcher = new_fetcher(cache, wall, ca_file=str(certificate[0]))
    async with serving(says(answer(b"secure")), tls) as server:
        assert (await get(fetcher, server.url())).body == b"secure"
    await fetcher.close()


async def test_an_unknown_authority_is_refused_with_what_to_do(
    cache: Path, wall: Wall, tls: ssl.SSLContext
) -> None:
    fetcher = new_fetcher(cache, wall)
    async with serving(says(answer(b"secure")), tls) as server:
        with pytest.raises(UnavailableError, match=r"certificate is not good \(self.signed.* ca_file"):
            await get(fetcher, server.url())
    await fetcher.close()


async def test_a_redirect_from_https_to_http_is_not_followed(
    cache: Path, wall: Wall, tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    fetcher = new_fetcher(cache, wall, ca_file=str(certificate[0]))
    async with serving(says(answer(b"plain"))) as plain:
        moved = answer(status="302 Found", Location=plain.url())
        async with serving(says(moved), tls) as server:
            with pytest.raises(UnavailableError, match="redirects from https to http"):
                await get(fetcher, server.url())
    await fetcher.close()
    assert plain.requests == []


async def test_an_authority_file_that_cannot_be_used_is_named(cache: Path, wall: Wall) -> None:
    fetcher = new_fetcher(cache, wall, ca_file="/nonexistent/ca.pem")
    with pytest.raises(UnavailableError, match=r"ca_file /nonexistent/ca\.pem in \[fetch\] cannot be used"):
        await get(fetcher, "https://127.0.0.1:1/")
    await fetcher.close()


async def test_changed_settings_are_in_force_at_once(
    cache: Path, wall: Wall, tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    fetcher = new_fetcher(cache, wall, leave_seconds=60.0)
    async with serving(says(answer(b"secure")), tls) as server:
        with pytest.raises(UnavailableError):
            await get(fetcher, server.url())
        await fetcher.set_settings(new_fetcher(cache, wall, ca_file=str(certificate[0])).settings)
        assert (await get(fetcher, server.url())).body == b"secure"
    await fetcher.close()
