"""A libvirt that hangs, and QEMUs that do: whoever waits for them is told, and nobody else waits."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.libvirt.vm_site import PATIENCE_SECONDS, Site
from tools.engines.libvirtd import Libvirt
from vacnet.runtimes.libvirt.client import PRESSING_THREADS

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(180)]

ASKER = """
import asyncio, sys
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.libvirt import client

client.KEEPALIVE_SECONDS, client.KEEPALIVE_COUNT = 1, 1

async def ask(put, wanted):
    while True:
        try:
            await put(lambda connection: connection.listAllDomains(0))
        except NotNowError:
            if wanted == "away":
                return
        else:
            if wanted == "there":
                return
        await asyncio.sleep(0.02)

async def main():
    made = client.Client(sys.argv[1], client.Patience(ask_seconds=3.0, make_seconds=3.0))
    puts = [made.ask, *[made.make] * 8, *[made.press] * 4]
    for wanted in ("there", "away", "there"):
        await asyncio.gather(*(ask(put, wanted) for put in puts))
        print(wanted, flush=True)

asyncio.run(main())
"""
"""In a process of its own: what it is about is that this process lives on."""


def test_a_libvirt_that_hangs_while_many_ask_is_away_and_then_there(libvirt: Libvirt) -> None:
    libvirt.start()
    daemon = int((libvirt.home / "libvirtd.pid").read_text())
    with subprocess.Popen(
        [sys.executable, "-c", ASKER, libvirt.uri], stdout=subprocess.PIPE, text=True
    ) as asker:
        try:
            assert asker.stdout is not None
            assert asker.stdout.readline() == "there\n"
            os.kill(daemon, signal.SIGSTOP)
            assert asker.stdout.readline() == "away\n"
            os.kill(daemon, signal.SIGCONT)
            assert asker.stdout.readline() == "there\n"
            assert asker.wait(PATIENCE_SECONDS) == 0
        finally:
            os.kill(daemon, signal.SIGCONT)
            asker.kill()


@pytest.mark.slow  # 30 s: libvirt gives a QEMU ten to hear SIGTERM before it kills it
async def test_a_qemu_that_is_stopped_is_ended_and_holds_nobody_up(site: Site, root: Path) -> None:
    """More of them than there are threads to press buttons; libvirtd takes five questions a connection."""
    runtime = site.runtime(network="user")
    image = site.sector()
    specs = [site.spec(image, number=number, memory_bytes=16 << 20) for number in range(PRESSING_THREADS + 2)]
    for spec in specs:
        await runtime.start(spec)
    for pid in site.libvirt.emulators():
        os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(PATIENCE_SECONDS):
        ends = [asyncio.create_task(runtime.stop(spec.id, 2.0)) for spec in specs]
        await asyncio.sleep(0)
        assert all(one.running for one in (await runtime.seen()).values())
        await asyncio.gather(*ends)
    assert not any(one.running for one in (await runtime.seen()).values())
