"""The steps of the life-cycle table, carried out: one method for each step, found by the step's name.

Rules of this file: no step knows which comes next. Each can be done twice with the effect of once, because a
step that failed is tried again and because after a kill nobody knows how far it came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from vacnet.agent.events import (
    MachineAdopted,
    MachineEnded,
    MachineNotMade,
    MachineProved,
    MachineStarted,
)
from vacnet.machines import directory, program
from vacnet.machines.features import GRACE_SECONDS
from vacnet.machines.layout import JOBOUTPUTS
from vacnet.machines.lifecycle import State, Step
from vacnet.machines.machine import Machine
from vacnet.machines.message import read_message
from vacnet.machines.proof import shows_proof
from vacnet.machines.rows import columns_of, finish_of, restored_of, row_of
from vacnet.machines.runtime import Runtime
from vacnet.machines.tools import Tools
from vacnet.machines.user_data import Context, substitute
from vacnet.outcomes import judge
from vacnet.quantities import size
from vacnet.record.rows import Column


class Hands:
    """Carries out steps for one machine on one engine."""

    def __init__(self, machine: Machine, runtime: Runtime, tools: Tools, look: Callable[[], None]) -> None:
        """`look` asks for a look at the engine soon."""
        self.machine = machine
        self.runtime = runtime
        self.tools = tools
        self._look = look
        self._steps: Mapping[Step, Callable[[], Awaitable[None]]] = {
            step: getattr(self, step.replace(".", "_").replace("-", "_")) for step in Step
        }

    async def do(self, step: Step) -> None:
        """Carry out one step.

        Raises:
            NotNowError: something it needs is not to be had.
            StartFailedError: the engine refused to start the machine.
            NoProgramError: no host could start it.
        """
        await self._steps[step]()

    # --- the record ---------------------------------------------------------------------------

    async def record_create(self) -> None:
        """Write the machine down; from here on it is never forgotten."""
        if await self.tools.record.machine(self.machine.spec.id) is None:
            await self.tools.record.create_machine(row_of(self.machine, self.tools.host))

    async def record_started(self) -> None:
        """Write down that it runs, since when, and the engine's name for it."""
        await self._change(state=State.RUNNING, reference=self.machine.reference)

    async def record_proved(self) -> None:
        """Write down when it proved that it found work, if it has done so now."""
        if self.machine.proves_now:
            self.machine.prove(self.tools.now())
            await self._change()

    async def record_deadline(self) -> None:
        """Write down its new deadline."""
        await self._change()

    async def record_stop(self) -> None:
        """Write down why we end it, before we do."""
        self.machine.stop_reason = self.machine.words
        await self._change(state=State.STOPPING, stop_reason=self.machine.stop_reason)

    async def record_finish(self) -> None:
        """Judge the end and write it down with its outcome and accounting."""
        machine = self.machine
        machine.end(self.tools.now())
        machine.outcome = judge(machine.ending(), machine.policy())
        finish = finish_of(machine, machine.outcome, self.tools.now())
        machine.recorded_now = await self.tools.record.finish_machine(machine.spec.id, finish=finish)

    async def record_forget(self) -> None:
        """Remove a machine that never was."""
        await self.tools.record.forget_machine(self.machine.spec.id)

    async def keep_usage(self) -> None:
        """Keep what it has used so far, for accounting if the factory is killed."""
        meter = self.machine.meter
        await self._change(cpu_seconds=meter.cpu_seconds, memory_peak_bytes=meter.memory_peak_bytes)

    async def _change(self, **columns: Column) -> None:
        changes = {**columns_of(self.machine), **columns}
        await self.tools.record.change_machine(self.machine.spec.id, **changes)

    # --- user_data and the directory ----------------------------------------------------------

    async def sources_fetch(self) -> None:
        """Get the template of user_data and the files it may name."""
        machine, target, sources = self.machine, self.machine.spec.target, self.tools.sources
        machine.template = await sources.template(target) if target.user_data else None
        names = {**self.tools.host.user_data_files, **target.user_data_files}
        machine.files = {key: await sources.file(target, name) for key, name in names.items()}

    async def directory_prepare(self) -> None:
        """Make the machine's directory."""
        await asyncio.to_thread(directory.prepare, self.machine.spec, self.tools.host, self._user_data())
        self.machine.files = {}

    async def directory_deadline(self) -> None:
        """Tell the machine its new deadline."""
        try:
            await asyncio.to_thread(directory.write_deadline, self.machine.spec, self.tools.host)
        except OSError:
            self.machine.untold = True
            raise
        self.machine.untold = False

    async def directory_remove(self) -> None:
        """Remove the directory of a machine that never was: it holds secrets."""
        await asyncio.to_thread(directory.remove, self.machine.spec.directory)

    def _user_data(self) -> bytes | None:
        machine, host = self.machine, self.tools.host
        if machine.template is None:
            return None
        context = Context(
            spec=machine.spec,
            host=host,
            template_url=machine.template.url,
            options={**host.user_data_options, **machine.spec.target.user_data_options},
            files=machine.files,
        )
        return substitute(machine.template.body, context)

    # --- the engine ---------------------------------------------------------------------------

    async def engine_start(self) -> None:
        """Start it."""
        await asyncio.to_thread(program.check, self.machine.spec)
        self._say_what_is_started()
        self.machine.reference = await self.runtime.start(self.machine.spec)
        self.machine.started_at = self.tools.clock.boottime()
        self.machine.started_wall = self.tools.clock.wall()

    async def engine_stop(self) -> None:
        """End it, then look at how it ended."""
        await self.runtime.stop(self.machine.spec.id, GRACE_SECONDS)
        self._look()

    async def engine_forget(self) -> None:
        """Let the engine drop what it kept of it."""
        await self.runtime.forget(self.machine.spec.id)

    def _say_what_is_started(self) -> None:
        """Tell what is started where and until when; the engine's own log line makes the same by hand."""
        spec = self.machine.spec
        self.tools.note(
            "machine.starting",
            self.machine,
            engine=self.runtime.name,
            image=spec.target.root_image or "none",
            processors=spec.processors,
            memory=size(spec.memory_bytes),
            disk=size(spec.disk_bytes) if spec.disk_bytes else "not limited",
            until=time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(spec.deadline_wall)),
            directory=str(spec.directory),
        )

    # --- the machine's own words --------------------------------------------------------------

    async def proof_read(self) -> None:
        """Look whether it has proved that it found work, and had not before."""
        self.machine.proves_now = self.machine.proved_at is None and shows_proof(self.machine.spec)

    async def message_read(self) -> None:
        """Read what the machine says of its end."""
        self.machine.message = read_message(self.machine.spec.directory / JOBOUTPUTS)

    # --- telling ------------------------------------------------------------------------------

    async def tell_adopted(self) -> None:
        """Tell the factory of a machine that it does not know, at once with the room that it takes."""
        if not self.machine.known:
            self.tools.tell(MachineAdopted(restored_of(self.machine)))

    async def tell_started(self) -> None:
        """Tell the factory that it runs."""
        self.tools.retries.succeeded(self.machine.spec.target.name)
        self.tools.note("machine.started", self.machine, reference=self.machine.reference)
        self.tools.tell(MachineStarted(self.machine.spec.uuid))

    async def tell_proved(self) -> None:
        """Tell the factory that it found work, if it has proved that now."""
        if self.machine.proves_now:
            self.tools.note("machine.proved", self.machine)
            self.tools.tell(MachineProved(self.machine.spec.uuid))

    async def tell_ended(self) -> None:
        """Tell the factory how it ended, once."""
        machine = self.machine
        if machine.outcome is None or not machine.recorded_now:
            return
        self.tools.note(
            "machine.ended",
            machine,
            outcome=machine.outcome.kind,
            message=str(machine.outcome.message),
            by_vacnet=machine.outcome.by_vacnet,
            lived_seconds=round(machine.lived_seconds, 1),
        )
        self.tools.tell(MachineEnded(machine.spec.uuid, machine.outcome, machine.lived_seconds))

    async def tell_not_made(self) -> None:
        """Tell the factory that no machine came of it, and when to try again."""
        machine = self.machine
        seconds = self.tools.retries.failed(machine.spec.target.name)
        self.tools.note(
            "machine.not-made", machine, warning=True, reason=machine.words, retry_seconds=seconds
        )
        self.tools.tell(MachineNotMade(machine.spec.uuid, machine.words, seconds))
