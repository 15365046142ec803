"""Pipes kept fresh: last good documents survive errors and restarts, and one cannot hurt another."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from tests.unit.fetch.fetch_samples import Wall, new_fetcher
from tests.unit.fetch.fetch_servers import Request, answer, says, serving
from vacnet.fetch import Fetched, Fetcher, PipeKeeper
from vacnet.targets.model import (
    ControlSettings,
    FactorySettings,
    FetchSettings,
    Model,
    PipeSource,
    ProcessSettings,
    Settings,
    SpaceSettings,
)
from vacnet.targets.pipe import PipeReading

DEADLINE_SECONDS = 10.0


def _pipe(*suffixes: str, cache_seconds: int = 3600, **options: object) -> bytes:
    entry = {
        "machine_model": "docker",
        "root_image": "docker://example/image",
        "user_data": "http://example.org/user_data",
        "target_share": 1,
        **options,
    }
    entries = [{"suffix": suffix, **entry} for suffix in suffixes]
    return json.dumps({"cache_seconds": cache_seconds, "machinetypes": entries}).encode()


def _source(prefix: str, url: str, **changes: object) -> PipeSource:
    values = {"prefix": prefix, "vacuum_pipe_url": url, "target_share": 2.0, **changes}
    return PipeSource(**values)  # type: ignore[arg-type]


def _settings(*pipes: PipeSource) -> Settings:
    return Settings(
        space=SpaceSettings(name="test", key_file="", peers_file="", listen=()),
        factory=FactorySettings(name="node1", processors=4),
        process=ProcessSettings(),
        fetch=FetchSettings(timeout_seconds=5.0),
        control=ControlSettings(socket=""),
        state_directory="/nonexistent",
        pipes=pipes,
    )


class Told:
    """What the keeper told, and a way to wait for it."""

    def __init__(self) -> None:
        self.targets: list[dict[str, list[str]]] = []
        self._event = asyncio.Event()

    def __call__(self, readings: Mapping[str, PipeReading]) -> None:
        self.targets.append(_names(readings))
        self._event.set()

    async def times(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(self.targets) < count:
                self._event.clear()
                await self._event.wait()


def _names(readings: Mapping[str, PipeReading]) -> dict[str, list[str]]:
    return {prefix: [target.name for target in reading.targets] for prefix, reading in readings.items()}


@contextlib.asynccontextmanager
async def _running(keeper: PipeKeeper) -> AsyncIterator[None]:
    task = asyncio.create_task(keeper.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.01)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def keeper(fetcher: Fetcher, told: Told, wall: Wall) -> PipeKeeper:
    return PipeKeeper(fetcher, told, wall, retry_seconds=0.05)


async def test_a_pipe_becomes_targets(keeper: PipeKeeper, told: Told) -> None:
    async with serving(says(answer(_pipe("a", "b")))) as server, _running(keeper):
        keeper.set_settings(_settings(_source("vo", server.url())))
        await told.times(1)
    assert told.targets == [{"vo": ["vo-a", "vo-b"]}]
    assert keeper.troubles == {}


async def test_a_restart_with_the_server_away_keeps_the_targets_and_says_so(
    keeper: PipeKeeper, told: Told, cache: Path, wall: Wall
) -> None:
    async with serving(says(answer(_pipe("a")))) as server, _running(keeper):
        keeper.set_settings(_settings(_source("vo", server.url())))
        await told.times(1)
    wall.now += 90_000
    fetcher, told_again = new_fetcher(cache, wall), Told()
    restarted = PipeKeeper(fetcher, told_again, wall, retry_seconds=0.05)
    restarted.set_settings(_settings(_source("vo", server.url())))
    assert _names(restarted.readings) == {"vo": ["vo-a"]}
    async with _running(restarted):
        await _until(lambda: "vo" in restarted.troubles)
    await fetcher.close()
    assert "Connection refused" in restarted.troubles["vo"]
    assert "the copy of 2027-01-15 08:00:00 UTC is used" in restarted.troubles["vo"]
    assert told_again.targets == [{"vo": ["vo-a"]}]


async def test_a_pipe_never_had_is_in_trouble_and_is_tried_again_until_it_comes(
    keeper: PipeKeeper, told: Told
) -> None:
    bad = answer(status="500 Oops")
    async with serving(says(bad, bad, answer(_pipe("a")))) as server, _running(keeper):
        keeper.set_settings(_settings(_source("vo", server.url())))
        await _until(lambda: "vo" in keeper.troubles)
        words = keeper.troubles["vo"]
        await told.times(1)
        await _until(lambda: not keeper.troubles)
    assert "500 Oops" in words
    assert "there is no copy of it" in words
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "bad",
    [
        answer(b"<html>please log in</html>"),
        answer(b"{}"),
        answer(b"[" * 50_000),
        answer(b'{"machinetypes": 1}'),
        answer(b"x" * (2 << 20)),
        answer(b"\xff\xfe\x00"),
    ],
    ids=["web page", "no list", "deep nesting", "wrong type", "too large", "no text"],
)
async def test_what_is_no_pipe_never_replaces_one_that_is(
    keeper: PipeKeeper, told: Told, cache: Path, wall: Wall, bad: bytes
) -> None:
    async with serving(says(answer(_pipe("a", cache_seconds=5)), bad)) as server, _running(keeper):
        settings = _settings(_source("vo", server.url()))
        keeper.set_settings(settings)
        await told.times(1)
        wall.now += 100
        keeper.set_settings(_settings(_source("vo", server.url(), target_share=3.0)))
        await _until(lambda: "vo" in keeper.troubles)
        assert _names(keeper.readings) == {"vo": ["vo-a"]}
        restarted = PipeKeeper(new_fetcher(cache, wall), Told(), wall)
        restarted.set_settings(settings)
        assert _names(restarted.readings) == {"vo": ["vo-a"]}


async def test_a_pipe_that_hangs_does_not_hold_up_another(keeper: PipeKeeper, told: Told) -> None:
    async def silent(_request: Request, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(silent) as slow, serving(says(answer(_pipe("a")))) as server, _running(keeper):
        keeper.set_settings(_settings(_source("slow", slow.url()), _source("vo", server.url())))
        await told.times(1)
        assert told.targets == [{"vo": ["vo-a"]}]
        assert len(slow.requests) == 1


async def test_a_pipe_is_asked_again_when_its_time_is_over_and_changes_are_told(
    keeper: PipeKeeper, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vacnet.fetch.pipes.CACHE_SECONDS_MIN", 0.01)
    monkeypatch.setattr("vacnet.targets.pipe.CACHE_SECONDS_MIN", 0)
    first = answer(_pipe("a", cache_seconds=0), ETag='"1"')
    same = answer(status="304 Not Modified")
    async with serving(says(first, same, answer(_pipe("a", "b")))) as server, _running(keeper):
        keeper.set_settings(_settings(_source("vo", server.url())))
        await told.times(2)
    assert told.targets == [{"vo": ["vo-a"]}, {"vo": ["vo-a", "vo-b"]}]
    assert len(server.requests) == 3


def test_a_pipe_is_asked_again_when_the_age_of_its_copy_is_its_cache_seconds(
    keeper: PipeKeeper, wall: Wall
) -> None:
    keeper._readings = {"vo": PipeReading(cache_seconds=3600)}
    source = _source("vo", "http://a/")
    waits = [keeper._wait(source, Fetched(b"", wall.now - age, ""), 0) for age in (0.0, 600.0, 9000.0, -60.0)]
    assert waits == [3600.0, 3000.0, 5.0, 3600.0]


async def test_changed_settings_are_applied_at_once_to_the_document_at_hand(
    keeper: PipeKeeper, told: Told
) -> None:
    async with serving(says(answer(_pipe("a")))) as server, _running(keeper):
        source = _source("vo", server.url())
        keeper.set_settings(_settings(source))
        await told.times(1)
        refusing = msgspec.structs.replace(source, allow_machine_models=frozenset({Model.CERNVM4}))
        keeper.set_settings(_settings(refusing))
        assert _names(keeper.readings) == {"vo": []}
        assert "not allowed" in str(keeper.readings["vo"].quarantined[0])
        keeper.set_settings(_settings())
        assert keeper.readings == {}
    assert told.targets == [{"vo": ["vo-a"]}, {"vo": []}, {}]


async def test_another_address_does_not_inherit_the_targets_of_the_one_before(
    keeper: PipeKeeper, told: Told
) -> None:
    async with serving(says(answer(_pipe("a")))) as server, _running(keeper):
        keeper.set_settings(_settings(_source("vo", server.url("/one.pipe"))))
        await told.times(1)
        keeper.set_settings(_settings(_source("vo", "http://127.0.0.1:1/two.pipe")))
        assert keeper.readings == {}
        await _until(lambda: "vo" in keeper.troubles)
    assert keeper.readings == {}


async def test_a_document_that_comes_after_its_pipe_was_removed_is_left_out(
    keeper: PipeKeeper, told: Told
) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def story(_request: Request, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await go_on.wait()
        writer.write(answer(_pipe("a")))

    async with serving(story) as server, _running(keeper):
        keeper.set_settings(_settings(_source("vo", server.url())))
        await arrived.wait()
        keeper.set_settings(_settings())
        go_on.set()
        keeper.set_settings(_settings(_source("vo", server.url())))
        await told.times(1)
        assert len(server.requests) <= 2
    assert told.targets == [{"vo": ["vo-a"]}]


async def test_a_pipe_in_a_file_is_kept_when_the_file_goes_away(
    fetcher: Fetcher, told: Told, wall: Wall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vacnet.fetch.pipes.FILE_SECONDS", 0.01)
    keeper = PipeKeeper(fetcher, told, wall, retry_seconds=0.05)
    path = tmp_path / "vo.pipe"
    path.write_bytes(_pipe("a"))
    async with _running(keeper):
        keeper.set_settings(_settings(_source("vo", str(path))))
        await told.times(1)
        path.write_bytes(_pipe("b"))
        await told.times(2)
        path.unlink()
        await _until(lambda: "vo" in keeper.troubles)
    assert _names(keeper.readings) == {"vo": ["vo-b"]}
    assert "No such file" in keeper.troubles["vo"]


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 10.0), (2, 20.0), (4, 80.0), (7, 600.0), (5000, 600.0)]
)
def test_retries_double_from_ten_seconds_to_ten_minutes(
    fetcher: Fetcher, told: Told, wall: Wall, failures: int, seconds: float
) -> None:
    keeper = PipeKeeper(fetcher, told, wall)
    assert keeper._wait(_source("vo", "http://a/"), None, failures) == seconds
