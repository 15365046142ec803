"""`vacnet key`: keys are made, listed and rotated, and no secret is ever shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command
from vacnet.cli.exits import Exit
from vacnet.space.seal import key_id
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
    assert "vacnet key new | vacnet key add -" in done.stderr
    assert (tmp_path / "space.key").read_text() == "member ...\n"


def test_as_json_the_line_is_given_where_no_file_is(vacnet: Command) -> None:
    answer = json.loads(vacnet("key", "new", "--json").stdout)
    assert (answer["schema"], answer["role"], answer["file"]) == (1, "member", None)
    assert answer["line"].startswith("member ")


OLD, NEW, LOOK = (bytes([number]) + bytes(range(31)) for number in (1, 2, 3))
RING = f"""\
# the key of our space

member {OLD.hex()}   # since spring
observe {LOOK.hex()}
"""


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    path = tmp_path / "space.key"
    path.write_text(RING)
    path.chmod(0o600)
    return path


def _id(secret: bytes) -> str:
    return key_id(secret).hex()


def _new(tmp_path: Path, secret: bytes = NEW) -> Path:
    path = tmp_path / "new.key"
    path.write_text(f"# made by vacnet key new\nmember {secret.hex()}\n")
    return path


def test_a_rotation_is_three_edits_that_leave_all_else_as_it_was(
    vacnet: Command, ring: Path, tmp_path: Path
) -> None:
    done = vacnet("key", "add", _new(tmp_path), "--file", ring)
    assert done.returncode == 0
    assert f"when all have it, on each: `vacnet key use {_id(NEW)}`" in done.stderr
    assert ring.read_text() == RING + f"member {NEW.hex()}\n"
    done = vacnet("key", "use", _id(NEW), "--file", ring)
    assert f"when all have done it, on each: `vacnet key drop {_id(OLD)}`" in done.stderr
    assert ring.read_text() == RING.replace("member 01", f"member {NEW.hex()}\nmember 01")
    assert vacnet("key", "drop", _id(OLD), "--file", ring).returncode == 0
    assert ring.read_text() == f"# the key of our space\n\nmember {NEW.hex()}\nobserve {LOOK.hex()}\n"
    assert ring.stat().st_mode & 0o777 == 0o600


def test_no_edit_prints_a_secret(vacnet: Command, ring: Path, tmp_path: Path) -> None:
    commands = [("add", _new(tmp_path)), ("use", _id(NEW)), ("list",), ("list", "--json"), ("drop", _id(OLD))]
    for command in commands:
        done = vacnet("key", *command, "--file", ring)
        assert done.returncode == 0
        assert not any(one.hex() in done.stdout + done.stderr for one in (OLD, NEW, LOOK))


def test_edits_that_are_done_already_change_nothing(vacnet: Command, ring: Path, tmp_path: Path) -> None:
    done = vacnet("key", "add", _new(tmp_path, OLD), "--file", ring)
    assert ("is already in" in done.stdout, "next:" in done.stderr) == (True, False)
    assert "was first in" in vacnet("key", "use", _id(OLD), "--file", ring).stdout
    assert ring.read_text() == RING


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("use", key_id(LOOK).hex()), "only a member key can seal"),
        (("use", "ffffffff"), f"holds no key 'ffffffff'; it has {key_id(OLD).hex()}, {key_id(LOOK).hex()}"),
        (("drop", key_id(OLD).hex()), "it seals what is sent here"),
        (("drop", key_id(OLD).hex(), "--force"), "the only member key"),
        (("drop", ""), "no key ''"),
    ],
)
def test_what_would_silence_a_factory_is_refused(
    vacnet: Command, ring: Path, command: tuple[str, ...], words: str
) -> None:
    done = vacnet("key", *command, "--file", ring)
    assert done.returncode != 0
    assert words in done.stderr
    assert ring.read_text() == RING


def test_an_observers_key_can_be_added_and_dropped(vacnet: Command, ring: Path, tmp_path: Path) -> None:
    another = tmp_path / "another.key"
    another.write_text(f"observe {NEW.hex()}\n")
    assert vacnet("key", "add", another, "--file", ring).returncode == 0
    assert vacnet("key", "drop", _id(NEW)[:5], "--file", ring).returncode == 0
    assert ring.read_text() == RING


def test_a_key_is_added_from_stdin_as_the_examples_do(
    vacnet: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _new(tmp_path).open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        assert vacnet("key", "add", "-", "--file", tmp_path / "space.key").returncode == 0
    assert f"member {NEW.hex()}" in (tmp_path / "space.key").read_text()


def test_stdin_without_a_key_is_said_to_be_empty(
    vacnet: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        done = vacnet("key", "add", "-", "--file", tmp_path / "space.key")
    assert (done.returncode, "stdin is empty" in done.stderr) == (Exit.NO_INPUT, True)


def test_init_refuses_a_key_where_another_is_and_not_where_it_is_the_same(
    vacnet: Command, tmp_path: Path
) -> None:
    given, site = _new(tmp_path), tmp_path / "site"
    assert vacnet("config", "init", "--config", site, "--key", given).returncode == 0
    assert vacnet("config", "init", "--config", site, "--key", given).returncode == 0
    given.write_text(f"member {OLD.hex()}\n")
    done = vacnet("config", "init", "--config", site, "--key", given)
    assert (done.returncode, f"vacnet key add {given}" in done.stderr) == (Exit.FAILED, True)


def test_a_ring_that_is_not_there_is_made_for_its_owner_alone(vacnet: Command, tmp_path: Path) -> None:
    ring = tmp_path / "space.key"
    assert vacnet("key", "add", _new(tmp_path), "--file", ring).returncode == 0
    assert ring.stat().st_mode & 0o777 == 0o600
    assert f"member {NEW.hex()}" in ring.read_text()


def test_a_ring_that_everybody_may_read_is_mended_when_it_is_changed(
    vacnet: Command, ring: Path, tmp_path: Path
) -> None:
    ring.chmod(0o644)
    vacnet("key", "add", _new(tmp_path), "--file", ring)
    assert ring.stat().st_mode & 0o777 == 0o640


def test_the_keys_are_listed_with_their_part(vacnet: Command, ring: Path) -> None:
    answer = json.loads(vacnet("key", "list", "--file", ring, "--json").stdout)
    assert [(key["id"], key["role"], key["seals"], key["peers"]) for key in answer["keys"]] == [
        (_id(OLD), "member", True, None),
        (_id(LOOK), "observe", False, None),
    ]


def test_a_source_that_holds_no_key_is_refused(vacnet: Command, ring: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.key"
    bad.write_text("member abc\n")
    done = vacnet("key", "add", bad, "--file", ring)
    assert done.returncode == Exit.NO_INPUT
    assert ring.read_text() == RING
