"""Targets that are defined and not offered: each is told with the words of its own problem."""

from __future__ import annotations

import json

import pytest

from vacnet.agent.effects import Notify
from vacnet.factory.messages.space import RefusedTarget
from vacnet.factory.news import CALM, News
from vacnet.factory.refused import REFUSED_MAX, not_offered, refused_targets
from vacnet.targets.model import Place, Problem
from vacnet.targets.pipe import PipeReading, read_pipe
from vacnet.targets.settings import Host, SourceFile, read_settings

URL = "https://vo.example.org/pipe.json"
ENTRY = {"suffix": "good", "machine_model": "docker", "root_image": "docker://a:1", "target_share": 1}
BAD = {**ENTRY, "suffix": "bad", "max_wallclock_seconds": "soon", "heartbeat_seconds": -1}
PIPES = f"""\
[space]
name = "s"
[pipes.vo]
vacuum_pipe_url = "{URL}"
target_share = 1.0
""".encode()
SITE = b"""\
[space]
name = "s"
[targets.fine]
machine_model = "process"
user_data = "/x"
[targets.odd]
machine_model = "proces"
"""
HOST = Host(
    node_name="h.example.org",
    processors=4,
    state_directory="/var/lib/vacnet",
    runtime_directory="/run/vacnet",
    config_directory="/etc/vacnet",
)


def _reading(*entries: dict[str, object]) -> dict[str, PipeReading]:
    settings = read_settings((SourceFile("/etc/vacnet/vacnet.toml", PIPES),), HOST).settings
    assert settings
    (source,) = settings.pipes
    document = json.dumps({"machinetypes": entries}).encode()
    return {"vo": read_pipe(source, document, settings)}


def test_an_entry_of_a_pipe_that_was_left_out_is_told_with_its_address_and_what_to_do() -> None:
    (refused,) = refused_targets(_reading(ENTRY, BAD), (), ["vo-good"])
    assert refused.name == "vo-bad"
    assert refused.words.startswith(f"{URL}: vo-bad.")
    assert "left out until whoever publishes the pipe corrects it" in refused.words
    assert refused.words.endswith("(and 1 more)")
    assert refused.words in not_offered("vo-bad", (refused,), ())


def test_a_target_in_settings_that_are_refused_is_told_with_its_file_and_line() -> None:
    reading = read_settings((SourceFile("/etc/vacnet/vacnet.toml", SITE),), HOST)
    assert reading.settings is None
    (refused,) = refused_targets({}, reading.problems, ["fine"])
    assert refused.name == "odd"
    assert "/etc/vacnet/vacnet.toml:7" in refused.words
    assert refused_targets({}, reading.problems, ["fine", "odd"]) == (), "the one from before stands"


def test_what_the_settings_add_is_not_known_while_they_are_refused() -> None:
    words = not_offered("new", (), ["vacnet.toml:3: [factory]: no such key"])
    assert "has no target 'new'" in words
    assert "vacnet.toml:3" in words
    assert "`vacnet targets` lists all" in not_offered("new", (), ())


def test_no_more_are_told_than_can_be_read() -> None:
    problems = [Problem(Place("f", 1), f"targets.t{n:03d}.x", "is wrong") for n in range(200)]
    assert len(refused_targets({}, problems, ())) == REFUSED_MAX


def test_of_two_targets_one_name_may_begin_as_the_other_does() -> None:
    problems = [
        Problem(Place("f", n), f"targets.{name}.x", "is wrong") for n, name in enumerate(("a", "ab"), 1)
    ]
    assert [one.words for one in refused_targets({}, problems, ())] == [
        "f:1: targets.a.x: is wrong",
        "f:2: targets.ab.x: is wrong",
    ]
    assert isinstance(refused_targets({}, problems, ())[0], RefusedTarget)


# --- what is no trouble is not told as such -------------------------------------------------------


class _Record:
    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []

    def add_event(self, name: str, _fields: object, *, warning: bool) -> None:
        self.told.append((name, warning))


@pytest.mark.parametrize(
    ("topic", "names"),
    [
        ("restart", [("settings.waiting", False), ("settings.waits-no-more", False)]),
        ("override", [("override.in-force", False), ("override.gone", False)]),
        ("peers", [("peers.bad", True), ("peers.good", False)]),
    ],
)
def test_an_edit_that_waits_for_a_restart_is_news_and_not_bad(
    topic: str, names: list[tuple[str, bool]]
) -> None:
    record, counted = _Record(), list[Notify]()
    news = News(record, counted.append)  # type: ignore[arg-type] # of a record it uses this alone
    news.warning_came(topic, "a line")
    news.warning_went(topic)
    assert record.told == names
    assert [one.name for one in counted] == [name for name, _ in names]
    assert (topic in CALM) == (not names[0][1])
