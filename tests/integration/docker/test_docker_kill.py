"""A factory killed at any moment of a start: every container of ours is shown to the next one, and can go."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys

import pytest

from tests.integration.docker.docker_site import Site
from vacnet.machines.runtime import Seen
from vacnet.runtimes.docker.runtime import DockerRuntime

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600)]

FEW = 8
"""So few kills may by chance all come too early, or too late."""


async def _killed_starts(site: Site, kills: int, seed: int) -> list[str]:
    """Return the ids of machines whose factory was killed around their start."""
    words = [str(site.root), site.settings.socket, site.image, site.prefix, str(kills), str(seed)]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.docker.killing", *words, stdout=subprocess.PIPE
    )
    said, _ = await running.communicate()
    assert running.returncode == 0
    return said.decode().split()


def _containers(site: Site) -> dict[str, str]:
    """Return the state of every container of this site's, by machine."""
    return {row["Labels"]["vacnet.machine"]: row["State"] for row in site.containers()}


@pytest.mark.parametrize("kills", [FEW, pytest.param(50, marks=pytest.mark.slow)])
async def test_after_kills_at_any_moment_of_a_start_all_containers_are_seen(site: Site, kills: int) -> None:
    seed = random.randrange(1 << 30)
    ids = await _killed_starts(site, kills, seed)
    runtime = site.runtime()
    seen, there = await _seen_when_quiet(site, runtime), _containers(site)
    assert len(set(ids)) == kills, f"each kill has a machine of its own, seed {seed}"
    assert set(seen) == set(there) <= set(ids), f"seed {seed}"
    for machine_id, one in seen.items():
        assert one.running == (there[machine_id] == "running"), f"seed {seed}"
        assert one.running or one.lost == "factory restarted before it started", f"seed {seed}"
    if kills > FEW:
        assert any(one.running for one in seen.values()), f"every start was killed too early, seed {seed}"
        assert set(ids) != {one for one in seen if seen[one].running}, f"none was killed in time, seed {seed}"
    for machine_id in seen:
        await runtime.stop(machine_id, 0.0)
        await runtime.forget(machine_id)
    assert _containers(site) == {}


async def _seen_when_quiet(site: Site, runtime: DockerRuntime) -> dict[str, Seen]:
    """Look when the engine has done what the killed factories had asked for last."""
    before: dict[str, str] = {"none": ""}
    while before != (now := _containers(site)):
        before = now
        await asyncio.sleep(1.0)  # nothing tells that an engine has nothing more to do
    return dict(await runtime.seen())
