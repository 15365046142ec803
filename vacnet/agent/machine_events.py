"""Machine events: what engines told of this factory's machines, entered into their ledgers.

Rules of this file: an event of a machine that no ledger has changes nothing, nor does one that was told
before; what does change something has the target looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vacnet.agent.board import Board
from vacnet.agent.events import (
    MachineAdopted,
    MachineEnded,
    MachineNotMade,
    MachineProved,
    MachineStarted,
)
from vacnet.agent.ledger import Ledger
from vacnet.agent.own import OwnMachine
from vacnet.agent.restore import enter
from vacnet.agent.strips import Strips


def _find(board: Board, uuid: str) -> tuple[Ledger, OwnMachine] | None:
    for ledger in board.ledgers.values():
        if uuid in ledger.machines:
            return ledger, ledger.machines[uuid]
    return None


def _adopted(board: Board, _strips: Strips, event: MachineAdopted, now: float) -> None:
    if _find(board, event.machine.uuid) is None:
        enter(board, event.machine, now)
        board.look_at(event.machine.target, now)


def _started(board: Board, _strips: Strips, event: MachineStarted, now: float) -> None:
    if (found := _find(board, event.uuid)) and found[1].started_at is None:
        found[0].begin(found[1], now)
        board.look_at(found[0].target.name, now)


def _proved(board: Board, _strips: Strips, event: MachineProved, now: float) -> None:
    if found := _find(board, event.uuid):
        found[0].prove(found[1], now)
        board.look_at(found[0].target.name, now)


def _ended(board: Board, strips: Strips, event: MachineEnded, now: float) -> None:
    if (found := _find(board, event.uuid)) and found[1].unfinished:
        ledger, machine = found
        ledger.end(machine, event.outcome, event.lived_seconds, now)
        strips.add(ledger.target.name, board.settings.factory, event.outcome.told_code, now)
        board.look_at(ledger.target.name, now)


def _not_made(board: Board, _strips: Strips, event: MachineNotMade, now: float) -> None:
    if found := _find(board, event.uuid):
        found[0].drop(event.uuid, event.reason, event.retry_seconds, now)
        board.look_at(found[0].target.name, now)


MACHINE_EVENTS: Mapping[type, Callable[[Board, Strips, Any, float], None]] = {
    MachineAdopted: _adopted,
    MachineStarted: _started,
    MachineProved: _proved,
    MachineEnded: _ended,
    MachineNotMade: _not_made,
}
"""By the type of an event: what enters it."""
