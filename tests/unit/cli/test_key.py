from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.conftest import Command
from vacnet.cli.exits import Exit
from vacnet.targets.keys import read_keys
from vacnet.targets.settings import SourceFile


def test_a_key_on_stdout_can_be_appended_to_a_key_file(vacnet: Command) -> None:
    lines = vacnet("key", "new").stdout + vacnet("key", "new", "--role", "observe").stdout
    keys, problems = read_keys(SourceFile("space.key", lines.encode()))
    assert ([key.role for key in keys], problems) == (["member", "observe"], ())


def test_a_key_file_is_for_its_owner_alone_and_its_secret_is_not_printed(
    vacnet: Command, tmp_path: Path
) -> None:
    done = vacnet("key", "new", tmp_path / "space.key")
    assert done.returncode == 0
    assert (tmp_path / "space.key").stat().st_mode & 0o777 == 0o600
    keys, _ = read_keys(SourceFile("space.key", (tmp_path / "space.key").read_bytes()))
    assert keys[0].secret.hex() not in done.stdout + done.stderr


def test_a_key_file_that_is_there_stays_and_the_way_to_add_is_told(vacnet: Command, tmp_path: Path) -> None:
    (tmp_path / "space.key").write_text("member ...\n")
    done = vacnet("key", "new", tmp_path / "space.key")
    assert done.returncode == Exit.FAILED
    assert f"vacnet key new >> {tmp_path}/space.key" in done.stderr
    assert (tmp_path / "space.key").read_text() == "member ...\n"


def test_as_json_the_line_is_given_where_no_file_is(vacnet: Command) -> None:
    answer = json.loads(vacnet("key", "new", "--json").stdout)
    assert (answer["schema"], answer["role"], answer["file"]) == (1, "member", None)
    assert answer["line"].startswith("member ")
