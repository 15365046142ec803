"""The Grafana board: the JSON that Grafana reads, made of the table of panels.

Rules of this file: above the panels one chooses where the numbers come from, the space, and factories of it.
Every query asks for those alone (`scoped`), so one Prometheus may know several spaces.

Source: the JSON model of Grafana 11, "Dashboard JSON model" and "Variables"; later ones convert it.
"""

from __future__ import annotations

import json
import re

from tools.monitoring.panels import PANELS, STATE_COLOURS, Panel

COLUMNS = 24
"""Grafana's grid."""
HEIGHT = 8
SCHEMA_VERSION = 39
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_METRIC = re.compile(r"\b(?P<name>(?:vacnet|process)_[a-z_]+)(?:\{(?P<labels>[^}]*)\})?")
_OF_CHOICE = 'instance=~"$factory"'
_OF_JOB = 'job="vacnet"'
"""Other programs tell `process_` of themselves too."""


def scoped(expression: str) -> str:
    """Return a query that asks for the factories chosen above the panels alone."""
    return _METRIC.sub(_scoped, expression)


def _scoped(found: re.Match[str]) -> str:
    labels = (_OF_JOB if found["name"].startswith("process_") else "", _OF_CHOICE, found["labels"])
    return f"{found['name']}{{{','.join(filter(None, labels))}}}"


def board_page() -> str:
    """Return `conf/alerts/grafana.json`."""
    board = {
        "title": "vacnet",
        "uid": "vacnet",
        "description": "A space of vacnet: its factories, machines, targets and gossip.",
        "tags": ["vacnet"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_source(), *_choices()]},
        "panels": _panels(),
    }
    return json.dumps(board, indent=1) + "\n"


# --- what is chosen above the panels --------------------------------------------------------------


def _source() -> dict[str, object]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
    }


def _choices() -> list[dict[str, object]]:
    everything = {"text": ["All"], "value": ["$__all"]}
    return [
        _choice("space", "Space", "label_values(vacnet_build_info, space)"),
        _choice("factory", "Factories", 'label_values(vacnet_build_info{space="$space"}, instance)')
        | {"multi": True, "includeAll": True, "current": everything},
    ]


def _choice(name: str, label: str, query: str) -> dict[str, object]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _SOURCE,
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,  # when the time that is shown changes
        "sort": 1,  # by the alphabet
    }


# --- panels ---------------------------------------------------------------------------------------


def _panels() -> list[dict[str, object]]:
    """Return the panels, placed in lines from left to right."""
    placed, x, y = [], 0, 0
    for number, panel in enumerate(PANELS, 1):
        if x + panel.width > COLUMNS:
            x, y = 0, y + HEIGHT
        placed.append(_panel(panel, number, x, y))
        x += panel.width
    return placed


def _panel(panel: Panel, number: int, x: int, y: int) -> dict[str, object]:
    return {
        "id": number,
        "title": panel.title,
        "description": panel.words,
        "type": panel.kind,
        "datasource": _SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": HEIGHT},
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _OPTIONS.get(panel.kind, {}),
        "targets": [_target(number, *asked) for number, asked in enumerate(panel.queries)],
    }


def _target(number: int, query: str, legend: str) -> dict[str, object]:
    name = chr(ord("A") + number)
    return {"refId": name, "datasource": _SOURCE, "expr": scoped(query), "legendFormat": legend}


_OPTIONS = {
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value_and_name",
        "colorMode": "value",
        "graphMode": "none",
    },
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
}


def _defaults(panel: Panel) -> dict[str, object]:
    """Return how all series of a panel are drawn."""
    drawn: dict[str, object] = {"unit": panel.unit, "custom": {}}
    if panel.stacked:
        drawn["custom"] = {"stacking": {"mode": "normal"}, "fillOpacity": 40}
    if panel.none:
        drawn["noValue"] = panel.none
    if panel.kind == "stat":
        colour = "orange" if panel.none else "text"
        drawn["thresholds"] = {"mode": "absolute", "steps": [{"color": colour, "value": None}]}
    if panel.values:
        told = enumerate(panel.values, 1)
        named = {str(n): {"text": word, "color": STATE_COLOURS[word], "index": n} for n, word in told}
        drawn["mappings"] = [{"type": "value", "options": named}]
    return drawn


def _overrides(panel: Panel) -> list[dict[str, object]]:
    return [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for name, colour in panel.colours
    ]
