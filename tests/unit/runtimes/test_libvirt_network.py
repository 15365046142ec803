"""Addresses, names and the XML of the factory's own network."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from tests.unit.runtimes.libvirt_samples import parsed
from vacnet.runtimes.libvirt import labels
from vacnet.runtimes.libvirt.addresses import NUMBERS_MAX, NetworkNames, card_of, names_of
from vacnet.runtimes.libvirt.look import Domain, State
from vacnet.runtimes.libvirt.network import network_xml, same

NAMES = NetworkNames("vacnet-0123456789", "vn0123456789")


def test_the_first_cards_are_those_of_vac() -> None:
    assert (card_of(0).mac, card_of(0).address) == ("56:4d:a9:fe:a9:00", "169.254.169.0")
    assert (card_of(249).mac, card_of(249).address) == ("56:4d:a9:fe:a9:f9", "169.254.169.249")
    assert card_of(250).address == "169.254.170.0"


def test_every_number_has_a_card_of_its_own_and_none_is_a_service() -> None:
    cards = [card_of(number) for number in range(NUMBERS_MAX)]
    assert len({card.mac for card in cards}) == len({card.address for card in cards}) == NUMBERS_MAX
    assert not {"169.254.169.254", "169.254.169.253"} & {card.address for card in cards}


@pytest.mark.parametrize("number", [-1, NUMBERS_MAX])
def test_a_number_beyond_the_block_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="machine number"):
        card_of(number)


def test_no_two_factories_of_a_host_have_a_name_in_common() -> None:
    homes = [("f1", "/a"), ("f1", "/b"), ("f2", "/a"), ("f1/", "a")]
    for one, other in combinations([names_of(*home) for home in homes], 2):
        assert one.network != other.network
        assert one.bridge != other.bridge
    assert all(len(names_of(*home).bridge) <= 15 for home in homes)


def test_a_network_has_both_services_and_a_lease_for_each_card() -> None:
    top = parsed(network_xml(NAMES, 250))
    assert [one.get("address") for one in top.iter("ip")] == ["169.254.169.253", "169.254.169.254"]
    assert len(list(top.iter("host"))) == 250
    assert [one.get("name") for one in top.iter("bridge")] == [NAMES.bridge]


def test_a_network_is_compared_by_what_machines_notice() -> None:
    wanted = network_xml(NAMES, 3)
    shown = parsed(wanted)
    ET.SubElement(shown, "uuid").text = "made by libvirt"
    for host in shown.iter("host"):
        host.set("mac", host.get("mac", "").upper())
    assert same(wanted, ET.tostring(shown, encoding="unicode"))
    assert not same(wanted, network_xml(NAMES, 4))
    assert not same(wanted, network_xml(NetworkNames(NAMES.network, "br0"), 3))


@pytest.mark.parametrize(
    ("state", "carried", "holds"),
    [
        (State.RUNNING, {labels.ADDRESS: "169.254.169.3"}, True),
        (State.OFF, {labels.ADDRESS: "169.254.169.3"}, False),
        (State.RUNNING, {labels.PORT: "4711"}, False),
        (State.RUNNING, {}, False),
    ],
)
def test_only_a_machine_that_is_on_the_network_keeps_it_from_being_made_anew(
    state: State, carried: dict[str, str], *, holds: bool
) -> None:
    domain = Domain(uuid="u", machine_id="100_t_00", labels=carried, state=state)
    assert domain.on_network == holds
