"""Three factories of one space on one engine, payloads that keep a book, and what is wrong in the end.

Rules of this file: payloads are those of the fault points, whose book is here a file in each machine's
joboutputs: what really happened, whatever engine and factory think. Records are read after the factories
have stopped. Everything is compared machine by machine, so that two faults cannot cancel each other.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from docker import APIClient

from tests.integration.faults import payloads
from tests.integration.faults.record_checks import (
    in_many_records,
    unseen,
    wrong_events,
    wrong_homes,
    wrong_row,
)
from tests.integration.faults.truth import Record, Row, homes_of, own_words, record_of
from tools.space import Member, Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError
from vacnet.runtimes.process import proc

PATIENCE_SECONDS = 90.0
FACTORIES = 3
QUIET = "[factory]\ndraining = true\n"
ENGINE_RESTARTED = "100 engine restarted"

BOOK, GO = "$JOBOUTPUTS/book", "$JOBOUTPUTS/go"
"""What the payloads of `faults.payloads` are told: places that a container can reach."""
MACHINEFEATURES = "/etc/machinefeatures"
"""As a `go`: it is there from the beginning."""

SCRIPTS = {
    **payloads.SCRIPTS,
    "seconds": payloads.SCRIPTS["short"].replace("sleep 0.3", "sleep $((RANDOM % 4))"),
    "coded": payloads.SCRIPTS["wordless"] + "exit 4\n",
}

_COMMON = """
[runtimes.docker]
socket = "{socket}"
stop_grace_seconds = 1

[defaults]
machine_model = "docker"
root_image = "{image}"
fizzle_seconds = 60
backoff_seconds = 1
backoff_max_seconds = 1
claim_wait_seconds = 0.1
memory_per_processor = "64 MiB"
exit_codes = {{ 4 = 204 }}
user_data_options = {{ book = "{book}", go = "{go}" }}
"""
_TARGET = """
[targets.{name}]
target_share = 1
user_data = "{path}"
max_machines_per_factory = {most}
{more}
"""


class DockerSpace:
    """A space whose machines are containers."""

    def __init__(
        self,
        root: Path,
        socket: str,
        image: str,
        targets: Mapping[str, str],
        *,
        most: int = 1,
        factories: int = FACTORIES,
        go: str = GO,
    ) -> None:
        """Write everything down; nothing runs. `targets` are given by name and payload, of `SCRIPTS`."""
        parts = [_COMMON.format(socket=socket, image=image, book=BOOK, go=go)]
        for name, payload in targets.items():
            path = root / payload
            if payload in SCRIPTS:
                path.write_text(SCRIPTS[payload])
            more = payloads.MORE.get(payload, "")
            parts.append(_TARGET.format(name=name, path=path, most=most, more=more))
        self.space = Space.make(
            root / "s", factories, name=f"t{time.time_ns() // 1000}", processors=8, fragment="".join(parts)
        )
        self.members = self.space.members
        self.api = APIClient(base_url=socket, version="auto", timeout=60)

    def containers(self, status: str = "") -> list[dict[str, Any]]:
        """Return what the engine shows of our factories, in one state or all."""
        filters = [{"label": [f"vacnet.factory={member.name}"]} for member in self.members]
        rows = [row for one in filters for row in self.api.containers(all=True, filters=one)]
        return [row for row in rows if status in {"", row["State"]}]

    def machines(self) -> list[Any]:
        """Return the machines that the factories show as running."""
        shown = [one for member in self.members for one in member.client().machines().machines]
        return [one for one in shown if one.state == "running"]

    def homes(self) -> Iterator[Path]:
        """Yield the directories of all machines there were."""
        for member in self.members:
            yield from (member.state / "machines" / name for name in homes_of(member))

    def go(self) -> None:
        """Let machines that wait for it end of themselves; one that is swept away meanwhile waits no more."""
        for home in self.homes():
            with suppress(FileNotFoundError):
                (home / "joboutputs" / "go").touch()

    def rest(self, let_go: Callable[[], object] = lambda: None) -> None:
        """Let the factories make nothing new, wait until nothing of theirs is left, then stop them.

        `let_go` is called when nothing new is made any more.
        """
        self.space.settings("quiet", QUIET)
        for member in self.members:
            until(lambda member=member: _drains(member), PATIENCE_SECONDS, f"{member.name} drains")  # type: ignore[misc] # mypy: no default in a lambda
        let_go()
        until(lambda: not any(map(_busy, self.members)), PATIENCE_SECONDS, "no machine is left")
        until(lambda: not self.containers(), PATIENCE_SECONDS, "no container is left")
        self.space.stop()

    def records(self) -> dict[str, Record]:
        """Return what the stopped factories remember, by name."""
        return {member.name: record_of(member) for member in self.members}

    def unknown(self, member: Member) -> list[str]:
        """Return what of a factory's containers its record does not know, at the moment it was killed."""
        known = record_of(member).rows.keys()
        rows = self.api.containers(all=True, filters={"label": [f"vacnet.factory={member.name}"]})
        there = {row["Labels"]["vacnet.uuid"] for row in rows}
        return [f"{uuid} is on the engine and not in the record" for uuid in sorted(there - known)]

    def wrong(self, allowed: Sequence[str] = (), *, adopted: bool = False) -> list[str]:
        """Return all that is wrong with stopped factories.

        `allowed` are messages that vacnet may have written of its own.
        """
        records = self.records()
        held = {uuid for record in records.values() for uuid in record.rows}
        wrong = [*in_many_records(records.values())]
        wrong += [f"container {row['Names']} is left" for row in self.containers()]
        wrong += [f"{uuid} still runs" for uuid in sorted(held & living())]
        for member in self.members:
            wrong += _wrong_with(member, records[member.name], allowed, adopted=adopted)
        return wrong

    def close(self) -> None:
        """Leave nothing."""
        self.space.down()
        for row in self.containers():
            self.api.remove_container(row["Id"], force=True, v=True)
        self.api.close()


@contextmanager
def docker_space(
    root: Path, socket: str, image: str, targets: Mapping[str, str], **more: Any
) -> Iterator[DockerSpace]:
    """Yield a space that is written down, and leave nothing of it."""
    made = DockerSpace(root, socket, image, targets, **more)
    try:
        yield made
    finally:
        made.close()


def living() -> set[str]:
    """Return the machines that have a living process, whatever their engine knows of them."""
    found, marker = set(), b"VACNET_UUID="
    for one in proc.table().values():
        for entry in (proc.read(f"/proc/{one.pid}/environ") or b"").split(b"\0"):
            if one.alive and entry.startswith(marker):
                found.add(entry.removeprefix(marker).decode())
    return found


def book_of(home: Path) -> Counter[str]:
    """Return what a machine's payload said of itself, counted."""
    path = home / "joboutputs" / "book"
    return Counter(path.read_text().split() if path.exists() else ())


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
        said = "" if unseen(row) else own_words(member, row)
        expected = [said] if said else ["204", *allowed]
        if not row.message.startswith(tuple(expected)):
            yield f"{row.uuid} ended with {row.message!r}, not with one of {expected}"
    yield from wrong_events(record, adopted=adopted)


def _wrong_of(member: Member, row: Row, record: Record) -> Iterator[str]:
    begun = book_of(member.state / "machines" / row.id)["begun"]
    if begun > 1:
        yield f"was begun {begun} times"
    yield from wrong_row(row, record, counts=begun > 0 and not unseen(row))
