"""The commands of the testbed, on nodes that are name spaces, and what `down` leaves: nothing.

Promises: each command does what its words say; `down` also ends a testbed whose `up` was killed.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.testbed.stage import PATIENCE_SECONDS
from tests.integration.testbed.traces import Marks, left, marks_of
from tools.space.member import CHECKOUT
from tools.space.waiting import until
from tools.testbed import Testbed, TestbedError, down
from tools.testbed.__main__ import main
from tools.testbed.plan import NodePlan, Plan
from tools.testbed.testbed import directory_of, sees

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]

Do = Callable[..., str]
NODES = 5
FOUND = {"least": {"container", "network", "ip:", "iptables-save:"}, "spaces": {"cgroup"}}
"""What of a testbed is found on the host while it is up, by its way."""


KERNEL_SECONDS = 10.0
"""What is killed is gone when the kernel has ended it; on a busy host that takes its time."""


def _left_at_last(bears: Marks) -> list[str]:
    with suppress(TimeoutError):
        until(lambda: not left(bears), KERNEL_SECONDS, "nothing is left")
    return left(bears)


@pytest.fixture
def name() -> Iterator[str]:
    if os.geteuid() != 0:
        # Bridges, name spaces and cgroups are root's to make; continuous integration is root.
        pytest.skip("nodes need root")
    made = f"commands-{secrets.token_hex(3)}"
    yield made
    down(made)


@pytest.fixture
def do(name: str, capfd: pytest.CaptureFixture[str]) -> Do:
    """Carry out a command that has to succeed, and return what it printed."""

    def run(*words: str) -> str:
        code = main(["--name", name, *words])
        printed = capfd.readouterr()
        assert code == 0, f"{words}: {printed.err}"
        return printed.out

    return run


def test_every_command_does_what_it_says(name: str, do: Do) -> None:
    assert f"{NODES} nodes see each other" in do("up", str(NODES), "--way", "spaces")
    bed = Testbed.find(name)
    first, second, third, *_ = bed.nodes
    assert do("status").count(f"sees {NODES} of {NODES} live") == NODES
    assert second.factory in do("space", "--once")
    assert do("exec", "2", "hostname").strip() == second.factory
    assert "factory.started" in do("logs", "2", "--of", "factory", "--lines", "1000")

    do("delay", "50")
    assert _round_trip_ms(do, second.address) > 75
    do("loss", "100")
    assert _round_trip_ms(do, second.address) == 0
    do("heal")
    assert 0 < _round_trip_ms(do, second.address) < 75
    do("partition", "1,2", "/", "3,4")
    assert "cut: 1->3, 1->4, 2->3, 2->4, 3->1, 3->2, 4->1, 4->2" in do("status")
    assert _round_trip_ms(do, third.address) == 0 < _round_trip_ms(do, second.address)
    do("heal")
    do("one-way", "1", "2")
    assert _round_trip_ms(do, second.address) == 0 < _round_trip_ms(do, third.address)
    do("heal")

    do("pause", "3")
    assert "paused" in do("status")
    do("resume", "3")
    do("kill", "3")
    assert re.search(r"node3 .* ended", do("status"))
    for _ in ("after it was killed", "while it runs"):
        do("restart", "3")
        assert third.factory in do("exec", "3", "vacnet", "space", "--once")
    pid = first.client().health().pid
    do("kill", "1", "--what", "factory")
    until(lambda: sees(first) > 0 and first.client().health().pid != pid, PATIENCE_SECONDS, "it is back")
    assert "node6 is there" in do("add")
    do("remove", "2")
    bed = Testbed.find(name)
    bed.wait_whole()
    assert [node.name for node in bed.nodes] == ["node1", "node3", "node4", "node5", "node6"]


def test_without_an_engine_nodes_are_name_spaces(
    name: str, do: Do, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/tmp/no-engine.sock")
    assert main(["--name", name, "up", "1"]) == 0
    printed = capfd.readouterr()
    assert printed.err.count("does not answer") == 1, "it is said once, and not by each way"
    assert "name spaces with an engine each" in printed.out
    assert "sees 1 of 1 live" in do("status")
    assert "nothing is left" in do("down")


@pytest.mark.parametrize("way", ["least", "spaces"])
def test_down_leaves_nothing(name: str, do: Do, way: str) -> None:
    do("up", "2", "--way", way)
    do("delay", "20")
    with marks_of(name) as bears:
        found = {word.split()[0] for word in left(bears)}
        assert found >= {*FOUND[way], "process", "directory"}, "can be found"
        assert "nothing is left" in do("down")
        assert _left_at_last(bears) == []


@pytest.mark.parametrize("way", ["least", "spaces"])
def test_down_ends_a_testbed_whose_up_was_killed(name: str, way: str) -> None:
    words = [sys.executable, "-m", "tools.testbed", "--name", name, "up", "2", "--way", way]
    with subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as up:
        log = directory_of(name) / "node2" / "log" / "engine"
        until(log.exists, PATIENCE_SECONDS, "the second node begins")
        up.kill()
    with marks_of(name) as bears:
        assert left(bears)
        down(name)
        assert _left_at_last(bears) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["status"], "start one with `up`"),
        (["pause", "1"], "start one with `up`"),
    ],
)
def test_what_cannot_be_done_is_said(words: list[str], told: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--name", "never-made", *words]) == 1
    assert told in capfd.readouterr().err


def test_an_engine_that_does_not_answer_has_ended_no_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed = Testbed(tmp_path, Plan(name="t", way="least", nodes=(NodePlan(number=1),)))
    (node,) = bed.nodes
    node.run.mkdir(parents=True)
    node.socket.touch()
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/tmp/no-engine.sock")
    with pytest.raises(TestbedError, match="docker ps failed"):
        bed.restart(node)
    assert node.socket.exists(), "it was taken from a factory that runs on"


def _round_trip_ms(do: Do, address: str) -> float:
    """Return how long the first node's fastest echo from another took; 0: none came."""
    told = do("exec", "1", "sh", "-c", f"busybox ping -c 3 -W 1 {address} || true")
    found = re.search(r"min/avg/max = ([0-9.]+)/", told)
    return float(found[1]) if found else 0.0
