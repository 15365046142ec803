"""docs/simulate.md tells every key that a scenario may have, and its commands are taken as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from vacnet.cli.app import build
from vacnet.simulate.whatif.reading import HOSTS, NETWORK, PAYLOAD, TOP

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
WRITTEN = [PAGE, *(path.read_text(encoding="utf-8") for path in (ROOT / "conf" / "scenarios").glob("*.toml"))]
LINES = "\n".join(WRITTEN).replace("\\\n", " ")
COMMANDS = sorted(set(re.findall(r"vacnet simulate .*?(?=  #|$)", LINES, re.MULTILINE)))


@pytest.mark.parametrize("key", [*TOP, *HOSTS, *PAYLOAD, *NETWORK])
def test_the_page_names_the_key(key: str) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert any(f"`{key}`" in row for row in rows)


@pytest.mark.parametrize("command", [command for command in COMMANDS if "`" not in command])
def test_a_command_of_the_page_is_one(command: str) -> None:
    _, bound, unknown = build(whole=False).parse_known_args(shlex.split(command)[1:])[:3]
    assert unknown == []
    scenario = bound.arguments.get("scenario")
    assert (scenario is None) is bool(bound.arguments.get("from_live"))
    assert scenario is None or (ROOT / scenario).exists()


def test_there_are_commands_to_look_at() -> None:
    assert len(COMMANDS) >= 5
