from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import PROGRAM, ROOT, Command
from vacnet.cli.exits import Exit

PEERS = """\
# our two rooms
peers = [
    "vac02.example.org",   # the old one
    "vac03.example.org:5996",
]
"""


@pytest.fixture
def config(vacnet: Command, tmp_path: Path) -> Path:
    """Return a directory of settings with two peers."""
    directory = tmp_path / "etc"
    assert vacnet("config", "init", "--config", directory).returncode == 0
    (directory / "peers.toml").write_text(PEERS)
    return directory


def test_a_peer_is_added_and_comments_stay(vacnet: Command, config: Path) -> None:
    done = vacnet("peers", "add", "vac04.example.org", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    text = (config / "peers.toml").read_text()
    assert "# our two rooms" in text
    assert "# the old one" in text
    assert '"vac04.example.org"' in text


def test_adding_twice_is_adding_once(vacnet: Command, config: Path) -> None:
    vacnet("peers", "add", "vac04.example.org", "--config", config)
    done = vacnet("peers", "add", "vac04.example.org", "--config", config)
    assert (done.returncode, "already" in done.stdout) == (0, True)
    assert (config / "peers.toml").read_text().count("vac04") == 1


def test_a_peer_is_removed(vacnet: Command, config: Path) -> None:
    assert vacnet("peers", "remove", "vac02.example.org", "--config", config).returncode == 0
    assert "vac02" not in (config / "peers.toml").read_text()


def test_removing_what_is_not_there_fails_and_changes_nothing(vacnet: Command, config: Path) -> None:
    done = vacnet("peers", "remove", "vac77.example.org", "--config", config)
    assert done.returncode == Exit.NO_INPUT
    assert "vac77.example.org is not in" in done.stderr
    assert (config / "peers.toml").read_text() == PEERS


@pytest.mark.parametrize(("peer", "told"), [("a b:c", "'a b:c' is not"), ("vac04:99999", "from 1 to 65535")])
def test_what_is_no_address_is_refused(vacnet: Command, config: Path, peer: str, told: str) -> None:
    done = vacnet("peers", "add", peer, "--config", config)
    assert done.returncode == Exit.WRONG_USE
    assert told in done.stderr
    assert (config / "peers.toml").read_text() == PEERS


@pytest.mark.parametrize("peer", ["127.0.0.1:5997", "me.example.org:5997"])
def test_nobody_is_his_own_peer(vacnet: Command, config: Path, peer: str) -> None:
    (config / "conf.d").mkdir(exist_ok=True)
    own = '[space]\nlisten = ["127.0.0.1:5997"]\n[factory]\nname = "me.example.org"\n'
    (config / "conf.d/own.toml").write_text(own)
    done = vacnet("peers", "add", peer, "--config", config)
    assert done.returncode == Exit.WRONG_USE
    assert f"{peer} is this factory itself" in done.stderr
    assert (config / "peers.toml").read_text() == PEERS


def test_who_was_met_and_is_not_listed_is_said_to_be_so(vacnet: Command, config: Path, daemon: Path) -> None:
    done = vacnet("peers", "remove", "vac05.example.org", "--config", config, socket=daemon)
    assert done.returncode == Exit.NO_INPUT
    assert "it was met through others" in done.stderr
    assert "`exclude` of [space]" in done.stderr


def test_a_missing_file_is_made_from_the_example(vacnet: Command, config: Path) -> None:
    (config / "peers.toml").unlink()
    assert vacnet("peers", "add", "vac04.example.org", "--config", config).returncode == 0
    text = (config / "peers.toml").read_text()
    assert text.startswith("#")
    assert '"vac04.example.org"' in text


def test_mode_and_link_of_the_file_stay(vacnet: Command, config: Path) -> None:
    real = config / "managed.toml"
    (config / "peers.toml").rename(real)
    real.chmod(0o640)
    (config / "peers.toml").symlink_to(real)
    vacnet("peers", "add", "vac04.example.org", "--config", config)
    assert (config / "peers.toml").is_symlink()
    assert (real.stat().st_mode & 0o777, "vac04" in real.read_text()) == (0o640, True)


def test_many_editors_at_once_lose_nothing(config: Path) -> None:
    names = [f"vac{number}.example.org" for number in range(50, 58)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "peers", "add", name, "--config", str(config)],
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        for name in names
    ]
    assert [process.wait(60) for process in running] == [0] * len(names)
    text = (config / "peers.toml").read_text()
    assert [name for name in names if name not in text] == []
    assert sorted(path.name for path in config.iterdir()) == ["peers.toml", "space.key", "vacnet.toml"]


def test_the_list_without_a_daemon_is_the_file_and_says_so(vacnet: Command, config: Path) -> None:
    done = vacnet("peers", "list", "--config", config)
    assert done.returncode == 0
    assert "vac03.example.org:5996" in done.stdout
    assert "the file alone" in done.stderr


def test_the_list_without_a_daemon_has_the_daemons_form_as_json(vacnet: Command, config: Path) -> None:
    answer = json.loads(vacnet("peers", "list", "--config", config, "--json").stdout)
    assert answer["schema"] == 1
    assert [peer["name"] for peer in answer["peers"]] == ["vac02.example.org", "vac03.example.org:5996"]


def test_a_file_that_cannot_be_read_as_toml_is_marked_and_told_to_programs_too(
    vacnet: Command, config: Path
) -> None:
    (config / "peers.toml").write_text("# ours\npeers [\n")
    wrong = f"{config}/peers.toml:2: is no TOML"
    assert f"! {wrong}" in " ".join(vacnet("peers", "list", "--config", config).stdout.split())
    answer = json.loads(vacnet("peers", "list", "--config", config, "--json").stdout)
    assert answer["peers"] == []
    assert answer["warnings"][0].startswith(wrong)


def test_the_list_of_a_daemon_tells_who_is_live(vacnet: Command, daemon: Path) -> None:
    lines = vacnet("peers", "list", socket=daemon).stdout.splitlines()
    assert any("vac04.example.org" in line and "silent" in line for line in lines)


def test_settings_with_problems_do_not_hinder_an_edit(vacnet: Command, config: Path) -> None:
    (config / "vacnet.toml").write_text("[space\n")
    assert vacnet("peers", "add", "vac04.example.org", "--config", config).returncode == 0
    assert "vac04" in (config / "peers.toml").read_text()


def test_a_file_that_is_no_toml_is_told_with_its_line_and_stays(vacnet: Command, config: Path) -> None:
    (config / "peers.toml").write_text("# ours\npeers [\n")
    done = vacnet("peers", "add", "vac04.example.org", "--config", config)
    assert done.returncode == Exit.BAD_SETTINGS
    assert f"{config}/peers.toml:2: is no TOML" in done.stderr
    assert (config / "peers.toml").read_text() == "# ours\npeers [\n"
