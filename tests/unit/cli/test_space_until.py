"""`vacnet space --until`: what it says while it waits, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import Command
from tests.unit.console import scenes
from vacnet.cli import space_wait
from vacnet.cli.exits import Exit
from vacnet.factory.client import SpaceState

LAST = scenes.space((scenes.factory("vac02.example.org", machines_running=1, flags=("draining",)),))
GONE = scenes.space((scenes.factory("vac02.example.org", machines_running=0, flags=("draining",)),))


class Turning(dict[str, Any]):
    """Answers of which each question about the space gets the next; the last one stays."""

    def __init__(self, states: Iterable[SpaceState]) -> None:
        super().__init__(answers())
        self.states = list(states)

    def get(self, path: str, default: object = None) -> object:
        if path != "/v1/space":
            return super().get(path, default)
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space_wait, "ASK_SECONDS", 0.0)


def test_each_change_is_told_and_the_space_is_printed_when_it_is_so(
    vacnet: Command, short_path: Path
) -> None:
    states = (scenes.DRAINING, scenes.DRAINING, LAST, GONE)
    with answering(short_path / "control.sock", Turning(states)) as socket:
        done = vacnet("space", "--until", "drained", "--json", socket=socket)
    assert (done.returncode, json.loads(done.stdout)["schema"]) == (0, 1)
    assert done.stderr.splitlines() == [
        "7 machines left on vac02.example.org",
        "1 machine left on vac02.example.org",
        "no machine is left on vac02.example.org",
    ]


def test_what_is_not_so_in_time_is_told_with_what_is_left(vacnet: Command, short_path: Path) -> None:
    with answering(short_path / "control.sock", answers("draining")) as socket:
        done = vacnet("space", "--until", "drained", "--timeout", "0", socket=socket)
    assert (done.returncode, done.stdout) == (Exit.TOO_SLOW, "")
    assert done.stderr.splitlines()[-1] == (
        "vacnet: not drained within 0 s: 7 machines left on vac02.example.org"
    )


def test_a_drain_that_is_taken_back_ends_the_waiting(vacnet: Command, short_path: Path) -> None:
    with answering(short_path / "control.sock", Turning((LAST, scenes.HEALTHY))) as socket:
        done = vacnet("space", "--until", "drained", socket=socket)
    assert (done.returncode, done.stdout) == (Exit.FAILED, "")
    assert "no factory of the space drains" in done.stderr


def test_an_idle_space_is_not_waited_for(vacnet: Command, short_path: Path) -> None:
    with answering(short_path / "control.sock", answers("empty")) as socket:
        done = vacnet("space", "--until", "idle", socket=socket)
    assert (done.returncode, done.stderr) == (0, "vac.example.org is idle: no machine on 1 factory\n")
    assert done.stdout.startswith("space vac.example.org")


def test_a_first_question_without_an_answer_fails_as_everywhere(vacnet: Command) -> None:
    assert vacnet("space", "--until", "idle").returncode == Exit.NO_DAEMON


@pytest.mark.parametrize(
    "words", [("--timeout", "5"), ("--until", "full"), ("--until", "idle", "--timeout", "-1")]
)
def test_what_cannot_be_waited_for_is_refused(vacnet: Command, daemon: Path, words: tuple[str, ...]) -> None:
    done = vacnet("space", *words, socket=daemon)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (Exit.WRONG_USE, "", 1)
