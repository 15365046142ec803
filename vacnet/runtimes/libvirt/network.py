"""The XML of a factory's own network: a bridge with the two service addresses, and one address for each card.

Rules of this file: pure. Only machines that are listed get an address, each by its MAC; names are those of
Vac. `172`-like subnets are never guessed: the block is RFC 3927's, which no router passes on.

Source: libvirt, "Network XML format".
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from vacnet.runtimes.libvirt import addresses
from vacnet.runtimes.libvirt.addresses import NetworkNames, card_of

NETMASK = "255.255.0.0"
HOSTS_MIN = 250
"""So many machines are listed at least: a row of addresses."""


def network_xml(names: NetworkNames, hosts: int) -> str:
    """Return the XML of a network for machines number 0 to `hosts` - 1."""
    top = ET.Element("network")
    ET.SubElement(top, "name").text = names.network
    ET.SubElement(top, "forward", mode="nat")
    ET.SubElement(top, "bridge", name=names.bridge, stp="off", delay="0")
    served = ET.SubElement(top, "ip", address=addresses.FEATURES, netmask=NETMASK)
    dhcp = ET.SubElement(served, "dhcp")
    for number in range(hosts):
        card = card_of(number)
        ET.SubElement(dhcp, "host", mac=card.mac, ip=card.address)
    ET.SubElement(top, "ip", address=addresses.METADATA, prefix="32")
    ET.indent(top)
    return ET.tostring(top, encoding="unicode") + "\n"


def same(wanted: str, found: str) -> bool:
    """Tell whether a network that libvirt shows is the one that is wanted, as far as machines notice."""
    return _essence(wanted) == _essence(found)


def _essence(text: str) -> list[tuple[str, str]]:
    top = ET.fromstring(text)  # noqa: S314 (libvirt's own, of a network that we made)
    bridges = [("bridge", one.get("name", "")) for one in top.iter("bridge")]
    served = [("ip", one.get("address", "")) for one in top.iter("ip")]
    hosts = [(one.get("mac", "").lower(), one.get("ip", "")) for one in top.iter("host")]
    return [*bridges, *sorted(served), *sorted(hosts)]
