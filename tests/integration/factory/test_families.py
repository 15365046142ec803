"""Factories on IPv6 and on both families: they meet, see each other, and are looked at over either."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

from tests.integration.factory.test_looking import vacnet
from tools.space.member import Member
from tools.space.space import Space

MakeSpace = Callable[[int], Space]


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as made:
            made.bind(("::1", 0))
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_ipv6(), reason="this host has no ::1")


def _listen(member: Member, *addresses: str, peer: str = "") -> None:
    main = member.config / "vacnet.toml"
    written = ", ".join(f'"{address}"' for address in addresses)
    listen = f'listen = ["127.0.0.1:{member.port}"]'
    main.write_text(main.read_text().replace(listen, f"listen = [{written}]"))
    (member.config / "peers.toml").write_text(f'peers = ["{peer}"]\n' if peer else "peers = []\n")


def test_factories_meet_over_ipv6_and_one_of_both_families_brings_all_together(make_space: MakeSpace) -> None:
    space = make_space(3)
    six, both, four = space.members
    _listen(six, f"[::1]:{six.port}", peer=f"[::1]:{both.port}")
    _listen(both, f"127.0.0.1:{both.port}", f"[::1]:{both.port}")
    _listen(four, f"127.0.0.1:{four.port}", peer=f"127.0.0.1:{both.port}")
    space.start()  # waits until all see all live: the one in the middle tells both of each other
    addresses = {one.name: one.address for one in both.client().space().factories if not one.itself}
    assert addresses == {six.name: f"[::1]:{six.port}", four.name: f"127.0.0.1:{four.port}"}
    for peer in (f"[::1]:{both.port}", f"127.0.0.1:{both.port}"):
        done = vacnet(
            "space", "--json", "--peer", peer, "--key", six.config / "space.key", "--name", space.name
        )
        assert {one["name"] for one in json.loads(done.stdout)["factories"]} == {
            one.name for one in space.members
        }
    done = vacnet("peers", "check", "--config", six.config, "--socket", six.socket, "--json")
    answers = {one["address"]: one["answers"] for one in json.loads(done.stdout)["peers"]}
    assert answers[f"[::1]:{both.port}"]
