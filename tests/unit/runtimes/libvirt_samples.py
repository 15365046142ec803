"""Machines and domains for tests of what needs no libvirt."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from vacnet.machines.images import Format, HeldImage
from vacnet.machines.spec import Spec
from vacnet.runtimes.libvirt import labels
from vacnet.runtimes.libvirt.addresses import card_of
from vacnet.runtimes.libvirt.look import Domain, Off, State
from vacnet.runtimes.libvirt.plan import Plan, disks_of
from vacnet.targets.model import Model, Target

MIB = 1 << 20
HOME = Path("/var/lib/vacnet/machines/100_t_00")
IMAGE = Path("/var/lib/vacnet/machines/100_t_00/root_image")
BOOT = "11111111-1111-1111-1111-111111111111"


def spec_of(model: Model, *, disk_bytes: int = 0, directory: Path = HOME, **target: Any) -> Spec:
    return Spec(
        id="100_t_00",
        uuid="7c8ef0b6-0000-4000-8000-000000000000",
        name="wn01-03.example.org",
        number=3,
        factory="wn01.example.org",
        space="vac.example.org",
        target=Target(name="t", machine_model=model, root_image="https://images.example.org/i", **target),
        processors=2,
        memory_bytes=4096 * MIB,
        disk_bytes=disk_bytes,
        directory=directory,
        created_wall=100,
        deadline_at=1e9,
        deadline_wall=200,
        ticket_number=3,
        window_number=7,
        window_opener="wn02.example.org",
    )


def plan_of(
    model: Model,
    *,
    kind: Format = Format.QCOW2,
    image_bytes: int = 3 << 30,
    domain_type: str = "kvm",
    network: str = "vacnet-0123456789",
    port: int = 0,
    seed: bytes = b"",
    **spec: Any,
) -> Plan:
    made = spec_of(model, **spec)
    return Plan(
        spec=made,
        domain_type=domain_type,
        disks=disks_of(made, HeldImage(IMAGE, kind, image_bytes), image_bytes, seed),
        card=card_of(made.number),
        network=network,
        boot_id=BOOT,
        port=port,
        serial="" if seed else "ds=nocloud-net;s=http://169.254.169.254/nocloud/",
    )


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 (our own)


def off(reason: int = Off.SHUT_DOWN, **facts: Any) -> Domain:
    """Return a domain that has ended in this boot."""
    carried = {labels.BOOT: BOOT, "vacnet.name": "wn01-03.example.org"}
    usual = {"uuid": "u", "machine_id": "100_t_00", "labels": carried, "state": State.OFF, "reason": reason}
    return Domain(**{**usual, **facts})
