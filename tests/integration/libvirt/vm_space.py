"""Factories of one space with virtual machines, and what is wrong in the end.

Rules of this file: what really happened is what the guest said on its console: a disk of one sector says a
word each time that it boots. Records are read after the factories have stopped; everything is compared
machine by machine, so that two faults cannot cancel each other.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.faults.record_checks import in_many_records, wrong_events, wrong_homes, wrong_row
from tests.integration.faults.truth import Record, Row, own_words, record_of
from tools.engines.libvirtd import Libvirt
from tools.guest.sector import disk
from tools.space import Member, Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError
from vacnet.runtimes.libvirt.look import carried_by

PATIENCE_SECONDS = 90.0
QUIET = "[factory]\ndraining = true\n"
BEGUN = "vacnet-guest-begun"
MIB = 1 << 20

_COMMON = """
[runtimes.libvirt]
uri = "{uri}"
domain_type = "qemu"
network = "{network}"

[defaults]
machine_model = "vm"
fizzle_seconds = 1
backoff_seconds = 1
backoff_max_seconds = 1
claim_wait_seconds = 0.1
"""
_TARGET = """
[targets.{name}]
target_share = 1
max_machines_per_factory = {most}
{more}
"""


def sector(root: Path, seconds: float) -> str:
    """Return the option of a target whose guest ends after so long; None: when it is told to."""
    path = root / f"sector-{seconds}.raw"
    path.write_bytes(disk(BEGUN, seconds).ljust(MIB, b"\0"))
    path.chmod(0o644)
    return f'root_image = "{path}"\nmemory_per_processor = "16 MiB"\n'


class VmSpace:
    """A space whose machines are virtual machines."""

    def __init__(
        self,
        root: Path,
        libvirt: Libvirt,
        targets: Mapping[str, str],
        *,
        factories: int = 1,
        most: int = 1,
        network: str = "user",
        common: str = "",
    ) -> None:
        """Write everything down; nothing runs. `targets` are given by name and options in TOML."""
        parts = [_COMMON.format(uri=libvirt.uri, network=network), common]
        parts += [_TARGET.format(name=name, most=most, more=more) for name, more in targets.items()]
        self.libvirt = libvirt
        # Names of machines are of their factory alone, also beside the spaces of other tests.
        name = f"t{time.time_ns() // 1000}"
        self.space = Space.make(root / "s", factories, name=name, processors=4, fragment="".join(parts))
        self.members = self.space.members

    def domains(self) -> dict[str, Mapping[str, str]]:
        """Return what each domain of our factories carries, by its name."""
        connection = importlib.import_module("libvirt").open(self.libvirt.uri)
        try:
            carried = {one.name(): carried_by(one) for one in connection.listAllDomains(0)}
        finally:
            connection.close()
        names = {member.name for member in self.members}
        return {name: labels for name, labels in carried.items() if labels.get("vacnet.factory") in names}

    def rest(self, also: Callable[[], object] = lambda: None) -> None:
        """Let the factories make nothing new, wait until nothing of theirs is left, then stop them.

        `also` is called again and again meanwhile, to let machines go that wait for it.
        """
        self.space.settings("quiet", QUIET)
        for member in self.members:
            member.start()
        for member in self.members:
            until(lambda member=member: _drains(member), PATIENCE_SECONDS, f"{member.name} drains")  # type: ignore[misc] # mypy: no default in a lambda
        until(
            lambda: bool(also()) or not any(map(_busy, self.members)), PATIENCE_SECONDS, "no machine is left"
        )
        until(lambda: not self.domains(), PATIENCE_SECONDS, "no domain is left")
        self.space.stop()

    def records(self) -> dict[str, Record]:
        """Return what the stopped factories remember, by name."""
        return {member.name: record_of(member) for member in self.members}

    def unknown(self, member: Member) -> list[str]:
        """Return what of a factory's domains its record does not know, at the moment it was killed."""
        known = record_of(member).rows.keys()
        there = {
            labels["vacnet.uuid"]
            for labels in self.domains().values()
            if labels["vacnet.factory"] == member.name
        }
        return [f"{uuid} is on libvirt and not in the record" for uuid in sorted(there - known)]

    def wrong(self, allowed: Sequence[str], *, adopted: bool = False) -> list[str]:
        """Return all that is wrong with stopped factories; `allowed` are messages of vacnet's own."""
        records = self.records()
        wrong = [*in_many_records(records.values())]
        wrong += [f"the domain {name} is left" for name in self.domains()]
        for member in self.members:
            wrong += _wrong_with(member, records[member.name], allowed, adopted=adopted)
        return wrong


@contextmanager
def vm_space(root: Path, libvirt: Libvirt, targets: Mapping[str, str], **more: Any) -> Iterator[VmSpace]:
    """Yield a space that is written down, and leave nothing of it."""
    made = VmSpace(root, libvirt, targets, **more)
    try:
        yield made
    finally:
        made.space.down()


def begun(member: Member, row: Row) -> int:
    """Return how often a machine's guest has begun."""
    path = member.state / "machines" / row.id / "console.log"
    return path.read_text(errors="replace").count(BEGUN) if path.exists() else 0


def _drains(member: Member) -> bool:
    try:
        return member.client().drain_state().draining
    except ClientError:
        return False


def _busy(member: Member) -> bool:
    try:
        return bool(member.client().machines().machines)
    except ClientError:
        return True


def _wrong_with(member: Member, record: Record, allowed: Sequence[str], *, adopted: bool) -> Iterator[str]:
    yield from wrong_homes(member, record)
    for row in record.rows.values():
        yield from (f"{row.uuid}, {row.message!r}, {words}" for words in _wrong_of(member, row, record))
        said = own_words(member, row)
        if not row.message.startswith(tuple([said] if said else allowed)):
            yield f"{row.uuid} ended with {row.message!r}, not with one of {allowed}"
    yield from wrong_events(record, adopted=adopted)


def _wrong_of(member: Member, row: Row, record: Record) -> Iterator[str]:
    home = member.state / "machines" / row.id
    if (times := begun(member, row)) > 1:
        yield f"was begun {times} times"
    yield from wrong_row(row, record, counts=row.started)
    if any(home.glob("root.*")) or (home / "scratch.raw").exists():
        yield "has left a disk"
