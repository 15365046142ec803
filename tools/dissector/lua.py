"""Fills the tables of `template.lua` from the code's own.

Rules of this file: the template holds all that is done; here stands only which messages and fields there
are. Byte strings that pack many small things are named with how they are packed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.wire_tables import Field, Shape, messages, shapes

TEMPLATE: Final = Path(__file__).with_name("template.lua")

PACKED_FIELDS: Final = {
    ("Sync", "hashes"): "hash",
    ("Sync", "ask"): "asked",
    ("Digest", "entries"): "entry",
    ("Digest", "evidence"): "evidence",
    ("Pull", "wants"): "entry",
}
PACKED: Final[Mapping[str, tuple[tuple[str, int, str], ...]]] = {
    "hash": (("hash", 8, "bytes"),),
    "asked": (("factory", 8, "bytes"),),
    "entry": (("factory", 8, "bytes"), ("epoch", 4, "int"), ("version", 4, "int")),
    "evidence": (("factory", 8, "bytes"), ("epoch", 4, "int"), ("counter", 8, "int"), ("age", 4, "int")),
}
"""Name to its parts: name, bytes, kind."""


def dissector_page() -> str:
    """Return `protocol/vacnet.lua`."""
    text = TEMPLATE.read_text()
    for mark, lines in (("--TYPES", _types()), ("--SHAPES", _shapes()), ("--PACKED", _packed())):
        text = text.replace(mark, "\n".join(lines), 1)
    return text


def kind_of(shape: str, field: Field) -> str:
    """Return how the dissector shows a field."""
    if (shape, field.name) in PACKED_FIELDS:
        return "packed"
    return "signed" if field.kind == "int" and field.low < 0 else field.kind


def _types() -> Iterator[str]:
    for kind, shape in messages().items():
        yield f'    [{int(kind)}] = {{ "{kind.name}", "{shape}" }},'


def _shapes() -> Iterator[str]:
    for shape in shapes().values():
        yield f"    {shape.name} = {{"
        yield from (f"        {_field(shape, field)}," for field in shape.fields)
        yield "    },"


def _field(shape: Shape, field: Field) -> str:
    inner = field.shape or PACKED_FIELDS.get((shape.name, field.name), "")
    words = [field.name, kind_of(shape.name, field), *([inner] if inner else [])]
    return "{ " + ", ".join(f'"{word}"' for word in words) + " }"


def _packed() -> Iterator[str]:
    for name, parts in PACKED.items():
        offsets = [sum(length for _, length, _ in parts[:at]) for at in range(len(parts) + 1)]
        told = [
            f'{{ "{part}", {offset}, {length}, "{kind}" }}'
            for (part, length, kind), offset in zip(parts, offsets, strict=False)
        ]
        yield f"    {name} = {{ length = {offsets[-1]}, parts = {{ {', '.join(told)} }} }},"
