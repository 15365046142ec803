"""The dashboard in a real (pseudo) terminal: what it shows, how it is left, what it leaves behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import PROGRAM, ROOT
from tests.unit.cli.terminal import SCREEN_GIVEN_BACK, SCREEN_TAKEN, terminal


@pytest.mark.parametrize("way", ["q", "\x03", "SIGTERM", "SIGHUP"])
def test_it_is_left_in_order_and_gives_the_screen_back(daemon: Path, way: str) -> None:
    with terminal(daemon) as shown:
        shown.wait_for("q quit")
        if way.startswith("SIG"):
            shown.process.send_signal(signal.Signals[way])
        else:
            shown.type(way)
        assert shown.code() == 0
    taken, _, rest = shown.seen.partition(SCREEN_TAKEN)
    assert "Traceback" not in taken + rest
    assert SCREEN_GIVEN_BACK in rest
    assert "lhcb-prod" in rest.rpartition(SCREEN_GIVEN_BACK)[2]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "2>&-", "</dev/null"])
def test_without_a_screen_or_a_keyboard_it_takes_no_screen(daemon: Path, closed: str) -> None:
    line = f'exec "$0" -c "$1" space {closed}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, PROGRAM],
        env={"PYTHONPATH": str(ROOT), "VACNET_SOCKET": str(daemon)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (">&-" in closed.split()) or "lhcb-prod" in done.stdout


def test_no_color_is_heard_by_the_screen(daemon: Path) -> None:
    with terminal(daemon, NO_COLOR="1") as shown:
        shown.wait_for("q quit")
        shown.type("2")
        shown.wait_for("vac01.example.org: live")
        shown.type("q")
        assert shown.code() == 0
    colours = {code for codes in re.findall(r"\x1b\[([0-9;]*)m", shown.seen) for code in codes.split(";")}
    assert not {code for code in colours if code[:1] in {"3", "4"} and len(code) == 2} - {"39", "49"}
    assert "7" in colours, "what is chosen is reversed, which is no colour"


def test_a_wider_window_shows_more(daemon: Path) -> None:
    with terminal(daemon) as shown:
        shown.wait_for("q quit")
        shown.resize(160, 50)
        shown.wait_for("Decisions and events")
        shown.type("q")
        assert shown.code() == 0


def test_a_daemon_that_goes_leaves_the_picture_and_comes_back_into_it(short_path: Path) -> None:
    socket = short_path / "control.sock"
    with ExitStack() as running:
        daemon = running.enter_context(ExitStack())
        daemon.enter_context(answering(socket, answers("one-silent")))
        shown = running.enter_context(terminal(socket))
        shown.wait_for("q quit")
        daemon.close()
        shown.wait_for("no factory answers")
        daemon.enter_context(answering(socket, answers("draining")))
        shown.wait_for("new DIMMs")
        shown.type("q")
        assert shown.code() == 0


def test_without_a_daemon_it_never_takes_the_screen(short_path: Path) -> None:
    with terminal(short_path / "none.sock") as shown:
        assert shown.code() == 69
    assert SCREEN_TAKEN not in shown.seen
    assert "no factory answers" in shown.seen
