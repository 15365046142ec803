"""A virtual machine with Debian's cloud-init, unmodified: its serial number or a seed disk has its user_data.

What is tried is the whole way: the serial number that libvirt gives it, the factory's network or user-mode,
the service's pages, cloud-init's stages, and what the machine PUTs. Its image is made on the spot.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.libvirt.vm_site import MIB, Site
from tools.engines.cloud_init import VARIABLE
from tools.guest.cloud import build_cloud
from vacnet.machines.layout import USER_DATA
from vacnet.machines.message import read_message
from vacnet.machines.spec import Spec
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime
from vacnet.targets.model import Metadata, Network

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.engine("cloud-init"), pytest.mark.timeout(300)]

PATIENCE_SECONDS = 240.0
"""Emulated, and beside other tests; it takes fifteen alone."""
CLOUD_CONFIG = b"""#cloud-config
runcmd:
- - /usr/bin/python3
  - -c
  - |
    from urllib.request import Request, urlopen
    job = urlopen("http://169.254.169.253/jobfeatures/job_id").read()
    url = "http://169.254.169.253/joboutputs/shutdown_message"
    urlopen(Request(url, data=b"200 " + job, method="PUT"))
"""
"""With Vac's own addresses: in user-mode networking the service tells them with its port."""


ALONE = b"""#cloud-config
runcmd:
- - /usr/bin/python3
  - -c
  - |
    import json
    told = json.load(open("/run/cloud-init/instance-data.json"))
    job = told["ds"]["meta_data"]["vacnet"]["jobfeatures"]["job_id"]
    print("job", job, "by", told["v1"]["subplatform"], file=open("/dev/console", "w"))
"""
"""Of a machine that reaches nothing: it says who it is on its console."""


@pytest.fixture(scope="session")
def image() -> Iterator[Path]:
    """Made once, and before any test steps into a network that has no way to Debian's packages."""
    home = Path(tempfile.mkdtemp(prefix="vn-"))  # not tmp_path: QEMU's user has to get there
    home.chmod(0o711)
    made = home / "cloud.iso"
    build_cloud(made, Path(os.environ[VARIABLE]))
    made.chmod(0o644)
    yield made
    shutil.rmtree(home)


async def ended(site: Site, runtime: LibvirtRuntime, spec: Spec) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "guest: off" not in site.console(spec):  # noqa: ASYNC110 (QEMU writes it)
            await asyncio.sleep(0.2)
    seen = await site.ended(runtime, spec)
    assert (seen.lost, seen.failed) == ("", ""), site.console(spec)
    assert "Traceback" not in site.console(spec), site.console(spec)


# Half a minute each on a host that does nothing else; what the service tells cloud-init is held in seconds by
# tests/integration/metadata, and how machines come to the service by the other tests of this folder.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "metadata"), [("own", Metadata.HTTP), ("user", Metadata.HTTP), ("own", Metadata.SEED)]
)
async def test_cloud_init_runs_its_user_data_in_a_virtual_machine(
    image: Path, site: Site, network: str, metadata: Metadata
) -> None:
    runtime = site.runtime(network=network)
    spec = site.spec(str(image), memory_bytes=384 * MIB, metadata=metadata)
    (spec.directory / USER_DATA).write_bytes(CLOUD_CONFIG)
    await runtime.start(spec)
    await ended(site, runtime, spec)
    message = read_message(spec.directory / "joboutputs")
    assert message == b"200 " + spec.uuid.encode(), site.console(spec)


@pytest.mark.slow  # as those above; a small guest reads a seed disk in `test_vm_seed`
async def test_cloud_init_runs_its_user_data_from_a_disk_without_a_network(image: Path, site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec(str(image), memory_bytes=384 * MIB, network=Network.NONE)
    (spec.directory / USER_DATA).write_bytes(ALONE)
    await runtime.start(spec)
    await ended(site, runtime, spec)
    assert f"job {spec.uuid} by config-disk (/dev/sr0)" in site.console(spec), site.console(spec)
