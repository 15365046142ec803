"""What a test does with a testbed: work for its machines, what the records hold, who agrees with whom.

Rules of this file: payloads are scripts that a test may change while all runs, for a factory reads user_data
for each machine anew. What happened is read from the records of the factories; all nodes have this host's
clock, so their times compare. Two nodes agree when they tell the same of every target and factory. What a
test leaves to chance it draws from `lots`, whose seed every failure names.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

from tools.space.waiting import until
from tools.testbed import Node, Testbed
from tools.testbed.settings import put
from tools.testbed.testbed import sees
from vacnet.factory.client import ClientError, MachineState, TargetState

PATIENCE_SECONDS = 90.0
QUIET = "[factory]\ndraining = true\n"

_BEGIN = "#!/bin/sh\n: >$JOBOUTPUTS/job_started\n"
_END = 'echo "200 done" >$JOBOUTPUTS/shutdown_message\n'
WAITS = f"{_BEGIN}while [ ! -e $JOBOUTPUTS/go ]; do sleep 0.2; done\n{_END}"
"""Works until the test says go."""
EMPTY = '#!/bin/sh\nsleep 0.2\necho "300 no work" >$JOBOUTPUTS/shutdown_message\n'

_TARGET = """
[targets.{name}]
target_share = {share}
user_data = "payload"
proof = "job_started"
fizzle_seconds = 60
backoff_seconds = {backoff}
backoff_max_seconds = {backoff}
"""
_ROWS = """SELECT uuid, target, state, outcome_kind, message_code, message_text, window_number, window_opener,
           ticket_number, created_wall, ended_wall FROM machines WHERE created_wall >= ?"""
_OPENED = "SELECT opened_wall FROM windows WHERE target = ? AND opener = ?"


def works(seconds: float) -> str:
    """Return a payload that works so long."""
    return f"{_BEGIN}sleep {seconds}\n{_END}"


@dataclass(frozen=True, slots=True)
class Row:
    """A machine of a record."""

    node: str
    uuid: str
    target: str
    state: str
    outcome: str
    code: int
    text: str
    window: int
    opener: str
    ticket: int
    created: float
    ended: float | None


class Stage:
    """A testbed in a test."""

    def __init__(self, bed: Testbed, number: int) -> None:
        """Play on a testbed that is whole and does nothing; each test has a number and its own targets."""
        self.bed = bed
        self._number = number
        self._began = time.time()
        self.seed = int(os.environ.get("TESTBED_SEED") or random.randrange(1 << 30))
        self.lots = random.Random(self.seed)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes."""
        return self.bed.nodes

    def named(self, target: str) -> str:
        """Return the full name of a target of this test."""
        return f"{target}{self._number}"

    def target(self, name: str, payload: str, *, share: float = 1, backoff: int = 2, more: str = "") -> None:
        """Have all factories support a target; `more` are further options."""
        self.payload(name, payload)
        full = self.named(name)
        self.bed.settings(full, _TARGET.format(name=full, share=share, backoff=backoff) + more)

    def payload(self, name: str, script: str, nodes: Sequence[Node] = ()) -> None:
        """Change what new machines of a target do, on some nodes or all."""
        for node in nodes or self.bed.nodes:
            path = node.config / "files" / self.named(name) / "payload"
            path.parent.mkdir(parents=True, exist_ok=True)
            put(path, script)

    def go(self, nodes: Sequence[Node] = ()) -> None:
        """Let machines that wait end."""
        for node in nodes or self.nodes:
            if node.disk_mib:  # in memory, and seen from inside alone
                places = f"{node.state}/machines/*/joboutputs"
                self.bed.run(node, ["sh", "-c", f"for m in {places}; do touch $m/go || true; done"])
                continue
            for machine in machines(node):
                with suppress(FileNotFoundError):  # it is being made, or is gone
                    (node.state / "machines" / machine.id / "joboutputs" / "go").touch()

    def quiet(self) -> None:
        """Have nothing new made, and wait until no machine is left."""
        self.bed.settings("quiet", QUIET)
        until(lambda: all(map(_drains, self.nodes)), PATIENCE_SECONDS, "all drain")

        def none_left() -> bool:
            self.go()
            return not any(_busy(node) for node in self.nodes)

        until(none_left, PATIENCE_SECONDS, "no machine is left")

    def reset(self) -> None:
        """Be as in the beginning: whole, quiet, without targets and faults."""
        self.bed.heal()
        self.quiet()
        for node in self.bed.nodes:
            for path in (node.config / "conf.d").glob("*.toml"):
                path.unlink()
        self.until(
            lambda: not any(map(_targets_or_drains, self.nodes)), PATIENCE_SECONDS, "settings are as before"
        )

    def running(self, target: str) -> int:
        """Return how many machines of a target run on all nodes."""
        full = self.named(target)
        return sum(
            one.target == full and one.state == "running" for node in self.nodes for one in machines(node)
        )

    def rows(self, target: str = "", nodes: Sequence[Node] = ()) -> list[Row]:
        """Return what the records of nodes hold of this test, of one target or all, oldest first."""
        rows = [row for node in nodes or self.bed.nodes for row in rows_of(node, self._began)]
        return sorted(
            (row for row in rows if not target or row.target == self.named(target)),
            key=lambda row: row.created,
        )

    def ended(self, target: str, code: int = 200) -> int:
        """Return how many machines of a target ended with a code, on all nodes."""
        return sum(row.code == code and row.state == "ended" for row in self.rows(target))

    def seen(self, node: Node, target: str) -> TargetState | None:
        """Return a target as a node sees it."""
        space, full = node.space(), self.named(target)
        return next((one for one in space.targets if one.name == full), None) if space else None

    def all_see(self, target: str, state: str) -> bool:
        """Tell whether all nodes see a target in a state; of one that is `open` no start needs a ticket."""
        seen = [self.seen(node, target) for node in self.nodes]
        return all(one is not None and one.state == state for one in seen)

    def opened(self, target: str) -> float:
        """Return when the newest window of a target was opened, by the record of the node that opened it."""
        seen = [one for node in self.nodes if (one := self.seen(node, target))]
        newest = max(seen, key=lambda one: one.window_number).window_opener
        opener = next(node for node in self.nodes if node.factory == newest)
        with closing(sqlite3.connect(opener.state / "vacnet.db", timeout=PATIENCE_SECONDS)) as connection:
            return float(connection.execute(_OPENED, [self.named(target), opener.factory]).fetchone()[0])

    def until_agreed(self, seconds: float) -> float:
        """Wait until all nodes tell the same; return the seconds that took."""
        return self.until(lambda: len(set(map(told_by, self.nodes))) == 1, seconds, "all tell the same")

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> float:
        """Wait for a condition; a failure says what each node sees."""
        try:
            return until(condition, seconds, what)
        except TimeoutError as error:
            told = "\n".join(
                f"{node.name}, sees {sees(node)}: {told_by(node)}, {warnings_at(node)}" for node in self.nodes
            )
            raise AssertionError(f"{error}\n{told}") from error


