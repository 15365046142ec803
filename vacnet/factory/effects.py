"""What an effect of the agent means in a factory: one table, one line each.

Rules of this file: nothing is decided. Only an epoch is waited for, because a datagram that bears an
epoch which a kill could take back would make this factory's later rows look old for ever; the rest is
queued to the record in order and durable within milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vacnet.agent import effects
from vacnet.agent.effects import Effect, Notify, PersistHold
from vacnet.factory.loop import Handler
from vacnet.factory.queries import Queries
from vacnet.factory.udp import Endpoint
from vacnet.machines.keeper import Keeper
from vacnet.record.record import Record


def handlers(
    record: Record,
    endpoint: Endpoint,
    keeper: Keeper,
    queries: Queries,
    notify: Callable[[Notify], None],
    keep_hold: Callable[[PersistHold], None],
) -> Mapping[type[Effect], Handler]:
    """Return what to call with each effect."""
    table: dict[type[Effect], Callable[[Any], Any]] = {
        effects.Send: lambda effect: endpoint.send(effect.data, effect.address),
        effects.StartMachine: keeper.start,
        effects.StopMachine: lambda effect: keeper.stop(effect.uuid, effect.reason),
        effects.PersistEpoch: lambda effect: record.keep_epoch(effect.epoch),
        effects.PersistWindow: lambda effect: record.keep_window(effect.target, effect.window),
        effects.PersistSuspicion: lambda effect: record.keep_suspicion(effect.target, effect.suspicion),
        effects.PersistHold: keep_hold,
        effects.PersistMembers: lambda effect: record.keep_members(effect.members),
        effects.Notify: notify,
        effects.GatherAnswer: queries.gather,
        effects.Decided: lambda effect: record.add_decision(effect.decision),
    }
    return table
