"""What the tests of the factory share: waiting for a condition, with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

Until = Callable[[Callable[[], bool]], Awaitable[None]]

DEADLINE_SECONDS = 10.0


@pytest.fixture
def until() -> Until:
    """Return a function that waits until a condition holds and fails the test when it never does."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():  # noqa: ASYNC110 (the condition is no event of this loop)
                await asyncio.sleep(0.001)

    return wait
