"""Faults: what befalls factories and their network while a plan is carried out.

Rules of this file: one function a kind of fault, in a table by its name; each draws from its own generator,
counts what took effect, and does nothing any more once it is calm. A fault that leaves something to be
ended (a cut, a pause, a factory that is down) has it ended by `end` at the latest.

Source: the list of faults is that of TigerBeetle's simulator and of the tests of gossip libraries (gossip
research 3 and 6.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from vacnet.agent.events import KeysChanged, Stopping
from vacnet.simulate import strangers
from vacnet.simulate.node import Node
from vacnet.simulate.storm import Storm
from vacnet.simulate.talker import Talker

DAY_SECONDS = 86_400.0
PAUSE_SECONDS = (1.0, 60.0)
DOWN_SECONDS = (0.5, 90.0)
CUT_SECONDS = (10.0, 150.0)
TWIN_SECONDS = (10.0, 120.0)
ROTATION_STEP_SECONDS = 40.0
"""Between two edits of a rotation; each factory's file is edited within half of it."""
QUIET_SECONDS = 5.0
"""After the start, before the first fault: a space is there to be harmed."""
URGENT = 0.2
"""Fraction of written rows that are urgent."""
ROW_SECONDS = (20.0, 200.0)
"""Between two rows of a factory on average: the 0.005 to 0.05 a second of the gossip research 4.1."""
REPLAYED = 20
RESOLVE_SECONDS = 60.0
"""Between two looks at names (chitchat's)."""

Act = Callable[["Storm", Random], None]


def schedule(storm: Storm) -> None:
    """Schedule the writing of rows and each fault of the plan."""
    if not storm.plan.agents:
        _schedule_rows(storm)
    for kind, (most, act) in EVENTS.items():
        if kind in storm.plan.faults:
            rng = storm.plan.rng(kind)
            for _ in range(rng.randint(1, most)):
                at = rng.uniform(QUIET_SECONDS, max(QUIET_SECONDS, 0.9 * storm.plan.seconds))
                storm.clock.at(at, _act, storm, act, rng)
    storm.network.recording = "replay" in storm.plan.faults


def end(storm: Storm) -> None:
    """End every fault that goes on."""
    for twin in storm.twins:
        _end_twin(storm, twin)
    for node in storm.nodes:
        node.resume()
        _resolve(storm, node)
        _boot(storm, node)
        node.give_keys(storm.keys)


def _act(storm: Storm, act: Act, rng: Random) -> None:
    if not storm.calm:
        act(storm, rng)


# --- rows ---------------------------------------------------------------------------------------------


def _schedule_rows(storm: Storm) -> None:
    rng = storm.plan.rng("rows")
    mean = rng.uniform(*ROW_SECONDS)
    for node in storm.nodes:
        storm.clock.after(rng.uniform(0.0, mean), _write, storm, node, mean, Random(rng.random()))


def _write(storm: Storm, node: Node, mean: float, rng: Random) -> None:
    """Write a row at a factory, and schedule its next."""
    if storm.calm:
        return
    if isinstance(node.agent, Talker):
        node.agent.write(rng.choice(storm.targets).name, node.now, urgent=rng.random() < URGENT)
        node.carry_out()
    storm.clock.after(rng.expovariate(1 / mean), _write, storm, node, mean, rng)


# --- what befalls the network -------------------------------------------------------------------------


def _cut(storm: Storm, rng: Random, *, one_way: bool) -> None:
    if storm.network.sides or len(storm.nodes) < 2:  # noqa: PLR2004 (one alone cannot be parted)
        return
    side = rng.sample(storm.nodes, rng.randint(1, len(storm.nodes) - 1))
    storm.network.partition([], [node.address for node in side], one_way=one_way)
    storm.clock.after(rng.uniform(*CUT_SECONDS), storm.network.partition)


def _replay(storm: Storm, rng: Random) -> None:
    """Repeat what was delivered, to whom it was delivered: nothing of it may change anything."""
    recorded = storm.network.recorded
    for data, source, target in rng.sample(recorded, min(REPLAYED, len(recorded))):
        for node in storm.up():
            if node.address == target and not node.paused:
                storm.did["replay"] += 1
                strangers.send_in_vain(storm, node, data, source, "replayed traffic")


def _intrude(storm: Storm, rng: Random) -> None:
    """Have somebody without a key, or with one that may only ask, say what members say."""
    for node in rng.sample(storm.up(), min(3, len(storm.up()))):
        if not node.paused:
            storm.did["intruder"] += 1
            strangers.intrude(storm, node, rng)


# --- what befalls a factory ---------------------------------------------------------------------------


def _pause(storm: Storm, rng: Random) -> None:
    if node := _some(storm, rng, storm.up()):
        seconds = rng.uniform(*PAUSE_SECONDS)
        storm.did["pause"] += 1
        storm.waited_seconds = max(storm.waited_seconds, seconds + storm.network.weather.longest_seconds)
        node.pause()
        storm.clock.after(seconds, node.resume)


