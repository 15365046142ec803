"""/cvmfs in containers: read-only, with what is mounted later; and in clear words when it cannot be given."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.docker.conftest import MakeEngine, put_image
from tests.integration.docker.docker_site import Site, until
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.cvmfs import mount_of

pytestmark = pytest.mark.engine("docker")

REPOSITORIES = ("a.cern.ch",)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


@pytest.fixture
def tree(root: Path) -> Iterator[Path]:
    """A directory that is a mount of its own, as the automounter's is."""
    made = root / "cvmfs"
    (made / "a.cern.ch").mkdir(parents=True)
    _mount("--bind", str(made), str(made))
    yield made
    subprocess.run(["umount", "--recursive", str(made)], check=True)


async def test_repositories_are_seen_read_only_also_those_mounted_later(
    tree: Path, root: Path, make_engine: MakeEngine
) -> None:
    _mount("--make-rshared", str(tree))
    engine = make_engine()
    site = Site(root, engine.address, put_image(engine.address))
    runtime = site.runtime(cvmfs=tree)
    spec = site.spec(
        "touch /cvmfs/x; echo ready; while ! [ -e /cvmfs/a.cern.ch/file ]; do sleep 0.05; done; echo seen",
        cvmfs_repositories=REPOSITORIES,
    )
    await runtime.start(spec)
    await runtime.seen()
    await until(lambda: "ready" in site.console(spec), "the machine looks for it")
    _mount("-t", "tmpfs", "none", str(tree / "a.cern.ch"))
    (tree / "a.cern.ch" / "file").touch()
    assert (await site.ended(runtime, spec.id)).exit_code == 0
    await runtime.forget(spec.id)
    await site.close()
    assert sorted(site.console(spec).splitlines()) == [
        "ready",
        "seen",
        "touch: /cvmfs/x: Read-only file system",
    ]


async def test_a_mount_that_is_not_shared_is_refused_with_the_command_that_mends_it(
    tree: Path, site: Site
) -> None:
    _mount("--make-private", str(tree))
    with pytest.raises(NotNowError) as told:
        await site.runtime(cvmfs=tree).start(site.spec("exit 0", cvmfs_repositories=REPOSITORIES))
    assert str(told.value).endswith(f"mount --make-rshared {tree}")
    assert site.containers() == []


async def test_a_host_without_cvmfs_says_what_to_install(site: Site, root: Path) -> None:
    runtime = site.runtime(cvmfs=root / "nowhere")
    with pytest.raises(
        NotNowError, match="nowhere is not there, and the target has cvmfs_repositories: install"
    ):
        await runtime.start(site.spec("exit 0", cvmfs_repositories=REPOSITORIES))
    assert (await site.run(site.spec("exit 0"), runtime)).exit_code == 0


async def test_a_repository_that_cannot_be_mounted_is_named(tree: Path, site: Site) -> None:
    _mount("--make-rshared", str(tree))
    runtime = site.runtime(cvmfs=tree)
    with pytest.raises(NotNowError, match=r"cvmfs/b.cern.ch cannot be had \(No such file or directory\)"):
        await runtime.start(site.spec("exit 0", cvmfs_repositories=("b.cern.ch",)))


async def test_concurrent_starts_all_get_the_same_answer(site: Site, root: Path) -> None:
    runtime = site.runtime(cvmfs=root / "nowhere")
    specs = [site.spec("exit 0", cvmfs_repositories=REPOSITORIES) for _ in range(4)]
    told = await asyncio.gather(*(runtime.start(spec) for spec in specs), return_exceptions=True)
    assert all(isinstance(one, NotNowError) for one in told)


def test_the_innermost_mount_counts_and_so_does_a_slave() -> None:
    lines = [
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw",
        "40 22 0:33 / /cvmfs rw - autofs /etc/auto.cvmfs rw",
        "41 22 0:34 / /cvmfs\\040old rw master:7 - autofs x rw",
    ]
    text = "\n".join(lines)
    assert mount_of(Path("/cvmfs"), text) == ("/cvmfs", False)
    assert mount_of(Path("/cvmfs old/x"), text) == ("/cvmfs old", True)
    assert mount_of(Path("/srv"), text) == ("/", True)
