"""The element in a domain's metadata that makes it ours: what labels are to a container.

Rules of this file: pure. What stands in a domain's XML may have been written by anybody, so it is bounded
and an element that cannot be read makes a stranger. So does one with another domain's uuid: a copy of a
machine (virt-clone) carries our element too, and is whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from vacnet.machines.names import parse_machine_id
from vacnet.machines.spec import LABEL_PREFIX

NAMESPACE = "urn:vacnet:machine:1"
"""Of our element; libvirt keeps one element for each namespace."""
ELEMENT = f"{{{NAMESPACE}}}machine"
_LABEL = f"{{{NAMESPACE}}}label"
BYTES_MAX = 1 << 16

MACHINE = LABEL_PREFIX + "machine"
UUID = LABEL_PREFIX + "uuid"
FACTORY = LABEL_PREFIX + "factory"
BOOT = LABEL_PREFIX + "boot"
"""The boot of the host in which it was made."""
MEMORY = LABEL_PREFIX + "memory_bytes"
ADDRESS = LABEL_PREFIX + "address"
"""On the factory's own network."""
MAC = LABEL_PREFIX + "mac"
PORT = LABEL_PREFIX + "port"
"""Of its own at the metadata service, where it has no address."""


def element(labels: Mapping[str, str]) -> ET.Element:
    """Return the element that carries labels."""
    made = ET.Element(ELEMENT)
    for name in labels:
        ET.SubElement(made, _LABEL, name=name).text = labels[name]
    return made


def read(text: str) -> dict[str, str]:
    """Return the labels in our element's text; empty when it is none.

    libvirt is asked for the element of our namespace and gives it back without.
    """
    if len(text) > BYTES_MAX or "<!" in text:
        return {}
    try:
        found = ET.fromstring(text)  # noqa: S314 (bounded, and without declarations there are no entities)
    except ET.ParseError:
        return {}
    if found.tag not in {ELEMENT, "machine"}:
        return {}
    return {one.get("name", ""): one.text or "" for one in found}


_NUMBER = re.compile(r"[0-9]{1,15}")


def number(labels: Mapping[str, str], name: str, most: int = 10**15) -> int:
    """Return a label's number; 0 when it has none, or one above `most`."""
    text = labels.get(name, "")
    found = int(text) if _NUMBER.fullmatch(text) else 0
    return found if found <= most else 0


def machine_of(labels: Mapping[str, str], factory: str, uuid: str) -> str:
    """Return the machine that the domain `uuid` with these labels is of; empty: not this factory's."""
    if labels.get(FACTORY) != factory or labels.get(UUID) != uuid:
        return ""
    machine_id = labels.get(MACHINE, "")
    return machine_id if parse_machine_id(machine_id) is not None else ""
