"""How virtual machines end that do not end by themselves, and what is told of it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.libvirt.vm_site import MIB, Site, until
from tools.engines.libvirtd import Libvirt
from vacnet.machines.runtime import NotNowError, Seen
from vacnet.machines.spec import Spec
from vacnet.runtimes.engine.faults import AwayError
from vacnet.runtimes.libvirt.client import Client, Patience
from vacnet.runtimes.libvirt.look import Look, State
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(180)]


async def running(site: Site) -> tuple[LibvirtRuntime, Spec]:
    """Return a runtime with a machine that has begun and was seen."""
    runtime = site.runtime(network="user")
    spec = site.spec(site.sector())
    await runtime.start(spec)
    await site.begun(spec)
    assert (await runtime.seen())[spec.id].running
    return runtime, spec


async def why(site: Site, runtime: LibvirtRuntime, spec: Spec) -> tuple[str, str]:
    """Return why a machine was lost and how it failed, when it has ended, and forget it."""
    seen = await site.ended(runtime, spec)
    # Another life of the factory says the same.
    assert _words((await site.runtime(network="user").seen())[spec.id]) == _words(seen)
    await runtime.forget(spec.id)
    assert site.domains() == {}
    return _words(seen)


class CutOff:
    """A connection to a libvirt that is killed as soon as it has listed its domains."""

    def __init__(self, connection: Any, libvirt: Libvirt) -> None:
        self._connection = connection
        self._libvirt = libvirt

    def listAllDomains(self, flags: int) -> list[Any]:  # noqa: N802 (libvirt's name)
        listed: list[Any] = self._connection.listAllDomains(flags)
        self._libvirt.kill()
        return listed


def is_told_to_end(pid: int) -> bool:
    """Tell whether a stopped process has a SIGTERM to hear of."""
    lines = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(lines["ShdPnd"], 16) & 1 << signal.SIGTERM - 1)


def half_started(libvirt: Libvirt, spec: Spec) -> bool:
    """Tell whether a machine has a QEMU that libvirt has not let run yet; that takes half a second."""
    file = libvirt.home / "run" / "qemu" / f"{spec.name}.xml"
    status = file.read_text() if file.exists() else ""
    return "reason='starting up'" in status and "pid='0'" not in status


def _words(seen: Seen) -> tuple[str, str]:
    return seen.lost, seen.failed


async def test_a_killed_qemu_is_a_machine_that_failed_if_somebody_saw_it(site: Site) -> None:
    runtime, spec = await running(site)
    (pid,) = site.libvirt.emulators()
    os.kill(pid, signal.SIGKILL)
    log = f"see /var/log/libvirt/qemu/{spec.name}.log"
    seen = await site.ended(runtime, spec)
    assert _words(seen) == ("", f"its QEMU crashed or was killed: {log}")
    seen = (await site.runtime(network="user").seen())[spec.id]
    away = f"its QEMU ended, crashed or not, while libvirt or the factory was away: {log}"
    assert _words(seen) == (away, "")


async def test_a_machine_that_somebody_destroyed_was_lost(site: Site) -> None:
    runtime, spec = await running(site)
    site.domain(spec).destroy()
    assert await runtime.start(spec) == spec.uuid
    assert not (await runtime.seen())[spec.id].running, "what has ended is not begun again"
    assert await why(site, runtime, spec) == ("ended by a foreign hand", "")


async def test_a_machine_that_somebody_paused_is_ended_with_that_reason(site: Site) -> None:
    runtime, spec = await running(site)
    site.domain(spec).suspend()
    assert await why(site, runtime, spec) == ("paused by a foreign hand", "")


async def test_a_machine_whose_domain_somebody_took_away_is_gone(site: Site) -> None:
    runtime, spec = await running(site)
    site.domain(spec).destroy()
    site.domain(spec).undefine()
    assert spec.id not in await runtime.seen()
    await runtime.forget(spec.id)
    assert not (spec.directory / "root.qcow2").exists()


async def test_a_kernel_that_panics_ends_its_machine_with_that_reason(site: Site) -> None:
    runtime = site.runtime(network="user")
    spec = site.linux("echo c >/proc/sysrq-trigger")
    await runtime.start(spec)
    assert await why(site, runtime, spec) == ("", "its kernel panicked: see its console log")


async def test_machines_outlive_a_libvirt_that_is_killed(site: Site, libvirt: Libvirt) -> None:
    runtime, spec = await running(site)
    changes = runtime.changes()
    (pid,) = libvirt.emulators()
    libvirt.kill()
    with pytest.raises(NotNowError, match="does not answer"):
        await runtime.seen()  # by a connection that has just broken, or by none
    assert "start it (systemctl start libvirtd)" in await runtime.probe()
    with pytest.raises(NotNowError):
        await runtime.stop(spec.id, 0.0)
    libvirt.start()
    site.again()
    await anext(changes)
    assert (await runtime.seen())[spec.id].running
    assert libvirt.emulators() == [pid]
    site.domain(spec).memoryStats()  # waits until libvirt has taken it back
    site.domain(spec).destroy()
    assert await why(site, runtime, spec) == ("ended by a foreign hand", "")


async def test_a_machine_is_ended_also_while_libvirt_has_not_taken_it_back(
    site: Site, libvirt: Libvirt
) -> None:
    """libvirt then kills its QEMU at once, and afterwards refuses to destroy what does not run."""
    runtime, spec = await running(site)
    (pid,) = libvirt.emulators()
    os.kill(pid, signal.SIGSTOP)  # so that it does not answer the next libvirt
    libvirt.kill()
    libvirt.start()
    site.again()
    assert (await runtime.seen())[spec.id].running
    ending = asyncio.create_task(runtime.stop(spec.id, 0.0))
    await until(lambda: is_told_to_end(pid), f"{spec.name} is told to end")
    os.kill(pid, signal.SIGCONT)
    await ending
    assert not (await runtime.seen())[spec.id].running


async def test_an_end_while_libvirt_is_away_is_found_when_it_is_back(site: Site, libvirt: Libvirt) -> None:
    runtime, spec = await running(site)
    (pid,) = libvirt.emulators()
    libvirt.kill()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not libvirt.emulators(), "QEMU has ended")
    libvirt.start()
    site.again()
    seen = (await runtime.seen())[spec.id]
    assert (seen.running, "while libvirt or the factory was away" in seen.lost) == (False, True)


async def test_a_libvirt_that_ends_in_the_midst_of_a_look_makes_no_machine_a_stranger(
    site: Site, libvirt: Libvirt
) -> None:
    _, spec = await running(site)
    look, client = Look("f1"), Client(libvirt.uri, Patience())
    with pytest.raises(AwayError):
        await client.ask(lambda connection: look.take(CutOff(connection, libvirt)))
    libvirt.start()
    site.again()
    assert list(await client.ask(look.take)) == [spec.id]
    client.close()


async def test_a_machine_that_a_killed_libvirt_was_starting_is_not_to_blame(
    site: Site, libvirt: Libvirt
) -> None:
    runtime, spec = await running(site)
    await runtime.stop(spec.id, 0.0)
    starting = asyncio.create_task(asyncio.to_thread(site.domain(spec).create))
    await until(lambda: half_started(libvirt, spec), f"{spec.name} has a QEMU and is not started")
    libvirt.kill()
    assert isinstance((await asyncio.gather(starting, return_exceptions=True))[0], Exception)
    libvirt.start()
    site.again()
    await until(lambda: not site.domain(spec).isActive(), "the next libvirt has ended it")
    lost, failed = _words((await site.runtime(network="user").seen())[spec.id])
    # What libvirt says depends on how far its QEMU had come: a loaded host's has no monitor yet.
    assert ("libvirt" in lost, failed) == (True, "")


async def test_when_a_machine_ended_that_nobody_saw_end_is_told_by_its_files(site: Site) -> None:
    spec = site.spec(site.sector(0.2))
    await site.runtime(network="user").start(spec)
    await until(lambda: not site.domain(spec).isActive(), f"{spec.name} has ended")
    since = time.time() + 0.5  # libvirt may have a last thing to do
    await until(lambda: time.time() > since, "a factory comes later")
    ended_wall = (await site.runtime(network="user").seen())[spec.id].ended_wall
    assert ended_wall is not None
    assert spec.created_wall <= ended_wall < since


async def test_a_start_that_was_cut_off_before_the_machine_ran_is_told(site: Site) -> None:
    runtime, spec = await running(site)
    xml = site.domain(spec).XMLDesc(0)
    await runtime.stop(spec.id, 0.0)
    await runtime.forget(spec.id)
    (spec.directory / "console.log").unlink()
    site.connection.defineXML(xml)
    seen = (await site.runtime().seen())[spec.id]
    assert (seen.running, seen.lost) == (False, "factory restarted before it started")


async def test_more_memory_than_the_host_has_is_no_outcome_and_leaves_nothing(site: Site) -> None:
    spec = site.spec(site.sector(), memory_bytes=1 << 46)
    with pytest.raises(NotNowError, match="lower memory_per_processor"):
        await site.runtime(network="user").start(spec)
    assert (site.domains(), site.images.held) == ({}, set())
    assert not (spec.directory / "root.qcow2").exists()


async def test_an_image_that_does_not_boot_is_no_outcome(site: Site) -> None:
    image = site.root / "none.raw"
    image.write_bytes(bytes(MIB))
    image.chmod(0o644)
    with pytest.raises(NotNowError, match="is no disk that boots"):
        await site.runtime(network="user").start(site.spec(str(image)))
    assert (site.domains(), site.images.held) == ({}, set())


async def test_a_paused_machine_can_be_ended(site: Site) -> None:
    runtime, spec = await running(site)
    site.domain(spec).suspend()
    assert site.domain(spec).state()[0] == State.PAUSED
    await runtime.stop(spec.id, 30.0)
    assert not (await runtime.seen())[spec.id].running
