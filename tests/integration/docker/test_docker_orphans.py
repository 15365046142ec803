"""A process in a container's cgroup that its engine knows nothing of: one killed amid a start leaves such."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.docker.docker_site import Site

pytestmark = pytest.mark.engine("docker")

CGROUPS = Path("/sys/fs/cgroup")


@contextmanager
def _sleeping_in(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in a cgroup that has a container's id in its path, as engines name them."""
    group = (CGROUPS / "pids" if (CGROUPS / "pids").is_dir() else CGROUPS) / f"docker-{name}.scope"
    group.mkdir()
    sleeper = subprocess.Popen(["sleep", "1000"])
    try:
        (group / "cgroup.procs").write_text(f"{sleeper.pid}")
        yield sleeper
    finally:
        sleeper.kill()
        sleeper.wait()
        group.rmdir()


async def test_it_ends_with_the_container_and_that_of_another_does_not(site: Site) -> None:
    runtime, spec = site.runtime(), site.spec("exit 0")
    made = site.api.create_container(site.image, ["true"], name=spec.name, labels=spec.labels())
    another = made["Id"][::-1]
    await runtime.probe()
    with _sleeping_in(made["Id"]) as orphan, _sleeping_in(another) as stranger:
        assert (await runtime.seen())[spec.id].lost == "factory restarted before it started"
        await runtime.forget(spec.id)
        assert orphan.wait(10) == -9
        assert stranger.poll() is None
    assert site.inspect(spec.name) == {}
