"""The configured peers beside the factories met: who of the list is heard, and who is heard unlisted.

Rules of this file: pure. A peer and a factory are the same when an address of the peer is that of the
factory, or when the peer is written by the factory's name. The factory itself may stand in its own list
(one list for all hosts of a site) and is no peer of itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vacnet.agent.view import FactoryView
from vacnet.factory.messages import FactoryState, PeerState
from vacnet.factory.resolve import Resolved
from vacnet.space.address import Address
from vacnet.targets.address import endpoint_text

UNKNOWN = "unknown"
NEVER_HEARD = "never heard: does it run, with a key of ours, and is UDP open to it?"


@dataclass(frozen=True, slots=True)
class Known:
    """A configured peer, and the factory that it is, if any was heard there."""

    resolved: Resolved
    factory: FactoryView | None


def pair(
    resolved: Sequence[Resolved], factories: Sequence[FactoryView], own: Collection[Address]
) -> tuple[Known, ...]:
    """Return the configured peers, this factory left out, each with the factory that it is."""
    others = [factory for factory in factories if not factory.itself]
    itself = next((factory for factory in factories if factory.itself), None)
    found = [Known(each, next((one for one in others if _same(each, one)), None)) for each in resolved]
    return tuple(known for known in found if known.factory or not _is_own(known.resolved, itself, own))


def peer_states(known: Sequence[Known], factories: Sequence[FactoryView]) -> tuple[PeerState, ...]:
    """Return the configured peers, then the factories met besides."""
    listed = {each.factory.name for each in known if each.factory}
    met = [factory for factory in factories if not factory.itself and factory.name not in listed]
    return (*map(_configured, known), *(_met(factory, factory.name, configured=False) for factory in met))


def unheard(known: Sequence[Known]) -> tuple[FactoryState, ...]:
    """Return the configured peers that nobody has heard, as they stand in the table of factories."""
    return tuple(
        FactoryState(
            name=each.resolved.peer.name_as_written,
            itself=False,
            state=UNKNOWN,
            heard_seconds=None,
            address=_address(each.resolved),
            flags=(),
            processors_total=0,
            processors_free=0,
            machines_running=0,
            machines_starting=0,
            load=0.0,
            memory_free_bytes=0,
            disk_free_bytes=0,
            deadline_seconds=None,
            version="",
            settings_differ=False,
            note=each.resolved.trouble or NEVER_HEARD,
        )
        for each in known
        if each.factory is None
    )


def _same(resolved: Resolved, factory: FactoryView) -> bool:
    addresses = {endpoint_text(*address) for address in resolved.addresses}
    # The agent writes addresses without the brackets of IPv6.
    addresses |= {f"{host}:{port}" for host, port in resolved.addresses}
    return factory.address in addresses or resolved.peer.host == factory.name


def _is_own(resolved: Resolved, itself: FactoryView | None, own: Collection[Address]) -> bool:
    by_name = itself is not None and resolved.peer.host == itself.name
    return by_name or any(address in own for address in resolved.addresses)


def _configured(known: Known) -> PeerState:
    name = known.resolved.peer.name_as_written
    if known.factory is not None:
        return _met(known.factory, name, configured=True)
    note = known.resolved.trouble or NEVER_HEARD
    return PeerState(
        name=name,
        configured=True,
        address=_address(known.resolved),
        state=UNKNOWN,
        heard_seconds=None,
        note=note,
    )


def _met(factory: FactoryView, name: str, *, configured: bool) -> PeerState:
    return PeerState(
        name=name,
        configured=configured,
        address=factory.address,
        state=factory.state,
        heard_seconds=factory.heard_seconds,
        note=factory.note,
    )


def _address(resolved: Resolved) -> str:
    return endpoint_text(*resolved.addresses[0]) if resolved.addresses else ""
