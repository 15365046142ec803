"""Who signed an image: CernVM appends its signature, and `image_signing_dn` says whose it must be.

The last 64 KiB of a signed image are 32 KiB of JSON about it and 32 KiB of JSON with `certificate` (PEM)
and `signature`, both in base64, each block filled up with zero bytes. What is signed is all but the last 32
KiB: RSA with PKCS #1 v1.5 over SHA-256.

Rules of this file: the order is signature, chain, then name. A pattern is somebody else's regular
expression, so it meets only a name that an authority of this host has vouched for. The JSON of real images
is not always JSON (a comma is missing between the two keys), so the values are found by their keys. Every
certificate of the chain has to be valid now and, but for the first, an authority's.

Needs `cryptography` (the extra `x509`); where it is missing no image with a signing name can be used, and
the words say so: an unchecked image is never taken for a checked one.

Sources: Vac 3's checks (its `image_signing_dn` was never enforced); RFC 8017 section 8.2; RFC 5280 section
6.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vacnet.fetch.bounded import open_ordinary
from vacnet.fetch.fetched import UnavailableError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

AUTHORITIES = Path("/etc/grid-security/certificates")
"""Where grid sites have the authorities that they trust (IGTF)."""
BLOCK_BYTES = 32 << 10
CHAIN_MAX = 5
AUTHORITY_BYTES_MAX = 1 << 20
PIECE_BYTES = 1 << 20
NEEDS = "image_signing_dn is set, and checking it takes the package cryptography: pip install 'vacnet[x509]'"
_VALUE = r'"%s"\s*:\s*"([A-Za-z0-9+/=\\n\s]+)"'


def can_check() -> bool:
    """Tell whether signatures can be checked here."""
    try:
        import cryptography  # noqa: F401 (only whether it is there)
    except ImportError:
        return False
    return True


def check(path: Path, pattern: str, authorities: Path = AUTHORITIES) -> None:
    """Return when an image is signed by whom a pattern names. Blocks for one reading of the image.

    Args:
        path: the image.
        pattern: regular expression, found anywhere in the signer's name, ``/DC=ch/.../CN=...``.
        authorities: directory of certificates that are trusted.

    Raises:
        UnavailableError: it is not, or that cannot be told, in words for an admin.
    """
    if not can_check():
        raise UnavailableError(NEEDS)
    from cryptography import x509  # the extra: a factory without signed images has no need of it

    certificate_pem, signature, digest = _read(path)
    try:
        signer = x509.load_pem_x509_certificate(certificate_pem)
    except ValueError:
        raise UnavailableError("the certificate of its signature cannot be read") from None
    _check_signature(signer, signature, digest)
    _check_chain(signer, authorities)
    name = text_of(signer.subject)
    if not _fits(pattern, name):
        raise UnavailableError(f"it is signed by {name}, and image_signing_dn says {pattern}")


def text_of(name: Name) -> str:
    """Return a name as OpenSSL writes it in one line, ``/DC=ch/DC=cern/CN=...``: as patterns expect."""
    return "".join(f"/{one.rfc4514_attribute_name}={one.value!s}" for one in name)


def _read(path: Path) -> tuple[bytes, bytes, bytes]:
    """Return certificate, signature and SHA-256 of what is signed."""
    digest = hashlib.sha256()
    with open_ordinary(path) as file:
        left = file.seek(0, 2) - BLOCK_BYTES
        file.seek(0)
        while left > 0:
            piece = file.read(min(left, PIECE_BYTES))
            if not piece:
                break
            digest.update(piece)
            left -= len(piece)
        block = file.read(BLOCK_BYTES).rstrip(b"\x00").decode("ascii", "replace")
    found = [re.search(_VALUE % key, block) for key in ("certificate", "signature")]
    try:
        certificate, signature = (
            base64.b64decode(one[1].replace("\\n", "")) if one else b"" for one in found
        )
    except binascii.Error:
        certificate = signature = b""
    if not certificate or not signature:
        raise UnavailableError("it has no signature at its end, and image_signing_dn asks for one")
    return certificate, signature, digest.digest()


def _check_signature(signer: Certificate, signature: bytes, digest: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    key = signer.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise UnavailableError("its signer has no RSA key")
    try:
        key.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(SHA256()))
    except InvalidSignature:
        raise UnavailableError("its signature does not fit its bytes: it is damaged or was changed") from None


def _check_chain(signer: Certificate, authorities: Path) -> None:
    now, one = datetime.now(UTC), signer
    trusted = list(_trusted(authorities))
    for _ in range(CHAIN_MAX):
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            raise UnavailableError(f"the certificate of {text_of(one.subject)} is not valid now")
        above = next((other for other in trusted if _issued(one, other)), None)
        if above is None:
            break
        if above.subject == above.issuer:
            if above.not_valid_before_utc <= now <= above.not_valid_after_utc:
                return
            break
        one = above
    raise UnavailableError(
        f"no authority in {authorities} vouches for its signer, {text_of(signer.subject)}: "
        "install the authorities that the site trusts there"
    )


def _issued(one: Certificate, other: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509 import BasicConstraints, ExtensionNotFound

    try:
        one.verify_directly_issued_by(other)
        return other.extensions.get_extension_for_class(BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, ExtensionNotFound):
        return False


def _trusted(authorities: Path) -> Iterator[Certificate]:
    from cryptography import x509

    if not authorities.is_dir():
        return
    for path in sorted({*authorities.glob("*.pem"), *authorities.glob("*.0")}):
        try:
            with open_ordinary(path) as file:
                yield from x509.load_pem_x509_certificates(file.read(AUTHORITY_BYTES_MAX))
        except (OSError, ValueError):
            continue


def _fits(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        raise UnavailableError(f"image_signing_dn {pattern} is no regular expression: correct it") from None
