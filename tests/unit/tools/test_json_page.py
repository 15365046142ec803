"""The page of `--json`: each command that prints an answer has it, and prints what it says."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.unit.cli import states
from tests.unit.cli.canned import answering
from tools.json_page import COMMANDS, SOURCES, json_page, told
from tools.json_page import answers as documented
from vacnet.cli import run
from vacnet.cli.app import build
from vacnet.cli.man_page import arguments, pages
from vacnet.space.seal import key_id

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
KEY_ID = key_id(KEY).hex()
OF_COMMAND = dict(COMMANDS)
ASKED = {
    "space": "",
    "targets": "",
    "factories": "",
    "machines": "",
    "peers list": "",
    "why": "lhcb-prod",
    "why --at TIME": "lhcb-prod --at 1m",
    "history": "",
    "drain": "--reason firmware",
    "undrain": "",
    "stop": "vac01-00.example.org --reason firmware",
    "target hold": "lhcb-prod --reason firmware",
    "target release": "lhcb-prod",
    "events": "",
    "logs": "",
    "logs MACHINE": "vac01-00.example.org",
    "health": "",
    "doctor": "--config HOME",
    "support": "HOME/archive.tar.gz --config HOME",
    "peers check": "--peer 127.0.0.1:9 --config HOME",
    "peers add": "vac08.example.org --config HOME",
    "peers remove": "vac01.example.org --config HOME",
    "key list": "--config HOME",
    "key new": "",
    "key add": "HOME/other.key --config HOME",
    "key use": "ID --config HOME",
    "key drop": "ID --force --config HOME",
    "config init": "--config HOME/new",
    "config check": "--config HOME",
    "config show": "--config HOME",
}
"""What is typed behind the words of a command."""
ELSEWHERE = {"simulate", "gossip record", "gossip replay"}
"""Which take long, or a whole factory: tests/unit/cli/test_simulate.py, tests/integration/factory."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings of a factory, with its key and its peers."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "space.key").write_text(f"member {KEY.hex()}\nmember {OTHER.hex()}\n")
    (tmp_path / "other.key").write_text(f"member {OTHER.hex()}\n")
    (tmp_path / "peers.toml").write_text('peers = ["vac01.example.org"]\n')
    (tmp_path / "vacnet.toml").write_text(
        f'state_directory = "{tmp_path}/state"\n[space]\nname = "vac.example.org"\n'
        f'key_file = "{tmp_path}/space.key"\npeers_file = "{tmp_path}/peers.toml"\n'
    )
    return tmp_path


def test_the_table_of_what_is_asked_has_every_command() -> None:
    assert set(ASKED) | ELSEWHERE == set(OF_COMMAND)
    with_json = {
        " ".join(page.words)
        for page in pages(build(whole=True))
        if any("--json" in argument.names for argument in arguments(page.app))
    }
    assert with_json == {_words(command) for command in OF_COMMAND}


def _words(command: str) -> str:
    """Return a command without the arguments that the page names."""
    return " ".join(word for word in command.split() if word.islower() and not word.startswith("-"))


@pytest.mark.parametrize("command", ASKED)
def test_a_command_prints_what_the_page_says_and_nothing_else(
    command: str, home: Path, short_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ASKED[command].replace("HOME", str(home)).replace("ID", KEY_ID)
    with answering(short_path / "control.sock", _answers()) as socket:
        capfd.readouterr()
        run([*_words(command).split(), *given.split(), "--json", *_socket(command, socket)])
    printed = capfd.readouterr().out.splitlines()
    assert printed
    kind = next(
        getattr(module, OF_COMMAND[command]) for module in SOURCES if hasattr(module, OF_COMMAND[command])
    )
    fields = _fields(OF_COMMAND[command])
    for line in printed:
        msgspec.json.decode(line, type=kind)
        document = json.loads(line)
        assert document["schema"] == 1
        assert _names(document) <= fields, _names(document) - fields


def _answers() -> dict[str, object]:
    decision = {"schema": 1, "factory": "vac01", "time": 1.0, "made": None, "decision": None}
    return {**states.answers("healthy"), "/v1/decisions": decision}


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Yield a directory whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="vac") as name:
        yield Path(name)


def _socket(command: str, socket: Path) -> list[str]:
    """Return the option for a command that asks a factory."""
    page = next(page for page in pages(build(whole=True)) if " ".join(page.words) == _words(command))
    known = {name for argument in arguments(page.app) for name in argument.names}
    return ["--socket", str(socket)] if "--socket" in known else []


def _fields(answer: str) -> set[str]:
    known = documented()
    return {field.name for name in told(answer, known) for field in known[name].fields}


OPEN = {"fields", "files"}
"""Whose names are not ours: of events, and of files."""


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        parts = (part for key, part in value.items() if key not in OPEN)
        return set(value) | {key for part in parts for key in _names(part)}
    return {key for part in value for key in _names(part)} if isinstance(value, list) else set()


def test_every_answer_is_linked_to_its_section() -> None:
    page = json_page()
    for command, answer in COMMANDS:
        assert f"| `vacnet {command}` | [{answer}](#{answer.lower()}) |" in page
        assert f"\n## {answer}\n" in page


def test_what_a_field_means_stands_beside_it() -> None:
    assert "| `lived_seconds` | `float` | Of those that ran, together. |" in json_page()
