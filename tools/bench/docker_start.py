"""How much later a machine's container starts than one made by the `docker` library directly.

Pairs, alternating, on one engine: the very same container (limits, binds, labels), once by create and start
alone, once by a keeper from `StartMachine` on, with its durable record, user_data, features and directory.
Both are timed from the call to the engine's own start event, by the engine's clock, which is this host's.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import structlog
from docker import APIClient

from tools.bench.engine import engine
from tools.bench.figure import Figure
from tools.bench.keeping import FACTORY, PATIENCE_SECONDS, Script, keeping, until, wish
from tools.engines.tiny_image import import_into
from vacnet.machines.keeper import Keeper
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.targets.model import DockerSettings, Model, Target

PAIRS = 200
MORE_MS_MAX = 50.0


def measure(_seconds: float) -> Iterator[Figure]:
    """Measure pairs; without an engine there is nothing to measure, which is said."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vn")))
        address = stack.enter_context(engine(directory, "docker-start"))
        if not address:
            return
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
        direct, ours = asyncio.run(_pairs(directory, address))
    yield from _figures(direct, ours)


def _figures(direct: list[float], ours: list[float]) -> Iterator[Figure]:
    def p95(values: list[float]) -> float:
        return statistics.quantiles(values, n=20)[-1]

    how = f"{PAIRS} alternating pairs, call to the engine's start event"
    for name, of in (("median", statistics.median), ("p95", p95)):
        yield Figure(f"docker library, create and start: {name}", of(direct), "ms", None, how)
        yield Figure(f"StartMachine to start: {name}", of(ours), "ms", None, how)
        more = of(ours) - of(direct)
        yield Figure(f"StartMachine more than the library: {name}", more, "ms", MORE_MS_MAX, how)


@dataclass
class _Starts:
    """When the engine started which container, by the label that says which it is."""

    api: APIClient
    at: dict[str, float] = field(default_factory=dict)

    def follow(self) -> None:
        """Listen until the engine is gone; in a thread."""
        filters = {"event": ["start"], "label": ["vacnet.uuid"]}
        with suppress(Exception):  # the bench is over
            for event in self.api.events(decode=True, filters=filters):
                attributes: dict[str, str] = event["Actor"]["Attributes"]
                self.at[attributes["vacnet.uuid"]] = event["timeNano"] / 1e9

    async def of(self, key: str) -> float:
        """Wait for a start and return when it was, Unix seconds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while key not in self.at:  # noqa: ASYNC110 (a thread tells)
                await asyncio.sleep(0.002)
        return self.at[key]


async def _pairs(directory: Path, address: str) -> tuple[list[float], list[float]]:
    """Return the milliseconds of both kinds."""
    api = APIClient(base_url=address, version="auto")
    starts = _Starts(APIClient(base_url=address, version="auto"))
    target = Target(
        name="bench", machine_model=Model.DOCKER, root_image=import_into(api), user_data="x", fizzle_seconds=1
    )
    threading.Thread(target=starts.follow, daemon=True).start()
    state = directory / "state"
    await asyncio.to_thread(state.mkdir)
    direct, ours = [], []
    runtime = DockerRuntime(DockerSettings(socket=address), state, FACTORY)
    try:
        async with keeping(state, runtime, Script()) as keeper:
            body = await _first(keeper, api, starts, target)
            for _ in range(PAIRS):
                direct.append(await asyncio.to_thread(_directly, api, body, starts))
                ours.append(await _by_keeper(keeper, starts, target, lambda: _gone(api)))
    finally:
        await runtime.close()
    return direct, ours


async def _first(keeper: Keeper, api: APIClient, starts: _Starts, target: Target) -> dict[str, Any]:
    """Make one machine, untimed, and return how to make its like without a keeper."""
    longer = msgspec.structs.replace(target, container_command="/bin/top")
    kept = asyncio.create_task(_by_keeper(keeper, starts, longer, lambda: _gone(api)))
    await until(lambda: any(view.state == "running" for view in keeper.live()), "the first machine runs")
    shown: dict[str, Any] = api.inspect_container(_ours(api)[0])
    keeper.stop(keeper.live()[0].uuid, "measured")
    await kept
    config = {**shown["Config"], "Cmd": [target.container_command]}
    return {**config, "HostConfig": shown["HostConfig"]}


def _ours(api: APIClient) -> list[str]:
    rows = api.containers(all=True, filters={"label": [f"vacnet.factory={FACTORY}"]})
    return [str(row["Id"]) for row in rows]


def _gone(api: APIClient) -> bool:
    return not _ours(api)


def _directly(api: APIClient, body: dict[str, Any], starts: _Starts) -> float:
    """Create and start a container like a machine's by the library alone; return the milliseconds."""
    key = str(uuid.uuid4())
    body = {**body, "Labels": {"vacnet.uuid": key}}
    began = time.time()
    made = api.create_container_from_config(body, f"direct-{key}")  # type: ignore[no-untyped-call] # stubs
    api.start(made["Id"])
    end = time.monotonic() + PATIENCE_SECONDS
    while key not in starts.at and time.monotonic() < end:
        time.sleep(0.002)
    api.remove_container(made["Id"], force=True)
    return (starts.at[key] - began) * 1e3


async def _by_keeper(keeper: Keeper, starts: _Starts, target: Target, gone: Callable[[], bool]) -> float:
    """Make a machine and return the milliseconds; when it has ended and is forgotten."""
    key, began = str(uuid.uuid4()), time.time()
    keeper.start(wish(key, target))
    at = await starts.of(key)
    await until(lambda: not keeper.live() and gone(), "it has ended and is forgotten")
    return (at - began) * 1e3
