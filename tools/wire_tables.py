"""The messages of the protocol as tables of fields: read from the code's own types, with their meanings.

Rules of this file: names, order, types and bounds come from `vacnet.space.wire` alone, so nothing that is
made from these tables (the specification, the vectors, the dissector) can drift from the codec. What a
type cannot say, unit and meaning, stands in `tools.wire_meanings`; a field without one is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from tools.wire_meanings import MEANINGS, NAMES
from vacnet.space.wire import SHAPES, Type

Meaning = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One element of a shape's array."""

    name: str
    kind: str
    """`int`, `bool`, `str`, `bytes`, `list` or `shape`."""
    low: int
    """Of the value of an `int`, of the length of anything else."""
    high: int | None
    """None: bounded by the datagram alone."""
    nullable: bool
    required: bool
    default: Any
    shape: str
    """Of what it consists of: of a `list` its items, of a `shape` itself; else empty."""
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One array of the protocol."""

    name: str
    fields: tuple[Field, ...]

    @property
    def required(self) -> int:
        """Return how many leading fields must be there."""
        return sum(field.required for field in self.fields)


def shapes() -> dict[str, Shape]:
    """Return every shape by its name, those that others consist of before them."""
    found: dict[str, Shape] = {}
    for struct in SHAPES.values():
        _gather(inspect.type_info(struct), found)
    return found


def messages() -> dict[Type, str]:
    """Return the name of the shape of each type of message."""
    return {Type(kind): NAMES[struct.__name__] for kind, struct in SHAPES.items()}


def _gather(info: inspect.Type, found: dict[str, Shape]) -> None:
    if not isinstance(info, inspect.StructType):
        return
    for field in info.fields:
        _gather(_inner(field.type), found)
    name = NAMES[info.cls.__name__]
    found[name] = Shape(name, tuple(_field(field, MEANINGS[name][field.name]) for field in info.fields))


def _inner(info: inspect.Type) -> inspect.Type:
    """Return what a field consists of: without null, the items of a list."""
    if isinstance(info, inspect.UnionType):
        return next(one for one in info.types if not isinstance(one, inspect.NoneType))
    return info.item_type if isinstance(info, inspect.ListType) else info


def _field(field: inspect.Field, meaning: Meaning) -> Field:
    nullable = isinstance(field.type, inspect.UnionType)
    info = _inner(field.type) if nullable else field.type
    kind, low, high = _bounds(info)
    inner = _inner(info)
    return Field(
        name=field.name,
        kind=kind,
        low=low,
        high=high,
        nullable=nullable,
        required=field.required,
        default=_default(field),
        shape=NAMES[inner.cls.__name__] if isinstance(inner, inspect.StructType) else "",
        unit=meaning[0],
        meaning=meaning[1],
    )


def _default(field: inspect.Field) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return None if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _bounds(info: inspect.Type) -> tuple[str, int, int | None]:
    match info:
        case inspect.IntType(ge=low, le=high):
            return "int", low or 0, (1 << 64) - 1 if high is None else high
        case inspect.StrType(min_length=low, max_length=high):
            return "str", low or 0, high
        case inspect.BytesType(min_length=low, max_length=high):
            return "bytes", low or 0, high
        case inspect.ListType(min_length=low, max_length=high):
            return "list", low or 0, high
        case inspect.BoolType():
            return "bool", 0, 1
        case inspect.StructType():
            return "shape", 0, None
    raise TypeError(f"the protocol has no fields of type {info}")
