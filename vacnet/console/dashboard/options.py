"""How the dashboard is to be, as the command line has it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the dashboard is to be."""

    write: bool = False
    ascii_signs: bool = False
    simulated: bool = False
    who: str = ""
    """Who gives orders, as sudo says."""
    clock: Callable[[], float] = time.time
    asked: tuple[str, ...] = ()
    """Of the command line: which factory of this host is asked, as commands that are shown have to say."""
    past_moment: Callable[[str], float] = float
    """Reads a time gone by as an admin writes it, into Unix seconds; a ValueError says what is wrong."""
