"""Rows to the wire and back: times on my clock become ages and ages become times.

Rules of this file: pure functions of a row and `now`. Numbers are clamped to the wire's bounds on the way
out (a wrong count in one row must not silence a factory); on the way in the wire's types have checked
them. A row that went out and came in again at the same moment is the same but for the stated steps, and
after one trip nothing changes any more: every holder has the same contents.
"""

from __future__ import annotations

from msgspec.structs import replace

from vacnet.space import limits
from vacnet.space.hold import NEVER_HELD, Hold
from vacnet.space.rows import FactoryRow, Flags, TargetRow
from vacnet.space.window import Window
from vacnet.space.wire import WireFactory, WireHold, WireTarget, WireWindow

MIB = 1 << 20
AGES = ("claim_age", "message_age", "proof_age", "proof_started_age", "error_age", "verdict_age")
"""The ages of a row; its window and its hold have one more."""


def age(at: float, now: float) -> int:
    """Return the deciseconds since `at`, rounded down; 0 for what is yet to come."""
    return bounded((now - at) * 10)


def age_or_none(at: float | None, now: float) -> int | None:
    """Return the age of what may never have been."""
    return None if at is None else age(at, now)


def time(deciseconds: int, now: float) -> float:
    """Return when that was on my clock: the latest moment that the age allows."""
    return now - deciseconds / 10


def time_or_none(deciseconds: int | None, now: float) -> float | None:
    """Return when that was, if it ever was."""
    return None if deciseconds is None else time(deciseconds, now)


def bounded(value: float, most: int = limits.U32_MAX) -> int:
    """Return a whole number that the wire can carry."""
    return int(value) if 0 <= value <= most else most * (value > 0)


def cut(text: str, most: int = limits.TEXT_BYTES_MAX) -> str:
    """Return as much of a text as fits into `most` bytes of UTF-8."""
    return text.encode()[:most].decode(errors="ignore")


def window_to_wire(window: Window, now: float) -> WireWindow:
    """Return a window as it travels."""
    return WireWindow(
        number=bounded(window.number),
        opener=window.opener,
        age=age(window.opened_at, now),
        length=bounded(round(window.length_seconds * 10)),
        streak=bounded(window.streak),
        open=window.open,
    )


def window_from_wire(wire: WireWindow, now: float) -> Window:
    """Return a window on my clock."""
    return Window(
        number=wire.number,
        opener=wire.opener,
        opened_at=time(wire.age, now),
        length_seconds=wire.length / 10,
        streak=wire.streak,
        open=wire.open,
    )


def hold_to_wire(hold: Hold, now: float) -> WireHold | None:
    """Return a hold as it travels; None where there never was one."""
    if not hold.number:
        return None
    return WireHold(bounded(hold.number), hold.author, age(hold.at, now), hold.held, cut(hold.reason))


def hold_from_wire(wire: WireHold | None, now: float) -> Hold:
    """Return a hold on my clock."""
    if wire is None or not wire.number:
        return NEVER_HELD
    return Hold(wire.number, wire.author, time(wire.age, now), wire.held, wire.reason)


def target_to_wire(row: TargetRow, version: int, now: float) -> WireTarget:
    """Return a target's row as it travels."""
    return WireTarget(
        target=row.target,
        version=version,
        window=window_to_wire(row.window, now),
        gone=row.gone,
        machines_running=bounded(row.machines_running),
        machines_starting=bounded(row.machines_starting),
        processors_running=bounded(row.processors_running),
        processors_starting=bounded(row.processors_starting),
        processors_claimed=bounded(row.processors_claimed),
        can=bounded(row.can, 255),
        unproven=bounded(row.unproven),
        proven_running=bounded(row.proven_running),
        tickets=row.tickets & limits.U64_MAX,
        proofs=bounded(row.proofs),
        noworks=bounded(row.noworks),
        claim=min(max(row.claim, -2), 63),
        claim_age=age_or_none(row.claim_at, now),
        message_code=bounded(row.message_code, limits.CODE_MAX),
        message_age=age_or_none(row.message_at, now),
        proof_age=age_or_none(row.proof_at, now),
        proof_started_age=age_or_none(row.proof_started_at, now),
        uncontradicted=bounded(row.uncontradicted),
        proof_at_age=bounded(round(row.proof_age_seconds * 10)),
        nowork_life=bounded(round(row.nowork_life_seconds * 10)),
        error_code=bounded(row.error_code, limits.CODE_MAX),
        error_age=age_or_none(row.error_at, now),
        verdict_age=age_or_none(row.verdict_at, now),
        tried_hundredths=bounded(round(row.tried * 100)),
        failed_hundredths=bounded(round(row.failed * 100)),
        share_millionths=bounded(round(row.share * 1_000_000)),
        digest=row.digest[: limits.DIGEST_BYTES_MAX],
        hold=hold_to_wire(row.hold, now),
    )


