"""What is measured of the host, and that what changes is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from vacnet.agent.events import HostFacts
from vacnet.factory import host as host_module
from vacnet.factory.host import Host
from vacnet.machines.runtime import Runtime
from vacnet.targets.model import Model


class Engine:
    """An engine that only answers, or not."""

    name = "toy engine"

    def __init__(self) -> None:
        self.words = ""
        self.asked = 0

    async def probe(self) -> str:
        self.asked += 1
        return self.words


@pytest.fixture
def told() -> list[HostFacts]:
    return []


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def host(tmp_path: Path, told: list[HostFacts], engine: Engine) -> Host:
    runtimes = {Model.PROCESS: cast("Runtime", engine), Model.APPTAINER: cast("Runtime", engine)}
    models = {Model.PROCESS, Model.APPTAINER, Model.VM}
    return Host(tmp_path, runtimes, lambda: models, told.append)


def test_load_memory_and_disk_are_those_of_this_host(host: Host, told: list[HostFacts]) -> None:
    host.measure()
    host.measure()
    assert len(told) == 2
    assert 0 <= told[0].load < 10_000
    assert 1 << 20 < told[0].memory_free_bytes < 1 << 50
    assert 1 << 20 < told[0].disk_free_bytes < 1 << 62


def test_a_model_that_nothing_makes_is_known_before_any_engine_is_asked(
    host: Host, told: list[HostFacts], engine: Engine
) -> None:
    host.measure()
    assert set(told[-1].engines_away) == {Model.VM}
    assert engine.asked == 0


async def test_an_engine_away_and_a_model_nothing_makes_are_told_in_words(
    host: Host, told: list[HostFacts], engine: Engine
) -> None:
    engine.words = "the socket is gone"
    await host.probe()
    assert told[-1].engines_away[Model.PROCESS] == "the socket is gone"
    assert "no runtime for machine_model vm" in told[-1].engines_away[Model.VM]
    engine.words = ""
    await host.probe()
    assert set(told[-1].engines_away) == {Model.VM}


async def test_one_engine_of_two_models_is_asked_once(host: Host, engine: Engine) -> None:
    await host.probe()
    assert engine.asked == 1


async def test_an_engine_that_does_not_answer_is_away(
    host: Host, told: list[HostFacts], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "PROBE_PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(engine, "probe", _never())
    await host.probe()
    assert "toy engine did not answer within 0.01 s" in told[-1].engines_away[Model.PROCESS]


def test_what_changes_is_told_at_once_and_what_does_not_is_not(host: Host, told: list[HostFacts]) -> None:
    host.obey("new DIMMs", None, "")
    host.obey("new DIMMs", None, "")
    host.hold({"t": "bad image"})
    assert [(facts.draining, dict(facts.holds)) for facts in told] == [
        ("new DIMMs", {}),
        ("new DIMMs", {"t": "bad image"}),
    ]


def _never() -> Callable[[], object]:
    async def probe() -> str:
        await asyncio.Event().wait()
        return ""

    return probe
