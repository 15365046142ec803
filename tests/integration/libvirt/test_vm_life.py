"""A virtual machine's life: it boots, is told who it is, leaves its words, ends; nothing of it is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.libvirt.vm_site import PATIENCE_SECONDS, Site
from vacnet.machines.message import read_message
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.libvirt import labels
from vacnet.targets.model import Model

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(180)]

WORK = """
echo "told to be $(get /latest/meta-data/instance-id)"
get /machinefeatures/total_cpu | put cpus
get /jobfeatures/job_id | put job
echo '200 all done' | put shutdown_message
"""
GB = 10**9


def words_of(home: Path, name: str) -> str:
    return (home / "joboutputs" / name).read_text().strip()


@pytest.mark.parametrize(
    ("model", "network"),
    [
        # The space of both kinds has these too, on one network of each kind.
        pytest.param(Model.VM, "own", marks=pytest.mark.slow),
        (Model.CERNVM3, "user"),
    ],
)
async def test_a_machine_is_told_who_it_is_and_leaves_its_words(
    site: Site, model: Model, network: str
) -> None:
    runtime = site.runtime(network=network)
    assert await runtime.probe() == ""
    spec = site.linux(WORK, machine_model=model, disk_bytes=GB)
    assert await runtime.start(spec) == spec.uuid
    assert await runtime.start(spec) == spec.uuid
    assert set(site.domains()) == {spec.name}
    carried = (await runtime.seen())[spec.id].labels
    assert (carried[labels.FACTORY], carried["vacnet.name"]) == ("f1", spec.name)
    assert (labels.PORT in carried) == (network == "user")

    seen = await site.ended(runtime, spec)
    assert (seen.lost, seen.failed) == ("", ""), site.console(spec)
    assert f"told to be {spec.uuid}" in site.console(spec)
    assert read_message(spec.directory / "joboutputs") == b"200 all done\n", site.console(spec)
    assert words_of(spec.directory, "cpus") == "1"
    assert words_of(spec.directory, "job") == spec.uuid

    await runtime.forget(spec.id)
    await runtime.forget(spec.id)
    assert (await runtime.seen(), site.domains(), site.images.held) == ({}, {}, set())
    assert not {path.name for path in spec.directory.iterdir()} & {"root.qcow2", "root.raw", "stuck.json"}


async def test_a_machine_that_is_asked_to_end_hears_its_power_button(site: Site) -> None:
    runtime = site.runtime(network="user")
    spec = site.spec(site.sector())
    await runtime.start(spec)
    await site.begun(spec)
    await runtime.stop(spec.id, PATIENCE_SECONDS)
    seen = (await runtime.seen())[spec.id]
    assert (seen.running, seen.lost, seen.failed) == (False, "", "")
    assert seen.usage.cpu_seconds > 0
    assert seen.usage.memory_bytes > 0


async def test_a_machine_that_does_not_hear_is_ended_when_its_grace_is_over(site: Site) -> None:
    runtime = site.runtime(network="user")
    spec = site.spec(site.sector())
    await runtime.start(spec)  # still in its BIOS, which knows no button
    await runtime.stop(spec.id, 0.0)
    assert not (await runtime.seen())[spec.id].running


async def test_another_factory_sees_adopts_and_touches_nothing_of_this_one(site: Site) -> None:
    mine, other = site.runtime(network="user"), site.runtime("f2", network="user")
    spec = site.spec(site.sector())
    await mine.start(spec)
    assert await other.probe() == ""
    await other.start(site.spec(site.sector(), factory="f2"))
    assert list(await mine.seen()) == [spec.id]
    assert spec.id not in await other.seen()
    await other.stop(spec.id, 0.0)
    await other.forget(spec.id)
    assert (await mine.seen())[spec.id].running


async def test_a_name_that_is_taken_by_a_stranger_is_told_and_the_stranger_left_alone(site: Site) -> None:
    spec = site.spec(site.sector())
    site.connection.defineXML(
        f"<domain type='qemu'><name>{spec.name}</name><memory unit='MiB'>16</memory>"
        "<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>"
    )
    with pytest.raises(NotNowError, match="which is not of vacnet and is left alone: rename it"):
        await site.runtime(network="user").start(spec)
    assert set(site.domains()) == {spec.name}
    assert site.images.held == set()
