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

import pytest

from tests.integration.testbed.stage import PATIENCE_SECONDS
from tools.engines.dockerd import CGROUPS
from tools.space.left_over import processes_that_mention
from tools.space.member import CHECKOUT
from tools.space.waiting import until
from tools.testbed import Testbed, down
from tools.testbed.__main__ import main
from tools.testbed.containers import LABEL, docker
from tools.testbed.testbed import directory_of, sees

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]

Do = Callable[..., str]
NODES = 3


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
    first, second, third = bed.nodes
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
    do("partition", "1,2", "/", "3")
    assert "cut: 1->3, 2->3, 3->1, 3->2" in do("status")
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
    do("restart", "3")
    pid = first.client().health().pid
    do("kill", "1", "--what", "factory")
    until(lambda: sees(first) > 0 and first.client().health().pid != pid, PATIENCE_SECONDS, "it is back")
    assert "node4 is there" in do("add")
    do("remove", "2")
    bed = Testbed.find(name)
    bed.wait_whole()
    assert [node.name for node in bed.nodes] == ["node1", "node3", "node4"]
    assert "nothing is left" in do("down")
    assert _left(name) == []


def test_without_an_engine_nodes_are_name_spaces(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/tmp/no-engine.sock")
    assert "name spaces with an engine each" in do("up", "1")
    assert "sees 1 of 1 live" in do("status")
    assert "nothing is left" in do("down")


@pytest.mark.parametrize("way", ["least", "spaces"])
def test_down_ends_a_testbed_whose_up_was_killed(name: str, way: str) -> None:
    words = [sys.executable, "-m", "tools.testbed", "--name", name, "up", "2", "--way", way]
    with subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as up:
        log = directory_of(name) / "node2" / "log" / "engine"
        until(log.exists, PATIENCE_SECONDS, "the second node begins")
        up.kill()
    assert _left(name)
    down(name)
    assert _left(name) == []


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


def _round_trip_ms(do: Do, address: str) -> float:
    """Return how long the first node's fastest echo from another took; 0: none came."""
    told = do("exec", "1", "sh", "-c", f"busybox ping -c 3 -W 1 {address} || true")
    found = re.search(r"min/avg/max = ([0-9.]+)/", told)
    return float(found[1]) if found else 0.0


def _left(name: str) -> list[str]:
    """Return what of a testbed is there, in words."""
    mine = f"--filter=label={LABEL}={name}"
    left = [f"process {pid}" for pid in processes_that_mention(directory_of(name))]
    left += [f"container {one}" for one in docker("ps", "--all", "--quiet", mine).split()]
    left += [f"network {one}" for one in docker("network", "ls", "--quiet", mine).split()]
    left += [f"cgroup {path}" for path in CGROUPS.glob(f"*/vacnet-testbed-{name}")]
    left += [str(directory_of(name))] if directory_of(name).exists() else []
    return left
