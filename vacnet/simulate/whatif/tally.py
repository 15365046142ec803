"""The tally of a run: every machine with its times, and the windows of every target.

Rules of this file: it counts what either rule does, in the same words, so that two runs can be laid side by
side. A window is a back-off that was decided on; its probes are the machines that were started after it
before anybody could know what became of the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vacnet.agent.effects import PersistWindow, StartMachine
from vacnet.agent.events import MachineEnded
from vacnet.outcomes import Kind
from vacnet.simulate.node import Node

NO_WINDOW = -1
PROBE_TICKET = 0


@dataclass(slots=True)
class Span:
    """The life of one machine."""

    target: str
    processors: int
    began: float
    probe_of: int = NO_WINDOW
    """Number of the window that it was a probe of."""
    ended: float | None = None
    kind: Kind | None = None


@dataclass(slots=True)
class Tally:
    """All machines and windows of a run; as a checker it promises nothing."""

    spans: dict[str, Span] = field(default_factory=dict)
    """By the machine's id, in the order in which they were started."""
    windows: dict[str, set[int]] = field(default_factory=dict)
    """Numbers of the windows of each target, from 1."""

    def see(self, factory: str, what: object, now: float) -> None:  # noqa: ARG002 (any factory)
        """Count what an agent does."""
        if isinstance(what, StartMachine):
            ticket = what.ticket
            probe_of = ticket.window_number if ticket.number == PROBE_TICKET else NO_WINDOW
            self.started(what.uuid, Span(what.target.name, what.processors, now, probe_of))
        elif isinstance(what, MachineEnded):
            self.ended(what.uuid, what.outcome.kind, now)
        elif isinstance(what, PersistWindow) and what.window.number:
            self.opened(what.target, what.window.number)

    def started(self, uuid: str, span: Span) -> None:
        """Count a machine."""
        self.spans[uuid] = span

    def ended(self, uuid: str, kind: Kind, now: float) -> None:
        """Count its end."""
        self.spans[uuid].ended, self.spans[uuid].kind = now, kind

    def opened(self, target: str, number: int) -> None:
        """Count a window."""
        self.windows.setdefault(target, set()).add(number)

    def finish(self, nodes: Sequence[Node], seed: int) -> None:
        """Promise nothing."""

    def of(self, target: str) -> Iterator[Span]:
        """Yield the machines of a target."""
        return (span for span in self.spans.values() if span.target == target)

    def probes(self, target: str) -> list[int]:
        """Return how many machines each window cost that was probed, in order.

        A window followed by another cost 0 if nobody probed it; the last may still be in back-off.
        """
        made = Counter(span.probe_of for span in self.of(target))
        each = [made[number] for number in sorted(self.windows.get(target, ()))]
        return each if not each or each[-1] else each[:-1]
