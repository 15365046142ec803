"""Files that one may not read: what can be told without them is told, and the rest is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command
from vacnet.cli.exits import Exit


@pytest.fixture
def site(vacnet: Command, tmp_path: Path) -> Path:
    """Return the directory of good settings."""
    assert vacnet("config", "init", "--config", tmp_path / "etc", "--space", "a.example").returncode == 0
    return tmp_path / "etc"


@pytest.mark.parametrize(("file", "code"), [("peers.toml", Exit.OK), ("space.key", Exit.BAD_SETTINGS)])
def test_settings_are_checked_as_far_as_one_may_read(
    bound_program: Command, site: Path, file: str, code: Exit
) -> None:
    (site / file).chmod(0)
    done = bound_program("config", "check", "--config", site)
    assert done.returncode == code
    assert str(site / file) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["config show", "doctor"])
def test_what_needs_no_peers_file_is_shown_without_it(
    bound_program: Command, site: Path, command: str
) -> None:
    (site / "peers.toml").chmod(0)
    done = bound_program(*command.split(), "--config", site)
    assert "space.name" in done.stdout or "LOOKED AT" in done.stdout
    assert "you may not read it" in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["peers add vac02.example.org", "peers check", "key list", "key use 00"])
def test_what_needs_the_file_says_so_in_one_line(bound_program: Command, site: Path, command: str) -> None:
    (site / "peers.toml").chmod(0)
    (site / "space.key").chmod(0)
    done = bound_program(*command.split(), "--config", site)
    assert done.returncode in {Exit.NO_PERMISSION, Exit.BAD_SETTINGS, Exit.FAILED}
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert str(site) in done.stderr
