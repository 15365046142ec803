"""Signed images: CernVM's form, whose signature it has to be, and every way in which that fails."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.unit.fetch.image_samples import raw_image
from vacnet.fetch.fetched import UnavailableError
from vacnet.fetch.image_signature import BLOCK_BYTES, check

NOW = datetime.now(UTC)
PATTERN = r"/CN=cvm-sign01\.cern\.ch$"
BODY = raw_image(100_000)


@dataclass
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def name(common: str) -> x509.Name:
    parts = (
        (NameOID.DOMAIN_COMPONENT, "ch"),
        (NameOID.DOMAIN_COMPONENT, "cern"),
        (NameOID.COMMON_NAME, common),
    )
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def made(common: str, by: Holder | None = None, *, authority: bool = False, days: int = 30) -> Holder:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    issuer = by.certificate.subject if by else name(common)
    builder = x509.CertificateBuilder().subject_name(name(common)).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=90)).not_valid_after(NOW + timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    return Holder(builder.sign(by.key if by else key, hashes.SHA256()), key)


ROOT = made("Example Root", authority=True)
MIDDLE = made("Example Grid", ROOT, authority=True)
SIGNER = made("cvm-sign01.cern.ch", MIDDLE)


def signed(path: Path, by: Holder = SIGNER, body: bytes = BODY, *, broken_json: bool = False) -> Path:
    """Write a signed image as CernVM does it."""
    told = json.dumps({"ucernvm-version": "2.0-1.cernvm.x86_64"}).encode().ljust(BLOCK_BYTES, b"\0")
    signature = by.key.sign(body + told, padding.PKCS1v15(), hashes.SHA256())
    block = json.dumps(
        {
            "certificate": base64.b64encode(by.pem()).decode(),
            "signature": base64.b64encode(signature).decode(),
        }
    )
    block = block.replace(", ", "\n") if broken_json else block
    path.write_bytes(body + told + block.encode().ljust(BLOCK_BYTES, b"\0"))
    return path


@pytest.fixture
def authorities(tmp_path: Path) -> Path:
    home = tmp_path / "authorities"
    home.mkdir()
    (home / "root.pem").write_bytes(ROOT.pem())
    (home / "4d2a0eb1.0").write_bytes(MIDDLE.pem())
    (home / "broken.pem").write_bytes(b"no certificate")
    return home


def test_an_image_signed_by_whom_the_pattern_names_is_good(tmp_path: Path, authorities: Path) -> None:
    check(signed(tmp_path / "disk"), PATTERN, authorities)
    check(signed(tmp_path / "real", broken_json=True), PATTERN, authorities)


def refused(path: Path, authorities: Path, pattern: str = PATTERN) -> str:
    with pytest.raises(UnavailableError) as refusal:
        check(path, pattern, authorities)
    return str(refusal.value)


def test_one_byte_changed_is_seen(tmp_path: Path, authorities: Path) -> None:
    image = signed(tmp_path / "disk")
    body = bytearray(image.read_bytes())
    body[70_000] ^= 1
    image.write_bytes(body)
    assert "its signature does not fit its bytes" in refused(image, authorities)


def test_an_image_without_a_signature_is_refused(tmp_path: Path, authorities: Path) -> None:
    image = tmp_path / "disk"
    image.write_bytes(BODY)
    assert "it has no signature at its end" in refused(image, authorities)
    image.write_bytes(b"short")
    assert "it has no signature at its end" in refused(image, authorities)


def test_another_signer_is_refused(tmp_path: Path, authorities: Path) -> None:
    image = signed(tmp_path / "disk", made("somebody.cern.ch", MIDDLE))
    assert refused(image, authorities).startswith("it is signed by /DC=ch/DC=cern/CN=somebody.cern.ch, and")


@pytest.mark.parametrize(
    ("signer", "words"),
    [
        (made("cvm-sign01.cern.ch"), "vouches for its signer"),
        (made("cvm-sign01.cern.ch", made("Example Grid", authority=True)), "vouches for its signer"),
        (made("cvm-sign01.cern.ch", made("plain.cern.ch", MIDDLE)), "vouches for its signer"),
        (made("cvm-sign01.cern.ch", MIDDLE, days=-1), "CN=cvm-sign01.cern.ch is not valid now"),
    ],
    ids=["by himself", "by an authority of the same name", "by no authority", "out of date"],
)
def test_a_name_that_nobody_vouches_for_is_refused(
    tmp_path: Path, authorities: Path, signer: Holder, words: str
) -> None:
    assert words in refused(signed(tmp_path / "disk", signer), authorities)


def test_without_authorities_nobody_is_trusted(tmp_path: Path) -> None:
    words = refused(signed(tmp_path / "disk"), tmp_path / "none")
    assert "install the authorities that the site trusts there" in words


def test_a_pattern_that_is_none_is_told(tmp_path: Path, authorities: Path) -> None:
    assert "image_signing_dn ( is no regular expression" in refused(
        signed(tmp_path / "disk"), authorities, "("
    )


def test_without_the_library_no_image_counts_as_signed(
    tmp_path: Path, authorities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = signed(tmp_path / "disk")
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert "takes the package cryptography: pip install 'vacnet[x509]'" in refused(image, authorities)
