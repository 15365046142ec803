from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import msgspec
import pytest

from tests.unit.console import goldens, scenes
from tests.unit.console.drawn import drawn
from vacnet.console.factories_view import factories_view
from vacnet.console.layout import place
from vacnet.console.machines_view import machines_view
from vacnet.console.model import View
from vacnet.console.peers_view import listed_view, peers_view
from vacnet.console.sheets import title_line
from vacnet.console.space_view import space_view
from vacnet.console.targets_view import targets_view
from vacnet.factory.client import SpaceState

WIDTHS = (80, 160)
OF_SPACE: dict[str, Callable[[SpaceState, float], View]] = {
    "space": space_view,
    "targets": targets_view,
    "factories": factories_view,
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scene", scenes.SPACES)
@pytest.mark.parametrize("command", OF_SPACE)
def test_a_view_of_the_space_looks_as_it_did(command: str, scene: str, width: int) -> None:
    view = OF_SPACE[command](scenes.SPACES[scene], scenes.NOW)
    goldens.check(f"{command}-{scene}-{width}", drawn(view, width))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scene", scenes.MACHINES)
def test_the_machines_look_as_they_did(scene: str, width: int) -> None:
    goldens.check(
        f"machines-{scene}-{width}", drawn(machines_view(scenes.MACHINES[scene], scenes.NOW), width)
    )


def test_where_another_factory_has_no_machines_its_own_host_is_the_place_to_ask_why() -> None:
    none = msgspec.structs.replace(scenes.MACHINES["afar"], machines=())
    assert "on its host" in drawn(machines_view(none, scenes.NOW), 80)
    assert "on its host" not in drawn(machines_view(scenes.MACHINES["empty"], scenes.NOW), 80)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scene", scenes.PEERS)
def test_the_peers_look_as_they_did(scene: str, width: int) -> None:
    goldens.check(f"peers-{scene}-{width}", drawn(peers_view(scenes.PEERS[scene], scenes.NOW), width))


def test_what_is_wrong_with_the_file_stands_above_it_and_nobody_is_told_to_add_to_it() -> None:
    words = "/etc/vacnet/peers.toml:2: is no TOML"
    told = drawn(listed_view((), "/etc/vacnet/peers.toml", (words,)), 80)
    assert f"! {words}" in told
    assert "peers add" not in told


@pytest.mark.parametrize("width", WIDTHS)
def test_the_peers_of_the_file_alone_look_as_they_did(width: int) -> None:
    view = listed_view(("vac02.example.org", "vac03.example.org:5996"), "/etc/vacnet/peers.toml")
    goldens.check(f"peers-no-daemon-{width}", drawn(view, width))


EVERY_VIEW: dict[str, View] = {
    **{
        f"{command} {scene}": OF_SPACE[command](space, scenes.NOW)
        for command, (scene, space) in itertools.product(OF_SPACE, scenes.SPACES.items())
    },
    **{f"machines {scene}": machines_view(told, scenes.NOW) for scene, told in scenes.MACHINES.items()},
    **{f"peers {scene}": peers_view(told, scenes.NOW) for scene, told in scenes.PEERS.items()},
}


@pytest.mark.parametrize("name", EVERY_VIEW)
@pytest.mark.parametrize("width", [40, 50, 60, 70, 80])
def test_no_heading_is_cut_however_narrow_the_terminal_is(name: str, width: int) -> None:
    for sheet in EVERY_VIEW[name].sheets:
        placed = place(sheet, width)
        line = title_line(placed).plain
        assert len(line) <= width
        assert re.split(" {2,}", line.strip()) == [
            column.title if len(column.title) <= room else column.short
            for column, room in placed.columns
            if column.title
        ]


@pytest.mark.parametrize("command", OF_SPACE)
@pytest.mark.parametrize("scene", scenes.SPACES)
def test_in_ascii_a_view_of_the_space_looks_as_it_did(command: str, scene: str) -> None:
    _check_ascii(f"{command}-{scene}", OF_SPACE[command](scenes.SPACES[scene], scenes.NOW))


@pytest.mark.parametrize("scene", scenes.MACHINES)
def test_in_ascii_the_machines_look_as_they_did(scene: str) -> None:
    _check_ascii(f"machines-{scene}", machines_view(scenes.MACHINES[scene], scenes.NOW))


@pytest.mark.parametrize("scene", scenes.PEERS)
def test_in_ascii_the_peers_look_as_they_did(scene: str) -> None:
    _check_ascii(f"peers-{scene}", peers_view(scenes.PEERS[scene], scenes.NOW))


def _check_ascii(name: str, view: View) -> None:
    told = drawn(view, 80, ascii_signs=True)
    assert told.isascii()
    assert max(map(len, told.splitlines())) <= 80
    goldens.check(f"{name}-80-ascii", told)


def test_a_space_whose_factory_no_longer_answers_says_so_above_all() -> None:
    view = space_view(
        scenes.HEALTHY, scenes.NOW + 42, trouble="no factory answers at /run/vacnet/control.sock"
    )
    goldens.check("space-no-daemon-80", drawn(view, 80))


def test_of_whom_nothing_is_taken_stands_above_the_peers() -> None:
    words = "nothing from 192.0.2.9:8885 is taken: it speaks under a key that this factory does not have"
    state = msgspec.structs.replace(scenes.PEERS["one-silent"], warnings=(words,))
    assert f"! {words}" in " ".join(drawn(peers_view(state, scenes.NOW), 80).split())


def test_what_a_peers_own_line_says_is_not_said_above_the_table_too() -> None:
    quiet = msgspec.structs.replace(
        scenes.PEERS["one-silent"].peers[0],
        state="unknown",
        address="192.0.2.9:1",
        note="another key; last 2s ago",
    )
    warnings = tuple(
        f"nothing from {at} is taken: another key; last 2s ago" for at in (quiet.address, "192.0.2.8:1")
    )
    state = msgspec.structs.replace(scenes.PEERS["one-silent"], peers=(quiet,), warnings=warnings)
    told = peers_view(state, scenes.NOW).warnings
    assert [cell.text for cell in told] == [f"! {warnings[1]}"]


def test_the_mark_of_a_high_load_is_in_the_legend_where_one_bears_it() -> None:
    calm = scenes.space((scenes.VAC01,))
    allowed = scenes.space((scenes.VAC01, scenes.VAC04))
    vetoed = msgspec.structs.replace(scenes.VAC04, flags=("veto",))
    busy = scenes.space((scenes.VAC01, vetoed))
    assert "! high load" in drawn(space_view(busy, scenes.NOW), 80)
    assert "high load" not in drawn(space_view(allowed, scenes.NOW), 80), "its settings allow it more"
    assert "high load" not in drawn(space_view(calm, scenes.NOW), 80)


def test_a_fact_of_the_whole_space_is_told_once_in_a_row_and_of_one_moment() -> None:
    back_off = msgspec.structs.replace(
        scenes.SKA, here="back-off: vac02.example.org opened window 19, 4m13s left"
    )
    words = "held in the whole space from vac02.example.org 9s ago: ticket 4711"
    held = msgspec.structs.replace(scenes.LHCB, state="held", words=words, here=words)
    told = " ".join(
        drawn(targets_view(scenes.space((scenes.VAC01,), (back_off, held)), scenes.NOW), 160).split()
    )
    assert "4m12s left" in told
    assert "4m13s" not in told
    assert told.count("ticket 4711") == 1
