"""What a hold means now, in words.

Rules of this file: pure functions of the answer.
"""

from __future__ import annotations

from vacnet.console import words
from vacnet.factory.client import HoldState

NOTHING = "nothing has changed"


def told(state: HoldState) -> str:
    """Return what holds a target after an order, and what was before."""
    name = words.clean(state.target)
    holds = ((state.here, ""), (state.space, " --space"))
    lines = [
        f"{name}: {words.clean(one)}; until `vacnet target release {name}{option}`"
        for one, option in holds
        if one
    ]
    if not state.changed:
        where = "in the whole space" if state.in_space else "on this host"
        return "\n".join([f"{name} was not held {where}; {NOTHING}", *lines])
    if not lines:
        who = "all factories make" if state.in_space else f"{state.factory} makes"
        lines = [f"{name} is let go of: {who} machines of it again, if its window lets them"]
    if state.before:
        lines.append(f"before: {words.clean(state.before)}")
    return "\n".join(lines)
