"""How long a processor stands idle between two containers, where there is work for as many as there is room.

Three factories with room for one container each. Timed from the engine's own word that one died to its word
that the next one of the same factory was started: the end is noticed, judged and recorded, the next machine
is decided on (once a second at most), recorded, prepared, created and started in that time.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from docker import APIClient

from tools.bench.engine import engine
from tools.bench.figure import Figure
from tools.engines.tiny_image import import_into
from tools.space import Space
from tools.space.waiting import until

SECONDS_MAX = 2.0
FACTORIES = 3
PROVED = 4
"""Machines of each factory that end before it is timed: until then tickets are what is waited for."""
TIMED = 60
PATIENCE_SECONDS = 600.0

_PAYLOAD = """\
#!/bin/sh
: >"$JOBOUTPUTS/job_started"
sleep 1.5
echo "200 done" >"$JOBOUTPUTS/shutdown_message"
"""
_SETTINGS = """
[runtimes.docker]
socket = "{socket}"

[targets.work]
target_share = 1
machine_model = "docker"
root_image = "{image}"
user_data = "{payload}"
proof = "job_started"
fizzle_seconds = 1
backoff_seconds = 1
memory_per_processor = "64 MiB"
"""


@dataclass
class Gaps:
    """What the engine tells of our factories' containers."""

    died: dict[str, float] = field(default_factory=dict)
    """Factory to when its last container died."""
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def follow(self, api: APIClient) -> None:
        """Listen until the connection is closed; for a thread."""
        filters = {"event": ["start", "die"], "label": ["vacnet.factory"]}
        with suppress(Exception):  # the bench is over
            for event in api.events(decode=True, filters=filters):
                factory: str = event["Actor"]["Attributes"]["vacnet.factory"]
                self._hear(factory, event["Action"], event["timeNano"] / 1e9)

    def _hear(self, factory: str, action: str, at: float) -> None:
        if action == "die":
            self.died[factory] = at
        elif factory in self.died:
            self.seconds.setdefault(factory, []).append(at - self.died.pop(factory))

    def timed(self) -> list[float]:
        """Return what counts."""
        return [one for gaps in list(self.seconds.values()) for one in gaps[PROVED:]]


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure as many replacements as the figures need."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vn")))
        address = stack.enter_context(engine(directory, "docker-replaced"))
        if address:
            yield from _figures(_gaps(directory, address))


def _gaps(directory: Path, address: str) -> list[float]:
    api, listening = (APIClient(base_url=address, version="auto") for _ in range(2))
    payload = directory / "payload"
    payload.write_text(_PAYLOAD)
    settings = _SETTINGS.format(socket=address, image=import_into(api), payload=payload)
    gaps = Gaps()
    threading.Thread(target=gaps.follow, args=(listening,), daemon=True).start()
    space = Space.make(directory / "space", FACTORIES, name="bench", processors=1, fragment=settings)
    try:
        space.start()
        until(lambda: len(gaps.timed()) >= TIMED, PATIENCE_SECONDS, f"{TIMED} machines are replaced")
        return gaps.timed()
    finally:
        space.down()
        api.close()


def _figures(gaps: list[float]) -> Iterator[Figure]:
    how = f"{len(gaps)} on {FACTORIES} factories, the engine's die to its next start"
    yield Figure("container replaced: median", statistics.median(gaps), "s", None, how)
    yield Figure("container replaced: p95", statistics.quantiles(gaps, n=20)[-1], "s", SECONDS_MAX, how)
    yield Figure("container replaced: longest", max(gaps), "s", None, how)
