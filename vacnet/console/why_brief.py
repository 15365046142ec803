"""`vacnet why` at a glance: what settles it, what that stands on, who could, and what helps.

Rules of this file: pure. What settles it is the first veto of the host, else the reason of the target; two
tables say, by the name of its rule, what that means and which steps of the proof it stands on. The other
steps are left to `--full`: an admin at three in the morning wants the one that counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from vacnet.agent.why import FactoryHas, Why
from vacnet.console import words
from vacnet.console.why_words import BACK_OFF, paragraph, steps

_Told = TypeVar("_Told")

NAMES_SHOWN = 3
"""Of factories that could start one; the rest is counted."""
NOTHING = "nothing is started here now"
VERDICTS: Mapping[str, str] = {
    "chosen": "one is being started here",
    "ticket.waiting": "one may be started here soon",
    "ticket.ready-to-claim": "one may be started here soon",
    "ticket.claimed": "one is about to be started here",
    "ticket.ready-to-start": "one is about to be started here",
    "cap.claimed": "one is about to be started here",
    "open.not-drawn": "one may be started here any second",
    "choice.pause": "one may be started here any second",
    "choice.kept": "one may be started here soon",
    "share.other": "another target goes first",
}
"""By rule of the reason; of a rule that is not here nothing is started."""

STANDS_ON: Mapping[str, Sequence[str]] = {
    "window": ("Window",),
    "ticket": ("Tickets",),
    "open": ("Growth",),
    "cap": ("Runs",),
    "room": ("Room",),
    "fit.never": (),
    "fit": ("Room",),
    "choice": ("Share",),
    "share": ("Share",),
    "chosen": ("Share",),
}
"""By rule, or by the first word of it: the steps of the proof that say why; in back-off the window, too."""

_LAST = "`vacnet events --target {target}` names its last machines, `vacnet logs ID` has their words"
REMEDIES: Mapping[str, str] = {
    "host.draining": "`vacnet undrain` takes it back",
    "host.isolated": "`vacnet peers check` asks each peer",
    "host.settings": "`vacnet config check` names every problem",
    "engine": "`vacnet doctor` looks at the engines",
    "hold.space": "`vacnet target release {target} --space --reason TEXT`",
    "hold.here": "`vacnet target release {target} --reason TEXT`",
    "window": f"nothing; but if work is expected: {_LAST}",
    "local": _LAST,
    "target": "`vacnet events --target {target}` has what came before",
    "fit.never": "other hosts may be large enough; else its min_processors, or what [factory] gives here",
    "fit": "nothing, if others should have the room; `vacnet machines` names who has it",
}
"""Likewise: what helps. Of a rule that is not here the words say it, or there is nothing to do."""


def answer(why: Why, width: int) -> str:
    """Return what settles whether one is started here, in lines of at most `width`, and what helps."""
    rules = [reason.rule for reason in (*why.vetoes, why.reason) if reason is not None] or [""]
    rule = rules[0]
    titles = {"Here", *(_by_rule(STANDS_ON, rule) or ())}
    titles |= {"Window"} if why.window.state == BACK_OFF and not why.vetoes else set()
    blocks = [
        *((title, lines) for title, lines in steps(why, width) if title in titles),
        ("Space", [f"{_machines(why.has)}; {_could(why.has)}"]),
        ("Do", _remedies(why.target, rules)),
        ("More", [f"`vacnet why {why.target} --full`: the whole proof, number by number"]),
    ]
    head = f"{why.target} on {why.factory}: {VERDICTS.get(rule, NOTHING)}"
    return "\n".join([head, *(paragraph(title, lines, width) for title, lines in blocks if any(lines))])


def _remedies(target: str, rules: Sequence[str]) -> list[str]:
    """Return what helps against each rule; that nothing is to be done only where that is all."""
    told = [(_by_rule(REMEDIES, rule) or "").format(target=target) for rule in rules]
    return [one for n, one in enumerate(told) if one and not (n and one.startswith("nothing"))]


def _by_rule(table: Mapping[str, _Told], rule: str) -> _Told | None:
    """Return what a table has of a rule, else of its first word."""
    return table.get(rule, table.get(rule.partition(".")[0]))


def _machines(has: Sequence[FactoryHas]) -> str:
    counts = {one.factory: one.machines_running + one.machines_starting for one in has}
    some = sorted((name for name, count in counts.items() if count), key=lambda name: (-counts[name], name))
    if not some:
        return "no machine of it anywhere"
    where = _few([f"{name} {counts[name]}" for name in some])
    return f"{words.plural(sum(counts.values()), 'machine')}: {where}"


def _could(has: Sequence[FactoryHas]) -> str:
    able = [one.factory for one in has if one.live and one.can]
    return f"able to start one: {_few(able)}" if able else "no factory is able to start one"


def _few(names: Sequence[str]) -> str:
    left = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {left} more" if left > 0 else "")
