"""`vacnet health` as a monitoring system calls it: a line on stdout and 0 to 3, whatever happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import Command
from vacnet.factory.client import SCHEMA


@pytest.mark.parametrize(
    ("scene", "code"), [("healthy", 0), ("one-silent", 1), ("partitioned", 2), ("draining", 1)]
)
def test_the_exit_code_is_the_status(vacnet: Command, short_path: Path, scene: str, code: int) -> None:
    with answering(short_path / "control.sock", answers(scene)) as socket:
        done = vacnet("health", socket=socket)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (code, "", 1)


def test_no_daemon_is_critical_and_says_what_to_do_on_stdout(vacnet: Command) -> None:
    done = vacnet("health")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("VACNET CRITICAL: no factory answers at ")
    assert "systemctl start vacnet" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--silent", "few"), "--silent 'few'"),
        (("--disk-free", "10,x"), "--disk-free '10,x'"),
        (("--level", "drain=ok"), "there is no condition 'drain'"),
        (("--level", "draining=loud"), "draining=critical"),
    ],
)
def test_an_option_that_is_not_understood_is_unknown_and_wakes_nobody(
    vacnet: Command, daemon: Path, words: tuple[str, ...], told: str
) -> None:
    done = vacnet("health", *words, socket=daemon)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith("VACNET UNKNOWN: ")
    assert told in done.stdout


@pytest.mark.parametrize("words", [("--nonsense",), ("--timeout", "0"), ("word",)])
def test_a_command_line_that_is_none_is_unknown_too(
    vacnet: Command, daemon: Path, words: tuple[str, ...]
) -> None:
    done = vacnet("health", *words, socket=daemon)
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1


def test_a_socket_one_may_not_use_and_another_version_are_unknown(
    bound_program: Command, vacnet: Command, short_path: Path
) -> None:
    newer = {"/v1/health": {"schema": SCHEMA + 1}}
    with answering(short_path / "control.sock", newer) as socket:
        assert vacnet("health", socket=socket).returncode == 3
        socket.chmod(0)
        done = bound_program("health", socket=socket)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith("VACNET UNKNOWN: you may not use ")


def test_thresholds_and_levels_change_the_status(vacnet: Command, short_path: Path) -> None:
    with answering(short_path / "control.sock", answers("one-silent")) as socket:
        assert vacnet("health", "--silent", "2,", socket=socket).returncode == 0
        assert vacnet("health", "--silent", ",1", socket=socket).returncode == 2
        assert vacnet("health", "--silent", ",", "--disk-free", "70", socket=socket).returncode == 1
    with answering(short_path / "control.sock", answers("draining")) as socket:
        assert vacnet("health", "--level", "draining=ok", socket=socket).returncode == 0
        assert vacnet("health", "--level", "draining=critical", socket=socket).returncode == 2


def test_as_json_it_says_the_same(vacnet: Command, short_path: Path) -> None:
    with answering(short_path / "control.sock", answers("partitioned")) as socket:
        done = vacnet("health", "--json", socket=socket)
    told = json.loads(done.stdout)
    assert (done.returncode, told["schema"], told["status"]) == (2, 1, "CRITICAL")
    assert [finding["name"] for finding in told["findings"]] == ["isolated", "silent"]
