"""`vacnet history`: how machines of this host's factory ended, counted by target, time or kind of end.

Rules of this file: what is counted is the factory's record; by factory it is what was heard from the
others, which is less, and stderr says so.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.patience import Waiting

if TYPE_CHECKING:
    from vacnet.factory.client import Client, History

By = Literal["target", "hour", "day", "outcome", "code", "kind", "factory"]

PATIENCE_SECONDS = 30.0
"""Months of a record on a slow disk take seconds to count."""

HEARD = "by factory only the last 24 ends of each target are known, without messages and lives"


def history(*target: str, since: str = "24h", by: By = "target", asking: Asking = DEFAULT) -> None:
    """Count how machines of this factory ended: ok, no work, error, neutral, and how long they lived.

    With --json it is the finest count, by target, hour and code; --by then only
    tells `factory` from the rest. Exit code 66: no such target.

    Example: vacnet history --since 7d --by day

    Example: vacnet history lhcb-prod --by code

    Args:
        target: Count these targets alone.
        since: Begin there: 24h, 7d, 18:00 (the last one), 2026-11-24T18:00; at most 92d.
        by: What a row is. `kind` is VM, DC, SC or PR, `code` that of the message;
            `factory` is of the whole space: the last ends that this one heard of.
        asking: Whom to ask and how to print.
    """
    from vacnet.console.history_view import history_view  # late: see output

    asked = since_seconds(since)
    _refuse_too_long(since, asked)
    client = output.client_for(asking, PATIENCE_SECONDS)
    with Waiting("counting what has ended"):
        counted = _heard(client, asked) if by == "factory" else client.history(int(asked))
    answer = _only(counted, target, client)
    output.show(answer, lambda state: history_view(state, time.time(), by, asked), asking)


def since_seconds(text: str) -> float:
    """Return the moment that --since means, in Unix seconds.

    Raises:
        CommandError: it is none.
    """
    from vacnet.cli.moment import past_moment  # late: few commands need it

    try:
        return past_moment(text, datetime.now(tz=UTC).astimezone())
    except ValueError as error:
        raise CommandError(f"--since {error}", Exit.WRONG_USE) from error


def _refuse_too_long(text: str, since: float) -> None:
    from vacnet.factory.client import HISTORY_SECONDS_MAX  # late: see output

    if time.time() - since > HISTORY_SECONDS_MAX + 1:
        raise CommandError(
            f"--since {text!r} is too long ago: at most {HISTORY_SECONDS_MAX // 86_400} days are counted",
            Exit.WRONG_USE,
        )


def _heard(client: Client, since: float) -> History:
    from vacnet.console.heard import heard  # late: see output

    state = client.space()
    output.tell(HEARD)
    return heard(state, since)


def _only(answer: History, names: tuple[str, ...], client: Client) -> History:
    """Return what is told of the targets named, of all for none."""
    import msgspec  # late: see output

    ended = {tally.target for tally in answer.tallies}
    missing = [name for name in names if name not in ended]
    if missing:
        _refuse_unknown(missing, ended | {target.name for target in client.space().targets})
    told = tuple(tally for tally in answer.tallies if not names or tally.target in names)
    return msgspec.structs.replace(answer, tallies=told)


def _refuse_unknown(names: list[str], known: set[str]) -> None:
    from vacnet.cli.targets import no_such  # late: only a slip of the pen needs it

    for name in names:
        if name not in known:
            raise CommandError(no_such(name, sorted(known)), Exit.NO_INPUT)
