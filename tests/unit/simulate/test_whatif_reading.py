"""A scenario that is wrong: each mistake is told once, with file, line, value and what was expected."""

from __future__ import annotations

import pytest

from vacnet.simulate.whatif.reading import SourceFile, read_site
from vacnet.simulate.whatif.site import Payload
from vacnet.targets.model import Proof

GOOD = """
hours = 2
[factories.node]
count = 3
processors = 8
memory_per_processor = "4 GiB"
benchmark = { HS06 = 12.5 }
[targets.one]
target_share = 2
min_processors = 4
proof = "job_started"
root_image = "docker://registry.example.org/one:1"
machine_model = "docker"
[payloads.one]
empty_hours = [[0.5, 1]]
jobs = [[0, 20], [1, 5]]
[network]
loss = 0.05
delay_seconds = [0.01, 0.2]
"""


def test_a_scenario_says_factories_targets_payloads_and_network() -> None:
    site = read_site([SourceFile("good.toml", GOOD.encode())]).site
    assert site is not None
    assert (site.name, site.factories, site.processors, site.seconds) == ("good.toml", 3, 24, 7200)
    assert site.hosts[0].memory_bytes_per_processor == 4 << 30
    assert site.hosts[0].benchmark_per_processor == 12.5
    assert (site.targets[0].max_processors, site.targets[0].proof) == (4, Proof.JOB_STARTED)
    assert site.payloads["one"] == Payload(empty_hours=((0.5, 1.0),), jobs=((0.0, 20.0), (1.0, 5.0)))
    assert (site.weather.loss, site.weather.delay_seconds) == (0.05, (0.01, 0.2))


@pytest.mark.parametrize(
    ("was", "becomes", "line", "words"),
    [
        ("count = 3", "count = 0", 4, "factories.node.count: 0 is not a whole number from 1 to 2000"),
        (
            "count = 3",
            "cuont = 3",
            4,
            "factories.node.cuont: no such key of [factories.node]; the nearest is",
        ),
        ("processors = 8", "", 3, "factories.node: has no processors; add processors = 16"),
        ("target_share = 2", 'target_share = "2"', 9, 'targets.one.target_share: "2" is not a number'),
        ("target_share = 2", "target_share = 0", 8, "targets: none has a target_share above 0"),
        (
            "min_processors = 4",
            "min_processors = 4\nmax_processors = 2",
            11,
            "targets.one.max_processors: 2 is less than min_processors",
        ),
        ("[[0.5, 1]]", "[[1, 0.5]]", 15, "[[1, 0.5]] is not a list of [from, to] in hours"),
        ("[[0, 20], [1, 5]]", "[20]", 16, "[20] is not a list of [hour, jobs]"),
        ("[payloads.one]", "[payloads.on]", 14, "payloads.on: no such target; the nearest is one"),
        ("loss = 0.05", "loss = 5", 18, "network.loss: 5 is not a number from 0 to 0.9"),
        ("[0.01, 0.2]", "[0.2, 0.01]", 19, "is not [least, most] in seconds up to 10"),
        ("hours = 2", "hours = ", 2, "is no TOML"),
        (
            "[factories.node]",
            "[factories]\nnode = 3\n[factories.other]",
            4,
            "3 is not a table; write [factories.node]",
        ),
        ("[network]", "[netwrok]", 17, "netwrok: no such section or key; the nearest is network"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(
    was: str, becomes: str, line: int, words: str
) -> None:
    reading = read_site([SourceFile("bad.toml", GOOD.replace(was, becomes).encode())])
    assert reading.site is None
    (problem,) = reading.problems
    assert str(problem).startswith(f"bad.toml:{line}: ")
    assert words in str(problem)


def test_nothing_at_all_lacks_factories_and_targets() -> None:
    reading = read_site([SourceFile("empty.toml", b"")])
    assert [problem.key for problem in reading.problems] == ["factories", "targets"]


def test_a_change_on_top_is_told_by_its_own_name() -> None:
    files = [SourceFile("good.toml", GOOD.encode()), SourceFile("--set", b"targets.one.target_share = -1\n")]
    (problem,) = read_site(files).problems
    assert str(problem).startswith("--set:1: targets.one.target_share: -1 is not a number from 0")
