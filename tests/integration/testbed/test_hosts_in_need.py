"""A host whose disk is full and one whose clock jumps: what runs goes on, and its end is not lost."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from tests.integration.testbed.stage import PATIENCE_SECONDS, WAITS, Stage, machines
from tools.testbed import Node
from tools.testbed.inside import surroundings
from vacnet.factory.client import ClientError, MachineState

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]

DISK_MIB = 128
DAY_SECONDS = 86400
CLOCK = Path(__file__).with_name("clock.c")


@pytest.mark.slow  # a node more is made and removed
def test_a_full_disk_stops_starts_there_and_loses_no_end(stage: Stage) -> None:
    (node,) = stage.bed.add(disk_mib=DISK_MIB)
    # A message cannot be written to a full disk: the exit code tells what became of the work.
    stage.target("t", f"{WAITS}exit 0\n", more='exit_codes = { "0" = 200 }\n')
    stage.until(lambda: len(_running(node)) == 4, PATIENCE_SECONDS, "it is busy")
    before = {one.uuid for one in _running(node)}
    stage.bed.run(node, ["sh", "-c", f"dd if=/dev/zero of={node.disk}/full bs=64k || true"])
    stage.until(lambda: "veto" in _flags(node), PATIENCE_SECONDS, "it says so")
    stage.go([node])
    stage.until(lambda: before <= _ended(node).keys(), PATIENCE_SECONDS, "all have ended")
    ended = {uuid: (one.outcome, one.message) for uuid, one in _ended(node).items() if uuid in before}
    assert {outcome for outcome, _ in ended.values()} == {"ok"}, ended
    stage.until(lambda: not _running(node), PATIENCE_SECONDS, "none runs")
    assert _ended(node).keys() == before, "another was started on a full disk"
    stage.bed.run(node, ["rm", f"{node.disk}/full"])
    stage.until(lambda: len(_running(node)) == 4, PATIENCE_SECONDS, "it works again")
    stage.quiet()
    stage.bed.remove(node)


@pytest.mark.slow  # a node is restarted twice
def test_a_clock_that_jumps_by_a_day_ends_no_machine(stage: Stage) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        # The clock of a node can only be stepped by a preloaded library, and vacnet itself needs no compiler.
        pytest.skip("no C compiler: the library that shifts a clock cannot be made")
    node = stage.nodes[-1]
    library, offset = node.home / "clock.so", node.home / "clock"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, CLOCK], check=True)
    told = surroundings.read(node.home)
    shifted = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(offset)}
    try:
        surroundings.write(msgspec.structs.replace(told, environment=shifted))
        stage.bed.restart(node)
        stage.target("t", WAITS)
        stage.until(lambda: len(_running(node)) == 4, PATIENCE_SECONDS, "it is busy")
        before = {one.uuid for one in _running(node)}
        for seconds in (DAY_SECONDS, 0):
            offset.write_text(str(seconds))
            stage.until(lambda s=seconds: abs(_ahead(node) - s) < 60, PATIENCE_SECONDS, "it has jumped")  # type: ignore[misc]
            _looked_twice(stage, node)
            assert {one.uuid for one in _running(node)} == before
        stage.quiet()
        ends = {row.uuid: row.text for row in stage.rows("t", [node])}
        assert {ends[uuid] for uuid in before} == {"done"}
    finally:
        surroundings.write(told)
        stage.bed.restart(node)


def _looked_twice(stage: Stage, node: Node) -> None:
    """Wait until the others have heard the node twice since: it has gone through its rounds."""
    before = _counter(node)
    stage.until(lambda: _counter(node) > before + 20, PATIENCE_SECONDS, "it has gone on for a while")


def _counter(node: Node) -> int:
    try:
        return node.client().health().counters.get("gossip_datagrams_sent", 0)
    except ClientError:
        return 0


def _running(node: Node) -> list[MachineState]:
    return [one for one in machines(node) if one.state == "running"]


def _ended(node: Node) -> dict[str, MachineState]:
    try:
        told = node.client().machines(ended=100).machines
    except ClientError:  # a busy host takes its time
        return {}
    return {one.uuid: one for one in told if one.state == "ended"}


def _flags(node: Node) -> tuple[str, ...]:
    space = node.space()
    return next((one.flags for one in space.factories if one.itself), ()) if space else ()


def _ahead(node: Node) -> float:
    """Return by how many seconds a node's clock is ahead of ours."""
    space = node.space()
    return space.time - time.time() if space else 0.0
