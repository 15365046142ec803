"""One question at a time over a connection, and questions that hang hold up none of another kind."""

from __future__ import annotations

import asyncio
import gc
import threading
from types import ModuleType

import pytest

from vacnet.runtimes.libvirt import binding
from vacnet.runtimes.libvirt.client import MAKING_THREADS, PRESSING_THREADS, Client, Patience


class Connection:
    """Counts who asks over it at the same time."""

    def __init__(self) -> None:
        self.alive = True
        self.closed = threading.Event()
        self._asking = threading.Lock()

    def isAlive(self) -> bool:  # noqa: N802 (the library's name)
        return self.alive

    def wait(self, gate: threading.Event | threading.Barrier) -> Connection:
        assert self._asking.acquire(blocking=False), "two ask over one connection"
        gate.wait(5)
        self._asking.release()
        return self

    def close(self) -> None:
        self.closed.set()


class Library(ModuleType):
    """A library whose connections are counted."""

    libvirtError = RuntimeError  # noqa: N815 (the library's name)

    def open(self, _uri: str) -> Connection:
        return Connection()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(binding, "load", lambda: Library("libvirt"))
    return Client("test:///none", Patience())


async def test_questions_at_the_same_time_go_over_connections_of_their_own(client: Client) -> None:
    together = threading.Barrier(MAKING_THREADS)
    used = await asyncio.gather(
        *(client.make(lambda held: held.wait(together)) for _ in range(MAKING_THREADS))
    )
    assert len({id(one) for one in used}) == MAKING_THREADS


async def test_small_questions_take_turns_over_the_one_that_hears_events(client: Client) -> None:
    heard = list[object]()
    client.opened = lambda _library, made: heard.append(made)
    open_gate = threading.Event()
    open_gate.set()
    used = await asyncio.gather(*(client.ask(lambda held: held.wait(open_gate)) for _ in range(20)))
    await client.make(lambda held: held.wait(open_gate))
    assert {id(one) for one in used} == {id(heard[0])}
    assert len(heard) == 1
    used[0].alive = False
    again = await client.ask(lambda held: held.wait(open_gate))
    assert heard == [used[0], again]


async def test_buttons_that_nobody_hears_hold_up_neither_a_look_nor_an_end(client: Client) -> None:
    heard, now = threading.Event(), threading.Event()
    now.set()
    presses = [
        asyncio.create_task(client.press(lambda held: held.wait(heard))) for _ in range(5 * PRESSING_THREADS)
    ]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(3):
            await client.ask(lambda held: held.wait(now))
            await client.make(lambda held: held.wait(now))
        assert not any(press.done() for press in presses)
    finally:
        heard.set()
        await asyncio.gather(*presses)


async def test_who_lets_go_closes_its_connections_each_where_it_was_used(client: Client) -> None:
    now = threading.Event()
    now.set()
    used = [await put(lambda held: held.wait(now)) for put in (client.ask, client.make, client.press)]
    client.close()
    gc.collect()
    for one in used:
        assert await asyncio.to_thread(one.closed.wait, 5)
