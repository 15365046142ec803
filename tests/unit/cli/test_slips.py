"""Slips of the pen: each gives one line that says what was meant or what to do, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import Command
from tests.unit.cli.test_failures import one_line
from vacnet.cli.exits import Exit
from vacnet.cli.near_names import slip
from vacnet.factory.client import ErrorAnswer


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("drain", "--reason is missing: why, for everybody who sees it"),
        ("stop vac01-03", "--reason is missing: why"),
        ("target hold", "TARGET is missing: its name"),
        ("peers add", "PEER is missing: host, host:port or [IPv6]:port"),
        ("history --since -3h", "--since has no value (one that begins with - is written --since=VALUE)"),
        ("events --tail many", '--tail "many" is not a whole number'),
        ("space --timeout soon", '--timeout "soon" is not a number'),
        ("machines --ended 10001", '"10001"'),
        ("machines --factory=", "--factory is empty"),
        ("machines --key space.key", "--key and --name are for --peer"),
        ("logs ", "MACHINE is empty"),
        ("drain vac02 --reason x", "'vac02' is one word too many; it drains the host on which it is run"),
        (
            "why lhcb-prod --peer vac02",
            "`targets` ask over the network; run this on its own host",
        ),
        (
            "drain --reason x --factory vac02",
            "`vacnet machines --factory NAME` asks another",
        ),
        ("factories --key space.key", "--key and --name are for --peer"),
        ("targets --name vac", "--key and --name are for --peer"),
        ("stop --reason x ", "MACHINE is empty"),
    ],
)
def test_wrong_use_says_what_to_type(vacnet: Command, daemon: Path, words: str, told: str) -> None:
    done = vacnet(*words.split(" "), socket=daemon)
    assert (done.returncode, done.stdout) == (Exit.WRONG_USE, "")
    assert told in one_line(done.stderr)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("key list --file HOME/spac.key", "did you mean HOME/space.key?"),
        ("key add HOME/other --file HOME/space.key", "or make one with `vacnet key new FILE`"),
        ("gossip replay HOME/none", "HOME/none: there is no such file in HOME"),
        ("gossip replay HOME/none.key", "HOME/none.key: there is no such file in HOME; there is space.key"),
        ("support HOME/none/a.tar.gz --config HOME", "there is no directory HOME/none"),
        ("man --directory HOME/none", "there is no directory HOME/none"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_what_is(
    vacnet: Command, tmp_path: Path, words: str, told: str
) -> None:
    (tmp_path / "space.key").write_text(f"member {'ab' * 32}\n")
    done = vacnet(*(word.replace("HOME", str(tmp_path)) for word in words.split()))
    assert (done.returncode, done.stdout) == (Exit.NO_INPUT, "")
    assert told.replace("HOME", str(tmp_path)) in one_line(done.stderr)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("key new HOME", "HOME: this is a directory; name a file"),
        ("key list --file HOME", "HOME: this is a directory; name a file"),
        ("support HOME", "HOME: this is there and is never overwritten"),
        ("gossip replay HOME", "HOME: this is a directory"),
        ("config init --config HOME/file", "HOME/file: a part of this path is a file"),
        ("man --directory HOME/file", "a part of this path is a file"),
    ],
)
def test_what_is_of_another_kind_than_it_should_be_is_named(
    vacnet: Command, tmp_path: Path, words: str, told: str
) -> None:
    (tmp_path / "file").write_text("")
    done = vacnet(*(word.replace("HOME", str(tmp_path)) for word in words.split()))
    assert (done.returncode, done.stdout) == (Exit.FAILED, "")
    assert told.replace("HOME", str(tmp_path)) in one_line(done.stderr)


def test_a_file_that_holds_no_keys_is_not_said_to_be_good(vacnet: Command, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("neither role nor key here\n")
    done = vacnet("key", "list", "--file", tmp_path / "bad")
    assert done.returncode == Exit.BAD_SETTINGS
    assert f"{tmp_path / 'bad'}:1: " in done.stderr


@pytest.mark.parametrize("command", ["why", "target hold --reason x", "target release"])
def test_a_target_that_the_factory_does_not_know_is_told_with_the_nearest(
    vacnet: Command, short_path: Path, command: str
) -> None:
    refused = ErrorAnswer(error="this factory has no target 'lhcb-prd'; `vacnet targets` lists all")
    asked = {f"/v1/targets/lhcb-prd/{what}": refused for what in ("why", "hold")}
    with answering(short_path / "control.sock", {**answers(), **asked}) as socket:
        done = vacnet(*command.split(), "lhcb-prd", socket=socket)
    assert done.returncode == Exit.NO_INPUT
    assert done.stderr == "vacnet: this factory has no target 'lhcb-prd'; did you mean lhcb-prod?\n"


@pytest.mark.parametrize("command", [("logs",), ("stop", "--reason", "x")])
def test_a_machine_of_another_host_is_said_to_be_its(
    vacnet: Command, daemon: Path, command: tuple[str, ...]
) -> None:
    done = vacnet(*command, "vac03-07.example.org", socket=daemon)
    assert (done.returncode, done.stdout) == (Exit.NO_INPUT, "")
    told = one_line(done.stderr)
    assert "is a machine of vac03.example.org: run `vacnet " in told
    assert "`vacnet machines --factory vac03.example.org`" in told


def test_a_key_or_a_space_that_only_options_can_tell_is_asked_for_by_name(
    vacnet: Command, tmp_path: Path
) -> None:
    (tmp_path / "space.key").write_text(f"member {'ab' * 32}\n")
    at = ("--config", tmp_path / "none")
    nothing = vacnet("machines", "--peer", "192.0.2.1", *at).stderr
    assert "--key FILE" in nothing
    assert "--name SPACE" in nothing
    only_key = vacnet("machines", "--peer", "192.0.2.1", "--key", tmp_path / "space.key", *at).stderr
    assert "--key FILE" not in only_key
    assert "--name SPACE" in only_key


def test_all_names_are_told_where_they_are_few_and_none_is_near() -> None:
    assert slip("x", ["alpha", "beta"]) == "there are alpha, beta"
    assert slip("x", map(str, range(100))) == ""
    assert slip("betta", ["alpha", "beta"]) == "did you mean beta?"
