"""Why `vacnet events` shows nothing: there is none, or what was asked for is a slip of the pen."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vacnet.cli import happenings
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.near_names import NEAR, slip

if TYPE_CHECKING:
    from vacnet.factory.client import Client, EventState

NONE = "no such events are in the record"


def why(client: Client, wanted: happenings.Wanted) -> str:
    """Return that there is none, and which names of events are near those that were asked for.

    Raises:
        CommandError: neither factory nor record know that target, or that machine.
    """
    if wanted == happenings.ALL:
        return happenings.NO_EVENTS
    events = list(happenings.recorded(client))
    _refuse(
        "target", wanted.target, {target.name for target in client.space().targets} | _of(events, "target")
    )
    _refuse("machine", wanted.machine, _of(events, "machine") | _of(events, "id"))
    return f"{NONE}{_near(wanted.names, events)}"


def _of(events: Sequence[EventState], field: str) -> set[str]:
    return {str(event.fields[field]) for event in events if field in event.fields}


def _refuse(what: str, name: str, known: set[str]) -> None:
    if name and name not in known:
        hint = slip(name, known) or f"`vacnet {what}s` lists those of now"
        raise CommandError(f"{NONE}: none is of a {what} {name!r}; {hint}", Exit.NO_INPUT)


def _near(names: Sequence[str], events: Sequence[EventState]) -> str:
    """Return what else a name may have meant that no event has."""
    known = sorted({event.name for event in events})
    strange = [name for name in names if not any(fnmatchcase(one, name) for one in known)]
    hints = [hint for name in strange if (hint := slip(name, known)).startswith(NEAR)]
    return f"; {hints[0]}" if hints else ""
