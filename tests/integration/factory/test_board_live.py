"""The board asked of a real Prometheus that has scraped real factories: it takes every query, and each panel
shows something, or says that there is nothing; the rules load beside it and none of them fires."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.factory.conftest import WORK
from tests.integration.factory.test_monitoring import TARGET
from tools.monitoring.alerts import rules_page
from tools.monitoring.board import board_page
from tools.monitoring.panels import PANELS
from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until

pytestmark = pytest.mark.engine("promtool")

BOARD: dict[str, Any] = json.loads(board_page())
PATIENCE_SECONDS = 60.0
CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: vacnet
    static_configs:
      - targets: {targets}
"""


@dataclass(frozen=True)
class _Prometheus:
    """A Prometheus that scrapes a space."""

    url: str
    members: Sequence[Member]

    def get(self, path: str, **words: str) -> Any:
        """Return the data of an answer of its API."""
        asked = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(words)}"
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 (on loopback)
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what a query finds now."""
        return list(self.get("query", query=expression)["result"])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _start(directory: Path, space: Space, port: int) -> subprocess.Popen[bytes]:
    (directory / "rules.yml").write_text(rules_page())
    targets = json.dumps([f"127.0.0.1:{member.port}" for member in space.members])
    (directory / "prometheus.yml").write_text(CONFIG.format(rules=directory / "rules.yml", targets=targets))
    with (directory / "prometheus.log").open("ab") as log:
        program = shutil.which("prometheus")
        assert program
        return subprocess.Popen(
            [
                program,
                f"--config.file={directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={directory / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ],
            stdout=log,
            stderr=log,
        )


@pytest.fixture(scope="module")
def prometheus() -> Iterator[_Prometheus]:
    """Yield a Prometheus that has seen a machine start and end."""
    with tempfile.TemporaryDirectory(prefix="vn-board-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        (directory / "work").write_text(WORK)
        (directory / "work").chmod(0o755)
        space = Space.make(directory / "s", 2, fragment=TARGET.format(work=directory / "work"))
        port = _free_port()
        program = _start(directory, space, port)
        try:
            space.start()
            found = _Prometheus(f"http://127.0.0.1:{port}", space.members)
            _see_an_end(found)
            yield found
        finally:
            program.kill()
            program.wait()
            space.down()


def _see_an_end(prometheus: _Prometheus) -> None:
    def shows(expression: str) -> bool:
        try:
            return bool(prometheus.query(expression))
        except OSError:
            return False

    until(
        lambda: shows('sum(vacnet_machines{state="running"}) > 0'), PATIENCE_SECONDS, "a machine is scraped"
    )
    for member in prometheus.members:
        for outputs in member.state.glob("machines/*/joboutputs"):
            (outputs / "finish").touch()
    until(
        lambda: shows('sum(increase(vacnet_machines_ended_total{outcome="ok"}[1h])) > 0'),
        PATIENCE_SECONDS,
        "its end is counted",
    )


def _chosen(expression: str) -> str:
    """Return a query of the board with everything chosen that can be."""
    return expression.replace("$factory", ".*").replace("$__rate_interval", "1m")


@pytest.mark.parametrize("number", range(len(PANELS)), ids=[panel.title for panel in PANELS])
def test_each_panel_shows_something_or_says_that_there_is_nothing(
    prometheus: _Prometheus, number: int
) -> None:
    shown, panel = BOARD["panels"][number], PANELS[number]
    for target in shown["targets"]:
        found = prometheus.query(_chosen(target["expr"]))
        assert found or panel.none, target["expr"]
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert all(one["metric"].get(label) for one in found), (label, found)


def test_the_state_of_a_target_is_one_that_the_board_has_a_word_for(prometheus: _Prometheus) -> None:
    (panel,) = (one for one in BOARD["panels"] if one["type"] == "state-timeline")
    (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
    (found,) = prometheus.query(_chosen(panel["targets"][0]["expr"]))
    assert found["metric"] == {"target": "worker"}
    assert found["value"][1] in mapping["options"]


def test_what_is_chosen_above_the_panels_is_there_to_choose(prometheus: _Prometheus) -> None:
    asked = {one["name"]: one["query"] for one in BOARD["templating"]["list"]}
    (space,) = _values(prometheus, asked["space"]["query"])
    factories = _values(prometheus, asked["factory"]["query"].replace("$space", space))
    assert len(factories) == 2
    (one,) = prometheus.query(f'sum by (instance) (vacnet_processors{{instance=~"{factories[0]}"}})')
    assert one["metric"] == {"instance": factories[0]}


def _values(prometheus: _Prometheus, query: str) -> list[str]:
    """Return what Grafana's `label_values(series, label)` finds."""
    asked = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
    assert asked
    return list(prometheus.get(f"label/{asked[2]}/values", **{"match[]": asked[1]}))


def test_the_rules_are_loaded_and_none_fires_in_good_times(prometheus: _Prometheus) -> None:
    (group,) = prometheus.get("rules")["groups"]
    assert [rule["lastError"] for rule in group["rules"] if "lastError" in rule] == []
    assert [rule["name"] for rule in group["rules"] if rule["state"] != "inactive"] == []
