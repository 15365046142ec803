"""The factory's own network: made, mended, taken by another; nobody else's is touched."""

from __future__ import annotations

import subprocess
from typing import Any

import psutil
import pytest

from tests.integration.libvirt.vm_site import Site
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.libvirt import labels
from vacnet.runtimes.libvirt.addresses import names_of
from vacnet.runtimes.libvirt.client import Client, Patience
from vacnet.runtimes.libvirt.own_network import OwnNetwork

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(180)]

STRANGER = """<network><name>strangers</name><bridge name='strange0'/>
<ip address='192.168.77.1' netmask='255.255.255.0'/></network>"""


def addresses_of(bridge: str) -> set[str]:
    return {one.address for one in psutil.net_if_addrs().get(bridge, ())}


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


async def start_and_end(site: Site, factory: str = "f1", **settings: Any) -> dict[str, str]:
    """Start a machine, end it, and return what its domain carried."""
    runtime = site.runtime(factory, **settings)
    spec = site.spec(site.sector(), factory=factory)
    await runtime.start(spec)
    carried = dict((await runtime.seen())[spec.id].labels)
    await runtime.stop(spec.id, 0.0)
    await runtime.forget(spec.id)
    return carried


async def test_a_network_is_made_once_mended_when_broken_and_strangers_are_left_alone(site: Site) -> None:
    stranger = site.connection.networkCreateXML(STRANGER)
    names = names_of("f1", str(site.root))
    own = OwnNetwork(Client(site.libvirt.uri, Patience()), names, 250)
    both = {"169.254.169.254", "169.254.169.253"}

    async def mended() -> str:
        await own.ensure(in_use=False)
        assert both <= addresses_of(names.bridge)
        return str(site.connection.networkLookupByName(names.network).UUIDString())

    made = await mended()
    assert await mended() == made
    ip("addr", "del", "169.254.169.254/32", "dev", names.bridge)
    with pytest.raises(NotNowError, match="is not as it was made, and machines are on it"):
        await own.ensure(in_use=True)
    await mended()
    ip("link", "del", names.bridge)
    await own.ensure(in_use=True)
    assert both <= addresses_of(names.bridge), "who was on it has lost it already"
    site.connection.networkLookupByName(names.network).destroy()
    await mended()
    assert stranger.isActive()
    assert addresses_of("strange0") >= {"192.168.77.1"}
    await own.remove()
    await own.remove()
    assert names.bridge not in psutil.net_if_addrs()


@pytest.mark.slow  # that it gets one, the space of both kinds shows as well
async def test_a_second_factory_of_a_host_gets_user_mode_networking(site: Site) -> None:
    first = await start_and_end(site)
    second = await start_and_end(site, "f2")
    assert first[labels.ADDRESS] == "169.254.169.0"
    assert labels.ADDRESS not in second
    assert int(second[labels.PORT]) > 0
    with pytest.raises(NotNowError, match=r"169.254.169.254 is an address of vn.*one network of a host"):
        await start_and_end(site, "f3", network="own")


async def test_a_machine_that_takes_anothers_address_is_not_heard(site: Site) -> None:
    """It asks who it is under another's address: the filter lets nothing of that out of its card."""
    runtime = site.runtime(network="own")
    victim = site.spec(site.sector(), number=1)
    await runtime.start(victim)
    spec = site.linux(
        """
        echo "before: $(get /latest/meta-data/instance-id)"
        ip addr flush dev eth0; ip addr add 169.254.169.1/16 dev eth0
        echo "stolen: $(wget -T 2 -q -O - $base/latest/meta-data/instance-id)"
        """
    )
    await runtime.start(spec)
    await site.ended(runtime, spec)
    said = site.console(spec)
    assert f"before: {spec.uuid}" in said
    assert "stolen: \n" in said.replace("\r", "")
    assert victim.uuid not in said
