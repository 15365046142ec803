"""`vacnet why`: a short proof, in words, that an admin can check with a pencil.

Rules of this file: pure functions of the answer. Each paragraph is one step: what is decided here, the
window and who opened it, what runs where, the tickets and who is next, the growth of an open target, the
last draw of shares. A number is shown with the numbers that it was made of; `docs/why.md` has the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap

from vacnet.agent.why import FactoryHas, Kept, Why
from vacnet.console import words
from vacnet.decide.caps import NO_CAP
from vacnet.decide.reasons import Reason
from vacnet.decide.shares import Choice, Lack
from vacnet.decide.tickets import RANK_SECONDS, RANKS_IN_TURN
from vacnet.factory.client import DecisionState
from vacnet.quantities import duration

INDENT = 9
TICKETS_SHOWN = 4
_GAP = "  "
"""Between columns, and in no prose."""
CANDIDATES_SHOWN = 3
FACTORIES_SHOWN = 20
OPEN = "open"
BACK_OFF = "back-off"
BACK_OFF_RULE = "window.back-off"
"""Rule of the reason that tells what is left of the window, as it was at the last decision."""
VETOED = "host.veto"
"""Rule of a target's reason that is the whole host's, which is told already."""
NEVER = 0
"""Number of the window of a target that was never tried."""


def proof(why: Why, width: int) -> str:
    """Return the whole proof of one target, in lines of at most `width`."""
    told = (paragraph(title, lines, width) for title, lines in steps(why, width))
    return "\n".join([f"{why.target} on {why.factory}", *told])


def steps(why: Why, width: int) -> list[tuple[str, Sequence[str]]]:
    """Return the steps that say something, each with its title, for lines of at most `width`."""
    told = [(title, step(why)) for title, step in _steps(width)]
    return [(title, lines) for title, lines in told if lines]


def paragraph(title: str, lines: Sequence[str], width: int) -> str:
    """Return the lines of a step beside its title, broken to `width`."""
    room = max(20, width - INDENT)
    wrapped = [part for line in lines for part in _broken(line, room)]
    return "\n".join(f"{title if not n else '':<{INDENT}}{line}" for n, line in enumerate(wrapped))


def _broken(line: str, room: int) -> list[str]:
    """Break a line of prose; one of a table stays whole."""
    is_prose = _GAP not in line
    return wrap(line, room, subsequent_indent=" ") if is_prose and len(line) > room else [line]


def _here(why: Why) -> list[str]:
    lines = [f"{words.clean(veto.words)} ({veto.rule})" for veto in why.vetoes]
    if why.reason is not None and not (lines and why.reason.rule == VETOED):
        lines.append(f"{_reason(why, why.reason)} ({why.reason.rule})")
    return lines or ["not looked at yet"]


def _reason(why: Why, reason: Reason) -> str:
    """Return the words of a reason; what is left of a back-off is that of the window, told below as well."""
    window = why.window
    if reason.rule != BACK_OFF_RULE or window.state != BACK_OFF:
        return words.clean(reason.words)
    return f"back-off: {window.opener} opened window {window.number}, {duration(window.ends_in)} left"


def _window(why: Why) -> list[str]:
    window = why.window
    if window.number == NEVER:
        return [f"none was ever opened: it began as after a back-off, with one ticket; now {window.state}"]
    opened = f"number {window.number}, opened {duration(window.opened_ago)} ago by {window.opener}"
    streak = f"{window.streak} in a row ended without a proof" if window.streak > 1 else "the first in a row"
    left, over = duration(window.ends_in), duration(-window.ends_in)
    ends = f"ends in {left}" if window.ends_in > 0 else f"over for {over}"
    return [
        f"{opened}{_said(why)}",
        f"back-off of {duration(window.length)} ({streak}), {ends}; now {window.state}",
    ]


def _said(why: Why) -> str:
    """Return what the last machine of the opener said, if it ended about when the window was opened."""
    for has in why.has:
        if has.factory == why.window.opener and has.last_ago is not None and has.last_code:
            return f", whose last machine of it ended with {has.last_code} {duration(has.last_ago)} ago"
    return ""


def _hold(why: Why) -> list[str]:
    hold = why.hold
    if hold is None:
        return []
    said = "held" if hold.held else "let go of"
    reason = f": {words.clean(hold.reason)}" if hold.reason else ""
    return [f"{said} in the whole space {duration(hold.ago)} ago from {hold.author}{reason}"]


def _runs(why: Why, room: int) -> list[str]:
    """Return who runs what, in a table of at most so many cells, and together."""
    shown = sorted(why.has, key=lambda has: (-has.processors, has.factory))[:FACTORIES_SHOWN]
    left = len(why.has) - len(shown)
    total = sum(has.processors * has.weight for has in why.has)
    more = [f"and {words.plural(left, 'factory')} more, with less"] if left else []
    silent = [] if all(has.live for has in shown) else ["?: not live; its machines count, its room does not"]
    return [*_table(shown, room), *more, *silent, f"together {total:g} processors x weight"]


def _table(shown: Sequence[FactoryHas], room: int) -> list[str]:
    """Return a line for each factory under a line of heads: the columns that say something, and fit."""
    columns = [[head, *(cell(has) for has in shown)] for head, cell in _COLUMNS]
    told = [column for column in columns if {*column[1:]} - {"", "0"}]
    for head in _LEAVING:
        if _width(told) > room:
            told = [column for column in told if column[0] != head]
    widths = [max(map(len, column)) for column in told]
    return [_GAP.join(map(_set, row, widths, range(len(row)))).rstrip() for row in zip(*told, strict=True)]


def _width(columns: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + len(_GAP) for column in columns) - len(_GAP)


def _some(tickets: Sequence[int]) -> str:
    """Return a few ticket numbers."""
    more = ",.." if len(tickets) > TICKETS_SHOWN else ""
    return ",".join(map(str, tickets[:TICKETS_SHOWN])) + more


def _set(cell: str, width: int, column: int) -> str:
    """Set a cell: names from the left, numbers from the right."""
    return cell.rjust(width) if column else cell.ljust(width)


_COLUMNS: tuple[tuple[str, Callable[[FactoryHas], str]], ...] = (
    ("factory", lambda has: has.factory if has.live else f"{has.factory} ?"),
    ("run", lambda has: str(has.machines_running)),
    ("start", lambda has: str(has.machines_starting)),
    ("procs", lambda has: str(has.processors)),
    ("can", lambda has: str(has.can)),
    ("proofs", lambda has: str(has.proofs)),
    ("noworks", lambda has: str(has.noworks)),
    ("unproven", lambda has: str(has.unproven)),
    ("kept", lambda has: str(has.kept)),
    ("tickets", lambda has: _some(has.tickets)),
    ("error", lambda has: str(has.error_code) if has.error_code else ""),
)

_LEAVING = ("unproven", "tickets", "kept", "start", "error")
"""Columns that are left out of a narrow terminal, one after the other."""


def _tickets(why: Why) -> list[str]:
    window = why.window
    if window.state == OPEN:
        return []
    count = 1 + (window.gain + 1) * window.proofs
    out = f"1 + (gain {window.gain} + 1) x {words.plural(window.proofs, 'proof')} = {count} out"
    if window.state == BACK_OFF:
        return [f"none is out before the back-off has ended; then one, the probe. {_next(why)}"]
    if why.next_ticket < 0:
        return [f"{out}, all taken: the next proof lets out {window.gain + 1} more"]
    return [f"{out}; the lowest free one is {why.next_ticket}. {_next(why)}"]


def _next(why: Why) -> str:
    if not why.candidates:
        return "No factory can start one now: `can` is 0 on every one."
    order = (f"{one.factory} (lot {one.lot}) {_waits(one.rank)}" for one in why.candidates[:CANDIDATES_SHOWN])
    left = len(why.candidates) - CANDIDATES_SHOWN
    return f"The smaller lot goes first: {', '.join(order)}{f', and {left} more' if left > 0 else ''}."


def _waits(rank: int) -> str:
    return "at once" if not rank else f"after {min(rank, RANKS_IN_TURN) * RANK_SECONDS:g} s"


def _noworks(why: Why) -> list[str]:
    window = why.window
    if window.state in {"probing", "growing"}:
        holders = f"ticket holders' noworks ({window.noworks}) x 8 > their proofs ({window.proofs})"
        return [f"the next window opens when {holders}"]
    if window.state == OPEN:
        limit = f"max(2, unproven {window.unproven} / 8) = {max(2.0, window.unproven / 8):g}"
        return [f"the next window opens when uncontradicted noworks ({window.uncontradicted}) reach {limit}"]
    return []


def _growth(why: Why) -> list[str]:
    growth = why.growth
    if growth is None:
        return []
    allowed = (
        f"max(4, 5 % of {growth.processors} processors, gain {why.window.gain} x {growth.proven} proven)"
    )
    allowance = f"unproven machines allowed: {allowed} = {growth.allowance:g}; there are {growth.unproven}"
    if not growth.candidates:
        return [allowance, "nobody draws: `can` is 0 on every factory"]
    room = f"({growth.allowance:g} - {growth.unproven}) / {words.plural(growth.candidates, 'candidate')}"
    draws = f"each candidate draws once a second with chance {room} = {growth.chance:.3g} (0 to 1)"
    return [allowance, draws]


def _room(why: Why) -> list[str]:
    kept = why.kept
    if kept is None:
        return []
    quota = kept.quota
    has = sum(one.running for one in quota.contenders if one.target == why.target)
    share = sum(one.share for one in quota.contenders if one.target == why.target)
    total = sum(one.share for one in quota.contenders)
    lacks = f"lacks {kept.lack:.3f}: {share:g} / {total:g} x {quota.capacity:g} in the space, has {has:g}"
    could = f"{quota.startable} could start now" + (
        f", {quota.left} more by its limits" if quota.left < NO_CAP else ""
    )
    many = words.plural(kept.allowed, "factory")
    allowed = f"at {quota.size:g} a machine, rounded up, {many} may keep room; {could}"
    return [lacks, allowed, _keeps(kept)]


def _keeps(kept: Kept) -> str:
    """Return what this factory does about room."""
    if kept.processors and kept.ends_in is not None:
        processors = words.plural(kept.processors, "processor")
        return f"this factory keeps {processors} for it, for {duration(kept.ends_in)} at most"
    if kept.starved_for is None or not kept.allowed:
        return "this factory keeps none"
    starved = f"nobody has had room for {duration(kept.starved_for)}"
    if kept.begins_in is None:
        return f"{starved}; this factory keeps none"
    return f"{starved}; this factory keeps some in {duration(max(0.0, kept.begins_in))} unless others do"


def _share(why: Why) -> list[str]:
    if why.choice is None or why.choice_ago is None:
        return [f"target_share {why.share:g}; nothing was chosen here yet"]
    ago = duration(why.choice_ago)
    return [f"target_share {why.share:g}; the last choice here, {ago} ago:", *choice_lines(why.choice)]


def choice_lines(choice: Choice) -> list[str]:
    """Return one draw of shares as arithmetic."""
    total_share = sum(lot.share for lot in choice.lots)
    total = sum(lot.weight for lot in choice.lots)
    lines = [_lot(choice, lot, total_share) for lot in choice.lots]
    if total <= 0:
        return [*lines, f"nothing lacks and no share is set: {choice.chosen or 'none'}"]
    mark = choice.mark * total
    start, end = _lies(choice)
    drawn = f"drawn: {choice.mark:.4f} x {total:.3f} = {mark:.3f}"
    return [*lines, f"{drawn}, which lies in {start:.3f} to {end:.3f}: {choice.chosen}"]


def _lot(choice: Choice, lot: Lack, total_share: float) -> str:
    group = f" (group {lot.group})" if lot.group != lot.target else ""
    room = f"({choice.running:g} running + {choice.free:g} free)"
    due = f"{lot.share:g} / {total_share:g} x {room} = {lot.due:.3f}"
    return f"{lot.target}{group}: due {due}, has {lot.running:g}, its lot {lot.weight:.3f}"


def _lies(choice: Choice) -> tuple[float, float]:
    start = end = 0.0
    for lot in choice.lots:
        start, end = end, end + lot.weight
        if lot.target == choice.chosen:
            return start, end
    return 0.0, end


_Step = Callable[[Why], Sequence[str]]


def _steps(width: int) -> tuple[tuple[str, _Step], ...]:
    """Return the steps of the proof, for lines of at most `width`."""
    return (
        ("Here", _here),
        ("Hold", _hold),
        ("Window", _window),
        ("Tickets", _tickets),
        ("Next", _noworks),
        ("Growth", _growth),
        ("Room", _room),
        ("Runs", lambda why: _runs(why, width - INDENT)),
        ("Share", _share),
    )


def past(state: DecisionState, target: str, width: int) -> str:
    """Return what was decided at a moment gone by, of one target or (empty) of all."""
    decision = state.decision
    if decision is None or state.made is None:
        return "no decision that old is in the record; it keeps the last days"
    told = [one for one in decision.reasons if not one.target or target in {"", one.target}]
    reasons = [f"{one.target or 'this host'}: {words.clean(one.words)} ({one.rule})" for one in told]
    if target and not any(one.target == target for one in told):
        reasons.append(f"nothing was said of {words.clean(target)}: it was no target here then")
    chosen = decision.chosen or "nothing"
    blocks = [("Chosen", [chosen]), ("Reasons", reasons)]
    blocks += [("Share", choice_lines(decision.choice))] if decision.choice else []
    head = f"{state.factory} at {words.moment(state.made)}, what held until the next decision"
    return "\n".join([head, *(paragraph(title, lines, width) for title, lines in blocks if lines)])
