"""What the dashboard may change, as commands: holding a target, draining a factory, stopping a machine.

Rules of this file: an order is a value, the same thing as a command line and as a question to the source.
Only the factory that answers can be ordered about; for another one, and without `--write`, there is the
command line to run, quoted so that it can be copied.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from vacnet.console import drain_words, hold_words
from vacnet.console.dashboard.source import Source
from vacnet.factory.client import DrainOrder, FactoryState, HoldOrder, MachineState, StopOrder, TargetState

REASON = "REASON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something to be done by one factory."""

    title: str
    consequence: str
    words: tuple[str, ...]
    """The command without its reason."""
    where: str = ""
    """The factory on whose host it has to be given; empty: any will do."""
    needs_reason: bool = True
    give: Callable[[Source, str], str]
    """Does it for a reason, and says what came of it."""

    def command(self, reason: str = REASON) -> str:
        """Return the command line."""
        reasons = ("--reason", reason) if self.needs_reason else ()
        return shlex.join((*self.words, *reasons))


def undoes(thing: object) -> str:
    """Return which order would be taken back if it were given of this thing; empty: none."""
    if isinstance(thing, TargetState):
        return "hold" if thing.state == "held" or thing.held_here else ""
    return "drain" if isinstance(thing, FactoryState) and "draining" in thing.flags else ""


def hold(target: TargetState, who: str) -> Order:
    """Return the order that lets go of a target where it is held, or holds it on the factory that answers."""
    space = target.state == "held"
    held = undoes(target) == "hold"
    where = "in the whole space" if space else "on this host"

    def give(source: Source, reason: str) -> str:
        order = HoldOrder(held=not held, space=space, reason=reason, who=who)
        return hold_words.told(source.hold(target.name, order))

    return Order(
        title=f"{'Let go of' if held else 'Hold'} {target.name} {where}",
        consequence=(
            f"Machines of it are made again {where}."
            if held
            else "No more machines of it are made here; those that run go on."
        ),
        words=(
            "vacnet",
            "target",
            "release" if held else "hold",
            target.name,
            *(["--space"] if space else []),
        ),
        give=give,
    )


def drain(factory: FactoryState, who: str) -> Order:
    """Return the order that drains a factory, or takes that back."""
    if undoes(factory) == "drain":
        return Order(
            title=f"Take back the drain of {factory.name}",
            consequence="It makes machines again.",
            words=("vacnet", "undrain"),
            where=factory.name,
            needs_reason=False,
            give=lambda source, _reason: drain_words.undrained(source.undrain(who)),
        )
    return Order(
        title=f"Drain {factory.name}",
        consequence="It starts nothing new; what runs goes on to its end.",
        words=("vacnet", "drain"),
        where=factory.name,
        give=lambda source, reason: drain_words.drained(source.drain(DrainOrder(reason=reason, who=who))),
    )


def stop(machine: MachineState, who: str) -> Order:
    """Return the order that stops a machine."""
    return Order(
        title=f"Stop {machine.name}",
        consequence="It is told, has its grace to end well, and then is ended; it counts as neutral.",
        words=("vacnet", "stop", machine.id),
        where=machine.factory,
        give=lambda source, reason: _stopping(source, machine, reason, who),
    )


def _stopping(source: Source, machine: MachineState, reason: str, who: str) -> str:
    stopped = source.stop(machine.id, StopOrder(reason=reason, who=who))
    return f"{stopped.name} is being stopped; it has {stopped.grace_seconds:.0f} s to end well"
