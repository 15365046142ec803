"""What must be true of a factory's machines, whatever was killed and when: what is not, in words.

Rules of this file: the payloads' book says what ran, `joboutputs` what a machine said of itself, the record
what the factory made of it. Everything is compared one by one, so that two faults cannot cancel each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.integration.faults.payloads import lines_of
from tests.integration.faults.record_checks import (
    in_many_records,
    unseen,
    wrong_events,
    wrong_homes,
    wrong_row,
)
from tests.integration.faults.truth import Record, Row, left_over, own_words, processes_of, record_of
from tools.space.member import Member

KINDS = {"1": "neutral", "2": "ok", "3": "nowork"}
"""First digit of a message to its outcome; all others are errors."""

WORDLESS = {
    "wordless": "700 fizzled",
    "mute": "700 heartbeat file not created",
}
"""Target to how an outcome begins of a machine that said nothing and was not stopped by an admin."""

REFUSED = {"star", "refused"}
"""Targets whose machines the engine may refuse to start."""

STOPPED = "100 "


def wrong_now(member: Member, book: Path) -> list[str]:
    """Return what is wrong at the moment a factory was killed: all that exists must be in its record."""
    known = record_of(member).rows
    begun = Counter(lines_of(book, "begun"))
    running = [f"{uuid} runs and is not in the record" for uuid in {*processes_of(member)} - {*known}]
    return [*running, *(f"{uuid} was begun {n} times" for uuid, n in begun.items() if n > 1)]


def wrong_in_the_end(members: tuple[Member, ...], book: Path, *, record_lost: bool = False) -> list[str]:
    """Return what is wrong with factories that have come to rest and were stopped."""
    records = {member.name: record_of(member) for member in members}
    wrong = list(_wrong_with_the_book(list(records.values()), book))
    for member in members:
        record = records[member.name]
        wrong += _wrong_with_the_rows(member, record, book)
        wrong += _wrong_with_what_is_left(member, record)
        wrong += wrong_events(record, adopted=record_lost)
    return wrong


def _wrong_with_the_book(records: list[Record], book: Path) -> Iterator[str]:
    held = Counter(uuid for record in records for uuid in record.rows)
    for uuid, times in Counter(lines_of(book, "begun")).items():
        if times > 1:
            yield f"{uuid} was begun {times} times"
        if held[uuid] != 1:
            yield f"{uuid} ran and is in {held[uuid]} records"
    yield from in_many_records(records)


def _wrong_with_the_rows(member: Member, record: Record, book: Path) -> Iterator[str]:
    begun, ended = {*lines_of(book, "begun")}, {*lines_of(book, "ended")}
    for row in record.rows.values():
        words, ran = f"{row.target} {row.uuid}, {row.message!r},", row.uuid in begun
        yield from (f"{words} {what}" for what in wrong_row(row, record, counts=ran and not unseen(row)))
        expected = _expected(member, row, begun=ran, ended=row.uuid in ended)
        if not row.message.startswith(expected):
            yield f"{words} should have ended with {expected!r}"
        if row.outcome != KINDS.get(str(row.code)[0], "error"):
            yield f"{words} has the outcome {row.outcome}"


def _expected(member: Member, row: Row, *, begun: bool, ended: bool) -> str:
    """Return how the message of a machine has to begin, by what really happened to it."""
    if said := own_words(member, row):
        return said
    left_alone = ended or (begun and row.target == "mute" and bool(row.stop_reason))
    if left_alone and row.target in WORDLESS:
        return WORDLESS[row.target]
    if not begun and row.target in REFUSED and row.code == 600:
        return "600 user_data "
    return STOPPED


def _wrong_with_what_is_left(member: Member, record: Record) -> Iterator[str]:
    yield from (f"a process of {uuid} is left" for uuid in processes_of(member))
    yield from (f"{what} is left" for what in left_over(member))
    yield from wrong_homes(member, record)
