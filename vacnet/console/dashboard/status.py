"""What is told of the answers in a pane: whose they are, how old, and why there are none or no newer ones.

Rules of this file: pure functions of the picture; a pane of which there is nothing to tell has empty words.
"""

from __future__ import annotations

from collections.abc import Callable

from vacnet.console.dashboard.picture import Picture


def heading(name: str, picture: Picture, age_of: Callable[[float], str]) -> str:
    """Return what stands in a pane's heading; `age_of` tells the age of what was true then, in words."""
    if name == "events":
        return picture.events_trouble
    if name != "machines":
        return ""
    answer = picture.machines
    asked = "asked now" if answer.asked_at is None else age_of(answer.asked_at)
    return "  ".join(filter(None, (f"of {answer.whose}", asked, answer.trouble)))


def empty(name: str, picture: Picture) -> str:
    """Return what stands where there are no things, if it is not what always does."""
    answer = picture.machines
    if name == "events":
        return picture.events_trouble
    if name != "machines" or answer.asked_at is not None:
        return ""
    return answer.trouble or f"Asking {answer.whose} ..."


def trouble(name: str, picture: Picture) -> str:
    """Return why a pane is not of now."""
    told = {"machines": picture.machines.trouble, "events": picture.events_trouble}
    return told.get(name, "")
