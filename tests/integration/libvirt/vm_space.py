"""Factories of one space with virtual machines, and what is wrong in the end.

Rules of this file: what really happened is what the guest said on its console: a disk of one sector says a
word each time that it boots.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.faults.engine_space import EngineSpace
from tests.integration.faults.record_checks import wrong_message, wrong_row
from tests.integration.faults.truth import Record, Row, own_words
from tools.engines.libvirtd import Libvirt
from tools.guest.sector import disk
from tools.space import Member, Space
from vacnet.runtimes.libvirt.look import carried_by

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


class VmSpace(EngineSpace):
    """A space whose machines are virtual machines."""

    engine = "libvirt"
    doomed = "tests.integration.libvirt.doomed_vm"

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
        self.make_nothing_new()
        for member in self.members:
            member.start()
        self.wait_until_all_drain()
        self.wait_for_the_end(also)

    def names(self) -> list[str]:
        """Return what libvirt shows of our factories."""
        return list(self.domains())

    def uuids(self, member: Member) -> set[str]:
        """Return the machines of a factory that libvirt shows."""
        carried = self.domains().values()
        return {labels["vacnet.uuid"] for labels in carried if labels["vacnet.factory"] == member.name}

    def wrong_machine(
        self, member: Member, row: Row, record: Record, allowed: Sequence[str]
    ) -> Iterator[str]:
        """Yield what is wrong with a machine; one that says nothing ends with what is allowed alone."""
        home = member.state / "machines" / row.id
        if (times := begun(member, row)) > 1:
            yield f"was begun {times} times"
        yield from wrong_row(row, record, counts=row.started)
        if any(home.glob("root.*")) or (home / "scratch.raw").exists():
            yield "has left a disk"
        said = own_words(member, row)
        yield from wrong_message(row, [said] if said else allowed)


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
