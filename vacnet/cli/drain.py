"""`vacnet drain` and `vacnet undrain`: this host starts nothing new, and what runs ends in its time.

Rules of this file: an order is given whole or not at all; what was meant wrongly is said before the factory
is asked. `docs/drain.md` is the page for admins.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.patience import Waiting

PATIENCE_SECONDS = 30.0
"""The answer says what the engines show, and a loaded engine takes seconds to say it."""


def drain(
    *,
    reason: str,
    by: str = "",
    now: bool = False,
    until_reboot: bool = False,
    wait: bool = False,
    timeout: Annotated[float | None, Parameter(validator=Number(gte=0))] = None,
    asking: Asking = DEFAULT,
) -> None:
    """Start nothing new on this host; what runs goes on, or ends by a time, or now.

    A second drain replaces the first. It holds over restarts of the factory and
    over reboots until `vacnet undrain`. With --wait the exit code is 0 only when
    nothing runs any more, as the engines show it, and 75 when that was not so
    within --timeout.

    Example: vacnet drain --reason "new DIMMs" --by 18:00 --wait

    Args:
        reason: Why, for everybody who sees it: tables, logs, messages of machines.
        by: End machines then: 18:00, 2h, 2026-11-24T18:00. They are told at once.
        now: End all machines now; each has its grace to end well.
        until_reboot: Take the drain back by itself when the host has been booted.
        wait: Return when nothing runs any more.
        timeout: Wait no longer than so many seconds.
        asking: Whom to ask and how to print.
    """
    from vacnet.console import drain_words  # late: see output
    from vacnet.factory.client import DrainOrder

    _check(by, timeout, now=now, wait=wait)
    client = output.client_for(asking, PATIENCE_SECONDS)
    at = _moment(by) if by else None
    order = DrainOrder(reason=reason, by=at, now=now, until_reboot=until_reboot, who=asked_by())
    with Waiting("asking the engines what runs"):
        state = client.drain(order)
    words = drain_words.drained(state)
    if wait and not drain_words.is_over(state):
        from vacnet.cli.waiting import wait_until_over

        output.tell(words)
        state = wait_until_over(client, timeout, drain_words.left(state))
        words = drain_words.over(state)
    if asking.json:
        output.print_json(state)
    else:
        print(words)


def undrain(*, asking: Asking = DEFAULT) -> None:
    """Take a drain back: this host makes machines again, and deadlines are as they were.

    Example: vacnet undrain

    Args:
        asking: Whom to ask and how to print.
    """
    from vacnet.console import drain_words  # late: see output

    state = output.client_for(asking, PATIENCE_SECONDS).undrain(asked_by())
    if asking.json:
        output.print_json(state)
    elif not state.in_settings:
        print(drain_words.undrained(state))
    if state.in_settings:
        raise CommandError(
            f"{state.factory} still drains, by its settings: `{state.in_settings}`; "
            "`vacnet config show` says in which file"
        )


def asked_by() -> str:
    """Return who ran sudo, for root's orders; the kernel tells the factory of everybody else."""
    return os.environ.get("SUDO_USER", "")


def _check(by: str, timeout_seconds: float | None, *, now: bool, wait: bool) -> None:
    if by and now:
        raise CommandError("--by and --now: machines are ended either by a time or now", Exit.WRONG_USE)
    if timeout_seconds is not None and not wait:
        raise CommandError("--timeout is for --wait: without it nothing waits", Exit.WRONG_USE)


def _moment(by: str) -> float:
    from vacnet.cli.moment import moment  # late: only --by needs it

    try:
        return moment(by, datetime.now(tz=UTC).astimezone())
    except ValueError as error:
        raise CommandError(f"--by {error}", Exit.WRONG_USE) from error