def machines(node: Node) -> tuple[MachineState, ...]:
    """Return the machines of a node that have not ended."""
    try:
        return node.client().machines().machines
    except ClientError:
        return ()


def state_at(node: Node, name: str) -> str:
    """Return the state of another node as a node sees it."""
    space = node.space()
    return next((one.state for one in space.factories if one.name == name), "") if space else ""


def told_by(node: Node) -> tuple[object, ...]:
    """Return what a node tells of the space, without what is measured or of itself alone."""
    space = node.space()
    if space is None:
        return ()
    factories = [
        (one.name, one.state, one.machines_running, one.processors_free, one.flags) for one in space.factories
    ]
    targets = [
        (one.name, one.window_number, one.window_opener, one.machines_running, one.proofs, one.noworks)
        for one in space.targets
    ]
    return (tuple(sorted(factories)), tuple(sorted(targets)))


def warnings_at(node: Node) -> tuple[str, ...]:
    """Return what a node warns of."""
    space = node.space()
    return space.warnings if space else ()


def doubled(rows: Sequence[Row], times: int = 1) -> list[str]:
    """Return the tickets that more machines had than they may, in words."""
    held = defaultdict[tuple[object, ...], list[str]](list)
    for row in rows:
        if row.ticket >= 0:
            held[row.target, row.window, row.opener, row.ticket].append(row.node)
    return [f"{ticket} was had on {', '.join(nodes)}" for ticket, nodes in held.items() if len(nodes) > times]


def rows_of(node: Node, since: float) -> Iterator[Row]:
    """Yield what a node's record holds of machines made since a time; it may be in use."""
    path = node.state / "vacnet.db"
    if path.exists():
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as connection:
            yield from (Row(node.name, *row) for row in connection.execute(_ROWS, [since]).fetchall())


def _drains(node: Node) -> bool:
    try:
        return node.client().drain_state().draining
    except ClientError:
        return False


def _busy(node: Node) -> bool:
    """Tell whether a node has a machine, or one that is so new that only its own row counts it."""
    try:
        space, machines = node.client().space(), node.client().machines().machines
    except ClientError:
        return True
    return bool(machines) or any(
        one.machines_running + one.machines_starting for one in space.factories if one.itself
    )


def _targets_or_drains(node: Node) -> bool:
    space = node.space()
    here = [one for one in space.factories if one.itself] if space else []
    return space is None or bool(space.targets) or "draining" in here[0].flags
