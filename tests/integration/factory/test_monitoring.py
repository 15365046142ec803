"""Monitoring held against real factories: every metric that the page lists is told, and no other; every
query of alerts and board asks for metrics and labels that there are; promtool finds no fault."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.factory.conftest import WORK
from tools.monitoring.alerts import ALERTS, rules_page
from tools.monitoring.board import board_page, scoped
from tools.monitoring.page import monitoring_page
from tools.monitoring.panels import PANELS
from tools.space import settings as of_space
from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.metrics.exposition import DECISIONS
from vacnet.factory.metrics.table import ROWS

TARGET = """
[targets.worker]
target_share = 1
machine_model = "process"
user_data = "{work}"
proof = "job_started"
backoff_seconds = 5
max_machines_per_factory = 1
memory_per_processor = "64 MiB"
"""

Told = dict[str, list[tuple[dict[str, str], float]]]

PATIENCE_SECONDS = 30.0
GIVEN_BY_PROMETHEUS = {"instance", "job", "le", "space"}
"""The last where the targets are those of `vacnet factories --format prometheus-sd`."""
OF_PROMETHEUS = {"up"}


@pytest.fixture(scope="module")
def factory() -> Iterator[Member]:
    """Yield one of two factories, for all tests of this file."""
    with tempfile.TemporaryDirectory(prefix="vn-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        (directory / "work").write_text(WORK)
        (directory / "work").chmod(0o755)
        space = Space.make(directory / "s", 2, fragment=TARGET.format(work=directory / "work"))
        try:
            space.start()
            yield space.member(1)
        finally:
            space.down()


def _text(factory: Member) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{factory.port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def _told(factory: Member) -> Told:
    told: Told = {}
    for family in text_string_to_metric_families(_text(factory)):
        for sample in family.samples:
            told.setdefault(sample.name, []).append((sample.labels, sample.value))
    return told


def _value(factory: Member, name: str, **labels: str) -> float:
    return next(value for found, value in _told(factory)[name] if labels.items() <= found.items())


def test_what_a_factory_does_is_in_its_metrics(factory: Member) -> None:
    def running() -> bool:
        return _value(factory, "vacnet_machines", target="worker", state="running") == 1

    until(running, PATIENCE_SECONDS, "a machine is counted")
    assert _value(factory, "vacnet_machines_started_total", target="worker") == 1
    assert _value(factory, "vacnet_processors_used", target="worker") == 1
    assert _value(factory, "vacnet_space_factories", state="live") == 2
    for directory in (factory.state / "machines").iterdir():
        (directory / "joboutputs" / "finish").touch()

    def ended() -> bool:
        return _value(factory, "vacnet_machines_ended_total", target="worker", outcome="ok") >= 1

    until(ended, PATIENCE_SECONDS, "its end is counted")
    assert _value(factory, f"{DECISIONS}_count") > 0
    assert _value(factory, "vacnet_gossip_received_bytes_total") > 0

    of_space.add(factory, "bad", "[no-such-section]\n")

    def failed() -> bool:
        return _value(factory, "vacnet_problems", about="settings") == 1

    until(failed, PATIENCE_SECONDS, "the bad file is counted")
    assert _value(factory, "vacnet_reload_failures_total", about="settings") == 1


def test_what_was_counted_of_machines_outlives_a_kill(factory: Member) -> None:
    names = ("vacnet_machines_started_total", "vacnet_machines_ended_total")

    def ended() -> bool:
        for outputs in (factory.state / "machines").glob("*/joboutputs"):
            (outputs / "finish").touch()
        return sum(value for _, value in _told(factory).get(names[1], [])) >= 1

    until(ended, PATIENCE_SECONDS, "there is an end to be counted, whichever test ran before")
    before = {name: sum(value for _, value in _told(factory)[name]) for name in names}
    factory.kill()
    factory.start()

    def told() -> bool:
        try:
            return all(sum(v for _, v in _told(factory)[name]) >= count for name, count in before.items())
        except OSError:
            return False

    until(told, PATIENCE_SECONDS, "the counters go on where they were")
    assert before["vacnet_machines_ended_total"] >= 1


def test_the_page_lists_all_that_is_told_and_no_more(factory: Member) -> None:
    families = {family.name: family for family in text_string_to_metric_families(_text(factory))}
    told = {f"{name}_total" if one.type == "counter" else name: one for name, one in families.items()}
    listed = set(re.findall(r"`((?:vacnet|process)_[a-z_]+)`", monitoring_page())) - {"vacnet_space_"}
    assert set(told) == listed
    for row in ROWS:
        labels = {frozenset(sample.labels) for sample in told[row.name].samples}
        assert labels <= {frozenset(row.labels)}, row.name
        assert labels or row.name == "vacnet_deadline_timestamp_seconds"


def _queries() -> Iterator[str]:
    board: dict[str, Any] = json.loads(board_page())
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])
    yield from (alert.expression for alert in ALERTS)


def test_every_query_asks_for_what_there_is(factory: Member) -> None:
    told = _told(factory)
    labels_of = {name: {label for found, _ in samples for label in found} for name, samples in told.items()}
    asked: set[str] = set()
    for query in _queries():
        names = set(re.findall(r"\b(?:vacnet|process)_[a-z_]+|\bup\b", query))
        assert names - OF_PROMETHEUS <= set(told), query
        known = GIVEN_BY_PROMETHEUS.union(*(labels_of.get(name, set()) for name in names))
        assert _labels(query) <= known, query
        for name, label, values in _selected(query):
            if name not in OF_PROMETHEUS and label not in GIVEN_BY_PROMETHEUS:
                assert set(values) <= {found[label] for found, _ in told[name]}, query
        asked |= names
    assert len(asked) > 20


def _labels(query: str) -> set[str]:
    by = re.findall(r"by \(([^)]*)\)", query)
    return {label.strip() for group in by for label in group.split(",")} | {
        label for _, label, _ in _selected(query)
    }


def _selected(query: str) -> Iterator[tuple[str, str, list[str]]]:
    for name, inside in re.findall(r"([a-z_]+)\{([^}]*)\}", query):
        for label, values in re.findall(r'([a-z_]+)(?:=|!=|=~|!~)"([^"]*)"', inside):
            yield name, label, values.split("|")


def test_the_board_asks_for_the_chosen_factories_alone() -> None:
    for panel in PANELS:
        for query, _ in panel.queries:
            names = re.findall(r"\b(?:vacnet|process)_[a-z_]+", query)
            assert scoped(query).count('instance=~"$factory"') == len(names), query


def test_legends_name_labels_that_their_query_leaves() -> None:
    for panel in PANELS:
        for query, legend in panel.queries:
            wanted = set(re.findall(r"\{\{(\w+)\}\}", legend))
            assert wanted <= (_labels(query) | GIVEN_BY_PROMETHEUS), (panel.title, legend)


@pytest.mark.engine("promtool")
def test_promtool_finds_no_fault_in_names_and_units(factory: Member) -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=_text(factory),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


_EXAMPLES: dict[str, tuple[dict[str, str], str]] = {
    "VacnetFactoryDown": ({'up{job="vacnet",instance="a"}': "0x120"}, "10m"),
    "VacnetRecordTrouble": ({'vacnet_record_trouble{instance="a"}': "1x120"}, "10m"),
    "VacnetConflict": ({'vacnet_flag{instance="a",flag="conflict"}': "1x120"}, "10m"),
    "VacnetRestricted": ({'vacnet_restricted{instance="a"}': "1x120"}, "10m"),
    "VacnetIsolated": ({'vacnet_flag{instance="a",flag="isolated"}': "1x120"}, "10m"),
    "VacnetFactorySilent": ({'vacnet_space_factories{instance="a",state="silent"}': "1x120"}, "20m"),
    "VacnetBadFiles": ({'vacnet_problems{instance="a",about="keys"}': "2x120"}, "20m"),
    "VacnetMachinesFail": (
        {
            'vacnet_machines_ended_total{instance="a",target="t",outcome="error"}': "0+1x120",
            'vacnet_machines_ended_total{instance="a",target="t",outcome="ok"}': "0+0x120",
        },
        "2h",
    ),
    "VacnetSuspect": ({'vacnet_flag{instance="a",flag="suspect"}': "1x120"}, "1h"),
    "VacnetMachinesNotMade": (
        {'vacnet_machines_not_made_total{instance="a",target="t"}': "0+1x120"},
        "1h",
    ),
    "VacnetForeignDatagrams": (
        {'vacnet_gossip_rejected_datagrams_total{instance="a",reason="key"}': "0+60x120"},
        "1h",
    ),
    "VacnetGossipLost": ({'vacnet_gossip_kernel_dropped_datagrams_total{instance="a"}': "0+9x120"}, "1h"),
    "VacnetStalls": ({'vacnet_loop_stalls_total{instance="a"}': "0+1x120"}, "1h"),
    "VacnetDecisionsSlow": (
        {
            'vacnet_decision_seconds_bucket{instance="a",le="0.5"}': "0+1x120",
            'vacnet_decision_seconds_bucket{instance="a",le="1.0"}': "0+60x120",
            'vacnet_decision_seconds_bucket{instance="a",le="+Inf"}': "0+60x120",
        },
        "1h",
    ),
    "VacnetFault": ({'vacnet_gossip_broken_datagrams_total{instance="a"}': "0+1x120"}, "1h"),
    "VacnetNoWork": ({'vacnet_space_window_streak{instance="a",target="t"}': "30x500"}, "8h"),
    "VacnetDrainedForLong": ({'vacnet_flag{instance="a",flag="draining"}': "1x5760"}, "4d"),
}
"""For each alert series under which it fires, a sample a minute, and when it does."""


def _case(series: dict[str, str], at: str, expected: int) -> dict[str, object]:
    """Return a test of promtool: with these series so many alerts fire after some time."""
    samples = [{"labels": "{}", "value": expected}] if expected else []
    firing = 'count(ALERTS{alertstate="firing"})'
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": firing, "eval_time": at, "exp_samples": samples}],
    }


def _cases() -> list[dict[str, object]]:
    """Return a test for each alert, and one in which all of their series are as in good times."""
    bad = [_case(series, at, 1) for series, at in _EXAMPLES.values()]
    names = [name for series, _ in _EXAMPLES.values() for name in series]
    return [*bad, _case({name: f"{int(name.startswith('up{'))}x600" for name in names}, "10h", 0)]


@pytest.mark.engine("promtool")
def test_promtool_sees_each_alert_fire_when_it_should_and_not_else(tmp_path: Path) -> None:
    assert set(_EXAMPLES) == {alert.name for alert in ALERTS}
    (tmp_path / "vacnet.rules.yml").write_text(rules_page())
    told = {"rule_files": ["vacnet.rules.yml"], "evaluation_interval": "5m", "tests": _cases()}
    (tmp_path / "test.yml").write_text(json.dumps(told))
    promtool = shutil.which("promtool")
    assert promtool
    for words in (["check", "rules", "vacnet.rules.yml"], ["test", "rules", "test.yml"]):
        done = subprocess.run(
            [promtool, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
