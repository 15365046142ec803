"""What an admin asks a running factory besides its tables: how machines ended, and whether it is well."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.cli.app import build
from vacnet.factory.client import StopOrder

MakeSpace = Callable[[int], Space]
Told = Callable[..., tuple[int, str]]

PATIENCE_SECONDS = 30.0


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Told:
    """Return a call of a command that asks a factory: its exit code and what it printed."""

    def call(factory: Member, *words: str) -> tuple[int, str]:
        capfd.readouterr()
        code = build(whole=False)([*words, "--socket", str(factory.socket)], exit_on_error=False)
        return code or 0, capfd.readouterr().out

    return call


def _running(factory: Member) -> list[str]:
    return [one.id for one in factory.client().machines().machines if one.state == "running"]


def _ended(factory: Member) -> list[str]:
    return [one.outcome for one in factory.client().machines(100).machines if one.state == "ended"]


def test_a_history_counts_what_ended_and_after_a_restart_too(make_space: MakeSpace, told: Told) -> None:
    space = make_space(1)
    space.start()
    one = space.members[0]
    until(lambda: len(_running(one)) > 1, PATIENCE_SECONDS, "machines run")
    stopped, finished = _running(one)[:2]
    one.client().stop(stopped, StopOrder(reason="to be counted"))
    (one.state / "machines" / finished / "joboutputs/finish").touch()
    until(lambda: {"ok", "neutral"} <= set(_ended(one)), PATIENCE_SECONDS, "both have ended")
    one.stop()
    one.start()
    until(one.socket.exists, PATIENCE_SECONDS, "it answers again")
    until(lambda: bool(_running(one)), PATIENCE_SECONDS, "machines run again")
    code, text = told(one, "history", "--json")
    history = json.loads(text)
    counted: Counter[str] = Counter()
    for tally in history["tallies"]:
        counted[tally["outcome"]] += tally["ended"]
    assert (code, counted) == (0, Counter(_ended(one)))
    assert time.time() - history["since"] < 10 * PATIENCE_SECONDS


def test_health_tells_of_a_drain_and_a_refused_edit_and_of_no_answer(
    make_space: MakeSpace, told: Told
) -> None:
    space = make_space(2)
    space.start()
    one = space.members[0]
    assert told(one, "health")[0] == 0
    (one.config / "conf.d/wrong.toml").write_text("nonsense = 1\n")
    assert told(one, "drain", "--reason", "new DIMMs")[0] == 0
    until(lambda: "settings:" in told(one, "health")[1], PATIENCE_SECONDS, "the edit was refused")
    code, line = told(one, "health")
    assert code == 1
    assert "draining since" in line
    assert told(one, "health", "--level", "draining=ok", "--level", "settings=ok")[0] == 0
    assert told(one, "health", "--level", "draining=critical")[0] == 2
    one.stop()
    assert told(one, "health")[0] == 2
