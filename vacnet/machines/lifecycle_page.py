"""docs/life-cycle.md, made from the table: ``python -m vacnet.machines.lifecycle_page > docs/life-cycle.md``.

Rules of this file: every word about a state or a step comes from `lifecycle`; a test holds page and table
together.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from vacnet.machines.lifecycle import TABLE, State, Transition

_HEAD = """# The life of a machine

Made from the table in `vacnet/machines/lifecycle.py` by `python -m vacnet.machines.lifecycle_page`; edit the
table, not this page. A pair of state and event that is not here changes nothing.

"""

_FOOT = """
Steps named `record`, `directory` or `engine` are durable writes and engine calls: the factory may be killed
before and after each of them, and no machine and no outcome is lost, left over or counted twice.
"""


def page() -> str:
    """Return the whole page."""
    return _HEAD + "\n".join([*_diagram(), "", *_steps()]) + "\n" + _FOOT


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for row in TABLE:
        yield f"    {_node(row.state, '[*]')} --> {_node(row.next, row.next)}: {row.event}"
    yield f"    {State.ENDED} --> [*]"
    yield "```"


def _node(state: State, outside: str) -> str:
    return outside if state is State.ABSENT else str(state)


def _steps() -> Iterator[str]:
    yield "| state | event | next | steps, in this order |"
    yield "| --- | --- | --- | --- |"
    yield from map(_line, TABLE)


def _line(row: Transition) -> str:
    steps = ", ".join(f"`{step}`" for step in row.steps)
    return f"| {row.state} | {row.event} | {row.next} | {steps} |"


if __name__ == "__main__":
    sys.stdout.write(page())
