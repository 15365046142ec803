"""Answers: items to the wire and back, and as many of them as fit into one.

Rules of this file: pure functions, as in `coding`, whose steps hold here too: texts are cut, numbers
clamped, times become ages. What comes from outside has bounded shapes (`wire`) and is checked for texts
that move a cursor before anybody sees it.
"""

from __future__ import annotations

from uuid import UUID

from vacnet.space import coding, limits
from vacnet.space.counters import Reject
from vacnet.space.items import Detail, Items, MachineItem, Question
from vacnet.space.seal import Rejected
from vacnet.space.wire import Answer, WireDetail, WireMachine, encode, plain

ANSWER_HEAD_BYTES = 24
"""Echo 9, topic 2, more 1, heads of three arrays 7, and some to spare."""


def fitted(question: Question, items: Items, now: float) -> bytes:
    """Return the body of an ANSWER with as many leading items as fit into the question's room."""
    machines = [machine_to_wire(item, now) for item in items.machines[: limits.ROWS_MAX]]
    details = [detail_to_wire(item) for item in items.details[: limits.ROWS_MAX]]
    room = question.room - ANSWER_HEAD_BYTES
    some_machines = machines[: _how_many(machines, room)]
    some_details = [] if some_machines else details[: _how_many(details, room)]
    given = len(some_machines) + len(some_details)
    more = items.more or given < len(items.machines) + len(items.details)
    return encode(Answer(question.nonce, question.topic, more, some_machines, some_details))


def _how_many(items: list[WireMachine] | list[WireDetail], room: int) -> int:
    count = 0
    for item in items:
        room -= len(encode(item))
        if room < 0:
            break
        count += 1
    return count


def machine_to_wire(item: MachineItem, now: float) -> WireMachine:
    """Return a machine as it travels."""
    return WireMachine(
        id=coding.cut(item.id, limits.ITEM_KEY_BYTES_MAX),
        name=coding.cut(item.name, limits.FACTORY_NAME_BYTES_MAX),
        uuid=UUID(item.uuid).bytes,
        target=coding.cut(item.target, limits.TARGET_NAME_BYTES_MAX),
        kind=coding.cut(item.kind, limits.WORD_BYTES_MAX),
        state=coding.cut(item.state, limits.WORD_BYTES_MAX),
        processors=coding.bounded(item.processors),
        memory_mib=coding.bounded(item.memory_bytes // coding.MIB, limits.U64_MAX // coding.MIB),
        created_age=coding.age(item.created_at, now),
        started_age=coding.age_or_none(item.started_at, now),
        ended_age=coding.age_or_none(item.ended_at, now),
        deadline_in=_left(item.deadline_at, now),
        cpu_deciseconds=coding.bounded(item.cpu_seconds * 10, limits.U64_MAX),
        efficiency_thousandths=_thousandths(item.efficiency),
        recent_thousandths=_thousandths(item.efficiency_recent),
        proven=item.proven,
        ticket=min(max(item.ticket, -2), 63),
        outcome=coding.cut(item.outcome, limits.WORD_BYTES_MAX),
        message=_shown(item.message, limits.LINE_BYTES_MAX),
        by_vacnet=item.by_vacnet,
    )


def machine_from_wire(wire: WireMachine, now: float) -> MachineItem:
    """Return a machine on my clock.

    Raises:
        Rejected: a text in it is longer than it may be, or moves a cursor.
    """
    _check((wire.id, wire.name, wire.target, wire.kind, wire.state, wire.outcome, wire.message))
    return MachineItem(
        id=wire.id,
        name=wire.name,
        uuid=str(UUID(bytes=wire.uuid.ljust(16, b"\0"))),
        target=wire.target,
        kind=wire.kind,
        state=wire.state,
        processors=wire.processors,
        memory_bytes=wire.memory_mib * coding.MIB,
        created_at=coding.time(wire.created_age, now),
        started_at=coding.time_or_none(wire.started_age, now),
        ended_at=coding.time_or_none(wire.ended_age, now),
        deadline_at=None if wire.deadline_in is None else now + wire.deadline_in / 10,
        cpu_seconds=wire.cpu_deciseconds / 10,
        efficiency=_part(wire.efficiency_thousandths),
        efficiency_recent=_part(wire.recent_thousandths),
        proven=wire.proven,
        ticket=wire.ticket,
        outcome=wire.outcome,
        message=wire.message,
        by_vacnet=wire.by_vacnet,
    )


def detail_to_wire(item: Detail) -> WireDetail:
    """Return a detail as it travels."""
    return WireDetail(
        coding.cut(item.name, limits.ITEM_KEY_BYTES_MAX), _shown(item.value, limits.DETAIL_BYTES_MAX)
    )


def detail_from_wire(wire: WireDetail) -> Detail:
    """Return a detail.

    Raises:
        Rejected: a text in it moves a cursor.
    """
    _check((wire.name, wire.value))
    return Detail(wire.name, wire.value)


def _check(texts: tuple[str, ...]) -> None:
    if not all(plain(text, limits.DETAIL_BYTES_MAX) for text in texts):
        raise Rejected(Reject.DECODE)


def _shown(text: str, most: int) -> str:
    """Return a text that may hold anything as one that can be shown, cut."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in text[:most])
    return coding.cut(clean, most)


def _left(deadline_at: float | None, now: float) -> int | None:
    return None if deadline_at is None or deadline_at < now else coding.age(now, deadline_at)


def _thousandths(part: float | None) -> int | None:
    return None if part is None else coding.bounded(round(part * 1000))


def _part(thousandths: int | None) -> float | None:
    return None if thousandths is None else thousandths / 1000
