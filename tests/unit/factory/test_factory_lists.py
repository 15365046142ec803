"""Key file and peers file: the good lines are used, each bad one is told, nothing good is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from vacnet.factory.lists import keys_of, peers_of
from vacnet.targets.model import (
    ControlSettings,
    FactorySettings,
    FetchSettings,
    Place,
    ProcessSettings,
    Settings,
    SpaceSettings,
)

KEY = "member " + bytes(range(32)).hex()


def _settings(directory: Path, **places: Place) -> Settings:
    keys, peers = str(directory / "space.key"), str(directory / "peers.toml")
    return Settings(
        space=SpaceSettings(name="s", key_file=keys, peers_file=peers, listen=()),
        factory=FactorySettings(name="f", processors=1),
        process=ProcessSettings(),
        fetch=FetchSettings(),
        control=ControlSettings(socket="/run/s"),
        state_directory=str(directory),
        places={key.replace("__", "."): place for key, place in places.items()},
    )


def _write_key(directory: Path, text: str, mode: int = 0o600) -> None:
    (directory / "space.key").write_text(text)
    (directory / "space.key").chmod(mode)


def test_the_keys_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    _write_key(tmp_path, f"{KEY}\nobserve {bytes(range(1, 33)).hex()}\n")
    keys, wrong = keys_of(_settings(tmp_path))
    assert keys is not None
    assert [role for role, _ in keys.keys] == ["member", "observe"]
    assert wrong == ()


def test_of_a_key_file_with_a_bad_line_the_good_ones_are_used_and_no_secret_is_told(tmp_path: Path) -> None:
    _write_key(tmp_path, f"{KEY}\nmember {'a1' * 31}\n")
    keys, wrong = keys_of(_settings(tmp_path))
    assert keys is not None
    assert len(keys.keys) == 1
    assert "space.key:2" in wrong[0]
    assert "a1a1" not in "".join(wrong)


@pytest.mark.parametrize("text", ["", "member\n", "observe " + bytes(range(32)).hex()])
def test_a_key_file_without_a_member_key_gives_none(tmp_path: Path, text: str) -> None:
    _write_key(tmp_path, text)
    keys, wrong = keys_of(_settings(tmp_path))
    assert keys is None
    assert "vacnet key new" in "".join(wrong)


def test_no_key_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    keys, wrong = keys_of(_settings(tmp_path))
    assert keys is None
    assert wrong[0].startswith(f"{tmp_path}/space.key: there is no such key file; `vacnet key new`")


def test_a_key_that_every_user_may_read_is_used_and_told(tmp_path: Path) -> None:
    _write_key(tmp_path, KEY, 0o644)
    keys, wrong = keys_of(_settings(tmp_path))
    assert keys is not None
    assert f"`chmod 600 {tmp_path}/space.key`" in wrong[0]


def test_no_peers_file_means_no_peers_unless_somebody_named_it(tmp_path: Path) -> None:
    assert peers_of(_settings(tmp_path)) == ((), ())
    peers, wrong = peers_of(_settings(tmp_path, space__peers_file=Place("vacnet.toml", 3)))
    assert peers is None
    assert "peers.toml: there is no such peers file; `vacnet peers add HOST`" in wrong[0]


def test_of_a_peers_file_with_a_bad_line_the_good_ones_are_used(tmp_path: Path) -> None:
    (tmp_path / "peers.toml").write_text('peers = [\n"10.0.0.1",\n"a b",\n]\n')
    peers, wrong = peers_of(_settings(tmp_path))
    assert [peer.host for peer in peers or ()] == ["10.0.0.1"]
    assert "peers.toml:3" in wrong[0]


def test_a_peers_file_that_is_no_toml_gives_none(tmp_path: Path) -> None:
    (tmp_path / "peers.toml").write_text("peers = [")
    peers, wrong = peers_of(_settings(tmp_path))
    assert peers is None
    assert "is no TOML" in wrong[0]
