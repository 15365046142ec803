"""What the shell measures of its host, and what else may forbid a start: told to the agent as `HostFacts`.

Rules of this file: it measures and does not judge; thresholds and hysteresis are the agent's. Load,
memory and disk are read every five seconds, engines are probed every ten and only those of models that
some target has; what comes by itself (drain, deadline, a pipe gone) is told at once. Nothing here waits:
an engine that does not answer within its time is away, and why is said in words.

Free disk is that of the state directory's file system, what root alone may use left out; free memory is
MemAvailable, what the kernel can give without swapping (`free` is nearly nothing on a healthy host).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import psutil

from vacnet.agent.events import HostFacts
from vacnet.machines.runtime import Runtime
from vacnet.targets.model import Model

MEASURE_SECONDS = 5.0
PROBE_SECONDS = 10.0
PROBE_PATIENCE_SECONDS = 8.0
"""Docker under load answers in seconds; an engine slower than this would not start a machine either."""

NO_RUNTIME = "this version of vacnet has no runtime"
"""So begins why an engine is away that no host of this version has."""


class Host:
    """The facts of this host as told last."""

    def __init__(
        self,
        state_directory: Path,
        runtimes: Mapping[Model, Runtime],
        models: Callable[[], Collection[Model]],
        tell: Callable[[HostFacts], None],
    ) -> None:
        """Tell facts by `tell`; `models` are those that targets have, `runtimes` what can make them."""
        self._state_directory = state_directory
        self._runtimes = runtimes
        self._models = models
        self._tell = tell
        self.facts = HostFacts()

    def hold(self, targets: Mapping[str, str]) -> None:
        """Take the targets that the admin holds on this host, and why, in place of those before."""
        self._become(replace(self.facts, holds=MappingProxyType(dict(targets))))

    def obey(self, draining: str, deadline_at: float | None, settings_bad: str) -> None:
        """Take what an admin wants.

        Args:
            draining: why nothing new starts; empty: it may.
            deadline_at: when all machines have to be gone, in seconds of CLOCK_BOOTTIME; None: never.
            settings_bad: why nothing may start but for the draining.
        """
        self._become(
            replace(self.facts, draining=draining, deadline_at=deadline_at, settings_bad=settings_bad)
        )

    async def run(self) -> None:
        """Measure and probe, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure_for_ever())
            tasks.create_task(self._probe_for_ever())

    async def _measure_for_ever(self) -> None:
        while True:
            self.measure()
            await asyncio.sleep(MEASURE_SECONDS)

    async def _probe_for_ever(self) -> None:
        while True:
            await self.probe()
            await asyncio.sleep(PROBE_SECONDS)

    def measure(self) -> None:
        """Read load, memory and disk and tell all facts again."""
        disk = os.statvfs(self._state_directory)
        # Known before any engine is asked: else the first decision would still try them.
        never = {model: _no_runtime(model) for model in self._models() if model not in self._runtimes}
        self.facts = replace(
            self.facts,
            engines_away=MappingProxyType({**self.facts.engines_away, **never}),
            load=os.getloadavg()[0],
            memory_free_bytes=psutil.virtual_memory().available,
            disk_free_bytes=disk.f_bavail * disk.f_frsize,
        )
        self._tell(self.facts)

    async def probe(self) -> None:
        """Ask the engines of all models that targets have whether they answer."""
        models, runtimes = sorted(self._models()), self._runtimes
        engines = {id(runtimes[model]): runtimes[model] for model in models if model in runtimes}
        answers = dict(zip(engines, await asyncio.gather(*map(_answer, engines.values())), strict=True))
        away = {
            model: answers[id(runtimes[model])] if model in runtimes else _no_runtime(model)
            for model in models
        }
        known = MappingProxyType({model: words for model, words in away.items() if words})
        self._become(replace(self.facts, engines_away=known))

    def _become(self, facts: HostFacts) -> None:
        if facts != self.facts:
            self.facts = facts
            self._tell(facts)


async def _answer(runtime: Runtime) -> str:
    try:
        async with asyncio.timeout(PROBE_PATIENCE_SECONDS):
            return await runtime.probe()
    except TimeoutError:
        return f"{runtime.name} did not answer within {PROBE_PATIENCE_SECONDS:g} s; see whether it is well"


def _no_runtime(model: Model) -> str:
    return (
        f"{NO_RUNTIME} for machine_model {model}; it takes no share of this host: "
        "choose another model or leave it to factories that make it"
    )
