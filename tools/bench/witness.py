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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vacnet.agent.agent import Agent
from vacnet.agent.own_rows import is_urgent
from vacnet.factory import factory as wiring
from vacnet.factory.daemon import Options, run_factory
from vacnet.space.happenings import FactoryLive, Happening, RowsChanged
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

    def _take(self, happenings: Sequence[Happening], now: float) -> bool:
        for one in happenings:
            if isinstance(one, RowsChanged):
                self._write("knew", one.factory, self.gossip.table.factories[one.factory].version, now)
            elif isinstance(one, FactoryLive):
                self._write("live", one.factory, 0, now)
        return super()._take(happenings, now)

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
    return asyncio.run(run_factory(Options(config=config)))


if __name__ == "__main__":
    sys.exit(main())
