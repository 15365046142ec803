"""Rows survive the way over the wire: ages as lower bounds, everything else as it was."""

from __future__ import annotations

import dataclasses

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from vacnet.space import coding, limits, wire
from vacnet.space.change import Change, factory_change, target_change
from vacnet.space.counters import Reject
from vacnet.space.hold import Hold
from vacnet.space.kept import Kept
from vacnet.space.pages import origins, packed, pages
from vacnet.space.rows import FactoryRow, Flags, TargetRow
from vacnet.space.seal import Rejected
from vacnet.space.table import Table
from vacnet.space.window import Window

NOW = 5000.0
COUNTS = st.integers(0, 100_000)
TIMES = st.none() | st.floats(0.0, NOW)
STEPS = st.integers(0, 10_000).map(lambda tenths: tenths / 10)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=63)

HOLDS = st.just(Hold()) | st.builds(
    Hold,
    number=st.integers(1, (1 << 32) - 1),
    author=st.sampled_from(["f1", "é" * 20]),
    at=st.floats(0.0, NOW),
    held=st.booleans(),
    reason=st.text(st.characters(categories=["L", "N"]), max_size=16),
)
ROWS = st.builds(
    TargetRow,
    target=NAMES,
    window=st.builds(Window, COUNTS, NAMES, st.floats(0.0, NOW), STEPS, COUNTS, st.booleans()),
    gone=st.booleans(),
    machines_running=COUNTS,
    machines_starting=COUNTS,
    processors_running=COUNTS,
    processors_starting=COUNTS,
    processors_claimed=COUNTS,
    can=st.integers(0, 255),
    unproven=COUNTS,
    proven_running=COUNTS,
    tickets=st.integers(0, (1 << 64) - 1),
    proofs=COUNTS,
    noworks=COUNTS,
    claim=st.integers(-2, 63),
    hold=HOLDS,
    claim_at=TIMES,
    message_code=st.integers(0, 999),
    message_at=TIMES,
    proof_at=TIMES,
    proof_started_at=TIMES,
    uncontradicted=COUNTS,
    proof_age_seconds=STEPS,
    nowork_life_seconds=STEPS,
    error_code=st.integers(0, 999),
    error_at=TIMES,
    verdict_at=TIMES,
    tried=STEPS,
    failed=STEPS,
    share=st.integers(0, 1000).map(lambda thousandths: thousandths / 1000),
    digest=st.binary(max_size=16),
)
FACTORIES = st.builds(
    FactoryRow,
    name=NAMES,
    advertise=st.just("10.0.0.1:995"),
    instance=st.binary(min_size=8, max_size=8),
    processors_total=COUNTS,
    processors_free=COUNTS,
    weight=STEPS,
    flags=st.integers(0, 31).map(Flags),
    deadline_at=st.none() | STEPS.map(lambda ahead: NOW + ahead),
    rule_version=st.integers(1, 9),
    settings_digest=st.binary(max_size=16),
    software_version=NAMES,
    load=STEPS,
    memory_free_bytes=COUNTS.map(lambda mib: mib << 20),
    disk_free_bytes=COUNTS.map(lambda mib: mib << 20),
)
NUMBERS = [
    "machines_running",
    "machines_starting",
    "processors_running",
    "processors_starting",
    "processors_claimed",
    "unproven",
    "proven_running",
    "proofs",
    "noworks",
    "uncontradicted",
    "tried",
    "failed",
    "message_code",
    "error_code",
    "share",
    "can",
]
LONGEST = TargetRow(
    target="t" * 63,
    window=Window((1 << 32) - 1, "o" * 253, 0.0, 4e8, (1 << 32) - 1, open=True),
    **dict.fromkeys(NUMBERS, (1 << 32) - 1),  # type: ignore[arg-type]
    tickets=(1 << 64) - 1, claim=-2, claim_at=0.0, message_at=0.0, proof_at=0.0, proof_started_at=0.0,
    proof_age_seconds=4e8, nowork_life_seconds=4e8, error_at=0.0, verdict_at=0.0, digest=b"d" * 64,
    hold=Hold((1 << 32) - 1, "a" * 253, 0.0, held=True, reason="r" * 64),
)  # fmt: skip


