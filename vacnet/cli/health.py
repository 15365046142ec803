"""`vacnet health`: one line and an exit code for a monitoring system.

Rules of this file: by the convention of monitoring plugins, and so unlike all other commands, the line goes
to stdout whatever happened, and the exit codes are 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. A factory that
does not answer is critical; one that may not be asked, or a question put wrongly, is unknown.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vacnet.cli.answers import HealthTold
    from vacnet.console.health_conditions import Status
    from vacnet.console.health_view import Limits, Thresholds, Verdict


class _WrongUseError(Exception):
    """An option that cannot be understood; the text says what was expected."""


def health(
    *,
    silent: str = "1,",
    dropped: str = "1,",
    disk_free: str = "10,5",
    level: Annotated[tuple[str, ...], Parameter(consume_multiple=False)] = (),
    timeout: Annotated[float, Parameter(validator=Number(gt=0))] = 10.0,
    asking: Asking = DEFAULT,
) -> int:
    """Say in one line how this factory is: a plugin for Nagios, Icinga and others.

    Exit codes: 0 OK, 1 WARNING, 2 CRITICAL (also: no factory answers), 3 UNKNOWN.
    docs/health.md lists the conditions and how bad each is unless --level says so.

    Example: vacnet health --level draining=ok --silent 2,5

    Args:
        silent: WARNING,CRITICAL for peers silent or never heard: so many or more [default: 1,].
        dropped: Likewise for datagrams that the kernel dropped in the last hour [default: 1,].
        disk_free: Likewise for percent free of the state directory's disk: less [default: 10,5].
        level: CONDITION=ok, =warning or =critical; may be given several times.
        timeout: Seconds that the factory may take to answer.
        asking: Whom to ask and how to print.
    """
    from vacnet.console import health_view  # late: see output
    from vacnet.console.health_conditions import Status

    try:
        verdict = _asked(_thresholds(silent, dropped, disk_free, level), timeout, asking)
    except _WrongUseError as error:
        verdict = health_view.unanswered(Status.UNKNOWN, f"{error}; see `vacnet health --help`")
    if asking.json:
        output.print_json(_document(verdict))
    else:
        text = health_view.line(verdict)
        encoding = "ascii" if asking.ascii else sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding))
    return verdict.status.value


def _asked(thresholds: Thresholds, timeout: float, asking: Asking) -> Verdict:
    from vacnet.console.health_conditions import Status  # late: see output
    from vacnet.console.health_view import judge, unanswered
    from vacnet.factory.client import ClientError

    try:
        return judge(output.client_for(asking, timeout).health(), thresholds)
    except ClientError as error:
        dead = error.exit_code in {Exit.NO_DAEMON, Exit.TOO_SLOW}
        return unanswered(Status.CRITICAL if dead else Status.UNKNOWN, error.words)
    except (CommandError, OSError) as error:
        return unanswered(Status.UNKNOWN, str(error))


def _document(verdict: Verdict) -> HealthTold:
    from vacnet.cli.answers import HealthFinding, HealthTold  # late: see output

    return HealthTold(
        status=verdict.status.name,
        findings=tuple(
            HealthFinding(status=one.status.name, name=one.name, words=one.words) for one in verdict.findings
        ),
        summary=verdict.summary,
        performance=verdict.performance,
    )


def _thresholds(silent: str, dropped: str, disk_free: str, level: tuple[str, ...]) -> Thresholds:
    from vacnet.console.health_view import Thresholds  # late: see output

    return Thresholds(
        silent=_limits("--silent", silent),
        dropped=_limits("--dropped", dropped),
        disk_free=_limits("--disk-free", disk_free, below=True),
        severities=_severities(level),
    )


def _limits(option: str, text: str, *, below: bool = False) -> Limits:
    from vacnet.console.health_view import Limits  # late: see output

    warning, _, critical = text.partition(",")
    return Limits(_number(option, text, warning), _number(option, text, critical), below)


def _number(option: str, text: str, part: str) -> float | None:
    if not part:
        return None
    if not part.isascii() or not part.isdecimal():
        raise _WrongUseError(f"{option} {text!r} is not WARNING,CRITICAL; expected such as 1,5 or 1, or ,5")
    return float(part)


def _severities(levels: tuple[str, ...]) -> Mapping[str, Status]:
    from vacnet.console.health_conditions import Status, severities  # late: see output

    chosen = severities()
    for text in levels:
        name, _, how = text.partition("=")
        if name not in chosen:
            raise _WrongUseError(f"--level {text!r}: there is no condition {name!r}; {', '.join(chosen)}")
        if how not in {"ok", "warning", "critical"}:
            raise _WrongUseError(f"--level {text!r}: expected {name}=ok, {name}=warning or {name}=critical")
        chosen[name] = Status[how.upper()]
    return chosen
