from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command
from vacnet.cli.exits import Exit
from vacnet.targets.keys import read_keys
from vacnet.targets.settings import SourceFile

FILES = ("vacnet.toml", "peers.toml", "space.key")


@pytest.fixture
def made(vacnet: Command, tmp_path: Path) -> Path:
    """Return a directory as `config init` makes it."""
    directory = tmp_path / "etc"
    assert vacnet("config", "init", "--config", directory, "--space", "test.example").returncode == 0
    return directory


def test_init_writes_settings_that_a_factory_takes(vacnet: Command, made: Path) -> None:
    done = vacnet("config", "check", "--config", made)
    assert (done.returncode, done.stderr) == (0, "")
    assert "of space test.example" in done.stdout


def test_the_key_can_be_read_by_its_owner_alone(made: Path) -> None:
    assert (made / "space.key").stat().st_mode & 0o777 == 0o600
    keys, problems = read_keys(SourceFile("space.key", (made / "space.key").read_bytes()))
    assert ([key.role for key in keys], problems) == (["member"], ())


def test_two_inits_make_two_keys(vacnet: Command, made: Path, tmp_path: Path) -> None:
    vacnet("config", "init", "--config", tmp_path / "other")
    assert (tmp_path / "other/space.key").read_text() != (made / "space.key").read_text()


def test_init_never_overwrites(vacnet: Command, made: Path) -> None:
    before = {name: (made / name).read_bytes() for name in FILES}
    done = vacnet("config", "init", "--config", made)
    assert done.returncode == 0
    assert done.stdout.count("kept ") == len(FILES)
    assert {name: (made / name).read_bytes() for name in FILES} == before


def test_a_name_for_settings_that_are_there_is_refused_before_anything_is_written(
    vacnet: Command, made: Path
) -> None:
    (made / "space.key").unlink()
    done = vacnet("config", "init", "--config", made, "--space", "other.example")
    assert done.returncode == Exit.FAILED
    assert "[space]" in done.stderr
    assert not (made / "space.key").exists()


def test_the_words_of_init_bring_up_a_second_host(vacnet: Command, made: Path, tmp_path: Path) -> None:
    """The commands for a further host, done here with a directory of its own."""
    told = vacnet("config", "init", "--config", made).stdout
    assert f"scp -p {made}/space.key HOST:{made}/space.key" in told
    second = tmp_path / "second"
    second.mkdir()
    (second / "space.key").write_bytes((made / "space.key").read_bytes())
    assert vacnet("config", "init", "--config", second, "--space", "test.example").returncode == 0
    assert (second / "space.key").read_bytes() == (made / "space.key").read_bytes()
    assert vacnet("config", "check", "--config", second).returncode == 0


