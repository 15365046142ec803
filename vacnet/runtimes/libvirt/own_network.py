"""Keeping the factory's own network: made when it is first needed, looked at before each start, mended.

Rules of this file: it touches the one network and bridge that bear this factory's name, and no other. One
network of a host can have 169.254.169.254. Where another has it (a second factory, Vac's, a cloud's) machines
get user-mode networking, unless the settings want a network of our own: then they say why there is none.
A network is made anew only while no machine of ours is on it, or when its bridge is gone and machines have
lost it already.
"""

from __future__ import annotations

from typing import Any

import psutil
import structlog

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.engine.faults import RefusalError
from vacnet.runtimes.libvirt import addresses, network
from vacnet.runtimes.libvirt.addresses import NetworkNames
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.client import Client

log = structlog.get_logger(__name__)


class TakenError(NotNowError):
    """Somebody else on this host has the address."""


class OwnNetwork:
    """The network of one factory."""

    def __init__(self, client: Client, names: NetworkNames, hosts: int) -> None:
        """Make nothing yet; `hosts` is how many machines it is for."""
        self.names = names
        self.hosts = hosts
        self._client = client
        self._xml = network.network_xml(names, hosts)

    async def ensure(self, *, in_use: bool) -> None:
        """Have the network there and well; `in_use` tells whether machines of ours are on it.

        Raises:
            TakenError: another interface has its address.
            NotNowError: libvirt cannot make it, or it is broken under running machines.
        """
        if holder := _holder(self.names.bridge):
            raise TakenError(
                f"{addresses.METADATA} is an address of {holder}, and one network of a host can have it: set "
                'network = "user" in [runtimes.libvirt], or take it away there'
            )
        try:
            done = await self._client.make(lambda connection: self._ensure(connection, in_use=in_use))
        except RefusalError as refusal:
            if "already in use" in refusal.words:
                raise TakenError(f"libvirt makes no network: {refusal.words}") from refusal
            words = f"the network {self.names.network} cannot be made: {refusal.words}"
            raise NotNowError(words) from refusal
        if done:
            log.info("libvirt.network", network=self.names.network, bridge=self.names.bridge, done=done)

    def _ensure(self, connection: Connection, *, in_use: bool) -> str:
        """Do what is needed and return it in a word; empty for nothing."""
        found = _lookup(connection, self.names.network)
        if found is None:
            _begin(connection.networkDefineXML(self._xml))
            return "made"
        if not found.isActive():
            self._replace(connection, found)
            return "started"
        if network.same(self._xml, found.XMLDesc(0)) and _well(self.names.bridge):
            return ""
        if in_use and self.names.bridge in psutil.net_if_addrs():
            words = f"the bridge {self.names.bridge} is not as it was made, and machines are on it"
            raise NotNowError(f"{words}: it is made anew when they have ended")
        found.destroy()
        self._replace(connection, found)
        return "made anew"

    def _replace(self, connection: Connection, found: Any) -> None:
        found.undefine()
        _begin(connection.networkDefineXML(self._xml))

    async def remove(self) -> None:
        """Take the network away; nothing happens if there is none."""
        await self._client.make(lambda connection: _remove(connection, self.names.network))


def _begin(defined: Any) -> None:
    """Start a network; one that cannot be started is not left behind."""
    try:
        defined.create()
    except Exception:
        defined.undefine()
        raise


def _lookup(connection: Connection, name: str) -> Any:
    # Not by its name: the library's own error for that is no fault worth a line in libvirt's log.
    return next((one for one in connection.listAllNetworks(0) if one.name() == name), None)


def _remove(connection: Connection, name: str) -> None:
    found = _lookup(connection, name)
    if found is None:
        return
    if found.isActive():
        found.destroy()
    found.undefine()


def _holder(bridge: str) -> str:
    """Return the interface, other than ours, that has the metadata address; empty for none."""
    for name, held in psutil.net_if_addrs().items():
        if name != bridge and any(one.address == addresses.METADATA for one in held):
            return name
    return ""


def _well(bridge: str) -> bool:
    """Tell whether the bridge is there with both addresses."""
    held = {one.address for one in psutil.net_if_addrs().get(bridge, ())}
    return {addresses.METADATA, addresses.FEATURES} <= held
