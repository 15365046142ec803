"""`vacnet events`: each filter alone and together, and following."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering
from tests.unit.cli.conftest import PROGRAM, ROOT, Command
from tests.unit.console import past, scenes
from vacnet.cli.exits import Exit
from vacnet.cli.happenings import Wanted
from vacnet.factory.client import Events

HAPPENED = {
    1: past.event(1, 7200, "machine.started", machine="vac01-03", id="17_a_03", target="a"),
    2: past.event(2, 3600, "machine.ended", machine="vac01-03", id="17_a_03", target="a", outcome="ok"),
    3: past.event(3, 60, "machine.started", machine="vac01-03", id="18_b_03", target="b"),
    4: past.event(4, 5, "factory.silent", warning=True, factory="vac02"),
}
ALL = {"/v1/events": Events(factory="vac01", time=scenes.NOW, events=tuple(HAPPENED.values()))}


@pytest.mark.parametrize(
    ("wanted", "serials"),
    [
        (Wanted(), {1, 2, 3, 4}),
        (Wanted(target="a"), {1, 2}),
        (Wanted(machine="vac01-03"), {1, 2, 3}),
        (Wanted(machine="18_b_03"), {3}),
        (Wanted(warnings=True), {4}),
        (Wanted(names=("machine.*",)), {1, 2, 3}),
        (Wanted(names=("machine.ended", "factory.*")), {2, 4}),
        (Wanted(since=scenes.NOW - 61), {3, 4}),
        (Wanted(target="a", names=("*.started",)), {1}),
        (Wanted(target="c"), set()),
    ],
)
def test_a_filter_lets_pass_what_is_asked_for(wanted: Wanted, serials: set[int]) -> None:
    assert {serial for serial, event in HAPPENED.items() if wanted.has(event)} == serials


def _serial_names(stdout: str) -> list[str]:
    return [line[22:].split()[0] for line in stdout.splitlines()]


def test_the_last_ones_are_counted_after_the_filter(vacnet: Command, short_path: Path) -> None:
    with answering(short_path / "control.sock", ALL) as socket:
        done = vacnet("events", "machine.*", "--target", "a", "--tail", "1", socket=socket)
    assert _serial_names(done.stdout) == ["machine.ended"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--target", "a", "factory.*"), Exit.OK, "no such events are in the record"),
        (("--target", "ska-sim"), Exit.OK, "no such events are in the record"),
        (("machine.endet",), Exit.OK, "no such events are in the record; did you mean machine.ended?"),
        (("--target", "ska-sin"), Exit.NO_INPUT, "none is of a target 'ska-sin'; did you mean ska-sim?"),
        (("--machine", "vac01-04"), Exit.NO_INPUT, "none is of a machine 'vac01-04'; did you mean vac01-03?"),
    ],
)
def test_nothing_that_fits_is_said_with_what_may_be_meant(
    vacnet: Command, short_path: Path, words: tuple[str, ...], code: Exit, told: str
) -> None:
    with answering(short_path / "control.sock", {**ALL, "/v1/space": scenes.HEALTHY}) as socket:
        done = vacnet("events", *words, socket=socket)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1)
    assert told in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--tail", "0"), "--tail 0 shows nothing"), (("--since", "never"), "is no time")],
)
def test_what_cannot_be_shown_is_refused(
    vacnet: Command, daemon: Path, words: tuple[str, ...], told: str
) -> None:
    done = vacnet("events", *words, socket=daemon)
    assert (done.returncode, done.stdout) == (Exit.WRONG_USE, "")
    assert told in done.stderr


def test_following_shows_what_was_and_goes_on_until_ctrl_c(short_path: Path) -> None:
    with answering(short_path / "control.sock", ALL) as socket:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "VACNET_SOCKET": str(socket)}
        with subprocess.Popen(
            [sys.executable, "-u", "-c", PROGRAM, "events", "-f", "--level", "warning"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        ) as following:
            assert following.stdout
            assert b"! factory.silent" in following.stdout.readline()
            following.send_signal(signal.SIGINT)
            assert following.wait(30) == Exit.INTERRUPTED
