"""What gossip tells the agent: values, drained by `Gossip.happened` in the order they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from vacnet.space.address import Address
from vacnet.space.counters import Reject
from vacnet.space.items import Question
from vacnet.space.kept import RowChange


class RowsChanged(msgspec.Struct, frozen=True, gc=False):
    """Another factory's rows of these targets are new or others; a Struct, for most datagrams make one."""

    factory: str
    rows: Mapping[str, RowChange]
    """By target."""
    urgent: bool = True
    """False: who wrote them said that nobody waits for them."""


@dataclass(frozen=True, slots=True)
class FactoryChanged:
    """Another factory says something else of itself."""

    factory: str


@dataclass(frozen=True, slots=True)
class FactoryLive:
    """A factory is new, or heard again."""

    factory: str


@dataclass(frozen=True, slots=True)
class FactorySilent:
    """A factory has not been heard for three beats."""

    factory: str


@dataclass(frozen=True, slots=True)
class FactoryDeparted:
    """A factory has said goodbye."""

    factory: str


@dataclass(frozen=True, slots=True)
class FactoryForgotten:
    """A factory has not been heard for a day, or is excluded now: it is not in the table any more."""

    factory: str


@dataclass(frozen=True, slots=True)
class AddressGivenUp:
    """Where a factory was met nobody has answered for a day."""

    address: Address


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """A factory of this space speaks no version of the protocol that this one speaks."""

    address: Address
    words: str


@dataclass(frozen=True, slots=True)
class MemberMet:
    """A factory has proved that it receives at this address: worth keeping for the next start."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another running factory bears this factory's own name; told at most every ten seconds."""

    factory: str
    words: str


@dataclass(frozen=True, slots=True)
class WrongKey:
    """Datagrams that no key of the ring opens came from this address, `count` since the last warning."""

    address: Address
    count: int
    reason: Reject
    """`KEY`: the ring has no key of that id. `TAG`: it has, and what came does not fit it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody with a key asks for what this factory alone knows; answered by `Gossip.answer`, or never."""

    question: Question


Happening = (
    RowsChanged
    | FactoryChanged
    | FactoryLive
    | FactorySilent
    | FactoryDeparted
    | FactoryForgotten
    | AddressGivenUp
    | OtherVersion
    | MemberMet
    | Conflict
    | WrongKey
    | Asked
)
