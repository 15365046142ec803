"""A short run of the fuzzer, and laws that hold for every message and every history of rows.

`make fuzz` is the long one.
"""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.target import Target
from tests.unit.protocol import independent
from tools.vectors.values import SHAPES
from tools.wire_tables import Field, Shape, messages
from vacnet.space import spans
from vacnet.space.seal import Rejected
from vacnet.space.sync import unpack_hashes
from vacnet.space.wire import Announce, Message, RowsOf, Sync, Type, decode, encode

INPUTS = 12_000
BOUNDARY = st.sampled_from([0, 1, 7, 63, 64, 255, 256, 65_535, 65_536, (1 << 32) - 1, 1 << 32, (1 << 64) - 1])
ODD = (
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | BOUNDARY
    | st.text(max_size=3)
    | st.binary(max_size=3)
)


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_that_arrives_is_an_exception(seed: int) -> None:
    target = Target(seed)
    target.feed(INPUTS)
    tally = target.tally
    assert tally.sealed > INPUTS / 2
    assert tally.decoded > INPUTS / 100


def test_the_fuzzer_finds_an_error_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(span: spans.Span) -> None:
        if span.latest > 1 << 31:
            raise ZeroDivisionError

    monkeypatch.setattr(spans, "check", fragile)
    with pytest.raises(ZeroDivisionError):
        Target(1).feed(INPUTS)


def _value(field: Field) -> st.SearchStrategy[Any]:
    made = _plain(field)
    return st.none() | made if field.nullable else made


def _plain(field: Field) -> st.SearchStrategy[Any]:
    most = field.high if field.high is not None else 40
    match field.kind:
        case "int":
            inside = st.integers(field.low, field.high)
            return inside | BOUNDARY.filter(lambda number: field.low <= number <= most)
        case "bool":
            return st.booleans()
        case "str":
            return st.text(min_size=field.low, max_size=min(most, 20))
        case "bytes":
            return st.binary(min_size=field.low, max_size=max(field.low, min(most, 40)))
        case "list":
            return st.lists(_fields(SHAPES[field.shape]), max_size=2)
    return _fields(SHAPES[field.shape])


def _fields(shape: Shape) -> st.SearchStrategy[list[Any]]:
    return st.tuples(*map(_value, shape.fields)).map(list)


def _body(kind: Type) -> st.SearchStrategy[list[Any]]:
    """Return bodies of a type: in bounds, some with trailing fields cut off, some with one odd field."""
    shape = SHAPES[messages()[kind]]
    whole = _fields(shape)
    cut = st.tuples(whole, st.integers(0, len(shape.fields))).map(lambda two: two[0][: two[1]])
    odd = st.tuples(whole, st.integers(0, len(shape.fields) - 1), ODD).map(
        lambda three: [*three[0][: three[1]], three[2], *three[0][three[1] + 1 :]]
    )
    return whole | cut | odd


KINDS = st.sampled_from(list(Type))


@settings(max_examples=1_000)
@given(KINDS.flatmap(lambda kind: st.tuples(st.just(kind), _body(kind))))
def test_codec_and_independent_reader_take_and_refuse_the_same(given_: tuple[Type, list[Any]]) -> None:
    kind, fields = given_
    body = msgpack.packb(fields)
    ours, theirs = _ours(kind, body), _theirs(kind, body)
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert msgpack.unpackb(encode(ours))[: len(theirs)] == theirs
        assert decode(kind, encode(ours)) == ours


def _ours(kind: Type, body: bytes) -> Message | None:
    try:
        message = decode(kind, body)
        _check(message)
    except Rejected:
        return None
    return message


def _check(message: Message) -> None:
    """Check what a handler checks before it uses a message."""
    if isinstance(message, Announce):
        spans.check(message)
    elif isinstance(message, RowsOf):
        for origin in message.origins:
            spans.check(origin)
    elif isinstance(message, Sync):
        unpack_hashes(message.hashes)


def _theirs(kind: Type, body: bytes) -> list[Any] | None:
    try:
        return independent.message(kind, body)
    except independent.Refused:
        return None


def test_a_seed_repeats_its_run() -> None:
    first, second = Target(7), Target(7)
    for target in (first, second):
        target.feed(2_000)
    assert first.last == second.last
    assert first.tally == second.tally