def aged(wire: WireTarget, deciseconds: int) -> WireTarget:
    """Return a row whose ages have grown by so much; what never was stays so."""
    ages = {name: bounded(age + deciseconds) for name in AGES if (age := getattr(wire, name)) is not None}
    window = replace(wire.window, age=bounded(wire.window.age + deciseconds))
    hold = None if wire.hold is None else replace(wire.hold, age=bounded(wire.hold.age + deciseconds))
    return replace(wire, window=window, hold=hold, **ages)


def target_from_wire(wire: WireTarget, now: float) -> TargetRow:
    """Return a target's row on my clock."""
    return TargetRow(
        target=wire.target,
        window=window_from_wire(wire.window, now),
        gone=wire.gone,
        machines_running=wire.machines_running,
        machines_starting=wire.machines_starting,
        processors_running=wire.processors_running,
        processors_starting=wire.processors_starting,
        processors_claimed=wire.processors_claimed,
        can=wire.can,
        unproven=wire.unproven,
        proven_running=wire.proven_running,
        tickets=wire.tickets,
        proofs=wire.proofs,
        noworks=wire.noworks,
        claim=wire.claim,
        claim_at=time_or_none(wire.claim_age, now),
        message_code=wire.message_code,
        message_at=time_or_none(wire.message_age, now),
        proof_at=time_or_none(wire.proof_age, now),
        proof_started_at=time_or_none(wire.proof_started_age, now),
        uncontradicted=wire.uncontradicted,
        proof_age_seconds=wire.proof_at_age / 10,
        nowork_life_seconds=wire.nowork_life / 10,
        error_code=wire.error_code,
        error_at=time_or_none(wire.error_age, now),
        verdict_at=time_or_none(wire.verdict_age, now),
        tried=wire.tried_hundredths / 100,
        failed=wire.failed_hundredths / 100,
        share=wire.share_millionths / 1_000_000,
        digest=wire.digest,
        hold=hold_from_wire(wire.hold, now),
    )


def factory_to_wire(row: FactoryRow, version: int, departed_at: float | None, now: float) -> WireFactory:
    """Return a factory's row as it travels."""
    return WireFactory(
        version=version,
        advertise=cut(row.advertise),
        instance=row.instance[: limits.INSTANCE_BYTES],
        processors_total=bounded(row.processors_total),
        processors_free=bounded(row.processors_free),
        weight_thousandths=bounded(round(row.weight * 1000)),
        flags=int(row.flags) & limits.CODE_MAX,
        deadline_in=None if row.deadline_at is None else age(now, row.deadline_at),
        rule_version=bounded(row.rule_version, limits.CODE_MAX),
        settings_digest=row.settings_digest[: limits.DIGEST_BYTES_MAX],
        software_version=cut(row.software_version),
        load_hundredths=bounded(round(row.load * 100)),
        memory_free_mib=bounded(row.memory_free_bytes // MIB, limits.U64_MAX // MIB),
        disk_free_mib=bounded(row.disk_free_bytes // MIB, limits.U64_MAX // MIB),
        departed_age=age_or_none(departed_at, now),
    )


def factory_from_wire(wire: WireFactory, name: str, now: float) -> FactoryRow:
    """Return a factory's row on my clock; whether it departed is not of it."""
    return FactoryRow(
        name=name,
        advertise=wire.advertise,
        instance=wire.instance,
        processors_total=wire.processors_total,
        processors_free=wire.processors_free,
        weight=wire.weight_thousandths / 1000,
        flags=Flags(wire.flags),
        deadline_at=None if wire.deadline_in is None else now + wire.deadline_in / 10,
        rule_version=wire.rule_version,
        settings_digest=wire.settings_digest,
        software_version=wire.software_version,
        load=wire.load_hundredths / 100,
        memory_free_bytes=wire.memory_free_mib * MIB,
        disk_free_bytes=wire.disk_free_mib * MIB,
    )
