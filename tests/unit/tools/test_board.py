"""The Grafana board as Grafana reads it: placed without overlap, and all that it names is there to choose."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from tools.monitoring.board import COLUMNS, board_page
from tools.monitoring.panels import OUTCOME_COLOURS, PANELS, STATE_COLOURS
from vacnet.factory.metrics.readings import TARGET_STATES
from vacnet.outcomes import Kind

BOARD: dict[str, Any] = json.loads(board_page())
GRAFANAS_OWN = {"__rate_interval", "__all"}
UNITS = {"none", "percentunit", "s", "Bps", "cps", "bytes"}
"""Of Grafana's list, as `getCategories` of its package data knows them."""
KINDS = {"stat", "timeseries", "state-timeline"}


def _cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    at = panel["gridPos"]
    return {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}


def test_panels_lie_beside_each_other_and_within_the_grid() -> None:
    cells = [_cells(panel) for panel in BOARD["panels"]]
    assert sum(map(len, cells)) == len(set().union(*cells))
    assert max(x for x, _ in set().union(*cells)) < COLUMNS
    numbers = [panel["id"] for panel in BOARD["panels"]]
    assert len(numbers) == len(set(numbers)) == len(PANELS)


def test_every_variable_that_is_used_can_be_chosen_before_it_is_used() -> None:
    names = [one["name"] for one in BOARD["templating"]["list"]]
    assert names == ["datasource", "space", "factory"]
    assert set(re.findall(r"\$\{?(\w+)", board_page())) == {*names, *GRAFANAS_OWN}
    queries = [one for one in BOARD["templating"]["list"] if one["type"] == "query"]
    for before, one in pairwise([{"name": "datasource"}, *queries]):
        assert f"${before['name']}" in json.dumps(one).replace("{", "")


def test_each_panel_says_what_it_is_and_in_which_unit() -> None:
    for panel in BOARD["panels"]:
        assert panel["type"] in KINDS
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert [one["refId"] for one in panel["targets"]] == list("ABCDEFG"[: len(panel["targets"])])
        assert all(one["legendFormat"] and one["expr"] for one in panel["targets"])
        assert all(one["datasource"] == panel["datasource"] for one in panel["targets"])
    assert len({panel["title"] for panel in BOARD["panels"]}) == len(PANELS)


def test_what_finds_nothing_in_good_times_says_so() -> None:
    for panel in PANELS:
        may_be_empty = all(query.endswith("> 0") for query, _ in panel.queries)
        assert bool(panel.none) == may_be_empty, panel.title


def test_every_outcome_and_state_has_its_colour() -> None:
    assert set(OUTCOME_COLOURS) == set(Kind)
    assert set(STATE_COLOURS) == set(TARGET_STATES)
    (timeline,) = (panel for panel in BOARD["panels"] if panel["type"] == "state-timeline")
    (mapping,) = timeline["fieldConfig"]["defaults"]["mappings"]
    assert [one["text"] for one in mapping["options"].values()] == list(TARGET_STATES)
    for number, state in enumerate(TARGET_STATES, 1):
        assert (
            f'{number} * vacnet_space_target_state{{instance=~"$factory",state="{state}"}}'
            in (timeline["targets"][0]["expr"])
        )
