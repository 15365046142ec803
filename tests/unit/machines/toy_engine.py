"""An engine in memory: what it runs outlives the keepers that asked for it, as a real engine's would."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from vacnet.machines.runtime import NotNowError, Seen, StartFailedError, Usage
from vacnet.machines.spec import Spec
from vacnet.targets.model import Model


@dataclass
class ToyObject:
    """One object of the engine."""

    seen: Seen
    directory: Path | None
    usage: Usage = field(default_factory=Usage)


@dataclass
class ToyEngine:
    """The engine itself; keepers come and go, it stays."""

    objects: dict[str, ToyObject] = field(default_factory=dict)
    starts: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    away: str = ""
    refusal: str = ""
    away_for_starts: str = ""
    forgets: bool = True
    forget_fails: str = ""
    keeps_ended: bool = True
    """False: what was stopped is gone at once."""
    looks: int = 0
    on_start: Callable[[str], None] = lambda _: None
    wall: float = 1000.0
    gate: asyncio.Event | None = None
    """When set, a start waits for it."""
    _listeners: list[asyncio.Queue[str]] = field(default_factory=list)

    def end(self, machine_id: str, *, message: str = "", **changes: object) -> None:
        """End a machine as if it had ended itself."""
        found = self.objects[machine_id]
        if message and found.directory is not None:
            (found.directory / "joboutputs" / "shutdown_message").write_text(message)
        ended = {"running": False, "ended_wall": self.wall, "exit_code": 0, **changes}
        found.seen = replace(found.seen, **ended)  # type: ignore[arg-type]
        self.say(machine_id)

    def vanish(self, machine_id: str) -> None:
        """Remove an object as a foreign hand would."""
        del self.objects[machine_id]
        self.say(machine_id)

    def say(self, machine_id: str) -> None:
        """Tell all listeners that something changed."""
        for queue in self._listeners:
            queue.put_nowait(machine_id)

    @property
    def running(self) -> list[str]:
        """Return the ids of what runs."""
        return [machine_id for machine_id, found in self.objects.items() if found.seen.running]


class ToyRuntime:
    """The Runtime protocol on a toy engine."""

    name = "toy"
    models = frozenset({Model.PROCESS})

    def __init__(self, engine: ToyEngine) -> None:
        self.engine = engine

    async def probe(self) -> str:
        return self.engine.away

    async def start(self, spec: Spec) -> str:
        await asyncio.sleep(0)
        if self.engine.gate is not None:
            await self.engine.gate.wait()
        self._answer()
        if self.engine.away_for_starts:
            raise NotNowError(self.engine.away_for_starts)
        if self.engine.refusal:
            raise StartFailedError(self.engine.refusal)
        if spec.id not in self.engine.objects:
            self.engine.starts.append(spec.id)
            self.engine.objects[spec.id] = ToyObject(
                Seen(
                    machine_id=spec.id,
                    labels=spec.labels(),
                    reference=f"toy-{spec.id}",
                    running=True,
                    started_wall=self.engine.wall,
                ),
                spec.directory,
            )
            self.engine.on_start(spec.id)
        return f"toy-{spec.id}"

    async def stop(self, machine_id: str, grace_seconds: float) -> None:
        await asyncio.sleep(0)
        self._answer()
        self.engine.stops.append(machine_id)
        found = self.engine.objects.get(machine_id)
        if found is not None and found.seen.running:
            self.engine.end(machine_id, exit_code=143)
            if not self.engine.keeps_ended:
                self.engine.vanish(machine_id)

    async def forget(self, machine_id: str) -> None:
        await asyncio.sleep(0)
        self._answer()
        found = self.engine.objects.get(machine_id)
        assert found is None or not found.seen.running, "forgets what runs"
        if self.engine.forget_fails:
            raise NotNowError(self.engine.forget_fails)
        if self.engine.forgets:
            self.engine.objects.pop(machine_id, None)

    async def seen(self) -> Mapping[str, Seen]:
        shown = {machine_id: found.seen for machine_id, found in self.engine.objects.items()}
        await asyncio.sleep(0)
        self.engine.looks += 1
        self._answer()
        return shown

    async def changes(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.engine._listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.engine._listeners.remove(queue)

    async def usage(self, machine_id: str) -> Usage:
        self._answer()
        found = self.engine.objects.get(machine_id)
        return found.usage if found else Usage()

    def _answer(self) -> None:
        if self.engine.away:
            raise NotNowError(self.engine.away)
