"""Three factories of one space on one engine, payloads that keep a book, and what is wrong in the end.

Rules of this file: payloads are those of the fault points, whose book is here a file in each machine's
joboutputs: what really happened, whatever engine and factory think.
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
from tests.integration.faults.engine_space import EngineSpace
from tests.integration.faults.record_checks import unseen, wrong_message, wrong_row
from tests.integration.faults.truth import Record, Row, homes_of, own_words
from tools.space import Member, Space
from vacnet.runtimes.process import proc

FACTORIES = 3
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


class DockerSpace(EngineSpace):
    """A space whose machines are containers."""

    engine = "the engine"
    doomed = "tests.integration.docker.doomed_docker"

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
        self.make_nothing_new()
        self.wait_until_all_drain()
        let_go()
        self.wait_for_the_end()

    def names(self) -> list[str]:
        """Return what the engine shows of our factories."""
        return [", ".join(row["Names"] or ()) for row in self.containers()]

    def uuids(self, member: Member) -> set[str]:
        """Return the machines of a factory that the engine shows."""
        rows = self.api.containers(all=True, filters={"label": [f"vacnet.factory={member.name}"]})
        return {row["Labels"]["vacnet.uuid"] for row in rows}

    def wrong(self, allowed: Sequence[str] = (), *, adopted: bool = False) -> list[str]:
        """Return all that is wrong with stopped factories, also what runs and their engine shows no more."""
        held = {uuid for record in self.records().values() for uuid in record.rows}
        running = [f"{uuid} still runs" for uuid in sorted(held & living())]
        return [*running, *super().wrong(allowed, adopted=adopted)]

    def wrong_machine(
        self, member: Member, row: Row, record: Record, allowed: Sequence[str]
    ) -> Iterator[str]:
        """Yield what is wrong with a machine; what a payload says by its exit code is always allowed."""
        begun = book_of(member.state / "machines" / row.id)["begun"]
        if begun > 1:
            yield f"was begun {begun} times"
        yield from wrong_row(row, record, counts=begun > 0 and not unseen(row))
        said = "" if unseen(row) else own_words(member, row)
        yield from wrong_message(row, [said] if said else ["204", *allowed])

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
