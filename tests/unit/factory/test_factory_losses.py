"""What the kernel dropped is told once each time and shown for a while; a small buffer is a warning."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from vacnet.agent.effects import Notify
from vacnet.factory.losses import Losses
from vacnet.factory.udp import RECEIVE_BUFFER_BYTES, Endpoint


@dataclass
class Kernel:
    """An endpoint as the kernel tells of it."""

    dropped: int = 0
    granted: int = RECEIVE_BUFFER_BYTES
    told: list[Notify] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def dropped_by_kernel(self) -> int:
        return self.dropped

    def receive_buffer_bytes(self) -> int:
        return self.granted

    def losses(self) -> Losses:
        return Losses(self, self.told.append, lambda _seconds, line: self.shown.append(line))


def test_drops_are_told_when_they_come_and_not_again() -> None:
    kernel = Kernel()
    losses = kernel.losses()
    for dropped in (0, 7, 7, 9):
        kernel.dropped = dropped
        losses.look()
    assert [notice.fields["datagrams"] for notice in kernel.told] == [7, 2]
    assert "9 since the start" in kernel.shown[-1]


def test_a_buffer_smaller_than_asked_for_is_told_with_what_to_do() -> None:
    assert Kernel().losses().small_buffer() == ""
    line = Kernel(granted=212_992).losses().small_buffer()
    assert "208 KiB of the 4096 KiB" in line
    assert f"net.core.rmem_max={RECEIVE_BUFFER_BYTES}" in line


async def test_a_small_buffer_is_told_once_at_the_start() -> None:
    kernel = Kernel(granted=212_992)
    task = asyncio.create_task(kernel.losses().run())
    await asyncio.sleep(0)
    task.cancel()
    assert [notice.name for notice in kernel.told] == ["gossip.small-buffer"]


def test_a_real_socket_tells_what_it_was_granted() -> None:
    endpoint = Endpoint(("127.0.0.1:0", "[::1]:0"), lambda _data, _address: None)
    try:
        assert 0 < endpoint.receive_buffer_bytes() <= RECEIVE_BUFFER_BYTES
    finally:
        endpoint.close()