def _is_time(name: str) -> bool:
    return name == "at" or name.endswith("_at")


def _assert_travelled(before: object, after: object) -> None:
    for field in _fields(before):
        one, other = getattr(before, field), getattr(after, field)
        if field in {"window", "hold"}:
            _assert_travelled(one, other)
        elif _is_time(field) and one is not None:
            assert one - 1e-6 <= other <= one + 0.1 + 1e-6, field
        elif isinstance(one, float):
            assert one == pytest.approx(other), field
        else:
            assert one == other, field


def _fields(row: object) -> list[str]:
    if isinstance(row, msgspec.Struct):
        return list(row.__struct_fields__)
    return [field.name for field in dataclasses.fields(row)]  # type: ignore[arg-type]


def _over_the_wire(row: TargetRow) -> TargetRow:
    sent = wire.encode(coding.target_to_wire(row, 7, NOW))
    return coding.target_from_wire(msgspec.msgpack.decode(sent, type=wire.WireTarget), NOW)


@given(ROWS)
def test_a_targets_row_travels_unchanged_and_its_times_look_no_older(row: TargetRow) -> None:
    _assert_travelled(row, _over_the_wire(row))


@given(ROWS)
def test_after_one_trip_every_further_holder_has_the_same_contents(row: TargetRow) -> None:
    once = _over_the_wire(row)
    assert target_change(once, _over_the_wire(once), "f", NOW) is Change.NONE


@given(FACTORIES)
def test_a_factorys_row_travels_unchanged(row: FactoryRow) -> None:
    sent = wire.encode(coding.factory_to_wire(row, 7, None, NOW))
    received = msgspec.msgpack.decode(sent, type=wire.WireFactory)
    after = coding.factory_from_wire(received, row.name, NOW)
    if row.deadline_at is not None and after.deadline_at is not None:
        assert row.deadline_at - 0.1 - 1e-6 <= after.deadline_at <= row.deadline_at + 1e-6
    deadline = after.deadline_at
    _assert_travelled(dataclasses.replace(row, deadline_at=deadline), after)


def test_what_the_wire_cannot_carry_is_clamped_and_not_refused() -> None:
    row = TargetRow(target="t", window=Window(0, "", NOW + 50, -3.0, 0), can=3000, machines_running=-1,
                    claim=99, tickets=-1, share=-0.5, digest=b"x" * 99, message_code=10**9)  # fmt: skip
    after = _over_the_wire(row)
    assert (after.can, after.machines_running, after.claim, after.share) == (255, 0, 63, 0.0)
    assert after.window.opened_at == NOW


def test_a_departure_is_told_as_an_age() -> None:
    sent = coding.factory_to_wire(FactoryRow(name="f"), 3, NOW - 12.34, NOW)
    assert sent.departed_age == 123


def test_an_independent_decoder_reads_the_same_arrays() -> None:
    row = coding.target_to_wire(TargetRow(target="atlas", window=Window(2, "f1", 4990.0, 60.0, 1)), 7, NOW)
    body = wire.encode(wire.Announce(6, 7, 7, urgent=True, factory=None, rows=[row]))
    *span, urgent, factory, rows, padding = msgpack.unpackb(body)
    assert (span, urgent, factory, padding) == ([6, 7, 7], True, None, b"")
    assert rows[0][:4] == ["atlas", 7, [2, "f1", 100, 600, 1, False], False]


