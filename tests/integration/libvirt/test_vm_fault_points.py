"""A factory with virtual machines, killed around writes and engine calls, and at random, costs nothing.

The stories are those of the process runtime (tests/integration/faults); each machine is a disk of one sector.
Rows whose fault points are all in joboutputs and the record are left to those tests: with which engine a
machine proves itself makes no difference to them. So is the row of an engine that refuses a start, which
libvirt does only for what was caught before.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.integration.faults.fate import STAR, VARIABLE, Fate
from tests.integration.faults.payloads import MISSING
from tests.integration.faults.scene import directory
from tests.integration.faults.stories import STORIES, Story
from tests.integration.libvirt.vm_space import PATIENCE_SECONDS, VmSpace, sector, vm_space
from tools.engines.libvirtd import Libvirt
from tools.engines.network_of import network_of
from tools.space import Member
from tools.space.waiting import until
from vacnet.machines.lifecycle import fault_points

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(1200)]

DOOMED = (sys.executable, "-m", "tests.integration.libvirt.doomed_vm")
AT_ONCE = 2
"""Scenes that are played side by side: so many machines run."""
ELSEWHERE = {"running-proved", "stopping-proved", "starting-refused"}
ROWS = tuple(
    row for row in dict.fromkeys(p.split(".", maxsplit=1)[0] for p in fault_points()) if row not in ELSEWHERE
)
FEW = ("starting-next",)
"""Where libvirt and record can come apart most; the others are slow together, not each."""
SHORT, LONG = 0.5, 4.0
"""Seconds of a guest's life: one that ends at once, and one that is there when a second factory comes."""
WORDS = ("100 ", "200 ended", "700 fizzled")
CRASHED = "700 its QEMU crashed"
KILL_SECONDS_MAX = 2.0

Tell = Callable[[str, object], None]


def _kill(stage: VmSpace, member: Member, fate: Fate, *, record_lost: bool = False) -> list[str]:
    """Let a factory live until its fate; return what is wrong then."""
    member.start(DOOMED, {VARIABLE: msgspec.json.encode(fate).decode()})
    try:
        until(lambda: not member.running(), PATIENCE_SECONDS, f"it comes to {fate.point}")
    except TimeoutError:
        words = member.last_words()
        member.kill()
        return [f"never came to {fate.point}:\n{words}"]
    return [] if record_lost else stage.unknown(member)


def _play(libvirt: Libvirt, story: Story, point: str) -> list[str]:
    """Play a story with a kill at a point; return what is wrong in the end."""
    with directory() as home, network_of(libvirt.holder):
        options = sector(home, SHORT if story.ends or story.crowd else LONG)
        if story.payload == MISSING:
            options += f'user_data = "{home}/none"\n'
        with vm_space(home, libvirt, {STAR: options}) as stage:
            (member,) = stage.members
            wrong = _kill(stage, member, Fate(point=story.before)) if story.before else []
            if story.loses_record:
                for path in member.state.glob("vacnet.db*"):
                    path.unlink()
            if story.ends_between:
                until(lambda: not _running(stage), PATIENCE_SECONDS, "the machine has ended")
            fate = story.fate(point, 1)
            wrong += _kill(stage, member, fate, record_lost=story.loses_record)
            stage.rest()
            return [*wrong, *stage.wrong(WORDS, adopted=story.loses_record)]


def _running(stage: VmSpace) -> bool:
    """Tell whether a QEMU of this space runs."""
    names = [f"guest={name}" for name in stage.domains()]
    return any(name in word for one in stage.libvirt.emulators() for name in names for word in _words_of(one))


def _words_of(pid: int) -> list[str]:
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


@pytest.mark.parametrize(
    "row", [row if row in FEW else pytest.param(row, marks=pytest.mark.slow) for row in ROWS]
)
def test_a_kill_at_any_fault_point_of_a_row_costs_no_virtual_machine(
    libvirt: Libvirt, row: str, record_property: Tell
) -> None:
    points = [point for point in fault_points() if point.startswith(f"{row}.")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(pool.map(lambda point: _play(libvirt, STORIES[row], point), points))
    bad = [(point, lines) for point, lines in zip(points, wrong, strict=True) if lines]
    record_property("told", f"virtual {row:<18}{len(points):>4} kills{len(bad):>4} of them cost something")
    assert not bad, "\n".join(f"{point}: {line}" for point, lines in bad for line in lines)


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_kills_of_factory_libvirt_and_qemu_at_random_moments_cost_no_truth(
    libvirt: Libvirt, inside: None, root: Path, kills: int, record_property: Tell
) -> None:
    seed = random.randrange(1 << 30)
    lots = random.Random(seed)
    with vm_space(root, libvirt, {"short": sector(root, SHORT), "long": sector(root, LONG)}) as stage:
        (member,) = stage.members
        wrong: list[str] = []
        for number in range(kills):
            member.start()
            until(lambda: bool(libvirt.emulators()), PATIENCE_SECONDS, "there is something to lose")
            # waits for nothing: a kill at a random moment is what is tested
            time.sleep(lots.uniform(0, KILL_SECONDS_MAX))
            _kill_one(("factory", "libvirt", "qemu")[number % 3], libvirt, member)
        stage.rest()
        wrong += stage.wrong((*WORDS, CRASHED))
        rows = [row for record in stage.records().values() for row in record.rows.values()]
        messages = Counter(row.message[:20] for row in rows)
    record_property(
        "told", f"virtual {kills} random kills, seed {seed}: {dict(messages)}, {len(wrong)} wrong"
    )
    assert not wrong, "\n".join([f"seed {seed}", *wrong])


def _kill_one(what: str, libvirt: Libvirt, member: Member) -> None:
    if what == "factory":
        member.kill()
    elif what == "libvirt":
        libvirt.kill()
        libvirt.start()
    else:
        for pid in libvirt.emulators()[:1]:
            psutil.Process(pid).kill()
