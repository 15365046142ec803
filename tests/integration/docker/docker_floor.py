"""A keeper with a real record and real containers, which a test may take away and bring back."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.docker.docker_site import MIB, PATIENCE_SECONDS, Site
from vacnet.agent.effects import Notify, StartMachine, Ticket
from vacnet.agent.events import Event, MachineEnded, MachineNotMade
from vacnet.agent.restored import RestoredMachine
from vacnet.factory.clock import HostClock
from vacnet.machines.keeper import Keeper
from vacnet.machines.paces import Paces
from vacnet.machines.surroundings import HostIdentity, Template
from vacnet.record.record import Record
from vacnet.record.rows import MachineRecord
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.runtimes.process import proc
from vacnet.targets.model import Model, Target

BOOT_ID = "11111111-1111-1111-1111-111111111111"
PACES = Paces(look_seconds=1.0, listen_again_seconds=0.1, beat_seconds=0.2, retry_seconds=0.2)


class Script:
    """User_data from memory."""

    def __init__(self, body: str) -> None:
        self.body = f"#!/bin/sh\n{body}\n".encode()

    async def template(self, _target: Target) -> Template:
        return Template(self.body, "")

    async def file(self, _target: Target, _name: str) -> bytes:
        raise NotImplementedError


class Floor:
    """What outlives a keeper."""

    def __init__(self, site: Site, script: str) -> None:
        self.site = site
        self.script = Script(script)
        self.clock = HostClock()
        self.told: list[Event] = []
        self.notes: list[Notify] = []
        self.restored: tuple[RestoredMachine, ...] = ()
        self.record: Record
        self.runtime: DockerRuntime

    async def open_record(self) -> None:
        self.record = await Record.open(
            self.site.root / "vacnet.db",
            factory=self.site.factory("f1"),
            wall=self.clock.wall,
            boottime=self.clock.boottime,
            boot_id=BOOT_ID,
        )

    async def lose_record(self) -> None:
        await self.record.close()
        for path in self.site.root.glob("vacnet.db*"):
            path.unlink()
        await self.open_record()

    def keeper(self) -> Keeper:
        self.runtime = self.site.runtime()
        return Keeper(
            record=self.record,
            runtimes=[self.runtime],
            state_directory=self.site.root,
            host=HostIdentity(
                factory=self.site.factory("f1"),
                space="test",
                boot_id=BOOT_ID,
                host=self.site.prefix,
                domain=".example.org",
            ),
            sources=self.script,
            tell=self.told.append,
            notify=self.notes.append,
            clock=self.clock,
            paces=PACES,
        )

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[Keeper]:
        """Adopt and run until the block ends; then the keeper and its runtime are gone."""
        keeper = self.keeper()
        self.restored = await keeper.adopt()
        task = asyncio.create_task(keeper.run())
        try:
            yield keeper
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.runtime.close()

    def wish(self, **target: Any) -> StartMachine:
        options = {"fizzle_seconds": 1, "exit_codes": {3: 300}, **target}
        return StartMachine(
            uuid=str(uuid.uuid4()),
            target=Target(
                name="t",
                machine_model=Model.DOCKER,
                root_image=self.site.image,
                user_data="script",
                memory_bytes_per_processor=32 * MIB,
                **options,
            ),
            processors=1,
            deadline_at=self.clock.boottime() + 3600,
            ticket=Ticket(7, "wn02.example.org", 3),
        )

    def ends(self) -> list[MachineEnded]:
        return [event for event in self.told if isinstance(event, MachineEnded)]

    def not_made(self) -> list[MachineNotMade]:
        return [event for event in self.told if isinstance(event, MachineNotMade)]

    async def rows(self) -> dict[str, MachineRecord]:
        return {row.id: row for row in await self.record.machines(unfinished=False)}

    async def settled(self, keeper: Keeper) -> None:
        """Wait until nothing lives and the engine has nothing of ours."""
        await until(lambda: not keeper.live() and not self.site.containers(), "all has ended")

    async def what_is_wrong(self) -> list[str]:
        """Compare record, what was told and the engine, once all has ended."""
        rows = await self.rows()
        told = Counter(event.uuid for event in self.ends())
        wrong = [f"{row.id} is left unfinished" for row in rows.values() if row.state != "ended"]
        wrong += [f"{one['Names']} is left over" for one in self.site.containers()]
        wrong += [f"{one} still runs" for one in await asyncio.to_thread(stray, self.site.prefix)]
        wrong += [f"the end of {one} was told {n} times" for one, n in told.items() if n > 1]
        wrong += [f"{row.id} ended untold" for row in rows.values() if row.uuid not in told]
        wrong += [f"{note.fields['id']} was adopted" for note in self.notes if note.name == "machine.adopted"]
        return wrong


def stray(prefix: str) -> set[str]:
    """Return the host names with a prefix that living processes have, whatever their engine knows of them."""
    found, marker = set(), f"HOSTNAME={prefix}".encode()
    for one in proc.table().values():
        for entry in (proc.read(f"/proc/{one.pid}/environ") or b"").split(b"\0"):
            if one.alive and entry.startswith(marker):
                found.add(entry.decode())
    return found


async def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition that asks an engine, so not too often."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 (an engine changes it, not we)
            await asyncio.sleep(0.05 + 0.05 * random.random())
