"""Quotas: what the targets of a space have of it, and for how much of it room may be kept.

Rules of this file: pure functions of standings; a contender is a target as shares see it.
"""

from __future__ import annotations

from collections.abc import Mapping

from vacnet.agent.events import AgentSettings
from vacnet.agent.neighbours import Neighbours
from vacnet.decide.reservations import Quota, left_by_caps, startable
from vacnet.decide.shares import Contender
from vacnet.decide.standing import Standing
from vacnet.decide.windows import State
from vacnet.targets.model import Target


def contender(target: Target, standing: Standing) -> Contender:
    """Return a target with what its machines have or claim; room kept for one is no machine yet."""
    work = standing.work - sum(one.work for one in standing.reservations)
    return Contender(target.name, target.group or target.name, target.target_share, work)


def with_work(name: str, targets: Mapping[str, tuple[Target, Standing]]) -> tuple[Contender, ...]:
    """Return a target and all others that are not in back-off, as far as they have a share."""
    found = (
        contender(target, standing)
        for other, (target, standing) in targets.items()
        if other == name or standing.state is not State.BACK_OFF
    )
    return tuple(one for one in found if one.share > 0)


def quota(
    name: str,
    targets: Mapping[str, tuple[Target, Standing]],
    settings: AgentSettings,
    around: Neighbours,
) -> Quota:
    """Return how much room may be kept for a target in the whole space."""
    target, standing = targets[name]
    processors = settings.processors + around.processors()
    return Quota(
        target=name,
        contenders=with_work(name, targets),
        capacity=around.capacity() + settings.processors * settings.weight,
        size=target.min_processors * settings.weight,
        startable=startable(target, standing, processors, settings.factory),
        left=left_by_caps(target, standing),
    )
