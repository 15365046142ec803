"""Queries: what somebody of the space asks of this factory alone, gathered from its parts.

Rules of this file: it reads and changes nothing, as `answers` does for this host's own commands, and tells
less: no directory, no path. At most `AT_ONCE_MAX` questions are worked on; what comes beyond is not
answered, and asked again. Of the machines that ended only the last `ENDED_MAX` are told: whoever wants the
rest asks on the host.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from vacnet import __version__
from vacnet.agent.agent import Agent
from vacnet.agent.effects import GatherAnswer
from vacnet.agent.events import Event, QuestionAnswered
from vacnet.factory.clock import boot_seconds
from vacnet.factory.logs import tell_failure
from vacnet.machines.keeper import Keeper
from vacnet.machines.views import MachineView, view_of_ended
from vacnet.record.record import Record
from vacnet.space.items import Detail, Items, MachineItem, Question
from vacnet.space.limits import ROWS_MAX
from vacnet.space.wire import Topic

AT_ONCE_MAX = 16
ENDED_MAX = 200
"""Read anew for each page, in a few milliseconds."""


@dataclass(slots=True, kw_only=True)
class Queries:
    """Gathers answers from the parts of one factory."""

    agent: Callable[[], Agent]
    keeper: Keeper
    record: Record
    warnings: Callable[[], Sequence[str]]
    counters: Callable[[], dict[str, int]]
    feed: Callable[[Event], None]
    started_at: float
    _working: set[asyncio.Task[None]] = field(default_factory=set)

    def gather(self, effect: GatherAnswer) -> None:
        """Gather what was asked for and tell the agent; nothing when too many ask."""
        if len(self._working) < AT_ONCE_MAX:
            task = asyncio.create_task(self._answer(effect.question))
            self._working.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled() and (error := task.exception()):
            tell_failure("query.failed", error)

    async def _answer(self, question: Question) -> None:
        topics: dict[int, Callable[[str], Awaitable[Items]]] = {
            Topic.MACHINES: self._machines,
            Topic.ENDED: self._ended,
            Topic.DETAILS: self._details,
        }
        gather = topics.get(question.topic)
        items = await gather(question.after) if gather else Items()
        self.feed(QuestionAnswered(question, items))

    async def _machines(self, after: str) -> Items:
        views = sorted((view for view in self.keeper.live() if view.id > after), key=lambda view: view.id)
        return Items(machines=_items(views[:ROWS_MAX]), more=len(views) > ROWS_MAX)

    async def _ended(self, after: str) -> Items:
        rows = await self.record.recent(ENDED_MAX)
        ids = [row.id for row in rows]
        first = ids.index(after) + 1 if after in ids else 0
        left = rows[first:] if first or not after else []
        return Items(
            machines=_items([view_of_ended(row, "", "") for row in left[:ROWS_MAX]]),
            more=len(left) > ROWS_MAX,
        )

    async def _details(self, after: str) -> Items:
        left = [detail for detail in self._all_details() if detail.name > after]
        return Items(details=tuple(left[:ROWS_MAX]), more=len(left) > ROWS_MAX)

    def _all_details(self) -> list[Detail]:
        now = boot_seconds()
        view = self.agent().view(now)
        details = [
            Detail("factory", self.agent().settings.factory),
            Detail("version", __version__),
            Detail("up_seconds", f"{now - self.started_at:.0f}"),
        ]
        details += [Detail(f"counter.{name}", str(count)) for name, count in self.counters().items()]
        details += [Detail(f"target.{one.name}", f"{one.words}; here: {one.here}") for one in view.targets]
        details += [Detail(f"warning.{number:03}", line) for number, line in enumerate(self.warnings())]
        return sorted(details, key=lambda detail: detail.name)


def _items(views: Sequence[MachineView]) -> tuple[MachineItem, ...]:
    """Return machines with their times on the clock of the agent."""
    ago = time.time() - boot_seconds()
    return tuple(_item(view, ago) for view in views)


def _item(view: MachineView, ago: float) -> MachineItem:
    return MachineItem(
        id=view.id,
        name=view.name,
        uuid=view.uuid,
        target=view.target,
        kind=view.kind,
        state=view.state,
        processors=view.processors,
        memory_bytes=view.memory_bytes,
        created_at=view.created - ago,
        started_at=None if view.started is None else view.started - ago,
        ended_at=None if view.ended is None else view.ended - ago,
        deadline_at=view.deadline - ago,
        cpu_seconds=view.cpu_seconds,
        efficiency=view.cpu_efficiency,
        efficiency_recent=view.cpu_efficiency_recent,
        proven=view.proven,
        ticket=view.ticket,
        outcome=view.outcome,
        message=view.message,
        by_vacnet=view.by_vacnet,
    )
