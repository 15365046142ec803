"""The keeper: drives all machines of a factory by the life-cycle table.

Rules of this file: it wires; what happens to one machine is in `life`, what an engine shows comes by
`watch`, what time brings by `beat`. `adopt` comes first and tells nobody anything; from `run` on, every
change of a machine is told. When `run` is cancelled machines are left as they are: the next keeper adopts
them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from vacnet.agent.effects import Notify, StartMachine
from vacnet.agent.events import Event as AgentEvent
from vacnet.agent.restored import RestoredMachine
from vacnet.machines import directory
from vacnet.machines.beat import beat, hold_to_host
from vacnet.machines.expiry import expire
from vacnet.machines.hands import Hands
from vacnet.machines.life import Life
from vacnet.machines.lifecycle import Event, State
from vacnet.machines.lives import Lives
from vacnet.machines.machine import Machine, News
from vacnet.machines.names import machine_name
from vacnet.machines.no_runtime import NoRuntime
from vacnet.machines.observed import Observed, observe
from vacnet.machines.paces import Paces, again_and_again
from vacnet.machines.rows import machine_of, restored_end_of, restored_of
from vacnet.machines.runtime import Runtime
from vacnet.machines.spec import Spec
from vacnet.machines.surroundings import Clock, HostIdentity, Sources
from vacnet.machines.tools import Tools
from vacnet.machines.views import MachineView, view_of
from vacnet.machines.watch import Watch
from vacnet.record.record import Record
from vacnet.space.window import never_tried
from vacnet.targets.model import Model

GB = 1_000_000_000


def _nothing(_step: str) -> None:
    """Announce a step to nobody."""


class Keeper:
    """All machines of one factory."""

    def __init__(
        self,
        *,
        record: Record,
        runtimes: Sequence[Runtime],
        state_directory: Path,
        host: HostIdentity,
        sources: Sources,
        tell: Callable[[AgentEvent], None],
        notify: Callable[[Notify], None],
        clock: Clock,
        on_step: Callable[[str], None] = _nothing,
        wanted: Callable[[frozenset[Model]], bool] = bool,
        paces: Paces | None = None,
    ) -> None:
        """Take what a factory has; nothing happens before `adopt`.

        Args:
            record: what the factory never forgets.
            runtimes: its engines; of two that make a model the first one does.
            state_directory: `machines/` in it holds the machines' directories.
            host: how machines are told of the factory.
            sources: where user_data comes from.
            tell: takes events for the agent; called from `run` on.
            notify: takes what an admin may want to know.
            clock: the two times.
            wanted: whether some target has one of these models; an engine that nobody wants is not missed.
            on_step: is called with `lifecycle.fault_points` as they are passed.
            paces: how often things are looked at.
        """
        self._paces = paces or Paces()
        self._tools = Tools(
            record=record,
            host=host,
            sources=sources,
            machines_directory=state_directory / "machines",
            clock=clock,
            tell=tell,
            notify=notify,
            on_step=on_step,
            wanted=wanted,
            started_at=clock.boottime(),
        )
        self._lives = Lives(self._tools)
        self._watches = [self._watch(runtime) for runtime in runtimes]
        self._no_runtime = self._watch(NoRuntime())

    async def adopt(self) -> tuple[RestoredMachine, ...]:
        """Take over what was before: the record's machines and what the engines show of ours.

        Returns them for the agent, with those that ended under a window that is still the newest. What
        has become of each in the meantime is told once `run` runs. For an engine that does not answer
        nothing is concluded; what it shows of ours later is told as adopted then.
        """
        record, tools = self._tools.record, self._tools
        now = tools.now()
        for row in await record.machines(unfinished=False):
            self._lives.used(row.id)
        for home in await asyncio.to_thread(directory.all_of, tools.machines_directory):
            self._lives.used(home.name)
        for row in await record.machines(unfinished=True):
            machine = machine_of(row, tools.machines_directory / row.id, tools.host, now)
            machine.untold = not await asyncio.to_thread(directory.says_deadline, machine.spec, tools.host)
            self._take_in(machine)
        await asyncio.gather(*(watch.look(self._paces.adopt_seconds) for watch in self._watches))
        unfinished = [life.machine for life in self._lives if life.machine.state is not State.ENDED]
        for machine in unfinished:
            machine.known = True
        return (*map(restored_of, unfinished), *await self._ended_under_windows())

    async def run(self) -> None:
        """Keep the machines until cancelled; they go on without us."""
        async with asyncio.TaskGroup() as group:
            self._lives.keep(group)
            for watch in self._watches:
                group.create_task(watch.run())
            for seconds, do in self._rounds():
                group.create_task(again_and_again(seconds, do, self._tools))

    # --- wishes -------------------------------------------------------------------------------

    def start(self, effect: StartMachine) -> None:
        """Make a machine; what comes of it is told."""
        spec, trouble = self._spec(effect)
        machine = Machine(spec=spec, state=State.ABSENT, created_at=self._tools.clock.boottime())
        wish = News(event=Event.NOT_NOW, words=trouble) if trouble else News(event=Event.WANTED)
        self._take_in(machine).post(wish)

    def stop(self, uuid: str, reason: str) -> None:
        """End a machine; it will end neutral with this reason. Nothing happens if there is none."""
        life = self._lives.by_uuid(uuid)
        if life is not None:
            life.post(News(event=Event.STOP, words=reason))

    def end_all(self, reason: str) -> None:
        """End all machines, also those found later, until it is called with no reason."""
        self._tools.ending = reason
        for life in self._lives:
            if reason and not life.machine.unsure:
                life.post(News(event=Event.STOP, words=reason))

    def lower_deadline(self, at: float) -> None:
        """Bring the deadlines of all machines forward to `at` (CLOCK_BOOTTIME seconds).

        Machines read it in their changing `shutdowntime` files. None is announced sooner than
        `GRACE_SECONDS` ahead, which is what they were promised. A later `at` than before gives time back,
        infinity all of it: a machine then has the deadline that it was made with.
        """
        self._tools.host_deadline_at = at
        for life in self._lives:
            hold_to_host(life, self._tools)

    def settings_changed(self, host: HostIdentity) -> None:
        """Make machines from now on with other settings; those that exist keep theirs."""
        self._tools.host = host

    def unsure(self, uuid: str) -> bool:
        """Tell whether only a look at its engine can say what became of a machine; see `Machine.unsure`."""
        life = self._lives.by_uuid(uuid)
        return life is not None and life.machine.unsure

    async def observe(self) -> Observed:
        """Return what of ours is left, as the engines show it now; this is no memory and no plan."""
        unfinished = {life.machine.spec.id for life in self._lives if life.machine.state is not State.ENDED}
        engines = [watch.runtime for watch in self._watches]
        return await observe(engines, self._tools.host.factory, frozenset(unfinished))

    def live(self) -> list[MachineView]:
        """Return every machine that has not ended, in the order of their numbers."""
        now = self._tools.now()
        machines = [life.machine for life in self._lives]
        shown = [m for m in machines if m.state not in {State.ABSENT, State.ENDED}]
        return [view_of(machine, now) for machine in sorted(shown, key=lambda m: m.spec.number)]

    # --- wiring -------------------------------------------------------------------------------

    def _watch(self, runtime: Runtime) -> Watch:
        return Watch(runtime, self._lives, self._tools, self._paces, self._take_in)

    def _watch_of(self, model: Model) -> Watch:
        found = (watch for watch in self._watches if model in watch.runtime.models)
        return next(found, self._no_runtime)

    def _take_in(self, machine: Machine) -> Life:
        watch = self._watch_of(machine.spec.target.machine_model)
        hands = Hands(machine, watch.runtime, self._tools, watch.look_soon)
        life = Life(hands, retry_seconds=self._paces.retry_seconds)
        self._lives.add(life)
        return life

    def _rounds(self) -> Iterator[tuple[float, Callable[[], Awaitable[None]]]]:
        yield self._paces.beat_seconds, lambda: beat(self._lives, self._tools)
        yield self._paces.keep_usage_seconds, self._keep_usage
        yield self._paces.expiry_seconds, self._expire

    async def _keep_usage(self) -> None:
        for life in self._lives:
            if life.machine.state is State.RUNNING:
                await life.hands.keep_usage()

    async def _expire(self) -> None:
        silent = any(watch.silent for watch in self._watches)
        await expire(self._tools, {life.machine.spec.id for life in self._lives}, silent=silent)

    async def _ended_under_windows(self) -> list[RestoredMachine]:
        """Return machines that ended under their target's newest window; none is kept before one opens."""
        record, now = self._tools.record, self._tools.now()
        windows, untried = await record.windows(now.boot), never_tried(now.boot)
        rows = [
            row
            for target in {row.target for row in await record.machines(unfinished=False)}
            for row in await record.under_window(target, *windows.get(target, untried).identity)
            if row.state == State.ENDED
        ]
        return [restored_end_of(row, self._tools.host, now) for row in rows]

    def _spec(self, effect: StartMachine) -> tuple[Spec, str]:
        """Return what the machine is to be, and what is wrong with that if anything is."""
        host, now, target = self._tools.host, self._tools.now(), effect.target
        found = self._lives.new_id(int(now.wall), target.name)
        name, trouble = "", ""
        try:
            name = machine_name(host.machine_name_pattern, host.host, host.domain, found.number)
        except ValueError as error:
            trouble = str(error)
        spec = Spec(
            id=str(found),
            uuid=effect.uuid,
            name=name,
            number=found.number,
            factory=host.factory,
            space=host.space,
            target=target,
            processors=effect.processors,
            memory_bytes=effect.processors * target.memory_bytes_per_processor,
            disk_bytes=effect.processors * target.disk_gb_per_processor * GB,
            directory=self._tools.machines_directory / str(found),
            created_wall=int(now.wall),
            deadline_at=effect.deadline_at,
            deadline_wall=int(now.wall_at(effect.deadline_at)),
            ticket_number=effect.ticket.number,
            window_number=effect.ticket.window_number,
            window_opener=effect.ticket.window_opener,
        )
        return spec, trouble