def test_a_given_key_is_taken_and_a_bad_one_refused(vacnet: Command, made: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("member 1234\n")
    other = tmp_path / "other"
    done = vacnet("config", "init", "--config", other, "--key", tmp_path / "bad")
    assert done.returncode == Exit.BAD_SETTINGS
    assert "1234" not in done.stderr
    assert not other.exists()
    assert vacnet("config", "init", "--config", other, "--key", made / "space.key").returncode == 0
    assert (other / "space.key").read_bytes() == (made / "space.key").read_bytes()


def test_check_names_file_and_line_of_every_problem_at_once(vacnet: Command, made: Path) -> None:
    path = made / "vacnet.toml"
    lines = [*path.read_text().splitlines(), "[targets.x]", "target_shar = 1", 'machine_model = "dockr"']
    path.write_text("\n".join(lines))
    done = vacnet("config", "check", "--config", made)
    assert done.returncode == Exit.BAD_SETTINGS
    assert done.stdout == ""
    assert f"{path}:{len(lines) - 1}: " in done.stderr
    assert f"{path}:{len(lines)}: " in done.stderr


def test_check_also_reads_key_and_peers(vacnet: Command, made: Path) -> None:
    (made / "space.key").write_text("observe \n")
    (made / "peers.toml").write_text("peers = [\n")
    done = vacnet("config", "check", "--config", made)
    assert done.returncode == Exit.BAD_SETTINGS
    assert str(made / "space.key") in done.stderr
    assert str(made / "peers.toml") in done.stderr


def test_check_as_json_has_problems_for_programs(vacnet: Command, made: Path) -> None:
    (made / "vacnet.toml").write_text("[space]\nname = 3\n")
    done = vacnet("config", "check", "--config", made, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["schema"], answer["good"]) == (Exit.BAD_SETTINGS, 1, False)
    assert answer["problems"][0]["place"] == {"file": str(made / "vacnet.toml"), "line": 2}


def test_show_tells_where_each_value_stands(vacnet: Command, made: Path) -> None:
    lines = (made / "vacnet.toml").read_text().splitlines()
    number = next(index for index, line in enumerate(lines, 1) if line.startswith("name = "))
    values = {
        row["key"]: row
        for row in json.loads(vacnet("config", "show", "--config", made, "--json").stdout)["values"]
    }
    assert values["space.name"]["value"] == '"test.example"'
    assert values["space.name"]["place"] == f"{made}/vacnet.toml:{number}"
    assert values["factory.draining"]["place"] == "built-in"


def test_settings_that_are_not_there_are_named(vacnet: Command, tmp_path: Path) -> None:
    done = vacnet("config", "check", "--config", tmp_path / "none")
    assert done.returncode == Exit.BAD_SETTINGS
    assert "vacnet config init" in done.stderr


def test_commands_to_copy_name_the_directory_as_every_shell_has_it(
    vacnet: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = vacnet("config", "init", "--config", "here").stdout
    assert f"vacnet run --config {tmp_path}/here" in told
    assert f"scp -p {tmp_path}/here/space.key HOST:{tmp_path}/here/space.key" in told


def test_a_directory_that_is_not_ours_is_told_with_the_option_that_names_another(
    vacnet: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, _mode: path != tmp_path)  # root may write everywhere
    done = vacnet("config", "init", "--config", tmp_path / "etc")
    assert done.returncode == Exit.NO_PERMISSION
    assert f"{tmp_path} is not yours to write" in done.stderr
    assert "--config" in done.stderr


def test_a_name_that_no_space_can_have_is_refused_before_anything_is_written(
    vacnet: Command, tmp_path: Path
) -> None:
    done = vacnet("config", "init", "--config", tmp_path / "etc", "--space", "bad name!")
    assert done.returncode == Exit.WRONG_USE
    assert '"bad name!" is not the name of a space' in done.stderr
    assert not (tmp_path / "etc").exists()


def test_a_space_that_is_named_after_the_host_is_told(vacnet: Command, made: Path, tmp_path: Path) -> None:
    assert "after this host" in vacnet("config", "init", "--config", tmp_path / "other").stdout
    assert "after this host" not in vacnet("config", "init", "--config", made).stdout


def test_who_brings_a_key_is_told_to_add_a_peer_and_nothing_of_further_hosts(
    vacnet: Command, made: Path, tmp_path: Path
) -> None:
    given = ("--config", tmp_path / "other", "--space", "test.example", "--key", made / "space.key")
    told = vacnet("config", "init", *given).stdout
    assert f"vacnet peers add FIRST --config {tmp_path}/other" in told
    assert "On each further host" not in told


def test_a_key_of_the_peers_file_that_nobody_knows_is_a_warning_as_to_a_factory(
    vacnet: Command, made: Path
) -> None:
    (made / "peers.toml").write_text('foo = 1\npeers = ["vac02.example.org"]\n')
    done = vacnet("config", "check", "--config", made)
    assert (done.returncode, "1 peer" in done.stdout) == (0, True)
    assert f"warning: {made}/peers.toml:1: foo: no such key" in done.stderr


def test_settings_without_a_target_say_that_nothing_is_made(vacnet: Command, made: Path) -> None:
    assert "nothing is made yet: there is no target" in vacnet("config", "check", "--config", made).stdout


def test_wrong_settings_do_not_hide_what_is_wrong_with_key_and_peers(vacnet: Command, made: Path) -> None:
    (made / "space.key").write_text("")
    (made / "peers.toml").write_text("foo = 1\n")
    main = (made / "vacnet.toml").read_text()
    (made / "vacnet.toml").write_text(main.replace("processors =", "procesors ="))
    told = vacnet("config", "check", "--config", made).stderr
    for words in ("the nearest is processors", "space.key: holds no member key", "peers.toml:1: foo"):
        assert words in told
    (made / "vacnet.toml").write_text(main.replace("[factory]", 'key_file = "x"\n[factory]'))
    told = vacnet("config", "check", "--config", made).stderr
    assert "space.key_file" in told
    assert "holds no member key" not in told, "which file is meant is not known"
