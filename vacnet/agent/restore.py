"""Restore: rebuild ledgers from what the record kept, as if the factory had never stopped.

Rules of this file: unfinished machines take their room again, also those of targets that are not offered
any more; ended ones come back only for what they mean under the window at hand. All that happened to them is
entered in the order in which it happened, whichever machine it happened to: a proof forgets an error before
it and none after it. Proofs by age stand in no record; they follow from how old a machine became.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from vacnet.agent.board import Board
from vacnet.agent.own import OwnMachine
from vacnet.agent.past import Past
from vacnet.agent.restored import Restored, RestoredMachine
from vacnet.decide.blackholes import NONE
from vacnet.space.hold import NEVER_HELD
from vacnet.targets.model import Target

_Happening = tuple[float, Callable[[float], object]]
"""When something happened, and what enters it."""


def restore(board: Board, restored: Restored, now: float) -> None:
    """Enter the past into `board`."""
    for name in {*restored.windows, *restored.suspicions, *restored.holds}:
        past = Past(
            window=restored.windows.get(name),
            suspicion=restored.suspicions.get(name, NONE),
            hold=restored.holds.get(name, NEVER_HELD),
        )
        board.remember(name, past)
    _happen(one for machine in restored.machines for one in _life(board, machine, now))


def enter(board: Board, past: RestoredMachine, now: float) -> None:
    """Enter one machine of the past: what the record kept, or what an engine showed that no record had."""
    _happen(_life(board, past, now))


def _happen(happenings: Iterable[_Happening]) -> None:
    for at, happen in sorted(happenings, key=lambda happening: happening[0]):
        happen(at)


def _life(board: Board, past: RestoredMachine, now: float) -> Iterator[_Happening]:
    """Yield what happened to a machine, in this order also where clocks say otherwise."""
    ledger = board.take_in(past.definition or Target(name=past.target), now)
    machine = OwnMachine(
        uuid=past.uuid,
        target=past.target,
        processors=past.processors,
        ticket=past.ticket,
        created_at=past.created_at,
        started_at=past.started_at,
        deadline_at=past.deadline_at,
        over=past.over,
    )
    began = past.created_at if past.started_at is None else past.started_at
    until = max(past.created_at, now if past.ended_at is None else past.ended_at)
    of_age = math.inf if past.started_at is None else began + ledger.age_needed()
    yield past.created_at, lambda at: ledger.add(machine, at)
    if past.proved_at is not None:
        yield min(max(past.created_at, past.proved_at), until), lambda at: ledger.prove(machine, at)
    if past.created_at <= of_age <= until:
        yield of_age, lambda at: ledger.come_of_age(machine, at)
    if (outcome := past.outcome) is not None:
        yield until, lambda at: ledger.end(machine, outcome, until - began, at)
