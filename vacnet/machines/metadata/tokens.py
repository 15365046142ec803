"""Session tokens of IMDSv2: a machine asks for one by PUT and shows it with each question.

Rules of this file: pure, and without memory: a token is its end and a keyed hash of that and of the
machine, so no machine can use another's, none can fill ours with tokens, and a restart of the factory makes
all void, which clients expect (401, then they ask for another). A question without a token is answered too
(IMDSv1): old images know no other. A token is not given to what came by a proxy (`X-Forwarded-For`): that
is what tokens are for, a program in the machine that can be talked into fetching an address.

Source: AWS, "Use IMDSv2": TTL of 1 to 21,600 seconds, 400 for others, 403 behind a proxy, 401 for a bad
token.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct

TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "x-aws-ec2-metadata-token"  # noqa: S105 (a header's name)
FORWARDED = "x-forwarded-for"
TTL_MAX = 21_600
_END = struct.Struct(">Q")
_MARK_BYTES = 16


class Tokens:
    """Gives tokens and knows them again."""

    def __init__(self, key: bytes) -> None:
        """Sign with a secret of at most 64 bytes."""
        self._key = key

    def give(self, machine_id: str, ttl_seconds: int, now: float) -> str:
        """Return a token of a machine that is good for some seconds from `now`."""
        end = _END.pack(int(now) + ttl_seconds)
        return base64.urlsafe_b64encode(end + self._mark(end, machine_id)).decode()

    def knows(self, token: str, machine_id: str, now: float) -> bool:
        """Tell whether a token is the machine's and still good."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
        except (ValueError, binascii.Error):
            return False
        end, mark = raw[: _END.size], raw[_END.size :]
        if len(end) < _END.size or not hmac.compare_digest(mark, self._mark(end, machine_id)):
            return False
        return bool(now < _END.unpack(end)[0])

    def _mark(self, end: bytes, machine_id: str) -> bytes:
        signed = end + machine_id.encode()
        return hashlib.blake2b(
            signed, key=self._key, digest_size=_MARK_BYTES, person=b"vacnet-token"
        ).digest()


def wanted_ttl(text: str) -> int | None:
    """Return the seconds that a header asks for, None if it is no good number."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(TTL_MAX))
    return int(text) if is_number and 1 <= int(text) <= TTL_MAX else None
