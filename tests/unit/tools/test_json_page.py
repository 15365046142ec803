"""The page of `--json`: each command that prints an answer has it, with the fields that it really prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tools.json_page import COMMANDS, json_page, told
from tools.json_page import answers as documented
from vacnet.cli.app import build

ASKED = [(command, answer) for command, answer in COMMANDS if command in {"space", "machines", "history"}]


@pytest.mark.parametrize(("command", "answer"), ASKED)
def test_every_field_that_a_command_prints_is_on_the_page(
    command: str, answer: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering(tmp_path / "s", answers()) as socket:
        build(whole=False)([command, "--json", "--socket", str(socket)], exit_on_error=False)
    known = documented()
    fields = {field.name for name in told(answer, known) for field in known[name].fields}
    assert _keys(json.loads(capfd.readouterr().out)) <= fields


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for part in value.values() for key in _keys(part)}
    return {key for part in value for key in _keys(part)} if isinstance(value, list) else set()


def test_every_answer_is_linked_to_its_section() -> None:
    page = json_page()
    for command, answer in COMMANDS:
        assert f"| `vacnet {command}` | [{answer}](#{answer.lower()}) |" in page
        assert f"\n## {answer}\n" in page


def test_what_a_field_means_stands_beside_it() -> None:
    assert "| `lived_seconds` | `float` | Of those that ran, together. |" in json_page()
