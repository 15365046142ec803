"""How a factory is, for monitoring: what is wrong with it by stable names, and a few numbers.

Rules of this file: it reads and judges nothing: what is bad enough to wake somebody is the business of
whoever asks. Names are stable, words are for people.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from vacnet.agent.agent import Agent
from vacnet.agent.namesake_words import namesake_reports
from vacnet.agent.stranger_words import stranger_reports
from vacnet.agent.view import FactoryView
from vacnet.factory.host import NO_RUNTIME
from vacnet.factory.messages.health import Condition, HealthNumbers
from vacnet.factory.warned import Warnings

TOPICS = ("settings", "override", "keys", "peers", "pipes", "targets", "metrics")
"""Of the warnings in force."""
DROPPED_SECONDS = 3600.0
"""Monitors look every few minutes: what was lost between two looks must not be missed."""

_RESTRICTED = "host.settings"
"""A veto that `restricted` tells already."""


def conditions(agent: Agent, warned: Warnings, now: float) -> Iterator[Condition]:
    """Yield what is the matter, `now` in monotonic seconds."""
    for veto in agent.host.reasons:
        if veto.rule != _RESTRICTED:
            yield Condition(name=veto.rule.removeprefix("host."), words=veto.words)
    for topic in TOPICS:
        yield from (Condition(name=topic, words=line) for line in warned.of(topic))
    yield from (Condition(name="wrong-key", words=line) for line in stranger_reports(agent.gossip, now))
    for line in namesake_reports(agent.gossip.table, now):
        yield Condition(name="namesakes", words=line)
    for model, why in agent.host.facts.engines_away.items():
        if not why.startswith(NO_RUNTIME):  # nobody can mend that, and other factories may make them
            yield Condition(name="engine", words=f"{model}: {why}")
    for target, ledger in agent.board.ledgers.items():
        if ledger.suspicion.count:
            words = f"{target} fails here and not elsewhere: this host suspects itself"
            yield Condition(name="black-hole", words=words)
        if ledger.cannot_be_made(now):
            words = f"no machine of {target} can be made here: {ledger.not_made}"
            yield Condition(name="not-made", words=words)


def numbers(
    factories: Iterable[FactoryView], unheard: Iterable[str], state: Path, dropped: int
) -> HealthNumbers:
    """Return what can be counted; `unheard` are configured peers that nobody has heard."""
    disk, known = os.statvfs(state), tuple(factories)
    others = tuple(one for one in known if not one.itself)
    itself = next((one for one in known if one.itself), None)
    return HealthNumbers(
        peers_live=sum(one.state == "live" for one in others),
        peers_silent=tuple(sorted(one.name for one in others if one.state == "silent")),
        peers_unheard=tuple(sorted(unheard)),
        machines_running=itself.machines_running if itself else 0,
        machines_starting=itself.machines_starting if itself else 0,
        processors_total=itself.processors_total if itself else 0,
        processors_free=itself.processors_free if itself else 0,
        dropped_last_hour=dropped,
        disk_free_bytes=disk.f_bavail * disk.f_frsize,
        disk_total_bytes=disk.f_blocks * disk.f_frsize,
    )
