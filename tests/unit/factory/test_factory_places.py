"""Where a factory's files are: each source in its order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vacnet.factory.places import Options, find, read_files


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_the_option_stands_above_the_settings_and_both_above_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/of/systemd:/second")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/of/systemd")
    (tmp_path / "vacnet.toml").write_text("")
    found = find(Options(config=tmp_path))
    assert (found.state_directory, found.runtime_directory) == (Path("/of/systemd"), Path("/run/of/systemd"))
    (tmp_path / "vacnet.toml").write_text('state_directory = "/of/settings"')
    found = find(Options(config=tmp_path))
    assert (found.state_directory, found.runtime_directory) == (Path("/of/settings"), Path("/of/settings"))
    assert find(Options(config=tmp_path, state_directory=Path("/named"))).state_directory == Path("/named")


def test_a_state_directory_is_found_though_another_file_is_broken(tmp_path: Path) -> None:
    (tmp_path / "vacnet.toml").write_text('state_directory = "/of/settings"')
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "broken.toml").write_text("[[[")
    assert find(Options(config=tmp_path)).state_directory == Path("/of/settings")


@pytest.mark.parametrize(
    ("user", "state", "runtime"),
    [(0, "/var/lib/vacnet", "/run/vacnet"), (1000, "/home/u/state/vacnet", "/home/u/state/vacnet")],
)
def test_root_and_users_have_their_usual_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, state: str, runtime: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    monkeypatch.setenv("XDG_STATE_HOME", "/home/u/state")
    found = find(Options(config=tmp_path))
    assert (str(found.state_directory), str(found.runtime_directory)) == (state, runtime)


def test_files_come_in_the_order_of_precedence_and_the_override_last(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    for name in ("20-b.toml", "10-a.toml", "README"):
        (tmp_path / "conf.d" / name).touch()
    found = find(Options(config=tmp_path, state_directory=tmp_path))
    assert [path.name for path in found.settings_files()] == ["vacnet.toml", "10-a.toml", "20-b.toml"]
    (tmp_path / "override.toml").touch()
    assert [path.name for path in found.settings_files()][-1] == "override.toml"


def test_a_file_that_is_named_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.toml").touch()
    one = tmp_path / "one.toml"
    one.touch()
    assert find(Options(config=one, state_directory=tmp_path)).settings_files() == (one,)


def test_a_file_that_cannot_be_read_is_a_problem_with_its_name_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"a = 1")
    files, problems = read_files([tmp_path / "a.toml", tmp_path / "none.toml", tmp_path])
    assert [file.data for file in files] == [b"a = 1"]
    assert f"{tmp_path}/none.toml: there is no such file; `vacnet config init`" in str(problems[0])
    assert "cannot be read (Is a directory)" in str(problems[1])
