"""Fills the tables of `protocol/SPEC.md` from the code's own: fields, constants, types, reasons, flags.

Rules of this file: the prose of the specification is written by hand; between `<!-- table: NAME -->` and
`<!-- end -->` stands what this makes of the code, so that a number or a field cannot say two things.
Constants are read from the source of `vacnet.space.limits` with the sentence that stands below each.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.vectors import scene
from tools.wire_tables import Field, messages, shapes
from vacnet.space import counters, limits
from vacnet.space.counters import Reject
from vacnet.space.gate import GREETINGS, QUESTIONS
from vacnet.space.rows import Flags
from vacnet.space.seal import derive, factory_id, key_id
from vacnet.space.wire import Topic, Type

SPEC: Final = Path(__file__).parents[1] / "protocol" / "SPEC.md"
_BLOCK = re.compile(r"(<!-- table: (?P<name>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)

PURPOSES: Final = {
    Type.ANN: "says what changed at the sender; with no rows, that it lives",
    Type.SYNC: "asks in what two tables differ",
    Type.DIGEST: "answers a SYNC",
    Type.ROWS: "rows of any factories: answers a PULL or DIGEST, relays an urgent ANN",
    Type.PULL: "asks for rows",
    Type.HELLO: "asks whether somebody receives at an address, and who",
    Type.WELCOME: "answers a HELLO, or the nonce of another WELCOME",
    Type.BYE: "an ANN after which the sender is gone",
    Type.QUERY: "asks a factory for what it alone knows",
    Type.ANSWER: "answers a QUERY",
}

DONE: Final = {
    Reject.LENGTH: "Nothing else. It is not of this protocol.",
    Reject.MAGIC: "Nothing else. It is not of this protocol.",
    Reject.VERSION: "Of a WELCOME the administrator is told (section 11). The frame's is just counted.",
    Reject.KEY: "The administrator is warned of the address, at most once in STRANGER_SECONDS.",
    Reject.TAG: "As for `key`.",
    Reject.TYPE: "Nothing else: it is of a later release.",
    Reject.ROLE: "Nothing else.",
    Reject.EXCLUDED: "Nothing else.",
    Reject.ITSELF: "Of an own HELLO: the address it was sent to is an own one and is not greeted again.",
    Reject.EPOCH: "The sender is challenged, and told of the later life (7.4), but for epoch 2^32 - 1.",
    Reject.SEQUENCE: "Nothing else.",
    Reject.UNPROVEN: "The sender is challenged (section 7.2). Its sequence number is not spent.",
    Reject.DECODE: "Nothing else. Its sequence number is spent, and it counts as a sign of life.",
    Reject.NAME: "Nothing else.",
    Reject.ECHO: "Nothing else.",
    Reject.RATE: "Nothing else: the asker asks again.",
    Reject.FULL: "The factory it is about is not taken into the table.",
}


def spec_page() -> str:
    """Return `protocol/SPEC.md` as it stands, with its tables made anew."""
    return _BLOCK.sub(_filled, SPEC.read_text())


def _filled(found: re.Match[str]) -> str:
    kind, _, argument = found["name"].partition(" ")
    return found[1] + "\n".join(TABLES[kind](argument)) + "\n" + found[3]


def _types(_argument: str) -> Iterator[str]:
    yield "| type | name | body | under an observe key | from somebody unproved | purpose |"
    yield "| --- | --- | --- | --- | --- | --- |"
    names = messages()
    for kind in Type:
        observe = "yes" if kind in QUESTIONS else "no"
        unproved = "taken" if kind in GREETINGS else "refused"
        yield f"| {int(kind)} | {kind.name} | {names[kind]} | {observe} | {unproved} | {PURPOSES[kind]} |"


def _shape(name: str) -> Iterator[str]:
    yield "| # | field | type | bounds | unit | meaning |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for number, field in enumerate(shapes()[name].fields):
        name = f"`{field.name}`" if field.required else f"`{field.name}` *"
        told = _type(field), _bounds(field), field.unit, field.meaning
        yield f"| {number} | {name} | {' | '.join(told)} |"


def _type(field: Field) -> str:
    name = {"list": f"array of {field.shape}", "shape": field.shape}.get(field.kind, field.kind)
    return f"{name} or nil" if field.nullable else name


def _bounds(field: Field) -> str:
    if field.kind in {"bool", "shape"}:
        return ""
    if field.kind == "int":
        return f"{_number(field.low)} to {_number(field.high or 0)}"
    unit = {"str": "bytes", "bytes": "bytes", "list": "items"}[field.kind]
    if field.high is None:
        return "the datagram's room"
    return f"{field.low} to {field.high} {unit}"


_POWERS: Final = {(1 << bits) - 1: f"2^{bits} - 1" for bits in (32, 64)} | {limits.EPOCH_MAX: "2^32 - 2"}


def _number(value: int) -> str:
    return _POWERS.get(value, str(value))


def _constants(section: str) -> Iterator[str]:
    yield "| constant | value | why |"
    yield "| --- | --- | --- |"
    for name, text in _documented(section):
        yield f"| {name} | {_value(getattr(limits, name))} | {text} |"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " to ".join(_value(one) for one in value)
    if isinstance(value, float):
        return f"{value:,g}" if value < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - from here with commas
    return _POWERS.get(value, f"{value:,}") if isinstance(value, int) else str(value)


def _documented(section: str) -> Iterator[tuple[str, str]]:
    """Yield the constants of a section of the source, each with the sentence below it."""
    source = Path(limits.__file__).read_text()
    lines = source.splitlines()
    body = ast.parse(source).body
    for at, node in enumerate(body):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if _section(lines, node.lineno) == section:
            following = body[at + 1] if at + 1 < len(body) else None
            yield node.target.id, _sentence(following)


def _section(lines: list[str], line: int) -> str:
    heads = [text for text in lines[:line] if text.startswith("# -- ")]
    return heads[-1].strip("# -") if heads else "numbers"


def _sentence(node: ast.stmt | None) -> str:
    """Return a text that stands alone as a statement, on one line."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split())
    return ""


