"""Virtual machines that are told by a CD-ROM: a small guest reads it, with a network and without."""

from __future__ import annotations

import pytest

from tests.integration.libvirt.vm_site import Site
from vacnet.machines.message import read_message
from vacnet.machines.runtime import Seen
from vacnet.machines.spec import Spec
from vacnet.runtimes.libvirt import labels
from vacnet.targets.model import Metadata, Network

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(180)]

SHOW = """
echo "serial: $serial."
echo "cards: $(ls /sys/class/net | tr '\\n' ' ')."
cat /seed/meta-data /seed/network-config
"""


async def run(site: Site, script: str, **target: object) -> tuple[Spec, Seen]:
    """Have a machine from its start to its end, and look at its seed disk in between."""
    runtime = site.runtime(network="user")
    spec = site.linux(SHOW + script, **target)
    await runtime.start(spec)
    root, seed = ((spec.directory / name).stat() for name in ("root.qcow2", "seed.iso"))
    assert (seed.st_mode & 0o777, seed.st_uid) == (0o600, root.st_uid), "as its disk: QEMU's user's alone"
    seen = await site.ended(runtime, spec)
    assert (seen.lost, seen.failed) == ("", ""), site.console(spec)
    assert "serial: ." in site.console(spec), "it is not led to HTTP"
    assert spec.uuid in site.console(spec)
    await runtime.forget(spec.id)
    assert not (spec.directory / "seed.iso").exists()
    return spec, seen


async def test_a_machine_without_a_network_is_told_by_its_disk_and_ends_without_a_word(site: Site) -> None:
    spec, seen = await run(site, "", network=Network.NONE)
    said = site.console(spec)
    assert "cards: lo ." in said
    assert '"config": "disabled"' in said
    assert '"wall_limit_secs"' in said, "its features are on the disk"
    assert not seen.labels.keys() & {labels.ADDRESS, labels.PORT, labels.MAC}
    assert list((spec.directory / "joboutputs").iterdir()) == []


async def test_a_machine_with_a_network_is_told_by_its_disk_where_it_may_put_files(site: Site) -> None:
    leave = """
    base=$(sed -n 's,.*"joboutputs": "\\(.*\\)/joboutputs".*,\\1,p' /seed/meta-data)
    echo "200 all done" | put shutdown_message
    """
    spec, seen = await run(site, leave, metadata=Metadata.SEED)
    assert f":{seen.labels[labels.PORT]}/{spec.uuid}/joboutputs" in site.console(spec)
    assert read_message(spec.directory / "joboutputs") == b"200 all done\n", site.console(spec)
