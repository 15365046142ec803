"""What a story is made of: a receiver, its one peer, steps, and what is held in the end.

Every story begins with a receiver that has just started and greeted its one peer with the first of its
nonces. In most the peer then proves itself by echoing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.vectors import scene
from tools.vectors.scene import Speaker
from tools.vectors.values import SHAPES, usual
from vacnet.space.seal import VERSION
from vacnet.space.wire import Type

TAKEN: Final = ""
NEW: Final = scene.FIRST_SEQUENCE + 1
BEAT: Final[list[Any]] = [1, 1, 1, False, None, []]
"""An Announce without rows."""
PEER: Final = Speaker()


@dataclass(frozen=True, slots=True)
class Step:
    """A datagram that reaches the receiver."""

    datagram: bytes
    expect: str
    at: float = 1.0
    """Seconds since the receiver greeted its peer."""
    source: tuple[str, int] = scene.SENDER_ADDRESS


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a factory."""

    epoch: int
    version: int
    """Up to which all rows are there."""
    rows: Mapping[str, int]
    """Target to the version of its row; 0: a leftover of an earlier life."""


@dataclass(frozen=True, slots=True)
class Story:
    """What happens, for people, and the datagrams."""

    name: str
    steps: tuple[Step, ...]
    then: Mapping[str, Held] | None = None
    """What the receiver holds of others in the end; None: that is not what the story is about."""


PROOF: Final = Step(
    PEER.says(
        Type.WELCOME,
        scene.FIRST_SEQUENCE,
        [scene.NONCES[0], 0, scene.SENDER_INSTANCE, scene.SENDER, VERSION, VERSION, None, []],
    ),
    TAKEN,
    at=0.5,
)


def after_proof(name: str, *steps: Step, then: Mapping[str, Held] | None = None) -> Story:
    """Return a story that begins with the proof of the receiver's peer."""
    return Story(name, (PROOF, *steps), then)


def row(**fields: Any) -> list[Any]:
    """Return a usual row of a target with some other fields."""
    shape = SHAPES["TargetRow"]
    values = dict(zip((field.name for field in shape.fields), usual(shape), strict=True))
    return list((values | fields).values())
