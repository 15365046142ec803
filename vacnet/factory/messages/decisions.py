"""Why: what the decisions of a factory looked at."""

from __future__ import annotations

import msgspec

from vacnet.agent.why import Why
from vacnet.decide.reasons import Decision
from vacnet.factory.messages.schema import SCHEMA


class WhyState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/targets/{target}/why`: what the decision about one target looked at."""

    schema: int = SCHEMA
    factory: str
    time: float
    why: Why


class DecisionState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/decisions?at=UNIX`: the last decision made until then, None when none is known."""

    schema: int = SCHEMA
    factory: str
    time: float
    made: float | None
    """Unix seconds."""
    decision: Decision | None
    """Its own time, `at`, is monotonic."""
