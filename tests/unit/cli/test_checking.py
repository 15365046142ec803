"""What is said of a peer that gives no answer: what the factory of this host knows of it comes with it."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec
import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import Command
from tests.unit.console import scenes


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        (0.4, "heard it 0.4s ago, so it runs"),
        (372.0, "heard it 6m12s ago: it has ended since"),
        (None, "nothing"),
    ],
)
def test_when_the_factory_here_heard_it_last_is_said(
    vacnet: Command, short_path: Path, heard: float | None, told: str
) -> None:
    (short_path / "space.key").write_text(f"member {bytes(range(32)).hex()}\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{mute.getsockname()[1]}"
        peer = msgspec.structs.replace(scenes.PEERS["one-silent"].peers[0], address=name, heard_seconds=heard)
        met = msgspec.structs.replace(
            scenes.PEERS["empty"], peers=(msgspec.structs.replace(peer, configured=False),)
        )
        (short_path / "vacnet.toml").write_text(_settings(short_path))
        with answering(short_path / "control.sock", {**answers(), "/v1/peers": met}) as asked:
            done = vacnet("peers", "check", "--config", short_path / "vacnet.toml", socket=asked)
    assert done.returncode == 1
    assert "nothing came back" in done.stdout
    assert told in done.stdout
    assert "WHY NOTHING COMES BACK" in done.stdout


def test_who_said_goodbye_is_not_asked_unless_the_file_has_it(vacnet: Command, short_path: Path) -> None:
    (short_path / "space.key").write_text(f"member {bytes(range(32)).hex()}\n")
    (short_path / "vacnet.toml").write_text(_settings(short_path))
    left = msgspec.structs.replace(
        scenes.PEERS["one-silent"].peers[0], address="127.0.0.1:9", state="departed", configured=False
    )
    met = msgspec.structs.replace(scenes.PEERS["empty"], peers=(left,))
    with answering(short_path / "control.sock", {**answers(), "/v1/peers": met}) as asked:
        words = ("peers", "check", "--config", short_path / "vacnet.toml")
        assert "there are no peers" in vacnet(*words, socket=asked).stderr
        (short_path / "peers.toml").write_text('peers = ["127.0.0.1:9"]\n')
        done = vacnet(*words, socket=asked)
    assert done.returncode == 1
    assert "it said goodbye" in done.stdout


def _settings(directory: Path) -> str:
    return f"""
state_directory = "{directory}/state"
[space]
name = "vac.example.org"
key_file = "{directory}/space.key"
peers_file = "{directory}/peers.toml"
"""


def test_of_whom_the_host_says_that_nothing_listens_is_not_said_that_it_runs(
    vacnet: Command, short_path: Path
) -> None:
    (short_path / "space.key").write_text(f"member {bytes(range(32)).hex()}\n")
    (short_path / "vacnet.toml").write_text(_settings(short_path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{gone.getsockname()[1]}"
    peer = msgspec.structs.replace(
        scenes.PEERS["one-silent"].peers[0], name=name, address=name, heard_seconds=0.4
    )
    listed = msgspec.structs.replace(scenes.PEERS["empty"], peers=(peer,))
    (short_path / "peers.toml").write_text(f'peers = ["{name}"]\n')
    with answering(short_path / "control.sock", {**answers(), "/v1/peers": listed}) as asked:
        done = vacnet("peers", "check", "--config", short_path / "vacnet.toml", socket=asked)
    assert "nothing listens there" in done.stdout
    assert "heard it 0.4s ago: it has ended since" in done.stdout