@pytest.mark.parametrize("kind", list(wire.Type))
def test_unknown_trailing_fields_are_ignored(kind: wire.Type) -> None:
    samples: dict[int, wire.Message] = {
        wire.Type.ANN: wire.Announce(0, 1, 1, urgent=False, factory=None, rows=[]),
        wire.Type.BYE: wire.Announce(0, 1, 1, urgent=False, factory=None, rows=[]),
        wire.Type.SYNC: wire.Sync(bytes(512), b""),
        wire.Type.DIGEST: wire.Digest(bytes(8), whole=True, entries=b"", evidence=b""),
        wire.Type.ROWS: wire.RowsOf([wire.Origin("f", 1, 0, 1, 1, 1, 1, "10.0.0.1", 1, None, [])]),
        wire.Type.PULL: wire.Pull(b""),
        wire.Type.HELLO: wire.Hello(1, b"", "f"),
        wire.Type.WELCOME: wire.Welcome(1, members=[wire.Member("f", "10.0.0.1", 1)]),
        wire.Type.QUERY: wire.Query(1, wire.Topic.DETAILS, padding=bytes(9)),
        wire.Type.ANSWER: wire.Answer(1, wire.Topic.DETAILS, more=False, details=[wire.WireDetail("a", "b")]),
    }
    fields = msgpack.unpackb(wire.encode(samples[kind]))
    later = msgpack.packb([*fields, "of a later release", {"more": 1}])
    assert wire.decode(kind, later) == samples[kind]


@pytest.mark.parametrize(
    "body",
    [
        msgpack.packb([0, 1, 1, False, None, [["t" * 64] + [0] * 30]]),
        msgpack.packb([-1, 1, 1, False, None, []]),
        msgpack.packb([0, 1 << 32, 1, False, None, []]),
        msgpack.packb([0, 1, 1, False, None, [[]] * 65]),
        msgpack.packb({"start": 0, "end": 1}),
        b"\x96\x00\x01\x01\xc2\xc0\xdd\xff\xff\xff\xff",
        b"\x91" * 1100,
    ],
    ids=["long target", "negative", "beyond u32", "many rows", "a map", "endless array", "deep"],
)
def test_what_is_out_of_bounds_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        wire.decode(wire.Type.ANN, body)
    assert refused.value.reason is Reject.DECODE


def test_an_unknown_field_may_be_nested_but_not_without_end() -> None:
    known = msgpack.packb([5, b"", "", 1, 1, None, b""])
    later = bytes([known[0] + 1]) + known[1:]
    assert wire.decode(wire.Type.HELLO, later + b"\x91" * 50 + b"\xc0") == wire.Hello(5)
    with pytest.raises(Rejected):
        wire.decode(wire.Type.HELLO, later + b"\x91" * (limits.BODY_BYTES_MAX - len(later) - 1) + b"\xc0")


def test_a_greeting_is_cut_from_its_end_down_to_the_bare_nonce() -> None:
    hello = wire.Hello((1 << 64) - 1, b"i" * 8, "factory", padding=bytes(50))
    lengths = [len(wire.encode_within(hello, room)) for room in range(200)]
    assert all(length <= room for room, length in enumerate(lengths))
    assert lengths[9] == 0
    assert wire.decode(wire.Type.HELLO, wire.encode_within(hello, 10)) == wire.Hello((1 << 64) - 1)
    assert wire.decode(wire.Type.HELLO, wire.encode_within(hello, 199)) == hello


def test_entries_and_evidence_are_packed_and_a_torn_rest_is_none() -> None:
    entries = [wire.Entry(b"a" * 8, 1, 2), wire.Entry(b"b" * 8, 3, 4)]
    evidence = [wire.Evidence(b"a" * 8, 1, 1 << 40, 7)]
    assert wire.unpack_entries(wire.pack_entries(entries) + b"torn") == entries
    assert wire.unpack_evidence(wire.pack_evidence(evidence) + b"torn") == evidence


