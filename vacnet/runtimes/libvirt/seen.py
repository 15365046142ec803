"""From a domain to what `Runtime.seen` says of a machine, with the truth about how it ended.

Rules of this file: pure. libvirt keeps a word with each end as long as it lives itself; after its restart an
end that was before has none. So:

- One of an earlier boot ended with the host.
- One that was made and never started was cut off by the end of a factory: it has no console log, or its start
  failed with nobody there to be told.
- *Destroyed* is a foreign hand, if not ours: why we end a machine is in the record before we do.
- One whose start was under way when libvirt ended is ended by the next libvirt (`Off.DAEMON`), which is no
  fault of the machine's.
- A crashed or killed QEMU *failed*, if libvirt and we were there. Of one that it cannot find any more after
  its own restart libvirt says that it crashed, too: also where its guest had switched itself off and QEMU was
  about to end, which takes seconds. So one whose end nobody saw is blamed for nothing.
- What we ended because it could not go on (`Stuck`) failed: that was written down before it was ended.
- libvirt tells no times. We were there when it ended, or its files tell when they were last touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from vacnet.machines.machine import NEVER_STARTED, REBOOTED
from vacnet.machines.runtime import Seen, Usage
from vacnet.runtimes.libvirt import labels
from vacnet.runtimes.libvirt.look import Domain, Off, Paused, State

FOREIGN_HAND = "ended by a foreign hand"
SAVED = "saved to disk by a foreign hand"
RESTARTED = "libvirt restarted"
_TAKEN: Mapping[int, str] = MappingProxyType(
    {
        Off.DESTROYED: FOREIGN_HAND,
        Off.FROM_SNAPSHOT: FOREIGN_HAND,
        Off.MIGRATED: FOREIGN_HAND,
        Off.SAVED: SAVED,
        Off.DAEMON: RESTARTED,
    }
)
"""Ends that are no doing of the machine."""
CRASHED = "its QEMU crashed or was killed"
UNSEEN = "its QEMU ended, crashed or not, while libvirt or the factory was away"
_LOG = "{why}: see /var/log/libvirt/qemu/{name}.log"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why a machine that runs cannot go on."""

    failed: str = ""
    lost: str = ""
    """Somebody's doing, and no fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a domain beside what libvirt shows."""

    boot_id: str
    began: bool = True
    """It has a console log."""
    stuck: Stuck | None = None
    ended_wall: float | None = None
    """When its files were last touched, if it has ended."""
    usage: Usage = field(default_factory=Usage)


def describe(domain: Domain, known: Known) -> Seen:
    """Return a machine as its domain and all else show it."""
    ended = Stuck() if domain.running else known.stuck or _ending(domain, known)
    return Seen(
        machine_id=domain.machine_id,
        labels=domain.labels,
        reference=domain.uuid,
        running=domain.running,
        began=not never_ran(domain, known),
        ended_wall=None if domain.running or domain.witnessed else known.ended_wall,
        memory_limit_bytes=labels.number(domain.labels, labels.MEMORY),
        lost=ended.lost,
        failed=ended.failed,
        usage=known.usage,
    )


def _ending(domain: Domain, known: Known) -> Stuck:
    """Return why it ended when neither it nor we ended it; the first that applies."""
    if domain.labels.get(labels.BOOT) != known.boot_id:
        return Stuck(lost=REBOOTED)
    if never_ran(domain, known):
        return Stuck(lost=NEVER_STARTED)
    if domain.reason == Off.CRASHED:
        return _crash(domain)
    return Stuck(lost=_TAKEN.get(domain.reason, ""))


def _crash(domain: Domain) -> Stuck:
    log = partial(_LOG.format, name=domain.labels.get("vacnet.name", domain.uuid))
    return Stuck(failed=log(why=CRASHED)) if domain.witnessed else Stuck(lost=log(why=UNSEEN))


def never_ran(domain: Domain, known: Known) -> bool:
    """Tell whether it was made and not started."""
    cut_off = domain.reason == Off.UNKNOWN and not known.began
    return not domain.running and (cut_off or domain.reason == Off.FAILED)


_PASSING = frozenset({Paused.STARTING_UP, Paused.SHUTTING_DOWN})


def stuck(domain: Domain) -> Stuck | None:
    """Return why a machine that runs cannot go on; None when it can, or will in a moment."""
    if domain.state == State.CRASHED:
        return Stuck(failed="its kernel panicked: see its console log")
    if domain.state == State.SUSPENDED:
        return Stuck(lost="it put itself to sleep")
    if domain.state != State.PAUSED or domain.reason in _PASSING:
        return None
    if domain.reason == Paused.IO_ERROR:
        return Stuck(failed="paused, as its disk could not be written: is the host's disk full?")
    if domain.reason == Paused.USER:
        return Stuck(lost="paused by a foreign hand")
    return Stuck(failed=f"paused by QEMU for a fault of its own (reason {domain.reason})")