def _rejects(_argument: str) -> Iterator[str]:
    yield "| reason | what it means | what else the receiver does |"
    yield "| --- | --- | --- |"
    told = _sentences_of_rejects()
    for reason in Reject:
        yield f"| `{reason}` | {told[reason.name] or WORDS[reason]} | {DONE[reason]} |"


WORDS: Final = {
    Reject.LENGTH: "Shorter than DATAGRAM_BYTES_MIN or longer than DATAGRAM_BYTES_MAX.",
    Reject.MAGIC: "It does not begin with `VN`.",
    Reject.VERSION: "Another version of the frame; or a WELCOME from who speaks no version in common.",
    Reject.EXCLUDED: "Its sender is one that the administrator excludes.",
}
"""Of reasons that need none in the code."""


def _sentences_of_rejects() -> Mapping[str, str]:
    tree = ast.parse(Path(counters.__file__).read_text())
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Reject").body
    following = [*body[1:], None]
    return {
        node.targets[0].id: _sentence(after)
        for node, after in zip(body, following, strict=True)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _flags(_argument: str) -> Iterator[str]:
    yield "| bit | value | name |"
    yield "| --- | --- | --- |"
    for flag in Flags:
        yield f"| {flag.value.bit_length() - 1} | {flag.value} | {(flag.name or '').lower()} |"


def _topics(_argument: str) -> Iterator[str]:
    yield "| topic | name |"
    yield "| --- | --- |"
    for topic in Topic:
        yield f"| {topic.value} | {topic.name.lower()} |"


def _example(_argument: str) -> Iterator[str]:
    """Yield the steps from a secret to a beat."""
    key = derive(scene.MEMBER, scene.SPACE)
    data = scene.Speaker().says(Type.ANN, 7, [1, 1, 1, False, None, [], b"\0"])
    yield "```"
    yield f"secret         {scene.MEMBER.hex()}"
    yield f"space          {scene.SPACE}"
    yield f"key id         {key_id(scene.MEMBER).hex()}"
    yield f"key            {key.hex()}"
    yield f"factory        {scene.SENDER}, epoch {scene.SENDER_EPOCH}, sequence 7"
    yield f"factory id     {factory_id(scene.SENDER).hex()}"
    for name, (start, end) in _PARTS.items():
        yield f"{name:14} {data[start:end].hex()}"
    yield f"{'tag':14} {data[-16:].hex()}"
    yield "```"


_PARTS: Final = {
    "magic": (0, 2),
    "version, type": (2, 4),
    "key id": (4, 8),
    "sender": (8, 16),
    "epoch": (16, 20),
    "sequence": (20, 28),
    "body": (28, -16),
}
"""Of a datagram: from and to, from its end where that is negative."""


TABLES: Final[Mapping[str, Callable[[str], Iterator[str]]]] = {
    "types": _types,
    "shape": _shape,
    "constants": _constants,
    "rejects": _rejects,
    "flags": _flags,
    "topics": _topics,
    "example": _example,
}
