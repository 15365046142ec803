"""`vacnet simulate` as an admin meets it: tables, JSON, changes on the command line, and what is wrong.

What a simulation finds is held in tests/simulation; here it is how it is asked for and shown. The live space
is a factory that answers by heart.
"""

from __future__ import annotations

import io
import json
import sys
import time
import tomllib
from pathlib import Path

import pytest

from tests.unit.cli.canned import answering, answers
from tests.unit.cli.conftest import Command
from tests.unit.console import scenes
from tests.unit.console.test_why_words import IDLE
from vacnet.cli.options import Asking
from vacnet.cli.simulate_live import live_scenario
from vacnet.cli.simulate_progress import Progress
from vacnet.factory.client import SpaceState
from vacnet.factory.messages.decisions import WhyState
from vacnet.quantities import duration

SCENARIO = """
hours = 0.25
[factories.node]
count = 2
processors = 4
[targets.one]
target_share = 3
backoff_seconds = 60
[targets.two]
target_share = 1
backoff_seconds = 60
[payloads.one]
work_seconds = 300
[payloads.two]
empty_hours = [[0, 1]]
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SCENARIO)
    return path


def test_a_table_a_chart_and_what_the_figures_mean(vacnet: Command, scenario: Path) -> None:
    done = vacnet("simulate", scenario)
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first.startswith(f"what if {scenario}")
    assert "2 factories, 8 processors   rule vacnet   0.25 h   seed 0" in first
    assert [line.split()[:2] for line in lines if line.startswith(("one", "two"))] == [
        ["one", "75.0%"],
        ["two", "25.0%"],
    ]
    assert any("\u2588" in line for line in lines)
    assert "started" in done.stdout
    assert "useless: ended without work" in done.stdout


def test_in_ascii_the_chart_is_drawn_too(vacnet: Command, scenario: Path) -> None:
    done = vacnet("simulate", scenario, "--ascii")
    assert done.stdout.isascii()
    assert "####" in done.stdout


def test_json_has_every_number_and_is_the_same_for_the_same_seed(vacnet: Command, scenario: Path) -> None:
    one, again, other = (
        vacnet("simulate", scenario, "--json", "--seed", seed).stdout for seed in ("1", "1", "2")
    )
    assert one == again
    assert one != other
    result = json.loads(one)
    assert (result["schema"], result["rule"], result["seed"], result["processors"]) == (1, "vacnet", 1, 8)
    assert [target["name"] for target in result["targets"]] == ["one", "two"]
    assert len(result["idle_over_time"]) == 60


def test_changes_stand_above_the_file_and_in_the_result(vacnet: Command, scenario: Path) -> None:
    changes = ("targets.one.target_share=1", "payloads.two.empty_hours=[]", "targets.two.proof=job_started")
    words = [word for change in changes for word in ("--set", change)]
    done = vacnet("simulate", scenario, "--json", *words, "--add-factories", "3", "--rule", "vac3")
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert result["changes"] == [*changes, "3 more factories"]
    assert (result["factories"], result["rule"]) == (5, "vac3")
    assert [target["asked"] for target in result["targets"]] == [0.5, 0.5]
    assert all(target["machines_started"] for target in result["targets"])


def test_what_was_got_before_the_changes_stands_beside_what_is_got_with_them(
    vacnet: Command, scenario: Path
) -> None:
    changes = ("--set", "targets.one.target_share=1", "--set", "payloads.two.empty_hours=[]")
    compared = ("--compare", "--rule", "vac3", "--json")
    done = vacnet("simulate", scenario, *changes, "--set", "hours=1", *compared)
    plain = vacnet("simulate", scenario, "--set", "hours=1", *compared[1:])
    result, before = json.loads(done.stdout), json.loads(plain.stdout)
    assert result["before"] == {**before, "changes": []}
    assert result["before"]["targets"][0]["got"] > 0.85
    assert result["targets"][0]["got"] == pytest.approx(0.5, abs=0.2)
    shown = vacnet("simulate", scenario, *changes, *compared[:3]).stdout
    assert "asked  before    got" in shown


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "name a scenario, or give --from-live, and not both"),
        (("SITE", "--from-live"), 2, "name a scenario, or give --from-live, and not both"),
        (("SITE.missing",), 66, "site.toml.missing: there is no such file"),
        (("SITE", "--set", "hours"), 2, "--set 'hours' is not KEY=VALUE, such as"),
        (("SITE", "--set", "targets.one.target_share=lots"), 78, '"lots" is not a number from 0'),
        (("SITE", "--set", "targets.tow.target_share=1 1"), 78, "--set:1: "),
        (("SITE", "--add-factories", "-1"), 2, "--add-factories -1 is not a whole number from 0"),
        (("SITE", "--add-factories", "99999999"), 2, "a simulation takes 2000 factories"),
        (("SITE", "--rule", "vac2"), 2, "see `vacnet simulate --help`"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    vacnet: Command, scenario: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    done = vacnet("simulate", *(word.replace("SITE", str(scenario)) for word in words))
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr


def test_each_mistake_of_a_scenario_has_its_line(vacnet: Command, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(SCENARIO.replace("count = 2", "count = -2").replace("300", "0"))
    done = vacnet("simulate", bad)
    assert (done.returncode, done.stdout) == (78, "")
    assert [line.split(" is not ")[0] for line in done.stderr.splitlines()] == [
        f"vacnet: {bad}:4: factories.node.count: -2",
        f"vacnet: {bad}:13: payloads.one.work_seconds: 0",
    ]


def live_answers(space: SpaceState) -> dict[str, object]:
    whys = {
        f"/v1/targets/{target.name}/why": WhyState(factory=space.factory, time=scenes.NOW, why=IDLE)
        for target in space.targets
    }
    return {**answers(), "/v1/space": space, **whys}


def test_the_live_space_is_what_the_factory_says_and_the_rest_is_told_as_assumed(
    vacnet: Command, short_path: Path
) -> None:
    space = scenes.SPACES["healthy"]
    with answering(short_path / "control.sock", live_answers(space)) as socket:
        done = vacnet("simulate", "--from-live", "--json", "--set", "hours=0.2", socket=socket)
        shown = vacnet("simulate", "--from-live", "--set", "hours=0.2", socket=socket)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    live = [factory for factory in space.factories if factory.state == "live"]
    assert result["scenario"] == "the live space"
    assert (result["factories"], result["processors"]) == (len(live), sum(f.processors_total for f in live))
    assert {target["name"] for target in result["targets"]} == {target.name for target in space.targets}
    for target in space.targets:
        assert any(text.startswith(f"{target.name}: ") for text in result["assumed"])
    assert "assumed: factories have memory, disk and GPUs" in shown.stdout


def test_what_the_settings_of_the_host_say_is_not_guessed(short_path: Path, tmp_path: Path) -> None:
    space = scenes.SPACES["healthy"]
    name, *others = (target.name for target in space.targets)
    (tmp_path / "vacnet.toml").write_text(
        f"""
        [space]
        name = "{space.space}"
        [factory]
        name = "{space.factory}"
        processors_per_superslot = 4
        [targets.{name}]
        container_command = "/bin/work"
        root_image = "docker://registry.example.org/work:1"
        proof = "job_started"
        min_processors = 2
        """
    )
    with answering(short_path / "control.sock", live_answers(space)) as socket:
        (file,), assumed = live_scenario(Asking(socket=socket, config=tmp_path))
    scenario = tomllib.loads(file.data.decode())
    options = {"target_share": 1.0, "gain": IDLE.window.gain, "group": IDLE.group}
    said = {"min_processors": 2, "max_processors": 2, "proof": "job_started"}
    assert scenario["targets"][name] == {**options, **said}
    assert {kind["processors_per_superslot"] for kind in scenario["factories"].values()} == {4}
    guessed = [text.partition(":")[0] for text in assumed if "settings of this host" in text]
    assert guessed == others


def test_without_a_factory_the_live_space_cannot_be_had(vacnet: Command) -> None:
    done = vacnet("simulate", "--from-live")
    assert done.returncode == 69
    assert len(done.stderr.splitlines()) == 1


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "patience", "last"), [(_Terminal(), 1, "\r\x1b[K"), (io.StringIO(), 30, "left\n")]
)
def test_a_long_run_tells_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, patience: int, last: str
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Progress() as progress:
        now[0] = 99.9 + patience
        progress(0.1)
        assert stream.getvalue() == ""
        now[0] = 100.0 + patience
        progress(0.2)
        assert f"simulated 20%, about {duration(4 * patience)} left" in stream.getvalue()
        progress(0.3)
        assert "30%" not in stream.getvalue()
        now[0] += patience
        progress(0.5)
        assert "simulated 50%" in stream.getvalue()
    assert stream.getvalue().endswith(last)
