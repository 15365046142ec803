"""`vacnet run`: from options to a running factory, and its end.

Rules of this file: it opens and closes, in this order: settings, log, record (which locks the state
directory), parts, machines adopted, agent, keys and peers, control socket, then READY. Whatever prevents a
start is told in full on stderr, each problem with file and line, with an exit code: 78 for what an edit
mends, 1 for what is in the way on the host (a lock, a port), 70 for a fault of vacnet.

A bad settings file at the start is no reason to leave machines alone: with the last good copy from the
record the factory adopts them, gossips and starts nothing until the file is mended. Only without such a
copy it ends with 78.

SIGTERM and SIGINT end it: BYE, exit 0; machines go on. SIGHUP reads all files again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vacnet import __version__
from vacnet.agent.effects import Notify
from vacnet.factory import logs
from vacnet.factory import settings as of_settings
from vacnet.factory.album import Album
from vacnet.factory.answers import FactoryAnswers
from vacnet.factory.clock import boot_id, boot_seconds
from vacnet.factory.control import Control
from vacnet.factory.edits import Edits
from vacnet.factory.factory import Factory, OnStep
from vacnet.factory.lists import keys_of, peers_of
from vacnet.factory.metrics.looking import serve_metrics
from vacnet.factory.notify import tell_systemd
from vacnet.factory.orders import FactoryOrders
from vacnet.factory.own_addresses import OwnAddresses
from vacnet.factory.places import Options, Places, find
from vacnet.factory.recorder import Recorder
from vacnet.factory.reload import Reloader
from vacnet.factory.socket_file import SocketFileError
from vacnet.factory.udp import ListenError
from vacnet.factory.watch import Watch
from vacnet.quantities import plural
from vacnet.record.errors import NameMismatchError, RecordError
from vacnet.record.record import Record
from vacnet.targets.model import Problem, Settings

__all__ = ["Options", "run_factory", "serve"]

OK = 0
IN_THE_WAY = 1
FAULT = 70
BAD_SETTINGS = 78

DATABASE = "vacnet.db"

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (NameMismatchError, BAD_SETTINGS),
    (SocketFileError, IN_THE_WAY),
    (ListenError, IN_THE_WAY),
    (RecordError, IN_THE_WAY),
    (OSError, IN_THE_WAY),
)
"""What an error at the start ends with; its own words say what is wrong and what to do."""


class NoStartError(Exception):
    """The factory cannot start; what is wrong has been told."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A record, and the settings to start with."""

    record: Record
    settings: Settings
    problems: tuple[Problem, ...]
    """Of the files at hand, if the settings are a last good copy."""
    watch: Watch
    """Of the files at hand, as they were before they were read."""


def serve(options: Options) -> int:
    """Run a factory in a loop of its own and return the exit code.

    A thread may hang in a name service for half a minute; the end of the daemon does not wait for it.
    """
    loop = asyncio.new_event_loop()
    code = loop.run_until_complete(run_factory(options))
    sys.stdout.flush()
    sys.stderr.flush()
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        os._exit(code)
    loop.close()
    return code


async def run_factory(options: Options, *, on_step: OnStep = lambda _step: None) -> int:
    """Run a factory until it is told to stop, and return its exit code.

    Args:
        options: where its files are, and how it logs.
        on_step: is called with each of `machines.lifecycle.fault_points` as it is passed.
    """
    places = find(options)
    if options.check:
        return check(places)
    logs.set_up(options.log)
    try:
        async with AsyncExitStack() as stack:
            opened = await _open(places)
            stack.push_async_callback(opened.record.close)
            return await _run(opened, places, on_step, stack)
    except NoStartError:
        return BAD_SETTINGS
    except tuple(error for error, _ in EXIT_CODES) as error:
        _say([str(error)])
        return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    except Exception as error:  # noqa: BLE001 (the last words of a daemon that failed; machines go on)
        logs.tell_failure("factory.failed", error)
        return FAULT


def check(places: Places) -> int:
    """Say whether settings, keys and peers are good, and start nothing."""
    read = of_settings.read(places)
    lines = [str(problem) for problem in read.problems]
    if read.settings is not None:
        lines += [*keys_of(read.settings)[1], *peers_of(read.settings)[1]]
    _say(lines or [f"settings are good: {', '.join(file.name for file in read.files)}"])
    return BAD_SETTINGS if lines else OK


# --- start ----------------------------------------------------------------------------------------


