"""`python -m tools.bench.witness CONFIG`: `vacnet run`, which besides writes down when it knew what.

Into `witness` beside the directory of its settings go lines of `kind factory version now`, `now` on
CLOCK_BOOTTIME, which all processes of a host share:

- `said`: a row that others wait for has changed here, at this version of this factory;
- `knew`: this factory holds another's rows up to a version;
- `live`: this factory sees another live for the first time (no version).

Nothing of it is in `vacnet`: the agent is replaced by a child of it that can be told.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from vacnet.agent.agent import Agent
from vacnet.agent.own_rows import is_urgent
from vacnet.factory import factory as wiring
from vacnet.factory.daemon import Options, run_factory
from vacnet.space.happenings import FactoryLive, RowsChanged
from vacnet.space.rows import TargetRow

NAME = "witness"


class Line(NamedTuple):
    """One thing that a witness wrote down."""

    kind: str
    factory: str
    version: int
    now: float


def lines(directory: Path) -> Iterator[Line]:
    """Yield what the witness of a member's directory has written so far."""
    path = directory / NAME
    for line in path.read_text().splitlines() if path.exists() else ():
        kind, factory, version, now = line.split()
        yield Line(kind, factory, int(version), float(now))


class Witness(Agent):
    """An agent that writes down when it knew what."""

    _out = -1

    def _rows_changed(self, news: RowsChanged, now: float) -> None:
        known = self.gossip.table.factories[news.factory]
        self._write("knew", news.factory, known.version, now)
        super()._rows_changed(news, now)

    def _live(self, news: FactoryLive, now: float) -> None:
        self._write("live", news.factory, 0, now)
        super()._live(news, now)

    def _publish(self, now: float) -> None:
        before: dict[str, TargetRow] = dict(self.gossip.table.me.targets)
        super()._publish(now)
        me = self.gossip.table.me
        if any(is_urgent(before.get(name), row, me.name) for name, row in me.targets.items()):
            self._write("said", self.settings.factory, me.version, now)

    def _write(self, kind: str, factory: str, version: int, now: float) -> None:
        os.write(self._out, f"{kind} {factory} {version} {now:.6f}\n".encode())


def main(kind: type[Witness] = Witness) -> int:
    """Run the factory of the settings named on the command line, with this kind of agent."""
    config = Path(sys.argv[-1])
    Witness._out = os.open(config.parent / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)  # noqa: SLF001
    wiring_of: Any = wiring
    wiring_of.Agent = kind
    # the tables of the agent name its own methods
    wired: Any = sys.modules[Agent.__module__]
    wired._NEWS = {**wired._NEWS, RowsChanged: Witness._rows_changed, FactoryLive: Witness._live}  # noqa: SLF001
    return asyncio.run(run_factory(Options(config=config)))


if __name__ == "__main__":
    sys.exit(main())