def _table_of_longest(count: int) -> Table:
    table = Table(FactoryRow(name="f" * 253, advertise="a" * 64, software_version="v" * 64), 1, NOW)
    for number in range(count):
        target = f"{number:03}" + "t" * 60
        table.me.targets[target] = structs.replace(LONGEST, target=target)
        table.me.versions[target] = number + 1
    table.me.version = table.me.row_version = count + 1
    table.me.address = ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 65535)
    return table


def test_the_longest_rows_of_the_longest_names_fit_into_datagrams() -> None:
    me = _table_of_longest(256).me
    cut = list(pages(me, 0, 1e9, limits.BODY_BYTES_MAX - 24))
    assert len(cut) > 20
    for page in cut:
        body = wire.Announce(
            page.start, page.end, page.latest, urgent=True, factory=page.factory, rows=page.rows
        )
        assert len(wire.encode(body)) <= limits.BODY_BYTES_MAX
    for group in packed(origins(me, 0, (1 << 64) - 1, 1e9)):
        assert len(wire.encode(wire.RowsOf(group))) <= limits.BODY_BYTES_MAX


def test_who_takes_one_page_of_many_pays_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    tell = Kept.told

    def counted(kept: Kept, target: str, version: int, now: float) -> wire.WireTarget:
        told.append(target)
        return tell(kept, target, version, now)

    monkeypatch.setattr(Kept, "told", counted)
    first = next(origins(_table_of_longest(256).me, 0, 1, NOW))
    assert len(told) <= len(first.rows) + 1


@given(st.integers(0, 40))
def test_pages_join_without_a_gap_and_hold_each_row_once(start: int) -> None:
    me = _table_of_longest(40).me
    cut = list(pages(me, start, NOW, 1100))
    assert [page.start for page in cut] == [start, *(page.end for page in cut[:-1])]
    assert cut[-1].end == 41
    versions = [row.version for page in cut for row in page.rows]
    assert versions == list(range(start + 1, 41))


def test_what_people_alone_read_is_told_at_leisure_and_only_when_it_moved() -> None:
    row = FactoryRow(name="f", load=2.0, memory_free_bytes=64 << 30, processors_free=3)

    def change(**fields: object) -> Change:
        return factory_change(row, dataclasses.replace(row, **fields), NOW)  # type: ignore[arg-type]

    assert change(load=2.3, memory_free_bytes=63 << 30) is Change.NONE
    assert change(load=3.0) is Change.LEISURE
    assert change(memory_free_bytes=50 << 30) is Change.LEISURE
    assert change(processors_free=2) is Change.NEWS
    assert change(deadline_at=NOW + 60) is Change.NEWS
    assert change(flags=Flags.DRAINING) is Change.NEWS


def test_a_time_that_moved_by_a_second_is_news_and_one_retold_is_not() -> None:
    row = TargetRow(target="t", window=Window(1, "f", 4000.0, 60.0, 1), proof_at=4990.0)

    def change(**fields: float | None) -> Change:
        return target_change(row, structs.replace(row, **fields), "f", NOW)

    assert change(proof_at=4990.5) is Change.NONE
    assert change(proof_at=4992.0) is Change.NEWS
    assert change(proof_at=None) is Change.NEWS
    assert change(error_at=5000.0) is Change.NEWS
    assert target_change(None, row, "f", NOW) is Change.NEWS


def test_a_copy_of_anothers_window_is_told_at_leisure_and_ones_own_window_is_news() -> None:
    before = TargetRow(target="t", window=Window(1, "f", 4000.0, 60.0, 1), processors_running=2)
    copied = structs.replace(before, window=Window(2, "g", 4990.0, 60.0, 1))
    assert target_change(before, copied, "f", NOW) is Change.LEISURE
    assert target_change(before, copied, "g", NOW) is Change.NEWS
    assert target_change(before, structs.replace(copied, can=1), "f", NOW) is Change.NEWS
    assert (
        target_change(
            copied, structs.replace(copied, window=structs.replace(copied.window, open=True)), "f", NOW
        )
        is Change.LEISURE
    )
