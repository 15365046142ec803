"""What of a factory's machines is left, asked of the engines: the answer to "may I switch this host off?".

Rules of this file: a machine is left as long as its engine shows it running or its end has not been dealt
with. An engine that does not answer is named and nothing is concluded from it; whoever asks must not take
"nothing seen" for "nothing runs". Source: the complaint of other systems' admins whose drain was complete
while machines still ran (Nomad issues 14293 and 9902).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vacnet.machines.runtime import Runtime, Seen
from vacnet.machines.spec import LABEL_PREFIX
from vacnet.targets.model import Model

ANSWER_SECONDS = 8.0
"""As long as the probe of an engine waits: a loaded Docker answers in seconds."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What is left."""

    left: frozenset[str]
    """Ids of machines that run or are not dealt with."""
    away: Mapping[Model, str]
    """Models of engines that do not answer, and why."""


async def observe(engines: Iterable[Runtime], factory: str, unfinished: frozenset[str]) -> Observed:
    """Ask every engine what runs; `unfinished` are ids of machines that are left in any case."""
    left, away = set(unfinished), dict[Model, str]()
    for engine in engines:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                shown = await engine.seen()
        except Exception as error:  # noqa: BLE001 (an engine that fails in any way shows nothing)
            why = str(error) or f"{engine.name} did not answer within {ANSWER_SECONDS:g} s"
            away |= dict.fromkeys(engine.models, why)
        else:
            left |= {seen.machine_id for seen in shown.values() if _runs(seen, factory)}
    return Observed(frozenset(left), away)


def _runs(seen: Seen, factory: str) -> bool:
    return seen.running and seen.labels.get(f"{LABEL_PREFIX}factory") == factory
