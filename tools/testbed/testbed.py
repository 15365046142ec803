"""The testbed itself: its nodes, made or found in a directory, and all that is done with them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from tools.space.waiting import until
from tools.testbed import network, release, settings
from tools.testbed.containers import Containers
from tools.testbed.faults import partition
from tools.testbed.image import PATH
from tools.testbed.inside import surroundings
from tools.testbed.node import Node
from tools.testbed.plan import Faults, NodePlan, Plan, TestbedError
from tools.testbed.spaces import Spaces
from tools.testbed.ways import ENDED, PAUSED, RUNNING, Keeper
from vacnet.factory.client import ClientError

READY_SECONDS = 120.0
"""Five nodes are there in ten seconds or so on two idle cores; a loaded host gets more."""
LOOK_SECONDS = 2.0
FILE = "testbed.json"
KEY = "space.key"
CONFIG = "config"
"""What every new node gets beside its settings."""


class Testbed:
    """Nodes on this host."""

    __test__ = False  # pytest takes classes named Test... for tests

    def __init__(self, directory: Path, plan: Plan) -> None:
        """Know a testbed by its plan; `raising.up` makes one, `find` finds it again."""
        self.directory = directory
        self.plan = plan

    @classmethod
    def find(cls, name: str) -> Testbed:
        """Return the testbed of a name.

        Raises:
            TestbedError: there is none.
        """
        try:
            plan = msgspec.json.decode((directory_of(name) / FILE).read_bytes(), type=Plan)
        except OSError as error:
            raise TestbedError(f"there is no testbed {name}: start one with `up`") from error
        return cls(directory_of(name), plan)

    @property
    def keeper(self) -> Keeper:
        """Return what keeps the nodes."""
        return Spaces(self.plan) if self.plan.way == "spaces" else Containers(self.plan)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes, running or not."""
        return tuple(map(self._node, self.plan.nodes))

    def node(self, name: str) -> Node:
        """Return a node by its name, `node3`, or its number, `3`.

        Raises:
            TestbedError: there is none.
        """
        for node in self.nodes:
            if name in {node.name, str(node.number)}:
                return node
        names = ", ".join(node.name for node in self.nodes)
        raise TestbedError(f"there is no node {name}: they are {names or 'none'}")

    def state(self, node: Node) -> str:
        """Return `running`, `paused` or `ended`."""
        return self.keeper.state(node)

    def change(self, **values: object) -> None:
        """Change what is to be, and write it down."""
        self.plan = msgspec.structs.replace(self.plan, **values)
        settings.put(self.directory / FILE, msgspec.json.encode(self.plan).decode())

    def add(self, count: int = 1, *, disk_mib: int = 0, greeting: bool = True) -> tuple[Node, ...]:
        """Make more nodes and wait until their factories answer.

        Args:
            count: of them.
            disk_mib: size of each one's disk, in memory; 0: a folder of the host's.
            greeting: they have the first node in their peers file, which brings them in; nobody has them.

        Raises:
            TestbedError: one does not come up; the text has its last words.
        """
        last = self.plan.made
        added = tuple(NodePlan(number=last + n, disk_mib=disk_mib) for n in range(1, count + 1))
        greeted = (self.nodes[:1] or (self._node(added[0]),)) if greeting else ()
        self.change(nodes=(*self.plan.nodes, *added), made=last + count)
        nodes = tuple(map(self._node, added))
        for node in nodes:
            self._write(node, [peer for peer in greeted if peer != node])
        self._all(self.keeper.create, nodes)
        self.wait_ready(nodes)
        return nodes

    def remove(self, node: Node) -> None:
        """Take a node out for good: it says goodbye if it runs, and its disk goes with it."""
        if self.state(node) == RUNNING:
            self.keeper.stop(node)
        self.keeper.remove(node)
        shutil.rmtree(node.home)
        self.change(nodes=tuple(one for one in self.plan.nodes if one.number != node.number))

    def kill(self, node: Node, what: str = "node") -> None:
        """Kill a node, or its `engine` or `factory` alone, which come back after a second.

        Raises:
            TestbedError: it does not run.
        """
        if what == "node":
            self.keeper.kill(node)
        else:
            self.run(node, ["kill", "-KILL", (node.run / f"{what}.pid").read_text()])

    def restart(self, node: Node, *, empty: bool = False) -> None:
        """Start a node that ended, or end and start one that runs; wait until it is there.

        Args:
            node: which.
            empty: with an empty disk, as a host that was installed anew under its old name.
        """
        if self.state(node) == PAUSED:
            self.keeper.resume(node)
        if self.state(node) != ENDED:
            self.keeper.stop(node)
        if empty:
            shutil.rmtree(node.disk)
            node.disk.mkdir()
        _forget_run(node)
        self.keeper.start(node)
        self.wait_ready([node])

    def pause(self, node: Node) -> None:
        """Let nothing of a node run."""
        self.keeper.pause(node)

    def resume(self, node: Node) -> None:
        """Let a paused node go on."""
        self.keeper.resume(node)

    def upgrade(self, node: Node, wheel: Path) -> None:
        """Have a node's factory run from a wheel; its machines go on.

        Raises:
            TestbedError: this is no wheel of vacnet, or the factory does not come back.
        """
        release.choose(node, wheel)
        before = node.client().health().pid
        self.run(node, ["kill", "-TERM", (node.run / "factory.pid").read_text()])
        self._await(lambda: _answers(node) not in {0, before}, node, "its factory is back")

    def inside(self, node: Node, command: Sequence[str], *, terminal: bool = False) -> list[str]:
        """Return the words that run a command inside of a node: with vacnet, its factory and its engine."""
        own = [f"VACNET_SOCKET={node.socket}", f"PATH={sys.prefix}/bin:{PATH}"]
        return self.keeper.inside(node, ["env", "--unset=DOCKER_HOST", *own, *command], terminal=terminal)

    def run(self, node: Node, command: Sequence[str]) -> str:
        """Run a command inside of a node and return what it printed.

        Raises:
            TestbedError: it failed; the text has its words.
        """
        words = self.inside(node, command)
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise TestbedError(f"{node.name}: {' '.join(command)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def fault(self, **faults: object) -> None:
        """Change what is wrong with the network (`Faults`), on every node that runs."""
        self.change(faults=msgspec.structs.replace(self.plan.faults, **faults))
        for node in self.nodes:
            if self.state(node) == RUNNING:
                network.apply(self.plan, self.keeper, node)

    def partition(self, sides: Sequence[Iterable[Node]]) -> None:
        """Cut the network into sides; a node of no side keeps all its connections."""
        self.fault(cuts=partition([[node.number for node in side] for side in sides]))

    def one_way(self, sender: Node, receiver: Node) -> None:
        """Let nothing that one node sends arrive at another; the way back is open."""
        self.fault(cuts=(*self.plan.faults.cuts, (sender.number, receiver.number)))

    def heal(self) -> None:
        """Take all faults of the network back."""
        self.change(faults=Faults())
        self.fault()

    def settings(self, name: str, fragment: str) -> None:
        """Give all nodes a fragment of settings; those that run take it over by themselves."""
        for node in self.nodes:
            settings.put(node.config / "conf.d" / f"{name}.toml", fragment)

    def wait_ready(self, nodes: Sequence[Node]) -> None:
        """Wait until the factories of nodes answer, and give their network its faults.

        Raises:
            TestbedError: one does not; the text has its last words.
        """
        for node in nodes:
            self._await(lambda node=node: _answers(node) != 0, node, "its factory answers")  # type: ignore[misc] # mypy: no default in a lambda
            network.apply(self.plan, self.keeper, node)

    def wait_whole(self, seconds: float = READY_SECONDS) -> float:
        """Wait until all nodes that run see each other live, and nobody else; return the seconds that took.

        Raises:
            TestbedError: they do not.
        """
        running = [node for node in self.nodes if self.state(node) == RUNNING]
        try:
            return until(
                lambda: all(sees(node) == len(running) for node in running), seconds, "all see each other"
            )
        except TimeoutError as error:
            seen = ", ".join(f"{node.name} sees {sees(node)}" for node in running)
            raise TestbedError(f"{error}: {seen}; logs: {self.directory}/node*/log") from error

    def _await(self, condition: Callable[[], bool], node: Node, what: str) -> None:
        """Wait for a node, and look now and then whether it is still there."""
        for _ in range(int(READY_SECONDS / LOOK_SECONDS)):
            with suppress(TimeoutError):
                until(condition, LOOK_SECONDS, what)
                return
            if self.state(node) == ENDED:
                raise TestbedError(f"{node.name} ended; its last words:\n{node.last_words()}")
        raise TestbedError(f"{node.name}: waited in vain until {what}; its last words:\n{node.last_words()}")

    def _node(self, plan: NodePlan) -> Node:
        home = self.directory / f"node{plan.number}"
        return Node(plan.number, self.plan.name, home, self.plan.address(plan.number), plan.disk_mib)

    def _write(self, node: Node, peers: Sequence[Node]) -> None:
        """Write all files of a new node."""
        for folder in (node.home, node.run, node.logs, node.disk):
            folder.mkdir()
            folder.chmod(0o711)
        key = (self.directory / KEY).read_bytes()
        settings.write(node, key=key, peers=peers, processors=self.plan.processors)
        shutil.copytree(self.directory / CONFIG, node.config, dirs_exist_ok=True)
        spaces = self.plan.way == "spaces"
        surroundings.write(
            surroundings.Surroundings(
                place=str(node.home),
                host_name=node.factory,
                cgroup=Spaces(self.plan).cgroup(node.name) if spaces else "",
                address=node.address if spaces else "",
                disk_mib=node.disk_mib if spaces else 0,
            )
        )

    def _all(self, do: Callable[[Node], None], nodes: Sequence[Node]) -> None:
        with ThreadPoolExecutor(max_workers=8) as workers:
            for done in [workers.submit(do, node) for node in nodes]:
                done.result()


def directory_of(name: str) -> Path:
    """Return where a testbed keeps everything; short, for paths of sockets, and the same for every user."""
    return Path("/var/tmp") / f"vacnet-testbed-{name}"  # noqa: S108 (named, root's, and 0711)


def sees(node: Node) -> int:
    """Return how many factories a node's factory sees live, itself too; 0 when it does not answer."""
    space = node.space()
    return sum(one.state == "live" for one in space.factories) if space else 0


def _answers(node: Node) -> int:
    """Return the number of the factory's process when it is ready, else 0."""
    with suppress(ClientError):
        health = node.client().health()
        return health.pid if health.state == "ready" else 0
    return 0


def _forget_run(node: Node) -> None:
    for left in node.run.iterdir():
        left.unlink()
