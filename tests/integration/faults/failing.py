"""An engine that is away for its first calls, as a fate has it: mixed into the runtime of any engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from vacnet.machines.runtime import NotNowError, Seen
from vacnet.machines.spec import Spec

if TYPE_CHECKING:
    from vacnet.machines.runtime import Runtime
else:
    Runtime = object  # what `super` finds is the runtime that it is mixed into


class Failing(Runtime):
    """Stands before a runtime in the order of its bases."""

    away: ClassVar[Mapping[str, int]] = {}
    """By call: how often it fails first."""
    calls: ClassVar[Counter[str]] = Counter()

    def _fails(self, call: str) -> None:
        self.calls[call] += 1
        if self.calls[call] <= self.away.get(call, 0):
            raise NotNowError("the engine is away")

    async def start(self, spec: Spec) -> str:
        self._fails("start")
        return await super().start(spec)  # type: ignore[safe-super] # the runtime that it is mixed into

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        self._fails("stop")
        await super().stop(machine_id, grace_seconds)  # type: ignore[safe-super] # likewise

    async def seen(self) -> Mapping[str, Seen]:
        self._fails("seen")
        return await super().seen()  # type: ignore[safe-super] # likewise
