"""What an admin orders: drain, undrain, and the end of one machine.

Rules of this file: an order is checked whole before anything is done, and its answer says what holds now,
what was before, and what is left. A drain is durable before it is answered. Who ordered it is in the log, in
the record, and beside the reason wherever that is shown.

What is left is asked of the engines each time: "drained" is what they show, never what was asked of them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from contextlib import suppress

from vacnet.agent.effects import Notify
from vacnet.agent.events import HoldOrdered
from vacnet.factory import drain as of_drain
from vacnet.factory.clock import boot_id, boot_seconds
from vacnet.factory.control import NOT_FOUND, RefusedError
from vacnet.factory.drain import Drain, shown
from vacnet.factory.factory import Factory
from vacnet.factory.holds import Here, InSpace
from vacnet.factory.messages.orders import DrainOrder, DrainState, HoldOrder, HoldState, StopOrder, Stopped
from vacnet.machines.features import GRACE_SECONDS
from vacnet.machines.heartbeat import STOP_REASONS
from vacnet.machines.names import machine_name
from vacnet.machines.views import MachineView
from vacnet.record.rows import MachineRecord
from vacnet.space.limits import TEXT_BYTES_MAX

WRONG = 400
CONFLICT = 409
REASON_CHARACTERS_MAX = 200
"""Reasons are gossiped by nobody, but stand in outcomes, tables and logs."""
BY_SECONDS_MAX = 366 * 86_400.0


class FactoryOrders:
    """Orders to one factory; see `posts.Orders`."""

    def __init__(self, factory: Factory) -> None:
        """Know whose machines they are about."""
        self._factory = factory

    async def drain(self, order: DrainOrder, who: str) -> DrainState:
        """Start nothing new from now on."""
        reason, now = _reason(order.reason), time.time()
        _check_by(order, now)
        drain = Drain(
            reason=reason,
            who=who,
            since=now,
            by=None if order.by is None else max(order.by, now + GRACE_SECONDS),
            now=order.now,
            boot_id=boot_id() if order.until_reboot else "",
        )
        return await self._change(drain, "factory.drained-by-order", who)

    async def undrain(self, who: str) -> DrainState:
        """Take an ordered drain back, if there is one; machines have the deadlines again of their making."""
        if self._factory.drain is None:
            return await self.drain_state()
        return await self._change(None, "factory.undrained", who)

    async def drain_state(self, before: str = "") -> DrainState:
        """Return what drains the factory, and what is left of its machines."""
        factory, drain = self._factory, self._factory.drain
        observed = await factory.keeper.observe()
        wanted = {target.machine_model for target in factory.targets()}
        deadlines = [view.deadline for view in factory.keeper.live()]
        return DrainState(
            factory=factory.settings.factory.name,
            time=time.time(),
            draining=bool(of_drain.draining(factory.settings.factory, drain)),
            words=drain.in_full() if drain else "",
            reason=drain.reason if drain else "",
            who=drain.who if drain else "",
            since=drain.since if drain else None,
            by=drain.by if drain else None,
            now=bool(drain and drain.now),
            until_reboot=bool(drain and drain.boot_id),
            in_settings=of_drain.IN_SETTINGS if factory.settings.factory.draining else "",
            before=before,
            left=tuple(sorted(observed.left)),
            last_deadline=max(deadlines, default=None),
            unknown="; ".join(sorted({why for model, why in observed.away.items() if model in wanted})),
        )

    async def stop(self, machine: str, order: StopOrder, who: str) -> Stopped:
        """End one machine, named by its name (the latest of it), id or uuid."""
        reason, keeper = _reason(order.reason), self._factory.keeper
        found = _found(machine, keeper.live())
        if found is None:
            raise await self._no_such(machine)
        if found.state == "stopping":
            words = f"{found.name} is being ended already: {found.message}"
            raise RefusedError(CONFLICT, words)
        if keeper.unsure(found.uuid):
            raise RefusedError(CONFLICT, _unsure(found))
        fields = {"machine": found.name, "id": found.id, "who": who, "reason": reason}
        self._factory.news.notify(Notify("machine.stop-ordered", fields))
        keeper.stop(found.uuid, reason)
        return Stopped(
            factory=self._factory.settings.factory.name,
            time=time.time(),
            name=found.name,
            id=found.id,
            state=found.state,
            grace_seconds=GRACE_SECONDS,
        )

    async def hold(self, target: str, order: HoldOrder, who: str) -> HoldState:
        """Hold a target or let go of it, on this host or in the whole space."""
        factory = self._factory
        if target not in {one.name for one in factory.targets()}:
            raise RefusedError(
                NOT_FOUND, f"{target!r} is no target of this factory; `vacnet targets` has them"
            )
        reason = _reason(order.reason) if order.held or order.reason else ""
        here, space = factory.holds.here.get(target), _of_space(factory.holds.space.get(target))
        before = space if order.space else (here.words() if here else "")
        if before or order.held:
            if order.space:
                factory.feed(HoldOrdered(target, order.held, _for_all(reason, who)))
                await factory.driver.settled()
            else:
                now = Here(reason=reason, who=who, since=time.time()) if order.held else None
                await factory.use_holds(factory.holds.with_here(target, now))
                fields = {"target": target, "who": who, "reason": reason}
                factory.news.notify(Notify("target.held" if order.held else "target.released", fields))
            await factory.record.flush()
        here = factory.holds.here.get(target)
        return HoldState(
            factory=factory.settings.factory.name,
            time=time.time(),
            target=target,
            here=here.words() if here else "",
            space=_of_space(factory.holds.space.get(target)),
            before=before,
            changed=bool(before or order.held),
            in_space=order.space,
        )

    async def _change(self, drain: Drain | None, news: str, who: str) -> DrainState:
        before = self._factory.drain
        fields = {"who": who, "drain": drain.in_full() if drain else ""}
        replaced = before.in_full() if before else ""
        await self._factory.use_drain(drain)
        self._factory.news.notify(Notify(news, {**fields, "before": replaced}, warning=drain is not None))
        return await self.drain_state(replaced)

    async def _no_such(self, machine: str) -> RefusedError:
        row = await self._factory.record.machine(machine)
        if row is not None:
            return RefusedError(CONFLICT, _ended(row))
        others = self._factory.agent.view(boot_seconds()).factories
        pattern = self._factory.settings.factory.machine_name_pattern
        whose = _whose(machine, (other.name for other in others if not other.itself), pattern)
        if whose:
            words = f"by its name it is one of {whose}: run `vacnet stop {machine} --reason ...` there"
        else:
            words = "`vacnet machines` shows those of this host; each is ended on the host that it runs on"
        return RefusedError(NOT_FOUND, f"this factory has no machine {machine!r}; {words}")


def _of_space(said: InSpace | None) -> str:
    """Return a hold of the whole space in words; empty: there is none."""
    if said is None or not said.held:
        return ""
    return f"held in the whole space since {shown(said.at)} from {said.author}: {said.reason}"


def _for_all(reason: str, who: str) -> str:
    """Return a reason with who gave it, as each row of the space carries it.

    Raises:
        RefusedError: it is too long for that.
    """
    told = f"{reason} ({who})"
    if (over := len(told.encode()) - TEXT_BYTES_MAX) > 0:
        room = TEXT_BYTES_MAX - len(f" ({who})".encode())
        raise RefusedError(
            WRONG,
            f"the reason is {over} bytes too long for the whole space, whose rows all carry it: "
            f"{room} bytes have room beside your name",
        )
    return told


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason or not reason.isprintable() or len(reason) > REASON_CHARACTERS_MAX:
        raise RefusedError(
            WRONG,
            f"reason {text[:40]!r}: expected 1 to {REASON_CHARACTERS_MAX} printable characters that tell "
            "others why",
        )
    if reason in STOP_REASONS:
        raise RefusedError(WRONG, f"reason {reason!r}: so vacnet tells missed heartbeats; choose other words")
    return reason


def _check_by(order: DrainOrder, now: float) -> None:
    if order.by is None:
        return
    if order.now:
        raise RefusedError(WRONG, "now and by: all machines are ended either now or by a time; give one")
    if not now < order.by < now + BY_SECONDS_MAX:
        raise RefusedError(
            WRONG,
            f"by {order.by:.0f}: expected a time from now to 366 days ahead; what is past is `--now`",
        )


def _found(machine: str, live: Iterable[MachineView]) -> MachineView | None:
    """Return the machine that is meant; of two of one name the later one."""
    meant = [view for view in live if machine in {view.id, view.uuid, view.name}]
    return max(meant, key=lambda view: view.created, default=None)


def _unsure(found: MachineView) -> str:
    return (
        f"{found.name} was being started when the factory last ended, and its engine does not answer, so "
        "nobody knows whether it runs: see `vacnet factories`, and try again when the engine is back"
    )


def _ended(row: MachineRecord) -> str:
    at = "" if row.ended_wall is None else f" at {shown(row.ended_wall)}"
    return f"{row.name} has ended{at} already, with `{row.message_code} {row.message_text}`"


def _whose(machine: str, factories: Iterable[str], pattern: str) -> str:
    """Return the factory whose machine has this name, if all name theirs by our pattern."""
    numbers = {int(digits) for digits in re.findall(r"\d{1,4}", machine)}
    for factory in factories:
        host, dot, domain = factory.partition(".")
        with suppress(ValueError):
            if machine in {machine_name(pattern, host, dot + domain, number) for number in numbers}:
                return factory
    return ""
