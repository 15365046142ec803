"""How a factory under test dies, and what it may lose by that."""

from __future__ import annotations

import sys

import msgspec

from tests.integration.faults.fate import VARIABLE, Fate
from tools.space.member import Member
from tools.space.waiting import until


def live_until(member: Member, fate: Fate, daemon: str, patience_seconds: float) -> list[str]:
    """Let a factory live until its fate; return what is wrong, which is that it never came to it.

    Args:
        member: a factory that does not run.
        fate: where it dies, and what happens before.
        daemon: the module that is run in place of `vacnet run`: one that is made of `doomed`.
        patience_seconds: it is killed if it lives longer.
    """
    member.start((sys.executable, "-m", daemon), {VARIABLE: msgspec.json.encode(fate).decode()})
    try:
        until(lambda: not member.running(), patience_seconds, f"it comes to {fate.point}")
    except TimeoutError:
        words = member.last_words()
        member.kill()
        return [f"never came to {fate.point}:\n{words}"]
    return []


def lose_record(member: Member) -> None:
    """Lose the record of a factory that does not run."""
    for path in member.state.glob("vacnet.db*"):
        path.unlink()
