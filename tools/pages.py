"""Writes the documents that are made from the tables of the code: `python -m tools.pages`.

Rules of this file: a page is made from its table alone, so that the two cannot drift apart; a test holds
the pages in `docs/` against what this makes.
"""

from __future__ import annotations

from pathlib import Path

from tools.dashboard_page import dashboard_page
from tools.dissector.lua import dissector_page
from tools.events_page import events_page
from tools.json_page import json_page
from tools.monitoring.alerts import rules_page
from tools.monitoring.board import board_page
from tools.monitoring.page import monitoring_page
from tools.settings_page import settings_page
from tools.spec_page import spec_page
from vacnet.decide.windows import TABLE, State, Then
from vacnet.machines import lifecycle_page
from vacnet.targets.example import example_peers, example_settings
from vacnet.targets.settings import Host

ROOT = Path(__file__).parent.parent

_NEXT = State.BACK_OFF.value.replace("-", "_")

_WINDOWS = """# The window of a target: its states

Made from the table in `vacnet/decide/windows.py` by `python -m tools.pages`; a test holds the
two together.

```mermaid
stateDiagram-v2
    [*] --> probing: never tried
{arrows}
```

| state | what happens | what follows |
| --- | --- | --- |
{rows}
"""


def windows_page() -> str:
    """Return `docs/windows.md`."""
    arrows = [
        f"    {_node(state.value)} --> {_target(then)}: {happens}"
        for (state, happens), then in TABLE.items()
        if then not in (Then.COUNTED, Then.ABSORBED) and then.value != state.value
    ]
    rows = [f"| {state} | {happens} | {then} |" for (state, happens), then in TABLE.items()]
    return _WINDOWS.format(arrows="\n".join(arrows), rows="\n".join(rows))


def _node(state: str) -> str:
    return state.replace("-", "_")


def _target(then: Then) -> str:
    return _NEXT if then is Then.NEXT else _node(then.value)


_HOST = Host(
    node_name="factory1.example.org",
    processors=16,
    state_directory="/var/lib/vacnet",
    runtime_directory="/run/vacnet",
    config_directory="/etc/vacnet",
    runs_as_root=True,
)
"""Of the example: what `vacnet config init` writes differs from it in the name and the processors."""

PAGES = {
    "conf/vacnet.toml": lambda: example_settings(_HOST),
    "conf/alerts/grafana.json": board_page,
    "conf/alerts/vacnet.rules.yml": rules_page,
    "conf/peers.toml": example_peers,
    "docs/windows.md": windows_page,
    "docs/dashboard.md": dashboard_page,
    "docs/events.md": events_page,
    "docs/json.md": json_page,
    "docs/life-cycle.md": lifecycle_page.page,
    "docs/monitoring.md": monitoring_page,
    "docs/settings.md": settings_page,
    "protocol/SPEC.md": spec_page,
    "protocol/vacnet.lua": dissector_page,
}
"""Path in the project to what makes it."""


def main() -> None:
    """Write every page."""
    for path, page in PAGES.items():
        (ROOT / path).write_text(page())


if __name__ == "__main__":
    main()
