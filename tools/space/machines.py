"""Ending the machines of a factory that no longer runs, by the same runtime that made them."""

from __future__ import annotations

import asyncio

from tools.space.member import Member
from vacnet.runtimes.process.runtime import ProcessRuntime
from vacnet.targets.model import ProcessSettings


def end_machines(member: Member) -> int:
    """End and forget every process machine of a stopped factory; return how many still ran."""
    return asyncio.run(_end_machines(member))


async def _end_machines(member: Member) -> int:
    runtime = ProcessRuntime(ProcessSettings(), member.state, member.name)
    seen = await runtime.seen()
    await asyncio.gather(*(runtime.stop(machine, grace_seconds=0) for machine in seen))
    await asyncio.gather(*(runtime.forget(machine) for machine in seen))
    await runtime.close()
    return sum(one.running for one in seen.values())
