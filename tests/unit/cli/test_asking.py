"""Which factory a command asks: that of --socket, VACNET_SOCKET, the settings at --config, the host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import Command
from vacnet.cli.exits import Exit

NO_VARIABLE = {"VACNET_SOCKET": ""}

ASKING = [
    ["space", "--once"],
    ["machines"],
    ["targets"],
    ["factories"],
    ["logs"],
    ["events"],
    ["history"],
    ["peers", "list"],
    ["key", "list"],
]
CANNOT_ASK = [["stop", "m", "--reason", "r"], ["drain", "--reason", "r"], ["undrain"], ["why"]]


@pytest.fixture
def config(vacnet: Command, short_path: Path) -> Path:
    """Return settings whose state, and so whose socket, is in a directory of their own."""
    directory = short_path / "etc"
    assert vacnet("config", "init", "--config", directory, "--space", "a.example").returncode == 0
    main = directory / "vacnet.toml"
    main.write_text(f'state_directory = "{short_path / "state"}"\n' + main.read_text())
    (short_path / "state").mkdir()
    return directory


@pytest.fixture
def running(config: Path) -> Iterator[Path]:
    """Yield the settings of a factory that answers."""
    with answering(config.parent / "state/control.sock", answers()):
        yield config


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_the_settings_lead_to_their_factory(vacnet: Command, running: Path, words: list[str]) -> None:
    done = vacnet(*words, "--config", running, **NO_VARIABLE)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [*ASKING[:7], *CANNOT_ASK], ids=" ".join)
def test_where_none_answers_the_place_is_told(vacnet: Command, config: Path, words: list[str]) -> None:
    done = vacnet(*words, "--config", config, **NO_VARIABLE)
    assert done.returncode == Exit.NO_DAEMON
    assert f"no factory answers at {config.parent / 'state/control.sock'}" in done.stderr


@pytest.mark.parametrize("words", [["peers", "list"], ["key", "list"]], ids=" ".join)
def test_what_the_files_alone_say_is_told_as_such(vacnet: Command, config: Path, words: list[str]) -> None:
    done = vacnet(*words, "--config", config, **NO_VARIABLE)
    assert done.returncode == 0
    assert f"no factory answers at {config.parent / 'state/control.sock'}" in done.stderr


def test_a_socket_is_asked_before_the_variable_and_the_variable_before_the_settings(
    vacnet: Command, running: Path, daemon: Path, tmp_path: Path
) -> None:
    dead = tmp_path / "dead.sock"
    assert vacnet("space", "--once", "--socket", daemon, socket=dead).returncode == 0
    done = vacnet("space", "--once", "--config", running, socket=daemon)
    assert done.returncode == 0
    assert done.stderr == f"vacnet: {daemon} is asked, for VACNET_SOCKET stands before --config\n"
    same = vacnet("space", "--once", "--config", running, socket=running.parent / "state/control.sock")
    assert (same.returncode, same.stderr) == (0, "")
    done = vacnet("space", "--once", "--config", running, socket=dead)
    assert (done.returncode, f"at {dead}" in done.stderr) == (Exit.NO_DAEMON, True)


def test_the_socket_that_the_settings_name_is_asked(vacnet: Command, config: Path, short_path: Path) -> None:
    main = config / "vacnet.toml"
    main.write_text(main.read_text() + f'\n[control]\nsocket = "{short_path / "own.sock"}"\n')
    with answering(short_path / "own.sock", answers()):
        assert vacnet("machines", "--config", config, **NO_VARIABLE).returncode == 0


def test_settings_under_repair_still_lead_to_the_factory_that_runs_on(vacnet: Command, running: Path) -> None:
    main = running / "vacnet.toml"
    main.write_text(main.read_text() + "\n[nonsense]\n")
    assert vacnet("space", "--once", "--config", running, **NO_VARIABLE).returncode == 0


def test_settings_that_are_not_there_are_named(vacnet: Command, tmp_path: Path) -> None:
    done = vacnet("space", "--once", "--config", tmp_path / "none", **NO_VARIABLE)
    assert done.returncode == Exit.NO_INPUT
    assert f"{tmp_path / 'none'}: there is no such file" in done.stderr


def test_a_dead_socket_is_the_fault_even_where_there_are_no_settings(vacnet: Command, tmp_path: Path) -> None:
    done = vacnet("peers", "list", "--socket", tmp_path / "dead.sock", "--config", tmp_path / "none")
    assert done.returncode == Exit.NO_DAEMON
    assert f"no factory answers at {tmp_path / 'dead.sock'}" in done.stderr
