"""The commands of the testbed, one row each: its name, its words, and what it does."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.space.member import COMMAND
from tools.testbed.node import Node
from tools.testbed.plan import TestbedError
from tools.testbed.raising import down, up
from tools.testbed.show import status
from tools.testbed.testbed import Testbed
from tools.testbed.ways import RUNNING, WAYS

LOGS = ("node", "engine", "factory")
PERCENT_MAX = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a command, as argparse takes it."""

    name: str
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command."""

    words: str
    run: Callable[[Namespace], int]
    arguments: tuple[Argument, ...] = ()
    passes_on: bool = False
    """What it does not know itself is for the command that it runs, and stands in `more`."""


def _up(given: Namespace) -> int:
    began = time.monotonic()
    ways = (given.way,) if given.way else tuple(WAYS)
    testbed = up(given.name, given.count, ways=ways, named_image=given.image, source=given.source)
    way, seconds = WAYS[testbed.plan.way], time.monotonic() - began
    print(f"{given.count} nodes see each other after {seconds:.1f} s; they are {way.words}")
    if way.flags:
        print(f"  {' '.join(way.flags)}")
    return 0


def _status(given: Namespace) -> int:
    print("\n".join(status(Testbed.find(given.name))))
    return 0


def _space(given: Namespace) -> int:
    testbed = Testbed.find(given.name)
    for node in testbed.nodes:
        if testbed.state(node) == RUNNING:
            asked = [*COMMAND[:-2], "space", "--socket", str(node.socket), *given.more]
            return subprocess.run(asked, check=False).returncode
    raise TestbedError("no node runs: `restart` or `add` one")


def _partition(given: Namespace) -> int:
    testbed = Testbed.find(given.name)
    sides = [_names(side) for side in " ".join(given.sides).split("/")]
    testbed.partition([[testbed.node(name) for name in side] for side in sides])
    return 0


def _names(side: str) -> list[str]:
    return side.replace(",", " ").split()


def _one_way(given: Namespace) -> int:
    testbed = Testbed.find(given.name)
    testbed.one_way(testbed.node(given.sender), testbed.node(given.receiver))
    return 0


def _heal(given: Namespace) -> int:
    Testbed.find(given.name).heal()
    return 0


def _loss(given: Namespace) -> int:
    if not 0 <= given.percent <= PERCENT_MAX:
        raise TestbedError(f"a loss of {given.percent:g} percent is none: 0 to 100")
    Testbed.find(given.name).fault(loss_percent=given.percent)
    return 0


def _delay(given: Namespace) -> int:
    if given.ms < 0:
        raise TestbedError(f"a delay of {given.ms:g} ms is none: 0 or more")
    Testbed.find(given.name).fault(delay_ms=given.ms)
    return 0


def _kill(given: Namespace) -> int:
    testbed = Testbed.find(given.name)
    testbed.kill(testbed.node(given.node), given.what)
    return 0


def _restart(given: Namespace) -> int:
    testbed = Testbed.find(given.name)
    testbed.restart(testbed.node(given.node), empty=given.empty)
    return 0


def _add(given: Namespace) -> int:
    (node,) = Testbed.find(given.name).add(disk_mib=given.disk_mib)
    print(f"{node.name} is there")
    return 0


def _upgrade(given: Namespace) -> int:
    testbed = Testbed.find(given.name)
    testbed.upgrade(testbed.node(given.node), given.to)
    return 0


def _exec(given: Namespace) -> int:
    testbed = Testbed.find(given.name)
    words = given.words or ["sh"]
    inside = testbed.inside(testbed.node(given.node), words, terminal=sys.stdin.isatty())
    return subprocess.run(inside, check=False).returncode


def _logs(given: Namespace) -> int:
    node = Testbed.find(given.name).node(given.node)
    files = [str(node.logs / name) for name in given.of or LOGS if (node.logs / name).exists()]
    follow = ["--follow"] if given.follow else []
    return subprocess.run(["tail", f"--lines={given.lines}", *follow, *files], check=False).returncode


def _down(given: Namespace) -> int:
    down(given.name)
    print(f"nothing is left of the testbed {given.name}")
    return 0


def _of_node(do: Callable[[Testbed, Node], None]) -> Callable[[Namespace], int]:
    def run(given: Namespace) -> int:
        testbed = Testbed.find(given.name)
        do(testbed, testbed.node(given.node))
        return 0

    return run


def _argument(name: str, **options: object) -> Argument:
    return Argument(name=name, options=options)


NODE = _argument("node", metavar="NODE")
_DISK = _argument("--disk-mib", type=int, default=0, help="size of its disk, in memory (default: the host's)")


COMMANDS: Mapping[str, Command] = {
    "up": Command(
        words="make N nodes and wait until they see each other",
        run=_up,
        arguments=(
            _argument("count", type=int, metavar="N"),
            _argument("--way", choices=WAYS, help="to keep nodes (default: the first that works)"),
            _argument("--image", default="", help="of the nodes (default: made of what is at hand)"),
            _argument(
                "--source", default="", choices=("skeleton", "debian"), help="of the image that is made"
            ),
        ),
    ),
    "status": Command(words="say what nodes there are, what they see, what is wrong", run=_status),
    "space": Command(
        words="show the space, as `vacnet space` on the first node that runs does",
        run=_space,
        passes_on=True,
    ),
    "partition": Command(
        words="cut the network into sides: partition 1,2 / 3,4,5",
        run=_partition,
        arguments=(_argument("sides", nargs="+", metavar="SIDE"),),
    ),
    "one-way": Command(
        words="let nothing that A sends arrive at B",
        run=_one_way,
        arguments=(_argument("sender", metavar="A"), _argument("receiver", metavar="B")),
    ),
    "loss": Command(
        words="lose so much of what arrives anywhere",
        run=_loss,
        arguments=(_argument("percent", type=float, metavar="PERCENT"),),
    ),
    "delay": Command(
        words="delay packets, one way", run=_delay, arguments=(_argument("ms", type=float, metavar="MS"),)
    ),
    "heal": Command(words="take all faults of the network back", run=_heal),
    "kill": Command(
        words="kill a node as a power cut does, or its engine or factory",
        run=_kill,
        arguments=(NODE, _argument("--what", choices=("node", "engine", "factory"), default="node")),
    ),
    "pause": Command(words="let nothing of a node run", run=_of_node(Testbed.pause), arguments=(NODE,)),
    "resume": Command(words="let a paused node go on", run=_of_node(Testbed.resume), arguments=(NODE,)),
    "restart": Command(
        words="start a node again",
        run=_restart,
        arguments=(NODE, _argument("--empty", action="store_true", help="with an empty disk")),
    ),
    "add": Command(words="bring one more node in", run=_add, arguments=(_DISK,)),
    "remove": Command(words="take a node out for good", run=_of_node(Testbed.remove), arguments=(NODE,)),
    "upgrade": Command(
        words="run a node's factory from a wheel; its machines go on",
        run=_upgrade,
        arguments=(NODE, _argument("--to", type=Path, required=True, metavar="WHEEL")),
    ),
    "exec": Command(
        words="run a command inside of a node",
        run=_exec,
        arguments=(
            NODE,
            _argument("words", nargs=argparse.REMAINDER, metavar="WORD", help="of the command (default: sh)"),
        ),
    ),
    "logs": Command(
        words="show what node, engine and factory said",
        run=_logs,
        arguments=(
            NODE,
            _argument("--of", action="append", choices=LOGS, help="only of this (default: all)"),
            _argument("--lines", type=int, default=20, help="so many last ones (default: %(default)s)"),
            _argument("--follow", action="store_true", help="go on until Ctrl-C"),
        ),
    ),
    "down": Command(words="end all of it and leave nothing", run=_down),
}
