"""The real daemon with a fate: it kills itself with SIGKILL at a chosen step of a machine's life.

`python -m tests.integration.faults.doomed CONFIG` is `vacnet run` but for what the variable
VACNET_TEST_FATE says: where to die, what an admin, a foreign hand or an engine does at which
step, how often an engine fails first, and with which life-cycle table. Nothing of it is in `vacnet`: the
daemon announces its steps, and keeper and runtime are replaced by children of theirs that can be told.

The keeper looks at its engine every second instead of every ten: an hour of looking is no part of a kill.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from signal import SIGKILL
from typing import Any

import msgspec

from tests.integration.faults.failing import Failing
from tests.integration.faults.fate import ADOPTED, REASON, STAR, VARIABLE, Fate
from tests.integration.faults.foreign_hand import remove
from tests.integration.faults.mutants import MUTANTS, swap_in
from vacnet.agent.restored import RestoredMachine
from vacnet.factory import engines
from vacnet.factory import factory as wiring
from vacnet.factory.clock import boot_seconds
from vacnet.factory.daemon import Options, run_factory
from vacnet.machines.keeper import Keeper
from vacnet.machines.paces import Paces
from vacnet.machines.spec import Spec
from vacnet.runtimes.process.runtime import ProcessRuntime

FATE = msgspec.json.decode(os.environ.get(VARIABLE, "{}"), type=Fate)


def die() -> None:
    """End as kill -9 ends."""
    os.kill(os.getpid(), SIGKILL)


def die_soon(seconds: float) -> None:
    """Die in the midst of whatever is done so many seconds later; with 0 of them, here."""
    if not seconds:
        die()
    threading.Timer(seconds, die).start()


class Troubled(Failing, ProcessRuntime):
    """The process runtime, of which the first calls fail as an engine's that is away."""

    away = FATE.away


class Told(Keeper):
    """The keeper, which an admin or a foreign hand does something to at a step."""

    def __init__(self, **given: Any) -> None:
        paces = Paces(look_seconds=1.0, beat_seconds=0.2, retry_seconds=0.2)
        super().__init__(**{**given, "on_step": self._on_step, "paces": paces})
        self._passed: Counter[str] = Counter()
        self._waiting: set[asyncio.Task[None]] = set()

    async def adopt(self) -> tuple[RestoredMachine, ...]:
        adopted = await super().adopt()
        self._act(FATE.acts.get(ADOPTED, ""))
        return adopted

    def _on_step(self, point: str) -> None:
        self._passed[point] += 1
        if self._passed[point] == 1:
            self._act(FATE.acts.get(point, ""))
        passed = self._passed[point] if FATE.point else self._passed.total()
        if FATE.point in {"", point} and passed == FATE.passing:
            die_soon(FATE.delay_seconds)

    def _act(self, act: str) -> None:
        for life in self._lives:
            if life.machine.spec.target.name != STAR:
                continue
            if act == "stop":
                self.stop(life.machine.spec.uuid, REASON)
            elif act == "stop when ready":
                self._waiting.add(asyncio.create_task(self._stop_when_ready(life.machine.spec)))
            elif act == "lower":
                self.lower_deadline(boot_seconds() + 3600)
            elif act == "remove":
                remove(life.machine.spec.directory)

    async def _stop_when_ready(self, spec: Spec) -> None:
        while not (spec.directory / "joboutputs" / "ready").exists():  # noqa: ASYNC110 (another process makes it)
            await asyncio.sleep(0.02)
        self.stop(spec.uuid, REASON)


def main() -> int:
    """Run the factory of the settings named on the command line."""
    setattr(wiring, "Keeper", Told)  # noqa: B010 (the modules export neither name)
    setattr(engines, "ProcessRuntime", Troubled)  # noqa: B010
    if FATE.mutant:
        swap_in(MUTANTS[FATE.mutant])
    return asyncio.run(run_factory(Options(config=Path(sys.argv[-1]))))


if __name__ == "__main__":
    sys.exit(main())
