"""What a view says of a factory and a target: why nothing starts there, why no more is made, what it got."""

from __future__ import annotations

from random import Random

import pytest

from tests.unit.space.net import space
from vacnet.agent.agent import Agent
from vacnet.agent.board import Board
from vacnet.agent.effects import Notify
from vacnet.agent.events import AgentSettings, HostChanged, HostFacts, KeysChanged, Woke
from vacnet.agent.host import Host
from vacnet.agent.neighbours import neighbours
from vacnet.agent.restored import Restored
from vacnet.agent.strips import Strips
from vacnet.agent.view import FactoryView, SpaceView, TargetView
from vacnet.agent.viewing import WHY_THERE, Sight, Starts, space_view
from vacnet.decide.standing import stand
from vacnet.space.happenings import Conflict
from vacnet.space.limits import CONFLICT_SECONDS
from vacnet.space.rows import FactoryRow, Flags, TargetRow
from vacnet.space.table import Table
from vacnet.space.window import Window
from vacnet.targets.model import Target

NOW = 1000.0
OPEN = Window(number=1, opened_at=NOW - 60.0, length_seconds=10.0, streak=1, opener="f1", open=True)
CAPPED = Target(name="capped", target_share=1.0, max_machines_running=3)
FREE = Target(name="free", target_share=1.0)


def _seen(flags: Flags) -> FactoryView:
    """Return how f0 shows f1, whose row has these flags."""
    net = space(2)
    net.gossip("f1").set_factory_row(
        FactoryRow(name="f1", instance=bytes(8), flags=flags), net.now, urgent=True
    )
    net.run(5.0)
    return next(one for one in _view(net.gossip("f0").table, net.now).factories if one.name == "f1")


def _view(table: Table, now: float, *targets: Target) -> SpaceView:
    settings = AgentSettings(space="s", factory="f0", processors=4, targets=targets)
    board = Board(settings, table, Random(0))
    around = neighbours(table, now)
    for target in targets:
        board.offer(target, now)
        board.standings[target.name] = stand(target, OPEN, around.peers(target.name), now)
    return space_view(Sight(table, board, Host(settings, now), Strips(), Starts()), now)


@pytest.mark.parametrize(
    ("flags", "note"),
    [
        (Flags.NONE, ""),
        (Flags.VETO, WHY_THERE),
        (Flags.VETO | Flags.DRAINING, WHY_THERE),
        (Flags.VETO | Flags.CONFLICT, WHY_THERE),
        (Flags.VETO | Flags.SETTLING, ""),
        (Flags.VETO | Flags.ISOLATED, ""),
    ],
)
def test_of_a_host_that_starts_nothing_it_is_said_where_the_reason_stands(flags: Flags, note: str) -> None:
    assert _seen(flags).note == note


def _row(target: str, **counts: int) -> TargetRow:
    return TargetRow(target=target, window=OPEN, **counts)  # type: ignore[arg-type]


def _targets(*rows: TargetRow) -> dict[str, TargetView]:
    """Return how f0 shows two targets of which f1 has these rows."""
    net = space(2)
    for row in rows:
        net.set_row("f1", row, urgent=True)
    net.run(5.0)
    seen = _view(net.gossip("f0").table, net.now, CAPPED, FREE)
    return {target.name: target for target in seen.targets}


def test_an_open_target_at_its_cap_says_why_no_more_are_made() -> None:
    seen = _targets(_row("capped", machines_running=3, processors_running=3, proven_running=3), _row("free"))
    assert (
        seen["capped"].words == "at work: 3 proven, 0 unproven; no more: 3 machines in the space, at most 3"
    )
    assert "no more" not in seen["free"].words


def test_a_target_has_got_what_its_machines_have_and_not_what_is_claimed() -> None:
    seen = _targets(
        _row("capped", processors_running=1, processors_starting=1, machines_running=1, machines_starting=1),
        _row("free", processors_claimed=2),
    )
    assert (seen["capped"].got, seen["free"].got) == (1.0, 0.0)
    assert seen["free"].processors == 2


def test_the_end_of_a_conflict_is_told_once() -> None:
    settings = AgentSettings(space="s", factory="f1", processors=4)
    agent = Agent(settings, Restored(epoch=1, instance=bytes(8)), KeysChanged(()), Random(1), NOW)
    agent.gossip._core.happen(Conflict("f1", "another runs"))
    agent.handle(Woke(0.0), NOW)
    for now in (NOW + 1, NOW + CONFLICT_SECONDS, NOW + CONFLICT_SECONDS + 1):
        agent.handle(Woke(0.0), now)
    told = [effect.name for effect in agent.effects() if isinstance(effect, Notify)]
    assert told == ["factory.conflict", "factory.conflict-over"]


@pytest.mark.parametrize(
    ("least", "words"), [(1, "needs 1 processor, it has 0"), (2, "needs 2 processors, it has 0")]
)
def test_numbers_agree_with_their_nouns(least: int, words: str) -> None:
    target = Target(name="t", target_share=1.0, min_processors=least, max_processors=least)
    settings = AgentSettings(space="s", factory="f1", processors=0, memory_bytes=1 << 40, targets=(target,))
    agent = Agent(settings, Restored(epoch=1, instance=bytes(8)), KeysChanged(()), Random(1), NOW)
    facts = HostFacts(memory_free_bytes=1 << 40, disk_free_bytes=1 << 40)
    agent.handle(HostChanged(facts), NOW)
    assert words in agent.view(NOW).targets[0].here
