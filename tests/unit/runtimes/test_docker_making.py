"""Making a container where its name is taken: whose it is, is asked of the engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from tests.unit.runtimes.docker_samples import spec_in
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.client import Client
from vacnet.runtimes.docker.making import Maker
from vacnet.runtimes.docker.pull import Pulls
from vacnet.targets.model import DockerSettings


class Engine:
    """An engine that refuses a name and shows nothing under it."""

    async def ask(self, _question: object, _seconds: float = 0.0) -> Any:
        return None


def test_a_name_that_the_engine_holds_for_nothing_it_shows_is_waited_for(tmp_path: Path) -> None:
    client = cast("Client", Engine())
    maker = Maker(client, Pulls(client, ""), DockerSettings(), Path("/cvmfs"))
    with pytest.raises(NotNowError, match=r"still holds the name .* it lets go of it in a moment"):
        asyncio.run(maker._namesake(spec_in(tmp_path)))
