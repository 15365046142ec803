"""The lists of factories for Prometheus and Squid, read back as those programs read them."""

from __future__ import annotations

import ipaddress
import json
import re

import msgspec
import pytest

from tests.unit.console import goldens, scenes
from vacnet.console.factory_lists import ACL, placeless, prometheus_targets, squid_lines
from vacnet.factory.client import SpaceState

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
HERE = msgspec.structs.replace(scenes.VAC01, address="")
SIX = scenes.factory("vac06.example.org", address="[2001:db8::6]:5995")
GONE = scenes.factory("vac07.example.org", state="departed")
UNHEARD = scenes.factory("vac08.example.org:5996", state="unknown", address="")
LOST = scenes.factory("a b", address="")
MIXED = scenes.space((HERE, SIX, GONE, UNHEARD, scenes.SILENT_04))


def read_sd(state: SpaceState, port: int = 0) -> dict[str, dict[str, str]]:
    """Return labels by address, as Prometheus reads a file: strings alone, and names that it takes."""
    found: dict[str, dict[str, str]] = {}
    for group in json.loads(msgspec.json.encode(prometheus_targets(state, port))):
        assert set(group) == {"targets", "labels"}
        assert all(LABEL.fullmatch(name) for name in group["labels"])
        assert all(isinstance(value, str) for value in group["labels"].values())
        for target in group["targets"]:
            match = ADDRESS.fullmatch(target)
            assert match
            assert 0 < int(match[2]) < 1 << 16
            found[target] = group["labels"]
    return found


def read_acl(state: SpaceState) -> list[str]:
    """Return the hosts of the list, as Squid reads it: words of a line that is no comment."""
    lines = [line.split() for line in squid_lines(state) if not line.startswith("#")]
    assert all(line[:3] == ["acl", ACL, "src"] and len(line) == 4 for line in lines)
    return [line[3] for line in lines]


def test_each_factory_is_a_target_at_the_number_of_its_gossip() -> None:
    found = read_sd(MIXED)
    assert list(found) == [
        "vac01.example.org:8885",
        "192.0.2.11:5995",
        "[2001:db8::6]:5995",
        "vac08.example.org:5996",
    ]
    assert found["192.0.2.11:5995"] == {
        "instance": "vac04.example.org",
        "space": "vac.example.org",
        "__meta_vacnet_state": "silent",
        "__meta_vacnet_version": "0.1.0",
    }


def test_a_port_given_is_that_of_all() -> None:
    assert {address.rpartition(":")[2] for address in read_sd(MIXED, 9100)} == {"9100"}


def test_the_access_list_has_each_address_once_as_a_net_of_one() -> None:
    twice = scenes.space(
        (scenes.VAC02, msgspec.structs.replace(scenes.VAC03, address="192.0.2.11:9"), SIX, HERE)
    )
    hosts = read_acl(twice)
    assert hosts == ["vac01.example.org", "192.0.2.11/32", "2001:db8::6/128"]
    assert [ipaddress.ip_network(host).num_addresses for host in hosts[1:]] == [1, 1]


@pytest.mark.parametrize("scene", scenes.SPACES)
def test_every_scene_can_be_read(scene: str) -> None:
    state = scenes.SPACES[scene]
    assert len(read_sd(state)) <= len(state.factories)
    assert read_acl(state)


def test_a_name_that_was_never_heard_cannot_keep_squid_from_its_start() -> None:
    assert read_acl(scenes.space((UNHEARD, HERE))) == ["vac01.example.org"]


def test_the_lists_look_as_they_did() -> None:
    goldens.check("factories-squid", "".join(f"{line}\n" for line in squid_lines(MIXED)))
    told = msgspec.json.format(msgspec.json.encode(prometheus_targets(MIXED)), indent=2).decode()
    goldens.check("factories-prometheus-sd", told + "\n")


def test_a_space_of_nobody_is_an_empty_list() -> None:
    assert read_sd(scenes.space(())) == {}
    assert read_acl(scenes.space(())) == []


def test_whom_nothing_leads_to_is_named_and_not_guessed() -> None:
    state = scenes.space((LOST, HERE, GONE))
    assert placeless(state) == ["a b"]
    assert list(read_sd(state)) == ["vac01.example.org:8885"]


def test_a_name_from_outside_cannot_add_a_line() -> None:
    evil = scenes.factory("x\nacl vacnet src 0.0.0.0/0", address="192.0.2.66:1")
    assert read_acl(scenes.space((evil,))) == ["192.0.2.66/32"]
