"""Ending the machines of a factory that no longer runs, by the same engines that made them.

Rules of this file: an engine that does not answer cannot be helped; what of it is left is said, not hidden.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tools.space.member import Member
from vacnet import __version__
from vacnet.factory.engines import Engine, engines_of, supplies_of
from vacnet.factory.places import Options, find
from vacnet.factory.settings import read
from vacnet.fetch.fetcher import Fetcher
from vacnet.machines.runtime import NotNowError
from vacnet.targets.model import Settings


def end_machines(member: Member) -> int:
    """End and forget every machine of a stopped factory; return how many still ran.

    One whose settings never were good has made none.
    """
    settings = read(find(Options(config=member.config))).settings
    return asyncio.run(_end_on_all(settings, member.name)) if settings else 0


async def _end_on_all(settings: Settings, factory: str) -> int:
    fetcher = Fetcher(settings.fetch, Path(settings.state_directory), __version__)
    supplies = supplies_of(fetcher, lambda: settings, lambda _told: None)
    try:
        return sum([await _end_machines(engine, factory) for engine in engines_of(settings, supplies)])
    finally:
        await supplies.close()
        await fetcher.close()


async def _end_machines(engine: Engine, factory: str) -> int:
    try:
        return await _end_on(engine)
    except NotNowError as error:
        sys.stderr.write(f"space: machines of {factory} may be left: {error}\n")
        return 0
    finally:
        await engine.close()


async def _end_on(engine: Engine) -> int:
    seen = await engine.seen()
    await asyncio.gather(*(engine.stop(machine, grace_seconds=0) for machine in seen))
    await asyncio.gather(*(engine.forget(machine) for machine in seen))
    return sum(one.running for one in seen.values())
