"""Restore: rebuild ledgers from what the record kept, as if the factory had never stopped.

Rules of this file: unfinished machines take their room again, also those of targets that are not offered
any more; ended ones come back only for what they mean under the window at hand.
"""

from __future__ import annotations

from vacnet.agent.board import Board
from vacnet.agent.own import OwnMachine
from vacnet.agent.restored import Restored, RestoredMachine


def restore(board: Board, restored: Restored, now: float) -> None:
    """Enter the past into `board`."""
    for name, window in restored.windows.items():
        if name in board.ledgers:
            board.ledgers[name].adopt(window)
    for name, suspicion in restored.suspicions.items():
        if name in board.ledgers:
            board.ledgers[name].suspicion = board.ledgers[name].kept_suspicion = suspicion
    for name, hold in restored.holds.items():
        if name in board.ledgers:
            board.ledgers[name].hold = hold
        else:  # a pipe may bring the target later
            board.holds[name] = hold
    for machine in restored.machines:
        enter(board, machine, now)


def enter(board: Board, past: RestoredMachine, now: float) -> None:
    """Enter one machine of the past: what the record kept, or what an engine showed that no record had."""
    ledger = board.take_in(past.target, now)
    machine = OwnMachine(
        uuid=past.uuid,
        target=past.target,
        processors=past.processors,
        ticket=past.ticket,
        created_at=past.created_at,
        started_at=past.started_at,
        deadline_at=past.deadline_at,
    )
    ledger.add(machine, now)
    if past.proved_at is not None:
        ledger.prove(machine, past.proved_at)
    if past.outcome is not None and past.ended_at is not None:
        lived = past.ended_at - (past.started_at if past.started_at is not None else past.created_at)
        ledger.end(machine, past.outcome, lived, past.ended_at)
