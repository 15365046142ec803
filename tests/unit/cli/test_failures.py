from __future__ import annotations

import grp
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import PROGRAM, ROOT, Command
from vacnet.cli.exits import MEANINGS, Exit, table
from vacnet.factory.client import SCHEMA, Client

ASKING = ("space", "machines", "targets", "factories", "history", "logs", "events")


def one_line(text: str) -> str:
    """Return the only line of a message."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("vacnet: ")
    return lines[0]


@pytest.mark.parametrize("command", ASKING)
def test_without_a_daemon_a_command_says_how_to_start_one(program: Command, command: str) -> None:
    done = program(command)
    assert done.returncode == Exit.NO_DAEMON
    assert done.stdout == ""
    assert "vacnet run" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("machins",), 'Did you mean "machines"'),
        (("machines", "--jsn"), "--jsn"),
        (("machines", "vac01-03"), "'vac01-03' is one word too many"),
        (("machines", "--ended", "many"), '"many"'),
        (("machines", "--ended", "-1"), '"-1"'),
        (("peers", "add"), "PEER"),
        (("key", "new", "--role", "king"), '"king"'),
        (("config", "chek"), '"check"'),
        (("logs", "--tail", "-3"), '"-3"'),
        (("events", "--level", "loud"), '"loud"'),
        (("events", "--tail", "many"), '"many"'),
        (("history", "--by", "phase"), '"phase"'),
        (("factories", "--format", "xml"), '"xml"'),
        (("factories", "--format", "prometheus-sd", "--port", "0"), '"0"'),
    ],
)
def test_wrong_use_names_the_word_and_the_help_to_read(
    program: Command, words: tuple[str, ...], told: str
) -> None:
    done = program(*words)
    assert done.returncode == Exit.WRONG_USE
    assert done.stdout == ""
    line = one_line(done.stderr)
    assert told in line
    assert "--help`" in line


def test_a_machine_that_is_not_there_is_named_by_the_daemons_own_words(
    program: Command, daemon: Path
) -> None:
    done = program("logs", "vac01-99.example.org", socket=daemon)
    assert done.returncode == Exit.NO_INPUT
    assert one_line(done.stderr) == "vacnet: there is no such machine"


def test_a_socket_one_may_not_use_gives_the_code_of_no_permission(
    bound_program: Command, short_path: Path
) -> None:
    with answering(short_path / "control.sock", answers()) as socket:
        socket.chmod(0)
        assert bound_program("machines", socket=socket).returncode == Exit.NO_PERMISSION


def test_a_daemon_of_another_schema_is_named_as_such(program: Command, short_path: Path) -> None:
    newer = {"/v1/machines": {"schema": SCHEMA + 1, "factories": "a mesh"}}
    with answering(short_path / "control.sock", newer) as socket:
        done = program("machines", socket=socket)
    assert done.returncode == Exit.PROTOCOL
    assert "newer" in one_line(done.stderr)


def test_a_file_that_cannot_be_written_is_named(program: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = program("key", "new", tmp_path / "file" / "space.key")
    assert done.returncode == Exit.FAILED
    assert str(tmp_path / "file") in one_line(done.stderr)


@pytest.mark.parametrize("words", [("machines", "--all"), ("--help",), ("key", "--help")])
def test_a_reader_that_goes_away_is_no_error_worth_a_word(daemon: Path, words: tuple[str, ...]) -> None:
    program = [sys.executable, "-c", PROGRAM, *words]
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VACNET_SOCKET": str(daemon)}
    done = subprocess.run(
        program, stdout=writer, stderr=subprocess.PIPE, env=environment, timeout=30, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (Exit.CLOSED_PIPE, b"")


def test_output_on_a_full_disk_is_a_failure_in_words(program: Command, daemon: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VACNET_SOCKET": str(daemon)}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "machines", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == Exit.FAILED
    assert one_line(done.stderr) == "vacnet: output: No space left on device"


def test_a_closed_stdout_is_no_fault(daemon: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VACNET_SOCKET": str(daemon)}
    shell = ["sh", "-c", '"$0" -c "$1" machines >&-', sys.executable, PROGRAM]
    done = subprocess.run(shell, capture_output=True, env=environment, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_ends_a_command_without_a_traceback(daemon: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VACNET_SOCKET": str(daemon)}
    with subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM, "logs", "-f"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as following:
        assert following.stdout
        assert following.stderr
        assert b"machine.started" in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert following.wait(30) == Exit.INTERRUPTED
        assert following.stderr.read() == b""


def test_every_exit_code_has_a_meaning_in_the_one_table(program: Command) -> None:
    assert set(MEANINGS) == set(Exit)
    shown = program("--help").stdout
    assert all(line in shown for line in table().splitlines())


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("vacnet", "`usermod -aG vacnet USER`"),
        ("root", "`groupadd --system vacnet`, `usermod -aG vacnet USER`"),
    ],
)
def test_who_may_not_use_the_socket_is_told_how_to_and_never_to_join_roots_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, told: str
) -> None:
    (tmp_path / "control.sock").touch()
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group((group, "x", gid, [])))
    words = Client(tmp_path / "control.sock")._explained(PermissionError()).words
    assert told in words
    assert "-aG root" not in words
