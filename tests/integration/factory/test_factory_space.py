"""Several factories on loopback: they meet by either side's list, work as one, and re-form by themselves."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError
from vacnet.targets.keys import format_key

MakeSpace = Callable[[int], Space]

PATIENCE_SECONDS = 30.0
MEET_SECONDS = 5.0
"""Promised: a hypervisor new in one peers file is in the space within 5 s."""


def _states(factory: Member) -> dict[str, str]:
    try:
        return {each.name: each.state for each in factory.client().space().factories}
    except ClientError:
        return {}


def _live(factory: Member) -> int:
    return list(_states(factory).values()).count("live")


def _answers(factory: Member) -> bool:
    return bool(_states(factory))


def _write_peers(factory: Member, *lines: str) -> None:
    entries = "".join(f'    "{line}",\n' for line in lines)
    (factory.config / "peers.toml").write_text(f"peers = [\n{entries}]\n")


def _address(factory: Member) -> str:
    return f"127.0.0.1:{factory.port}"


@pytest.fixture
def apart(make_space: MakeSpace) -> Space:
    """Two factories that run and do not know of each other."""
    space = make_space(2)
    for member in space.members:
        _write_peers(member)
        member.start()
    for member in space.members:
        until(lambda member=member: _answers(member), PATIENCE_SECONDS, "it answers")  # type: ignore[misc]
    return space


@pytest.mark.parametrize(("edited", "named"), [(0, 1), (1, 0)])
def test_one_edit_on_either_side_brings_a_factory_in_within_five_seconds(
    apart: Space, edited: int, named: int
) -> None:
    assert [_live(member) for member in apart.members] == [1, 1]
    _write_peers(apart.members[edited], _address(apart.members[named]))
    began = time.monotonic()
    until(lambda: [_live(member) for member in apart.members] == [2, 2], PATIENCE_SECONDS, "they meet")
    assert time.monotonic() - began < MEET_SECONDS


def test_a_factory_with_another_key_stays_outside_and_is_shown_as_never_heard(apart: Space) -> None:
    first, second = apart.members
    second.stop()  # a running one would take the new key some time after the new peers
    (second.config / "space.key").write_text(format_key(bytes(range(32))) + "\n")
    _write_peers(first, _address(second), _address(first))
    _write_peers(second, _address(first))
    second.start()
    until(lambda: "unknown" in _states(first).values(), PATIENCE_SECONDS, "it is listed")
    until(
        lambda: first.client().health().counters.get("gossip_reject_key", 0) > 0, PATIENCE_SECONDS, "refused"
    )
    assert _states(first) == {first.name: "live", _address(second): "unknown"}
    peers = first.client().peers().peers
    assert [(peer.name, peer.configured, peer.state) for peer in peers] == [
        (_address(second), True, "unknown")
    ]
    words = "speaks under a key that this factory does not have"
    until(lambda: words in first.client().peers().peers[0].note, PATIENCE_SECONDS, "it is said what is wrong")


def test_the_space_forms_again_after_all_were_stopped_from_what_one_remembers(make_space: MakeSpace) -> None:
    space = make_space(3)
    space.start()
    until(
        lambda: all(len(member.client().peers().peers) == 2 for member in space.members),
        PATIENCE_SECONDS,
        "all know all",
    )
    space.stop()
    for member in space.members:
        _write_peers(member, "no.such.host.invalid")
    space.start()
    assert all(_live(member) == 3 for member in space.members)


def test_who_says_goodbye_is_departed_for_the_others_at_once(make_space: MakeSpace) -> None:
    space = make_space(2)
    space.start()
    first, second = space.members
    second.stop()
    until(lambda: _states(first).get(second.name) == "departed", MEET_SECONDS, "it is departed")


def test_machines_of_all_factories_are_counted_by_each(make_space: MakeSpace) -> None:
    space = make_space(3)
    space.start()
    until(
        lambda: all(member.client().space().targets[0].machines_running == 6 for member in space.members),
        2 * PATIENCE_SECONDS,
        "two machines of each are seen by all",
    )
    for member in space.members:
        assert [machine.factory for machine in member.client().machines().machines] == [member.name] * 2


@pytest.mark.parametrize("edited", ["its own", "one other's"])
def test_a_hypervisor_new_in_one_peers_file_is_in_a_running_space_within_five_seconds(
    make_space: MakeSpace, edited: str
) -> None:
    space = make_space(3)
    first, second, newcomer = space.members
    _write_peers(newcomer)
    for member in space.members:
        member.start()
    until(lambda: [_live(first), _live(second)] == [2, 2], PATIENCE_SECONDS, "two are a space")
    until(lambda: _live(newcomer) == 1, PATIENCE_SECONDS, "the third answers")
    if edited == "its own":
        _write_peers(newcomer, _address(second))
    else:
        _write_peers(second, _address(first), _address(newcomer))
    began = time.monotonic()
    until(lambda: all(_live(member) == 3 for member in space.members), PATIENCE_SECONDS, "all know it")
    assert time.monotonic() - began < MEET_SECONDS


def _with_peers_in_the_first_file_only(space: Space, port_of: str = "127.0.0.1") -> None:
    first, *others = space.members
    _write_peers(first, *(f"{port_of}:{other.port}" for other in others))
    for other in others:
        _write_peers(other)


def test_the_space_forms_again_with_peers_in_one_file_only(make_space: MakeSpace) -> None:
    space = make_space(3)
    _with_peers_in_the_first_file_only(space)
    space.start()
    space.stop()
    space.start()
    assert all(_live(member) == 3 for member in space.members)


def test_the_space_forms_again_with_names_in_one_file_that_cannot_be_resolved_any_more(
    make_space: MakeSpace, directory: Path
) -> None:
    """Name resolution breaks between two lives: the peers file stands as it is, its names lead nowhere."""
    space = make_space(3)
    _with_peers_in_the_first_file_only(space, "localhost")
    space.start()
    space.stop()
    for member in space.members:
        member.start((sys.executable, "-c", _WITHOUT_NAMES, "run", "--config"))
    space.wait_whole()
    assert all(_live(member) == 3 for member in space.members)
    assert any("name service of this host" in peer.note for peer in space.member(1).client().peers().peers)


_WITHOUT_NAMES = """
import socket
def broken(host, *_, **__):
    raise socket.gaierror(-3, "Temporary failure in name resolution")
from vacnet.factory import resolve
resolve.socket.getaddrinfo = broken
from vacnet.cli import main
main()
"""
"""`vacnet run` on a host whose name service is down."""
