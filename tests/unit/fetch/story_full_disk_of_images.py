"""Images and joboutputs on a disk that fills: run in a process of its own, since it fills one for real.

What is kept free for others (`SPARE_BYTES`, `DISK_FREE_BYTES_MIN`) is nothing here, so that the disk itself
says no. Prints `done` at the end.
"""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.fetch.fetch_servers import Server, serving
from tests.unit.fetch.image_samples import Site, Source, raw_image, site
from tests.unit.machines.metadata_samples import resident
from vacnet.fetch import image_store
from vacnet.machines.metadata import outputs as of_outputs
from vacnet.machines.metadata.outputs import Outputs, RefusedError
from vacnet.machines.runtime import NotNowError

MIB = 1 << 20
PAGE = 4096
BODY = raw_image(4 * MIB)


def fill(directory: Path) -> Path:
    """Take every block that is left; return the file that has them."""
    filler = directory / "filler"
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(PAGE))
    return filler


async def _half(here: Site, server: Server) -> asyncio.Task[bytes]:
    """Begin to hold an image, and return when half of it is here."""
    target = here.target(server.url())

    async def held() -> bytes:
        return (await here.cache.hold(target, here.machine())).path.read_bytes()

    task = asyncio.create_task(held())
    while not here.has("2.0 MiB of 4.0 MiB"):  # noqa: ASYNC110 (progress has no event)
        await asyncio.sleep(0.001)
    return task


async def middle(directory: Path) -> None:
    """Somebody takes the rest of the disk in the middle of a download; later there is room again."""
    source = Source(BODY, gate=asyncio.Event())
    async with serving(source) as server:
        async with site(directory) as here:
            holding = await _half(here, server)
            filler = fill(directory)
            _open(source)
            with pytest.raises(
                NotNowError, match=r"the disk of .*/images is full: make room there, or lower"
            ):
                await holding
            assert list((directory / "images").iterdir()) == []
        filler.unlink()
        source.gate = None
        async with site(directory) as here:
            held = await here.cache.hold(here.target(server.url()), here.machine())
            assert held.path.read_bytes() == BODY


async def rename(directory: Path) -> None:
    """The last byte of an image takes the last block: it is kept and used, though no note of it can be."""
    source = Source(BODY, gate=asyncio.Event())
    async with serving(source) as server, site(directory) as here:
        holding = await _half(here, server)
        filler = fill(directory)
        (part,) = (directory / "images").glob("*.part")
        to_come = len(BODY) // PAGE * PAGE - part.stat().st_blocks * 512
        os.truncate(filler, filler.stat().st_size - to_come)
        _open(source)
        assert await holding == BODY
        assert here.names() == ["image.fetched"]


async def outputs(directory: Path) -> None:
    """A machine that puts a file on a full disk is told so, and its older file stands."""
    machine = resident(directory).spec
    taken = Outputs(machine)
    taken.keep("log", b"older")
    filler = fill(directory)
    for body in (b"newer", bytes(MIB)):
        with pytest.raises(RefusedError, match="the host's disk is full") as refused:
            taken.keep("log", body)
        assert refused.value.status == 507
    assert (machine.directory / "joboutputs/log").read_bytes() == b"older"
    filler.unlink()
    taken.keep("log", b"newer")
    assert (machine.directory / "joboutputs/log").read_bytes() == b"newer"
    assert not list(machine.directory.glob(".incoming-*"))


def _open(source: Source) -> None:
    assert source.gate is not None
    source.gate.set()


STORIES = {"middle": middle, "rename": rename, "outputs": outputs}

if __name__ == "__main__":
    image_store.SPARE_BYTES = of_outputs.DISK_FREE_BYTES_MIN = 0
    asyncio.run(STORIES[sys.argv[1]](Path(sys.argv[2])))
    os.write(1, b"done\n")
