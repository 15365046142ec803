"""The Grafana board: rows of panels, from what is wrong down to how gossip does.

Rules of this file: a table of panels; the JSON that Grafana imports is made of it. The data source is
chosen when the board is imported. Numbers of the whole space are told by every factory, so one is
taken (`max`) and none added up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

COLUMNS = 24
"""Grafana's grid."""
HEIGHT = 8
SCHEMA_VERSION = 39
"""Of Grafana 11; later ones convert it."""
_SOURCE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel."""

    title: str
    queries: tuple[tuple[str, str], ...]
    """Expression and legend."""
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False


PANELS: tuple[Panel, ...] = (
    Panel("Factories", (("max by (state) (vacnet_space_factories)", "{{state}}"),), kind="stat"),
    Panel(
        "Processors of the space",
        (("sum(vacnet_processors)", "all"), ("sum(vacnet_processors_used)", "at work")),
        kind="stat",
    ),
    Panel(
        "What is wrong",
        (
            ("sum by (about) (vacnet_problems) > 0", "{{about}}"),
            ('sum by (flag) (vacnet_flag{flag!="veto"}) > 0', "{{flag}}"),
            ("sum(vacnet_restricted) > 0", "restricted"),
            ("sum(vacnet_record_trouble) > 0", "record"),
        ),
        kind="stat",
    ),
    Panel(
        "Machines by target",
        (('sum by (target) (vacnet_machines{state="running"})', "{{target}}"),),
        width=12,
        stacked=True,
    ),
    Panel(
        "Processors by factory",
        (("sum by (instance) (vacnet_processors_used)", "{{instance}}"),),
        width=12,
        stacked=True,
    ),
    Panel(
        "Outcomes an hour",
        (("sum by (outcome) (increase(vacnet_machines_ended_total[1h]))", "{{outcome}}"),),
        width=12,
        stacked=True,
    ),
    Panel(
        "Errors an hour by target and factory",
        (
            (
                'sum by (target, instance) (increase(vacnet_machines_ended_total{outcome="error"}[1h])) > 0',
                "{{target}} on {{instance}}",
            ),
        ),
        width=12,
    ),
    Panel(
        "Share due and got",
        (
            ("max by (target) (vacnet_space_share_ratio)", "{{target}} due"),
            ("max by (target) (vacnet_space_got_ratio)", "{{target}} got"),
        ),
        unit="percentunit",
    ),
    Panel(
        "State of targets",
        (("max by (target, state) (vacnet_space_target_state) > 0", "{{target}} {{state}}"),),
    ),
    Panel("Windows in a row without work", (("max by (target) (vacnet_space_window_streak)", "{{target}}"),)),
    Panel(
        "Back-off left",
        (("max by (target) (vacnet_space_back_off_left_seconds)", "{{target}}"),),
        unit="s",
    ),
    Panel(
        "Tickets taken of those available",
        (
            ("max by (target) (vacnet_space_tickets_taken)", "{{target}} taken"),
            ("max by (target) (vacnet_space_tickets_available)", "{{target}} available"),
        ),
    ),
    Panel(
        "Not made an hour",
        (("sum by (target) (increase(vacnet_machines_not_made_total[1h]))", "{{target}}"),),
    ),
    Panel(
        "Gossip",
        (
            ("sum by (instance) (rate(vacnet_gossip_sent_bytes_total[5m]))", "{{instance}} out"),
            ("-sum by (instance) (rate(vacnet_gossip_received_bytes_total[5m]))", "{{instance}} in"),
        ),
        unit="Bps",
    ),
    Panel(
        "Datagrams not taken",
        (
            ("sum by (reason) (rate(vacnet_gossip_rejected_datagrams_total[5m])) > 0", "{{reason}}"),
            ("sum(rate(vacnet_gossip_kernel_dropped_datagrams_total[5m])) > 0", "dropped by the kernel"),
            ("sum(rate(vacnet_gossip_dropped_datagrams_total[5m])) > 0", "own queue full"),
        ),
        unit="cps",
    ),
    Panel(
        "Time of a decision, 99 %",
        (
            (
                "histogram_quantile(0.99, sum by (instance, le) (rate(vacnet_decision_seconds_bucket[5m])))",
                "{{instance}}",
            ),
        ),
        unit="s",
    ),
    Panel(
        "CPU of the daemons", (("rate(process_cpu_seconds_total[5m])", "{{instance}}"),), unit="percentunit"
    ),
    Panel("Memory of the daemons", (("process_resident_memory_bytes", "{{instance}}"),), unit="bytes"),
    Panel("Versions", (("count by (version) (vacnet_build_info)", "{{version}}"),), kind="stat"),
)


def board_page() -> str:
    """Return `conf/alerts/grafana.json`."""
    board = {
        "__inputs": [
            {"name": "DS_PROMETHEUS", "label": "Prometheus", "type": "datasource", "pluginId": "prometheus"}
        ],
        "title": "vacnet",
        "uid": "vacnet",
        "schemaVersion": SCHEMA_VERSION,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "panels": _panels(),
    }
    return json.dumps(board, indent=1) + "\n"


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
    stacking = {"stacking": {"mode": "normal"}, "fillOpacity": 40} if panel.stacked else {}
    targets = [
        {"refId": chr(ord("A") + at), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
        for at, (expression, legend) in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "title": panel.title,
        "type": panel.kind,
        "datasource": _SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "custom": stacking}, "overrides": []},
        "targets": targets,
    }
