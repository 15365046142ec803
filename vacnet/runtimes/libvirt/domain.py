"""From a `Plan` to the XML of its domain.

Rules of this file: pure; XML is built as a tree, so nothing that a pipe says can end an attribute. What a
guest does is final: power-off and reboot end it. A crash is preserved until it has been seen, because what
libvirt says of a destroyed domain does not tell a panic from a killed QEMU.

Deviations from Vac 3: the console can be used (``virsh console``) beside being logged; no VNC port on the
host's loopback, where any user could sit down at it; a random number source; the address is held by the
filter and not learnt; machines do not reach each other on the bridge.

Source: libvirt, "Domain XML format"; QEMU, "Network emulation" (user mode).
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from vacnet.machines.layout import CONSOLE
from vacnet.runtimes.libvirt import addresses, labels
from vacnet.runtimes.libvirt.addresses import Card
from vacnet.runtimes.libvirt.plan import Disk, Plan, format_beneath

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"
"""The namespace in which libvirt passes words on to QEMU: it has no words of its own for these."""
KIB = 1024
ARCHITECTURE = "x86_64"
MACHINE = "pc"
"""Vac's: what every image of the field boots on."""
_SLOT = "0x1e"
"""On the PCI bus, of a card that libvirt knows nothing of: it gives slots away from the other end."""

ET.register_namespace("vacnet", labels.NAMESPACE)
ET.register_namespace("qemu", QEMU)


def domain_xml(plan: Plan) -> str:
    """Return the XML by which libvirt makes the domain; it holds no secret."""
    spec = plan.spec
    top = ET.Element("domain", type=plan.domain_type)
    _put(top, "name", spec.name)
    _put(top, "uuid", spec.uuid)
    _put(top, "metadata").append(labels.element(labels_of(plan)))
    _put(top, "memory", str(spec.memory_bytes // KIB), unit="KiB")
    _put(top, "vcpu", str(spec.processors))
    _firmware(top, plan)
    _behaviour(top, plan)
    _devices(_put(top, "devices"), plan)
    if plan.card and not plan.network:
        _user_network(_put(top, f"{{{QEMU}}}commandline"), plan.card)
    ET.indent(top)
    return ET.tostring(top, encoding="unicode") + "\n"


def labels_of(plan: Plan) -> dict[str, str]:
    """Return all that the domain carries, from which it can be adopted without a record."""
    memory = str(plan.spec.memory_bytes)
    return {**plan.spec.labels(), labels.BOOT: plan.boot_id, labels.MEMORY: memory, **_where(plan)}


def _where(plan: Plan) -> dict[str, str]:
    if plan.card is None:
        return {}
    where = {labels.PORT: str(plan.port)} if plan.port else {labels.ADDRESS: plan.card.address}
    return {labels.MAC: plan.card.mac, **where}


def _put(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, tag, attributes)
    made.text = text or None
    return made


def _firmware(top: ET.Element, plan: Plan) -> None:
    if plan.serial:
        system = _put(_put(top, "sysinfo", type="smbios"), "system")
        _put(system, "entry", plan.serial, name="serial")
    firmware = _put(top, "os")
    _put(firmware, "type", "hvm", arch=ARCHITECTURE, machine=MACHINE)
    _put(firmware, "boot", dev="cdrom" if any(disk.cd and disk.boots for disk in plan.disks) else "hd")
    if plan.serial:
        _put(firmware, "smbios", mode="sysinfo")


def _behaviour(top: ET.Element, plan: Plan) -> None:
    features = _put(top, "features")
    for name in ("acpi", "apic", "pae"):
        _put(features, name)
    if plan.domain_type == "kvm":
        _put(top, "cpu", mode="host-passthrough")
    _put(top, "clock", offset="utc")
    _put(top, "on_poweroff", "destroy")
    _put(top, "on_reboot", "destroy")
    _put(top, "on_crash", "preserve")
    power = _put(top, "pm")
    _put(power, "suspend-to-mem", enabled="no")
    _put(power, "suspend-to-disk", enabled="no")


def _devices(devices: ET.Element, plan: Plan) -> None:
    for disk in plan.disks:
        _disk(devices, disk, plan.gives_away)
    _put(devices, "controller", type="usb", model="none")
    if plan.card and plan.network:
        _bridged(devices, plan.card, plan.network)
    serial = _put(devices, "serial", type="pty")
    _put(serial, "log", file=str(plan.spec.directory / CONSOLE), append="on")
    _put(serial, "target", port="0")
    _put(_put(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    _put(devices, "memballoon", model="none")
    _put(devices, "panic", model="isa")


def _disk(devices: ET.Element, disk: Disk, gives_away: bool) -> None:  # noqa: FBT001 (of the plan)
    made = _put(devices, "disk", type="file", device="cdrom" if disk.cd else "disk")
    # Nothing of a machine outlives its host, so nothing has to reach the platter (Vac's).
    driver = _put(made, "driver", name="qemu", type=disk.format, cache="unsafe")
    source = _put(made, "source", file=str(disk.path))
    shared = [] if disk.made else [source]
    if not disk.cd:
        driver.set("discard", "unmap")
    if disk.beneath is not None:
        beneath = _put(made, "backingStore", type="file")
        _put(beneath, "format", type=format_beneath(disk.beneath))
        shared.append(_put(beneath, "source", file=str(disk.beneath.path)))
        _put(beneath, "backingStore")
    _put(made, "target", dev=disk.device, bus=disk.bus)
    if disk.cd:
        _put(made, "readonly")
    for image in shared if gives_away else ():
        # It stays its owner's: it is everybody's to read, and other machines have it too.
        _put(image, "seclabel", model="dac", relabel="no")


def _bridged(devices: ET.Element, card: Card, network: str) -> None:
    interface = _put(devices, "interface", type="network")
    _put(interface, "mac", address=card.mac)
    _put(interface, "source", network=network)
    _put(interface, "model", type="virtio")
    holds = _put(interface, "filterref", filter="clean-traffic")
    _put(holds, "parameter", name="IP", value=card.address)
    _put(interface, "port", isolated="yes")


def _user_network(commandline: ET.Element, card: Card) -> None:
    """Give QEMU the words for a network in which the host is 169.254.169.254; libvirt has none for that."""
    block = f"{addresses.BLOCK}/{addresses.PREFIX_LENGTH}"
    words = (
        "-netdev",
        f"user,id=vacnet0,net={block},host={addresses.METADATA},dhcpstart={card.address}",
        "-device",
        f"virtio-net-pci,netdev=vacnet0,mac={card.mac},addr={_SLOT}",
    )
    for word in words:
        ET.SubElement(commandline, f"{{{QEMU}}}arg", value=word)
