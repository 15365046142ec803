"""The key file: one key of the space a line, ``role 64-hexadecimal-digits``.

::

    # made by vacnet key new
    member  6b1f...   # the first member key seals what we send
    observe 90c2...   # may look, may not speak

Edits work on lines: one is appended, moved or taken away with the comment behind it, all others and the
comments between them stay as they are.

Rules of this file: no message, repr or problem ever holds key material, not even a bad line's. The
order matters: the first `member` key sends, all keys open. A rotation is three edits: the new key is
appended everywhere, then put first everywhere, then the old one removed. A bad line is a problem of
its own and the good ones stand, so that a slip in a rotation cuts nobody off; only a file without any
member key is fatal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vacnet.quantities import plural
from vacnet.targets.model import Place, Problem
from vacnet.targets.source import SourceFile

ROLES = ("member", "observe")
KEY_BYTES = 32
KEYS_MAX = 16
"""Keys of a ring: a rotation needs two, each observer one."""
FILE_BYTES_MAX = 1 << 16

_HEX = re.compile(r"[0-9A-Fa-f]*", re.ASCII)
_EXPECTED = f"a role (member or observe), a blank and {2 * KEY_BYTES} hexadecimal digits"
_REMEDY = "make a key with vacnet key new, or copy the line from another factory"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the ring."""

    role: str
    secret: bytes = field(repr=False)


def format_key(secret: bytes, role: str = "member") -> str:
    """Return the line of a key, without its end of line.

    Raises:
        ValueError: no such role, or not 32 bytes.
    """
    if role not in ROLES or len(secret) != KEY_BYTES:
        raise ValueError(f"a key has a role of {', '.join(ROLES)} and {KEY_BYTES} bytes, not {len(secret)}")
    return f"{role} {secret.hex()}"


def read_keys(file: SourceFile) -> tuple[tuple[Key, ...], tuple[Problem, ...]]:
    """Return the keys of a file in its order, and what is wrong with the other lines."""
    if len(file.data) > FILE_BYTES_MAX:
        words = f"has {len(file.data)} bytes; a key file has one line a key, {_EXPECTED}"
        return (), (Problem(Place(file.name), "", words),)
    keys: dict[bytes, Key] = {}
    problems: list[Problem] = []
    for number, raw in enumerate(file.data.decode("ascii", "replace").split("\n"), start=1):
        line = raw.partition("#")[0].split()
        wrong = _wrong(line, keys)
        if wrong:
            problems.append(Problem(Place(file.name, number), "", f"{wrong}; {_REMEDY}", fatal=False))
        elif line:
            secret = bytes.fromhex(line[1])
            keys[secret] = Key(line[0], secret)
    if not keys:
        del problems[1:]  # it is some other file, and each of its lines says so
    if not any(key.role == "member" for key in keys.values()):
        problems.append(
            Problem(Place(file.name), "", f"holds no member key, so nothing can be sent; {_REMEDY}")
        )
    return tuple(keys.values()), tuple(problems)


def _wrong(line: list[str], keys: dict[bytes, Key]) -> str:
    """Return what is wrong with the words of a line, empty if nothing; none of them is repeated."""
    if not line:
        return ""
    if len(line) != 2 or line[0] not in ROLES:  # noqa: PLR2004 - role and digits
        return f"the line has {plural(len(line), 'word')} and is not {_EXPECTED}"
    digits = line[1]
    if len(digits) != 2 * KEY_BYTES or not _HEX.fullmatch(digits):
        return f"the key has {len(digits)} characters and is not {2 * KEY_BYTES} hexadecimal digits"
    secret = bytes.fromhex(digits)
    if len(set(secret)) == 1:
        return "the key is one byte repeated, which is an example and no secret"
    if secret in keys:
        return "the key stands twice"
    return "" if len(keys) < KEYS_MAX else f"more than {KEYS_MAX} keys"


def add_key(text: str, secret: bytes, role: str) -> str:
    """Return the file's text with a key behind all others; as it was if the key is there.

    Raises:
        ValueError: no such role, not 32 bytes, or the ring is full.
    """
    line = format_key(secret, role)
    there = [one for one in map(_secret_of, text.splitlines()) if one is not None]
    if secret in there:
        return text
    if len(there) >= KEYS_MAX:
        raise ValueError(f"it holds {KEYS_MAX} keys, and no more are read; drop one that nobody uses")
    return "".join([*_ended(text), f"{line}\n"])


def use_key(text: str, secret: bytes) -> str:
    """Return the file's text with a member key before all others, so that it seals.

    Raises:
        ValueError: it is not there, or not a member key.
    """
    lines = _ended(text)
    members = [number for number, line in enumerate(lines) if _role_of(line) == "member"]
    at = _line_of(lines, secret)
    if at not in members:
        raise ValueError("that key is for observers: only a member key can seal")
    lines.insert(members[0], lines.pop(at))
    return "".join(lines)


def drop_key(text: str, secret: bytes) -> str:
    """Return the file's text without a key.

    Raises:
        ValueError: it is not there, or the only member key.
    """
    lines = _ended(text)
    at = _line_of(lines, secret)
    members = [number for number, line in enumerate(lines) if _role_of(line) == "member"]
    if members == [at]:
        raise ValueError("that is the only member key, without which nothing can be told; add another first")
    del lines[at]
    return "".join(lines)


def _ended(text: str) -> list[str]:
    """Return the lines, each with its end."""
    return [line if line.endswith("\n") else line + "\n" for line in text.splitlines(keepends=True)]


def _line_of(lines: list[str], secret: bytes) -> int:
    for number, line in enumerate(lines):
        if _secret_of(line) == secret:
            return number
    raise ValueError("that key is not in the file")


def _secret_of(line: str) -> bytes | None:
    words = line.partition("#")[0].split()
    return None if not words or _wrong(words, {}) else bytes.fromhex(words[1])


def _role_of(line: str) -> str:
    return line.split(maxsplit=1)[0] if _secret_of(line) else ""