def _crash(storm: Storm, rng: Random, kind: str, before_boot: Callable[[Node], None] | None = None) -> None:
    """Take a factory down for a while; `before_boot` changes its host meanwhile."""
    if node := _some(storm, rng, storm.up()):
        storm.did[kind] += 1
        if kind == "leave":
            node.resume()
            node.tell(Stopping())
        node.crash(lose_disk=kind == "wiped-disk")
        if before_boot is not None:
            before_boot(node)
        storm.clock.after(rng.uniform(*DOWN_SECONDS), _boot, storm, node)


def _step_clock(storm: Storm, rng: Random) -> None:
    """Step a wall clock; it is looked at when a factory starts."""

    def step(node: Node) -> None:
        node.wall_step = rng.uniform(-DAY_SECONDS, DAY_SECONDS)

    _crash(storm, rng, "clock-step", step)


def _rename(storm: Storm, rng: Random) -> None:
    def rename(node: Node) -> None:
        storm.went(node)
        name = f"renamed{storm.did['rename']}.{node.settings.space}"
        node.settings = replace(node.settings, factory=name)

    _crash(storm, rng, "rename", rename)


def _move(storm: Storm, rng: Random) -> None:
    """Give a factory another address, in the midst of its life; names are resolved anew at all others."""
    if node := _some(storm, rng, storm.nodes):
        storm.did["new-address"] += 1
        before = node.address
        node.move(storm.new_address())
        storm.moved.update({old: node.address for old, new in storm.moved.items() if new == before})
        storm.moved[before] = node.address
        for other in storm.nodes:
            storm.clock.after(rng.uniform(1.0, RESOLVE_SECONDS), _resolve, storm, other)


def _resolve(storm: Storm, node: Node) -> None:
    """Have a factory resolve the names on its peer list anew."""
    node.configure(tuple(storm.moved.get(peer, peer) for peer in node.peers))


def _rotate(storm: Storm, rng: Random) -> None:
    """Change the member key by three edits at each factory: add, put first, take the old away."""
    if len([role for role, _ in storm.keys.keys if role == "member"]) > 1:
        return
    storm.did["key-rotation"] += 1
    (old,) = (key for key in storm.keys.keys if key[0] == "member")
    rest = tuple(key for key in storm.keys.keys if key[0] != "member")
    new = ("member", rng.randbytes(32))
    for number, keys in enumerate(((old, new, *rest), (new, old, *rest), (new, *rest))):
        storm.clock.after(number * ROTATION_STEP_SECONDS, _edit_keys, storm, KeysChanged(keys), rng)


def _edit_keys(storm: Storm, keys: KeysChanged, rng: Random) -> None:
    if storm.calm:
        return
    storm.keys = keys
    for node in storm.nodes:
        storm.clock.after(rng.uniform(0.0, ROTATION_STEP_SECONDS / 2), node.give_keys, keys)


def _change_rules(storm: Storm, rng: Random) -> None:
    node = _some(storm, rng, storm.up())
    if node is not None and isinstance(node.agent, Talker):
        storm.did["rule-versions"] += 1
        node.agent.restate(node.now, rng.randint(1, 3))
        node.carry_out()


def _twin(storm: Storm, rng: Random) -> None:
    """Run a copy of a factory elsewhere for a while: a cloned host."""
    if node := _some(storm, rng, storm.up()):
        storm.did["twin"] += 1
        storm.twinned.add(node.name)
        twin = storm.add(node.name)
        twin.disk = replace(node.disk, machines={})
        twin.keys = node.keys
        twin.boot()
        storm.twins.append(twin)
        storm.clock.after(rng.uniform(*TWIN_SECONDS), _end_twin, storm, twin)


def _end_twin(storm: Storm, twin: Node) -> None:
    if twin in storm.nodes:
        twin.crash()
        storm.went(twin)
        storm.nodes.remove(twin)


def _boot(storm: Storm, node: Node) -> None:
    if node.agent is None and node in storm.nodes:
        node.boot()


def _some(_storm: Storm, rng: Random, nodes: list[Node]) -> Node | None:
    return rng.choice(nodes) if nodes else None


EVENTS: dict[str, tuple[int, Act]] = {
    "partition": (3, partial(_cut, one_way=False)),
    "one-way": (3, partial(_cut, one_way=True)),
    "pause": (5, _pause),
    "clock-step": (3, _step_clock),
    "crash": (8, partial(_crash, kind="crash")),
    "wiped-disk": (4, partial(_crash, kind="wiped-disk")),
    "leave": (4, partial(_crash, kind="leave")),
    "rename": (2, _rename),
    "new-address": (3, _move),
    "key-rotation": (1, _rotate),
    "rule-versions": (10, _change_rules),
    "twin": (2, _twin),
    "replay": (10, _replay),
    "intruder": (10, _intrude),
}
"""By name: how often at most, and what it does."""
