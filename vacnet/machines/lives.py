"""All machines of a factory that are not dealt with yet, each with its task.

Rules of this file: a machine is here from the moment it is wanted (or found) until its end is told and its
engine has forgotten it; its number is taken just as long. Tasks run only inside `keep`: before that (while a
factory adopts) news is kept, not acted upon, so that nothing is told to an agent that is not there yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from vacnet.agent.effects import Notify
from vacnet.machines.life import Life
from vacnet.machines.lifecycle import State
from vacnet.machines.names import MachineId, lowest_free, parse_machine_id
from vacnet.machines.runtime import Runtime
from vacnet.machines.tools import Tools

BROKEN_RETRY_SECONDS = 10.0


class Lives:
    """The lives, by uuid and by id."""

    def __init__(self, tools: Tools) -> None:
        """Begin with none."""
        self._tools = tools
        self._by_uuid: dict[str, Life] = {}
        self._by_id: dict[str, Life] = {}
        self._last_created: dict[tuple[str, int], int] = {}
        self._group: asyncio.TaskGroup | None = None

    def __iter__(self) -> Iterator[Life]:
        """Go through a copy: a life may end meanwhile."""
        return iter(tuple(self._by_uuid.values()))

    def of(self, runtime: Runtime) -> Iterator[Life]:
        """Return those on one engine."""
        return (life for life in self if life.hands.runtime is runtime)

    def by_uuid(self, uuid: str) -> Life | None:
        """Return the life of a machine, None when there is none any more."""
        return self._by_uuid.get(uuid)

    def by_id(self, machine_id: str) -> Life | None:
        """Return the life of a machine, None when there is none any more."""
        return self._by_id.get(machine_id)

    def new_id(self, created: int, target: str) -> MachineId:
        """Return the id of a new machine, with the lowest free number; no id is given twice."""
        number = lowest_free(life.machine.spec.number for life in self._by_uuid.values())
        last = self._last_created.get((target, number), -1)
        # Two in one second with one number, or a wall clock set back: the next second names it.
        return MachineId(max(created, last + 1), target, number)

    def used(self, machine_id: str) -> None:
        """Remember that an id is used, so that `new_id` gives a later one."""
        found = parse_machine_id(machine_id)
        if found is not None:
            key = found.target, found.number
            self._last_created[key] = max(found.created, self._last_created.get(key, -1))

    def add(self, life: Life) -> None:
        """Take a machine in and, once `keep` runs, begin to drive it."""
        self._by_uuid[life.machine.spec.uuid] = life
        self._by_id[life.machine.spec.id] = life
        self.used(life.machine.spec.id)
        if self._group is not None:
            self._begin(life, self._group)

    def keep(self, group: asyncio.TaskGroup) -> None:
        """Drive those that are here and those to come, as tasks of `group`."""
        self._group = group
        for life in self:
            self._begin(life, group)

    def _begin(self, life: Life, group: asyncio.TaskGroup) -> None:
        driving = self._drive(life)
        try:
            group.create_task(driving)
        except RuntimeError:
            # The factory ends: nothing of the machine exists yet, so nothing of it remains.
            driving.close()

    async def _drive(self, life: Life) -> None:
        while life.machine.state is not State.ENDED or life.waiting:
            try:
                await life.live()
            except Exception as error:  # noqa: BLE001 (a fault of ours in one machine costs no other)
                fields = {"id": life.machine.spec.id, "error": f"{type(error).__name__}: {error}"}
                self._tools.notify(Notify("machine.broken", fields, warning=True))
                await asyncio.sleep(BROKEN_RETRY_SECONDS)
        self._by_uuid.pop(life.machine.spec.uuid, None)
        self._by_id.pop(life.machine.spec.id, None)
