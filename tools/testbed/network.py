"""Bringing the network's faults about: the rules of `faults` into the nodes that run."""

from __future__ import annotations

import subprocess
import sys

from tools.space.member import CHECKOUT
from tools.space.waiting import until
from tools.testbed.faults import CARD, table_of
from tools.testbed.node import Node
from tools.testbed.plan import Plan, TestbedError
from tools.testbed.settings import put
from tools.testbed.ways import Keeper

DELAY_FILE = "delay_ms"
"""In a node's run directory: what the queue delays by. Without it the queue ends."""
WORKS_FILE = "delays"
"""There while the queue works."""
QUEUE_SECONDS = 30.0
_BESIDE = 'cd "$0" && log=$1 && shift && { setsid "$@" >>"$log" 2>&1 </dev/null & }'
"""Start a program in a directory and leave it there."""


def apply(plan: Plan, keeper: Keeper, node: Node) -> None:
    """Make the network of a running node what the plan says."""
    delay = plan.faults.delay_ms
    queue = bool(delay) and not _netem(keeper, node, delay)
    if not delay:
        _netem(keeper, node, 0)
    _do(keeper, node, ["iptables-restore", "--wait"], table_of(plan, node.number, queue=queue))
    _keep_queue(keeper, node, delay if queue else 0)


def _netem(keeper: Keeper, node: Node, delay_ms: float) -> bool:
    """Have the kernel delay what a node sends; return False where it cannot (no netem)."""
    given = ["replace", "dev", CARD, "root", "netem", "delay", f"{delay_ms}ms"] if delay_ms else None
    words = ["tc", "qdisc", *(given or ["del", "dev", CARD, "root"])]
    done = subprocess.run(
        keeper.inside(node, words), capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    return not done.returncode


def _keep_queue(keeper: Keeper, node: Node, delay_ms: float) -> None:
    """Have the queue run with a delay, or not at all, and wait until that is so."""
    told, works = node.run / DELAY_FILE, node.run / WORKS_FILE
    if not delay_ms:
        told.unlink(missing_ok=True)
        until(lambda: not works.exists(), QUEUE_SECONDS, f"{node.name} delays no more")
        return
    put(told, str(delay_ms))
    if not works.exists():
        program = [sys.executable, "-m", "tools.testbed.inside.delay", str(told), str(works)]
        _do(keeper, node, ["sh", "-c", _BESIDE, str(CHECKOUT), str(node.logs / "delay"), *program])
        until(works.exists, QUEUE_SECONDS, f"{node.name} delays")


def _do(keeper: Keeper, node: Node, words: list[str], told: str = "") -> None:
    done = subprocess.run(keeper.inside(node, words), input=told, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TestbedError(f"{node.name}: {words[0]} failed: {done.stderr.strip()}")
