"""An engine whose storage holds layers to a size holds ours to theirs, and nothing is measured twice."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.docker.conftest import MakeEngine, put_image
from tests.integration.docker.docker_site import Site

pytestmark = [
    pytest.mark.engine("docker"),
    pytest.mark.skipif(shutil.which("mkfs.btrfs") is None, reason="needs btrfs-progs"),
]


@pytest.fixture
def btrfs(root: Path) -> Iterator[Path]:
    """A file system that knows quotas, in a file."""
    disk, made = root / "disk", root / "btrfs"
    made.mkdir()
    with disk.open("wb") as file:
        file.truncate(256 << 20)
    subprocess.run(["mkfs.btrfs", "-q", str(disk)], check=True)
    subprocess.run(["mount", "-o", "loop", str(disk), str(made)], check=True)
    yield made
    subprocess.run(["umount", "--lazy", str(made)], check=True)


@pytest.fixture
async def holding(btrfs: Path, root: Path, make_engine: MakeEngine) -> AsyncIterator[Site]:
    engine = make_engine("--data-root", str(btrfs), "--storage-driver", "btrfs")
    made = Site(root, engine.address, put_image(engine.address))
    yield made
    await made.close()
    engine.close()


async def test_a_layer_that_the_engine_holds_is_full_for_the_payload_itself(holding: Site) -> None:
    runtime = holding.runtime()
    script = "for i in 1 2 3 4 5 6; do head -c 5000000 /dev/urandom > /root/$i || exit 9; sync; done"
    spec = holding.spec(script, disk_bytes=20_000_000)
    seen = await holding.run(spec, runtime)
    size = int(holding.inspect(spec.name)["HostConfig"]["StorageOpt"]["size"])
    beneath = holding.api.inspect_image(holding.image)["Size"]  # type: ignore[no-untyped-call] # stubs
    assert size == 20_000_000 + beneath
    assert (seen.exit_code, seen.over_disk) == (9, False)


async def test_its_directory_is_measured_all_the_same(holding: Site) -> None:
    script = "for i in 1 2 3; do head -c 1000000 /dev/urandom > $JOBOUTPUTS/$i; done; exec sleep 1000"
    seen = await holding.run(holding.spec(script, disk_bytes=2_000_000))
    assert seen.over_disk
