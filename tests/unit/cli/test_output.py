from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import Command
from tests.unit.console import goldens
from vacnet.cli.exits import Exit
from vacnet.factory.client import Events

NO_EVENTS = Events(factory="vac01.example.org", time=0.0, events=())
COMMANDS = ("space", "machines", "targets", "factories", "history", "logs", "events", "health", "peers list")
HELPS = (
    "",
    *COMMANDS,
    "run",
    "simulate",
    "stop",
    "drain",
    "undrain",
    "target hold",
    "target release",
    "config init",
    "config check",
    "config show",
    "key new",
    "key list",
    "key add",
    "key use",
    "key drop",
    "peers add",
    "peers remove",
    "peers check",
    "why",
    "doctor",
    "support",
    "completion",
    "man",
    "gossip record",
    "gossip replay",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_json_carries_its_schema_number_and_nothing_but_json(
    vacnet: Command, daemon: Path, command: str
) -> None:
    done = vacnet(*command.split(), "--json", socket=daemon)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(json.loads(line)["schema"] == 1 for line in done.stdout.splitlines())


@pytest.mark.parametrize("command", HELPS)
def test_every_help_gives_an_example_or_the_first_steps(vacnet: Command, command: str) -> None:
    done = vacnet(*command.split(), "--help", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Example: vacnet {command}" in done.stdout or (not command and "First steps" in done.stdout)
    goldens.check(f"help-{command.replace(' ', '-') or 'vacnet'}", done.stdout)


def test_without_a_terminal_the_space_is_printed_once_and_uncut(vacnet: Command, daemon: Path) -> None:
    done = vacnet("space", socket=daemon)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "then vac03.example.org probes first" in done.stdout


def test_with_ascii_no_other_sign_is_printed(vacnet: Command, daemon: Path) -> None:
    assert vacnet("space", "--ascii", socket=daemon).stdout.isascii()


def test_where_the_terminal_knows_only_ascii_no_other_sign_is_printed(program: Command, daemon: Path) -> None:
    done = program("space", socket=daemon, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()


def test_machines_shows_ended_ones_with_their_message(vacnet: Command, short_path: Path) -> None:
    with answering(short_path / "control.sock", answers(machines="ended")) as socket:
        done = vacnet("machines", "--ended", "3", socket=socket)
    assert '"300 Nothing to do"' in done.stdout


def test_a_machines_output_is_given_byte_for_byte(vacnet: Command, daemon: Path) -> None:
    done = vacnet("logs", "vac01-03.example.org", socket=daemon)
    assert done.stdout == "first line\nsecond \x1b[31mline\nno end of line"


def test_events_are_lines_that_cannot_act_on_a_terminal(vacnet: Command, daemon: Path) -> None:
    lines = vacnet("logs", socket=daemon).stdout.splitlines()
    assert lines == [
        "2026-11-24 12:02:01   machine.started machine=vac01-03.example.org target=lhcb-prod",
        '2026-11-24 12:02:56 ! settings.refused words="a \\u001b[2J key is unknown" line=12',
    ]


def test_only_the_last_events_are_shown_when_asked(vacnet: Command, daemon: Path) -> None:
    assert len(vacnet("logs", "--tail", "1", socket=daemon).stdout.splitlines()) == 1


def test_nothing_to_show_is_said_on_stderr(vacnet: Command, short_path: Path) -> None:
    silent = {**answers(), "/v1/machines/vac01-03.example.org/log": b"", "/v1/events": NO_EVENTS}
    with answering(short_path / "control.sock", silent) as socket:
        of_machine = vacnet("logs", "vac01-03.example.org", socket=socket)
        events = vacnet("logs", socket=socket)
    assert (of_machine.returncode, of_machine.stdout) == (0, "")
    assert "vac01-03.example.org has written nothing to its console yet" in of_machine.stderr
    assert (events.returncode, events.stdout, events.stderr) == (0, "", "no events are in the record\n")


@pytest.mark.parametrize("words", [("logs",), ("logs", "vac01-03.example.org")])
def test_a_tail_of_none_is_refused_in_words(vacnet: Command, daemon: Path, words: tuple[str, ...]) -> None:
    done = vacnet(*words, "--tail", "0", socket=daemon)
    assert (done.returncode, done.stdout) == (Exit.WRONG_USE, "")
    assert "--tail 0 shows nothing" in done.stderr


def test_targets_can_be_named_and_a_slip_of_the_pen_is_told_with_the_nearest(
    vacnet: Command, daemon: Path
) -> None:
    done = vacnet("targets", "ska-sim", socket=daemon)
    assert "ska-sim" in done.stdout
    assert "lhcb-prod" not in done.stdout
    wrong = vacnet("targets", "lhcb-prd", socket=daemon)
    assert wrong.returncode == Exit.NO_INPUT
    assert wrong.stderr == "vacnet: this factory has no target 'lhcb-prd'; did you mean lhcb-prod?\n"
    assert "there are atlas-mcore, lhcb-prod, ska-sim" in vacnet("targets", "x", socket=daemon).stderr


def test_factories_are_listed_for_other_programs(vacnet: Command, daemon: Path) -> None:
    done = vacnet("factories", "--format", "prometheus-sd", "--port", "9100", socket=daemon)
    assert (done.returncode, done.stderr) == (0, "")
    assert [group["targets"] for group in json.loads(done.stdout)] == [["192.0.2.11:9100"]] * 4
    assert "acl vacnet src 192.0.2.11/32\n" in vacnet("factories", "--format", "squid", socket=daemon).stdout


@pytest.mark.parametrize("words", [("--format", "squid", "--json"), ("--port", "9100")])
def test_options_of_a_list_that_is_not_made_are_refused(
    vacnet: Command, daemon: Path, words: tuple[str, ...]
) -> None:
    done = vacnet("factories", *words, socket=daemon)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (Exit.WRONG_USE, "", 1)
