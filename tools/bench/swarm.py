"""Many factories in one process, over real sockets: `python -m tools.bench.swarm COUNT`, settings on stdin.

Rules of this file: each is the real agent behind the daemon's own loop and sockets, without machines; so
a factory under measurement has peers that speak as real ones do and cost it what real ones cost.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Callable
from random import Random

import msgspec

from vacnet.agent import effects
from vacnet.agent.agent import Agent
from vacnet.agent.events import AgentSettings, DatagramReceived, KeysChanged, PeersChanged
from vacnet.agent.restored import Restored
from vacnet.factory.loop import Driver
from vacnet.factory.udp import Endpoint
from vacnet.space.address import Address
from vacnet.targets.model import Target


class Swarm(msgspec.Struct, frozen=True):
    """What a swarm is to be."""

    space: str
    key: str
    """Hex of the member key."""
    count: int
    seeds: list[Address]
    """Whom they all know."""
    targets: list[str]


def boottime() -> float:
    """Return seconds since boot, suspends included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def join(swarm: Swarm, number: int) -> Driver:
    """Start one factory of the swarm on a port of its own."""
    drivers: list[Driver] = []
    receive: Callable[[bytes, Address], None] = lambda data, address: drivers[0].feed(  # noqa: E731
        DatagramReceived(data, address)
    )
    endpoint = Endpoint(("127.0.0.1:0",), receive)
    targets = tuple(Target(name=name, target_share=1.0, fizzle_seconds=60) for name in swarm.targets)
    settings = AgentSettings(
        space=swarm.space, factory=f"swarm{number}.example.org", processors=0, targets=targets
    )
    keys = KeysChanged((("member", bytes.fromhex(swarm.key)),))
    restored = Restored(epoch=int(time.time()), instance=secrets.token_bytes(8))
    agent = Agent(settings, restored, keys, Random(number), boottime())
    drivers.append(_driver(agent, endpoint))
    endpoint.watch(asyncio.get_running_loop())
    drivers[0].feed(PeersChanged(tuple(swarm.seeds)))
    return drivers[0]


def _driver(agent: Agent, endpoint: Endpoint) -> Driver:
    def send(effect: effects.Effect) -> None:
        if isinstance(effect, effects.Send):
            endpoint.send(effect.data, effect.address)

    kinds = effects.Effect.__args__
    return Driver(agent, boottime, dict.fromkeys(kinds, send), endpoint.drain, _fail)


def _fail(error: Exception) -> None:
    raise error


async def _main() -> None:
    swarm = msgspec.json.decode(sys.stdin.buffer.readline(), type=Swarm)
    drivers = [join(swarm, number) for number in range(swarm.count)]
    await asyncio.wait([driver.failed for driver in drivers], return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    asyncio.run(_main())
