"""What must be true of the record of a stopped factory, whichever engine its machines were on.

What is not is yielded in words; those about one machine follow its name. How a machine has to have ended is
known from what its payload did, and each engine's tests learn of that in a way of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.integration.faults.truth import Record, Row, homes_of
from tools.space.member import Member


def in_many_records(records: Iterable[Record]) -> Iterator[str]:
    """Yield what is wrong with the machines of a space: each is in the record of one factory."""
    held = Counter(uuid for record in records for uuid in record.rows)
    yield from (f"{uuid} is in {times} records" for uuid, times in held.items() if times > 1)


def wrong_homes(member: Member, record: Record) -> Iterator[str]:
    """Yield what is wrong with the directories of machines: each is of one in the record."""
    unknown = homes_of(member) - {row.id for row in record.rows.values()}
    yield from (f"the directory {home} is left and its machine is not in the record" for home in unknown)


def wrong_row(row: Row, record: Record, *, counts: bool) -> Iterator[str]:
    """Yield what is wrong with a machine's row: it has ended, and if it `counts` it is in accounting once."""
    if row.state != "ended" or not row.outcome:
        yield f"is left {row.state} with the outcome {row.outcome!r}"
    if counts and record.accounting[f"{row.uuid} {row.outcome} {row.code}"] != 1:
        yield "is not in accounting as it ended"
    if sum(n for account, n in record.accounting.items() if account.startswith(row.uuid)) > 1:
        yield "is in accounting twice"


def wrong_message(row: Row, expected: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with how a machine ended: its message begins with one of those `expected`."""
    if not row.message.startswith(tuple(expected)):
        yield f"should have ended with one of {expected}"


def wrong_events(record: Record, *, adopted: bool) -> Iterator[str]:
    """Yield what is wrong with what was told: each end once, and that one was `adopted` only if it may be."""
    for event, times in record.events.items():
        name, _, machine = event.partition(" ")
        if name == "machine.adopted" and not adopted:
            yield f"{machine} was adopted: its record was not written"
        if name == "machine.ended" and times > 1:
            yield f"{machine} was told ended {times} times"


def unseen(row: Row) -> bool:
    """Tell whether it was stopped before the factory, started again, had seen that it runs.

    Then its record ends before it does: the engine ends it as left over, and what it said and used until
    then is in no record. Nothing in `vacnet` stops a machine so early yet.
    """
    return bool(row.stop_reason) and not row.started
