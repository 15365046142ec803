"""Names that a running factory knows, completed by the shells themselves, with Tab where it must be."""

from __future__ import annotations

import os
import pty
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import PROGRAM, ROOT, Command
from vacnet.cli.app import build
from vacnet.cli.completing import KINDS, Place, places, script
from vacnet.cli.live_names import PATIENCE_SECONDS

APP = build(whole=True)
SCRIPTS = {shell: script(APP, shell) for shell in ("bash", "zsh", "fish")}
PATIENCE = 20.0
POLL = 0.02
TYPED = (
    ("vacnet why lh", "lhcb-prod"),
    ("vacnet target hold sk", "ska-sim"),
    ("vacnet history lhcb-prod atl", "atlas-mcore"),
    ("vacnet events --target at", "atlas-mcore"),
    ("vacnet machines --factory vac03", "vac03.example.org"),
    ("vacnet peers remove vac09", "vac09.example.org"),
    ("vacnet stop --reason x vac01-04", "vac01-04.example.org"),
)
"""What is typed before Tab, and the whole last word after it."""


@pytest.fixture
def home(tmp_path: Path, daemon: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with a `vacnet` to run, which asks the factory that answers by heart."""
    program = tmp_path / "bin" / "vacnet"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -c "{PROGRAM}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VACNET_SOCKET", str(daemon))
    return tmp_path


def _bash(home: Path, line: str) -> str:
    (home / "script").write_text(SCRIPTS["bash"])
    words = line.split(" ")
    program = f"""
source {home / "script"}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
_vacnet_live; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    return _output(["bash", "--norc", "-c", program])


def _fish(home: Path, line: str) -> str:
    (home / "script").write_text(SCRIPTS["fish"])
    told = _output(["fish", "--no-config", "-c", f"source {home / 'script'}; complete -C {line!r}"])
    return "\n".join(word.partition("\t")[0] for word in told.splitlines())


def _output(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


def _zsh(home: Path, line: str) -> str:
    """Return the last word on the command line after Tab, from a terminal on which it was typed."""
    functions, told = home / "functions", home / "told"
    functions.mkdir(exist_ok=True)
    (functions / "_vacnet").write_text(SCRIPTS["zsh"])
    child, terminal = pty.fork()
    if not child:
        os.execvp("zsh", ["zsh", "-f", "-i"])  # noqa: S606 (the shell that the host has)
    try:
        setup = (
            f"fpath=({functions} $fpath); autoload -Uz compinit && compinit -D",
            f"show() {{ print -r -- $BUFFER > {told}.new; mv {told}.new {told} }}",
            "zle -N show; bindkey '^X' show",
        )
        os.write(terminal, "\n".join((*setup, f"{line}\t\x18")).encode())
        _until(told.exists, terminal)
        return told.read_text().split()[-1]
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


def _until(done: Callable[[], bool], terminal: int) -> None:
    """Read what a terminal shows until it is so."""
    shown, end = b"", time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, f"it showed {shown!r}"
        if select.select([terminal], [], [], POLL)[0]:
            shown += os.read(terminal, 4096)


SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}


# A host need not have all three shells, and vacnet needs none of them: each that is there is asked. That
# all three have every place is held below, with or without the shell.
@pytest.mark.parametrize(
    "shell",
    [
        pytest.param(one, marks=pytest.mark.skipif(not shutil.which(one), reason=f"needs {one}"))
        for one in SHELLS
    ],
)
@pytest.mark.parametrize(("line", "word"), TYPED)
def test_a_shell_completes_names_that_the_factory_knows(home: Path, shell: str, line: str, word: str) -> None:
    assert SHELLS[shell](home, line) == word


@pytest.mark.parametrize(
    "line", ["vacnet why --at ", "vacnet why --js", "vacnet why", "vacnet peers add vac", "vacnet drain "]
)
def test_no_names_stand_where_something_else_does(home: Path, line: str) -> None:
    assert not {"lhcb-prod", "vac02.example.org"} & set(_bash(home, line).split())


def test_the_factory_that_the_line_names_is_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = os.environ["VACNET_SOCKET"]
    monkeypatch.setenv("VACNET_SOCKET", str(home / "none.sock"))
    assert _bash(home, "vacnet why lh") == ""
    assert _bash(home, f"vacnet why --socket {there} lh") == "lhcb-prod"


def test_every_argument_that_is_called_so_is_a_place_in_all_scripts() -> None:
    found = places(APP)
    assert Place(("why",), "", "targets") in found
    assert Place(("events",), "--machine", "machines") in found
    assert {one.kind for one in found} == set(KINDS.values())
    for one in found:
        words = " ".join(one.words)
        case = f'"{words} {one.option}") kind={one.kind}' if one.option else f'"{words}") kind={one.kind}'
        assert case in SCRIPTS["bash"]
        assert case in SCRIPTS["zsh"]
        assert f"using_command {words}' {f'-l {one.option[2:]}' if one.option else '-f'}" in script(
            APP, "fish"
        )


def test_names_are_one_a_line_and_of_ended_machines_the_ids(vacnet: Command, daemon: Path) -> None:
    done = vacnet("completion", "--names", "targets", "--socket", daemon)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["atlas-mcore", "lhcb-prod", "ska-sim"]


def test_who_does_not_answer_in_time_has_no_names_and_there_is_no_word_of_it(
    vacnet: Command, short_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(short_path / "mute.sock"))
        mute.listen()
        began = time.monotonic()
        done = vacnet("completion", "--names", "machines", socket=short_path / "mute.sock")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert time.monotonic() - began >= PATIENCE_SECONDS
    assert vacnet("completion", "--names", "peers").stdout == ""


def test_neither_shell_nor_kind_is_wrong_use(vacnet: Command) -> None:
    done = vacnet("completion")
    assert (done.returncode, done.stdout) == (2, "")
    assert "bash, zsh or fish" in done.stderr
