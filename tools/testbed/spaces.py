"""Nodes that are sets of name spaces with an engine each, for hosts where containers do not nest.

The network is a switch of the testbed's own: a bridge in a network name space that a sleeping process
holds, so that neither bridge nor rule is seen by the host. Each node is a process tree in name spaces of its
own (network, mounts, processes, host name); when its first process ends, all of it ends. What belongs to the
testbed is known by a variable in its environment, whatever became of the command that started it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from tools.engines.dockerd import CGROUPS
from tools.space.member import CHECKOUT
from tools.space.waiting import until
from tools.testbed.faults import CARD
from tools.testbed.node import Node
from tools.testbed.plan import Plan, TestbedError
from tools.testbed.ways import ENDED, PAUSED, RUNNING

MARK = "VACNET_TESTBED"
SUBNET = "10.213.200"
"""Nobody but the nodes sees it."""
BRIDGE = "br0"
SWITCH = "switch"
GONE_SECONDS = 30.0


class Spaces:
    """A testbed whose nodes are name spaces."""

    def __init__(self, plan: Plan) -> None:
        """Keep the nodes of a plan."""
        self._plan = plan

    def prepare(self) -> None:
        """Have the switch."""
        if os.geteuid() != 0:
            raise TestbedError("name spaces with an engine each need root: use sudo")
        if not self._first(SWITCH):
            making = f"ip link add {BRIDGE} type bridge && ip link set {BRIDGE} up && exec sleep infinity"
            self._begin(SWITCH, ["unshare", "--net", "sh", "-c", making])
            until(self._switched, GONE_SECONDS, "the switch is there")

    def create(self, node: Node) -> None:
        """Start the node's first process and plug it in."""
        spaces = ["--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"]
        first = [sys.executable, "-m", "tools.testbed.inside.first", str(node.home)]
        self._begin(node.name, ["unshare", *spaces, "--propagation", "slave", *first])
        until(lambda: bool(self._first(node.name)), GONE_SECONDS, f"{node.name} begins")
        self._plug_in(node)

    def _plug_in(self, node: Node) -> None:
        """Lay the cable; the one before goes with the network of the ended node, but only some time later."""
        cable = f"v{node.number}"
        with suppress(TestbedError):
            self._in_switch("ip", "link", "delete", cable)
        inside = str(self._pid(node))
        self._in_switch("ip", "link", "add", cable, "type", "veth", "peer", "name", CARD, "netns", inside)
        self._in_switch("ip", "link", "set", cable, "master", BRIDGE, "up")

    def start(self, node: Node) -> None:
        """Start it again."""
        self.create(node)

    def stop(self, node: Node) -> None:
        """Ask the first process to end."""
        self._end(node, signal.SIGTERM)

    def kill(self, node: Node) -> None:
        """Kill the first process, and with it all."""
        self._end(node, signal.SIGKILL)

    def pause(self, node: Node) -> None:
        """Stop every process, parents first."""
        self._signal_all(node, signal.SIGSTOP)

    def resume(self, node: Node) -> None:
        """Let every process go on."""
        self._signal_all(node, signal.SIGCONT)

    def remove(self, node: Node) -> None:
        """Kill it if it runs."""
        if self._first(node.name):
            self.kill(node)

    def state(self, node: Node) -> str:
        """Return what the kernel says of the first process."""
        first = self._first(node.name)
        if not first:
            return ENDED
        return PAUSED if first.status() == psutil.STATUS_STOPPED else RUNNING

    def inside(self, node: Node, command: Sequence[str], *, terminal: bool = False) -> list[str]:
        """Return `nsenter` for a command; it has the terminal that there is."""
        del terminal
        return [
            "nsenter",
            "--target",
            str(self._pid(node)),
            "--net",
            "--mount",
            "--pid",
            "--uts",
            "--",
            *command,
        ]

    def clear(self) -> None:
        """Kill whatever bears our mark, then remove the engines' cgroups."""
        while left := [process for process, _ in self._marked()]:
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            until(lambda left=left: not any(map(_lives, left)), GONE_SECONDS, "all have ended")  # type: ignore[misc]
        _remove_cgroups(self.cgroup(""))

    def cgroup(self, name: str) -> str:
        """Return where the engine of a node keeps its containers."""
        return f"/vacnet-testbed-{self._plan.name}/{name}".rstrip("/")

    def _begin(self, name: str, command: Sequence[str]) -> None:
        # A node looks for its own engine, where engines usually are, and not for the host's.
        environment = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
        mark = {MARK: f"{self._plan.name} {name}", "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(
            ["setsid", "--fork", *command],
            cwd=CHECKOUT,
            env={**environment, **mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )

    def _marked(self) -> Iterator[tuple[psutil.Process, str]]:
        """Yield the processes of this testbed, each with the node that it belongs to."""
        mark = f"{MARK}={self._plan.name} ".encode()
        for process in psutil.process_iter():
            with suppress(OSError):
                told = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
                yield from ((process, one[len(mark) :].decode()) for one in told if one.startswith(mark))

    def _first(self, name: str) -> psutil.Process | None:
        """Return the process that holds the name spaces: the first one in them, if it lives."""
        for process, belongs in self._marked():
            with suppress(psutil.Error, OSError):
                if belongs == name and _is_first(process, name) and process.status() != psutil.STATUS_ZOMBIE:
                    return process
        return None

    def _pid(self, node: Node | None) -> int:
        first = self._first(node.name if node else SWITCH)
        if not first:
            raise TestbedError(f"{node.name if node else SWITCH} does not run")
        return int(first.pid)

    def _in_switch(self, *words: str) -> None:
        inside = ["nsenter", "--target", str(self._pid(None)), "--net", "--", *words]
        done = subprocess.run(inside, capture_output=True, text=True, check=False)
        if done.returncode:
            raise TestbedError(f"{' '.join(words)}: {done.stderr.strip()}")

    def _switched(self) -> bool:
        with suppress(TestbedError):
            self._in_switch("ip", "link", "show", BRIDGE)
            return True
        return False

    def _signal_all(self, node: Node, number: signal.Signals) -> None:
        first = psutil.Process(self._pid(node))
        for process in (first, *first.children(recursive=True)):
            with suppress(psutil.Error):
                process.send_signal(number)

    def _end(self, node: Node, number: signal.Signals) -> None:
        """Signal the first process, and wait until all of the node are gone: it is the last of them."""
        first = psutil.Process(self._pid(node))
        first.send_signal(number)
        until(lambda: not _lives(first), GONE_SECONDS, f"{node.name} has ended")
        until(
            lambda: all(belongs != node.name for _, belongs in self._marked()),
            GONE_SECONDS,
            f"{node.name} is gone",
        )


def _lives(process: psutil.Process) -> bool:
    """Tell whether a process may still do something; one that dies has no environment left to be known by."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _is_first(process: psutil.Process, name: str) -> bool:
    """Tell it from `unshare`, which waits outside: in its own name space it has the number 1."""
    if name == SWITCH:
        return bool(process.name() == "sleep")
    numbers = Path(f"/proc/{process.pid}/status").read_text().partition("NSpid:")[2].split("\n")[0].split()
    return len(numbers) > 1 and numbers[1] == "1" and len(numbers) == 2  # noqa: PLR2004 (ours and its own)


def _remove_cgroups(group: str) -> None:
    """Remove cgroups, deepest first; those that just ended may hold a moment longer."""
    for _ in range(50):
        tops = [*CGROUPS.glob(group.strip("/")), *CGROUPS.glob(f"*{group}")]
        if not tops:
            return
        for top in tops:
            for directory in sorted((top, *top.glob("**/")), reverse=True):
                with suppress(OSError):
                    directory.rmdir()
        time.sleep(0.1)