async def _open(places: Places) -> Opened:
    watch = Watch(places.settings_files)
    read = of_settings.read(places)
    if read.settings is not None:
        settings = read.settings
        record = await _open_record(Path(settings.state_directory), settings.factory.name)
        record.keep_settings([(file.name, file.data) for file in read.files])
        return Opened(record, settings, (), watch)
    _say(map(str, read.problems))
    if not (places.state_directory / DATABASE).exists():
        raise NoStartError
    record = await _open_record(places.state_directory, "")
    kept = of_settings.read_kept(await record.last_settings(), places)
    if kept is None:
        await record.close()
        raise NoStartError
    return Opened(record, kept, read.problems, watch)


async def _open_record(state: Path, name: str) -> Record:
    return await Record.open(
        state / DATABASE, factory=name, wall=time.time, boottime=boot_seconds, boot_id=boot_id()
    )


async def _run(opened: Opened, places: Places, on_step: OnStep, stack: AsyncExitStack) -> int:
    factory = Factory(opened.settings, opened.record, on_step)
    edits = Edits(factory, places)
    if opened.problems:
        factory.warned.replace("settings", map(str, opened.problems))
        factory.bad_settings = opened.problems
        factory.restrictions["settings"] = "the settings are bad: the last good ones stand and nothing starts"
    stack.push_async_callback(factory.close)
    reloader = Reloader(edits.groups(opened.watch))
    stop = _signals(reloader)
    if await _unless(stop, _start(factory, edits, stack)):
        await _work(factory, reloader, stop)
    return OK


async def _start(factory: Factory, edits: Edits, stack: AsyncExitStack) -> None:
    await factory.start()
    edits.override()
    edits.keys()
    edits.peers()
    factory.listen()
    settings = factory.settings.control
    album = Album(Path(factory.settings.state_directory))
    stack.push_async_callback(album.close)
    answers = _answers(factory, album)
    control = Control(Path(settings.socket), settings.group, answers, FactoryOrders(factory))
    await control.start()
    stack.push_async_callback(control.close)
    stack.push_async_callback((await serve_metrics(factory, answers)).close)
    album.begin(answers)
    _tell_start(factory)


def _answers(factory: Factory, album: Album) -> FactoryAnswers:
    return FactoryAnswers(
        agent=factory.agent,
        keeper=factory.keeper,
        record=factory.record,
        resolver=factory.resolver,
        warned=factory.warned,
        pipes=factory.pipes,
        own=OwnAddresses(factory.endpoint.addresses()),
        asking=factory.asking,
        machines_directory=Path(factory.settings.state_directory) / "machines",
        settings=lambda: factory.settings,
        restricted=factory.restricted,
        refused=factory.refused,
        drained=lambda: factory.drain.in_full() if factory.drain else "",
        counters=factory.counters,
        recorder=Recorder(factory.agent, factory.driver, boot_seconds),
        album=album,
        started_at=factory.started_at,
    )


def _tell_start(factory: Factory) -> None:
    settings = factory.settings
    fields = {
        "factory": settings.factory.name,
        "space": settings.space.name,
        "version": __version__,
        "listen": ", ".join(settings.space.listen),
        "control": settings.control.socket,
        "state_directory": settings.state_directory,
        "machines": len(factory.keeper.live()),
        "targets": len(factory.targets()),
    }
    factory.news.notify(Notify("factory.started", fields))
    tell_systemd(READY=1, STATUS=f"{plural(len(factory.keeper.live()), 'machine')} adopted")


# --- run and end ----------------------------------------------------------------------------------


def _signals(reloader: Reloader) -> asyncio.Event:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reloader.all)
    return stop


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do something unless the factory is told to stop meanwhile; tell whether it was done."""
    doing, told = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait((doing, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not doing.done():
        doing.cancel()
        await asyncio.wait((doing,))
        return False
    doing.result()
    return True


async def _work(factory: Factory, reloader: Reloader, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        works = [tasks.create_task(work) for work in (*factory.works(), reloader.run())]
        await _stopped(stop, factory.driver.failed)
        tell_systemd(STOPPING=1)
        await factory.goodbye()
        factory.news.notify(Notify("factory.stopped", {"machines": len(factory.keeper.live())}))
        for work in works:
            work.cancel()


async def _stopped(stop: asyncio.Event, failed: asyncio.Future[Any]) -> None:
    """Return when the factory is told to stop; raise when its agent failed."""
    told: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((told, failed), return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
    if failed.done():
        failed.result()


def _say(lines: Iterable[str]) -> None:
    """Write lines for people on stderr."""
    sys.stderr.writelines(f"{line}\n" for line in lines)
    sys.stderr.flush()
