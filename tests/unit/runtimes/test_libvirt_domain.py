"""The XML that libvirt is given, as goldens and by what must hold of any."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.console import goldens
from tests.unit.runtimes.libvirt_samples import parsed, plan_of
from vacnet.machines.images import Format
from vacnet.runtimes.libvirt import labels
from vacnet.runtimes.libvirt.domain import domain_xml, labels_of
from vacnet.targets.model import Model

GB = 10**9

SCENES: dict[str, dict[str, Any]] = {
    "vm": {"model": Model.VM, "disk_bytes": 20 * GB},
    "vm-raw-scratch": {"model": Model.VM_RAW, "disk_bytes": 20 * GB, "scratch_device": "vdc"},
    "cernvm4": {"model": Model.CERNVM4, "kind": Format.ISO, "image_bytes": 20 << 20},
    "vm-seed": {"model": Model.VM, "seed": b"cidata", "root_device": "hdc"},
    "vm-user-network": {"model": Model.VM, "network": "", "port": 40123, "domain_type": "qemu"},
}


@pytest.mark.parametrize("scene", SCENES)
def test_the_xml_of_each_kind_of_machine(scene: str) -> None:
    goldens.check(f"libvirt-{scene}", domain_xml(plan_of(**SCENES[scene])))


def test_a_machine_without_a_network_has_no_card_and_says_nothing_of_one() -> None:
    alone = replace(plan_of(Model.VM, seed=b"cidata", network=""), card=None)
    found = parsed(domain_xml(alone))
    assert found.find("devices/interface") is None
    assert "netdev" not in domain_xml(alone)
    assert labels_of(alone).keys() & {labels.MAC, labels.ADDRESS, labels.PORT} == set()


def test_emulation_has_no_processor_of_the_host() -> None:
    emulated = parsed(domain_xml(plan_of(Model.VM, domain_type="qemu")))
    assert (emulated.get("type"), emulated.find("cpu")) == ("qemu", None)


def test_a_root_device_that_is_not_virtio_is_on_ide() -> None:
    found = parsed(domain_xml(plan_of(Model.VM, root_device="hda"))).find("devices/disk/target")
    assert found is not None
    assert found.attrib == {"dev": "hda", "bus": "ide"}


def test_in_a_session_nothing_is_said_of_owners() -> None:
    assert "seclabel" in domain_xml(plan_of(Model.VM))
    assert "seclabel" not in domain_xml(replace(plan_of(Model.VM), gives_away=False))


def test_what_a_domain_carries_is_read_back() -> None:
    plan = plan_of(Model.VM)
    found = parsed(domain_xml(plan)).find(f"metadata/{labels.ELEMENT}")
    assert found is not None
    assert labels.read(ET.tostring(found, encoding="unicode")) == labels_of(plan)


@given(
    st.dictionaries(
        st.text("abc.", min_size=1), st.text(st.characters(codec="utf-8", categories=("L", "P", "S")))
    )
)
def test_labels_of_any_text_come_back(carried: dict[str, str]) -> None:
    assert labels.read(ET.tostring(labels.element(carried), encoding="unicode")) == carried


@given(st.text())
def test_metadata_of_strangers_is_no_reason_to_fail(text: str) -> None:
    assert isinstance(labels.read(text), dict)


def test_a_document_type_is_not_even_parsed() -> None:
    bomb = '<!DOCTYPE m [<!ENTITY a "aaaa">]><machine><label name="vacnet.factory">&a;</label></machine>'
    assert labels.read(bomb) == {}


@pytest.mark.parametrize(
    ("carried", "machine"),
    [
        ({"factory": "wn01", "machine": "100_t_00", "uuid": "u"}, "100_t_00"),
        ({"factory": "wn02", "machine": "100_t_00", "uuid": "u"}, ""),
        ({"factory": "wn01", "machine": "../../etc", "uuid": "u"}, ""),
        ({"factory": "wn01", "machine": "100_t_" + "0" * 5000, "uuid": "u"}, ""),
        ({"factory": "wn01", "machine": f"100_{'t' * 300}_00", "uuid": "u"}, ""),
        ({"factory": "wn01", "machine": "100_t_00", "uuid": "of another"}, ""),
        ({"factory": "wn01", "machine": "100_t_00"}, ""),
        ({"factory": "wn01", "uuid": "u"}, ""),
        ({}, ""),
    ],
)
def test_only_a_domain_with_our_factorys_name_and_its_own_uuid_is_ours(
    carried: dict[str, str], machine: str
) -> None:
    named = {f"vacnet.{name}": value for name, value in carried.items()}
    assert labels.machine_of(named, "wn01", "u") == machine


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "٣", "9" * 5000, "65536"])
def test_a_number_that_we_would_not_have_written_is_none(text: str) -> None:
    assert labels.number({labels.PORT: text}, labels.PORT, 65535) == 0
