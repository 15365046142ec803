"""The configured peers beside the factories met: who of the list is heard, who is heard unlisted, and how.

Rules of this file: pure. A peer and a factory are the same when an address of the peer is that of the
factory, or when the peer is written by the factory's name. The factory itself may stand in its own list
(one list for all hosts of a site) and is no peer of itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from vacnet.agent.view import FactoryView
from vacnet.factory.messages.peers import KeyState, PeerState
from vacnet.factory.messages.space import FactoryState
from vacnet.factory.resolve import Resolved
from vacnet.space import table as space_table
from vacnet.space.address import Address
from vacnet.space.keyring import KeyRing
from vacnet.space.table import Table
from vacnet.targets.address import endpoint_text

UNKNOWN = "unknown"
CONFLICT = "conflict"
"""Flag of who runs under a name that another running factory bears, and so is not taken for it."""
NEVER_HEARD = "never heard: does it run, with a key of ours, is UDP open? `vacnet peers check` asks it"

NO_NOTES: Mapping[Address, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What is known of the way to a factory."""

    key: str
    round_trip_seconds: float | None
    rows_missing: int


NO_WAY = Way(key="", round_trip_seconds=None, rows_missing=0)


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


def ways(table: Table) -> dict[str, Way]:
    """Return by name what is known of the way to each other factory."""
    return {known.name: _way(known) for known in table.others()}


def key_states(ring: KeyRing, table: Table, now: float) -> tuple[KeyState, ...]:
    """Return the keys in use, each with the live factories that spoke under it last."""
    spoke = [(one.link.key_id, one.name) for one in table.live(now) if one.link is not None]
    return tuple(
        KeyState(
            id=key.id.hex(),
            role=key.role,
            seals=key is ring.sealing,
            peers=tuple(sorted(name for key_id, name in spoke if key_id == key.id)),
        )
        for key in ring.keys
    )


def peer_states(
    known: Sequence[Known],
    factories: Sequence[FactoryView],
    ways_to: Mapping[str, Way],
    notes: Mapping[Address, str] = NO_NOTES,
    twins: Collection[Address] = (),
) -> tuple[PeerState, ...]:
    """Return the configured peers, then the factories met besides; `notes` say why none is heard where.

    At `twins` a second factory of a known name runs.
    """
    listed = {each.factory.name for each in known if each.factory}
    met = [factory for factory in factories if not factory.itself and factory.name not in listed]
    configured = (_configured(each, ways_to, notes, twins) for each in known)
    return (*configured, *(_met(factory, factory.name, ways_to, configured=False) for factory in met))


def unheard(
    known: Sequence[Known], notes: Mapping[Address, str] = NO_NOTES, twins: Collection[Address] = ()
) -> tuple[FactoryState, ...]:
    """Return the configured peers that are heard as no factory, as they stand in the table of factories."""
    return tuple(
        FactoryState(
            name=each.resolved.peer.name_as_written,
            itself=False,
            state=UNKNOWN,
            heard_seconds=None,
            address=_address(each.resolved),
            flags=_flags(each.resolved, twins),
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
            note=_why_unheard(each.resolved, notes),
        )
        for each in known
        if each.factory is None
    )


def _why_unheard(resolved: Resolved, notes: Mapping[Address, str]) -> str:
    found = (notes[address] for address in resolved.addresses if address in notes)
    return resolved.trouble or next(found, NEVER_HEARD)


def _flags(resolved: Resolved, twins: Collection[Address]) -> tuple[str, ...]:
    return (CONFLICT,) if any(address in twins for address in resolved.addresses) else ()


def _same(resolved: Resolved, factory: FactoryView) -> bool:
    addresses = {endpoint_text(*address) for address in resolved.addresses}
    return factory.address in addresses or resolved.peer.host == factory.name


def _is_own(resolved: Resolved, itself: FactoryView | None, own: Collection[Address]) -> bool:
    by_name = itself is not None and resolved.peer.host == itself.name
    return by_name or any(address in own for address in resolved.addresses)


def _way(known: space_table.Known) -> Way:
    link, missing = known.link, max(0, known.latest - known.version)
    if link is None:
        return Way(key="", round_trip_seconds=None, rows_missing=missing)
    return Way(key=link.key_id.hex(), round_trip_seconds=link.round_trip_seconds, rows_missing=missing)


def _configured(
    known: Known, ways_to: Mapping[str, Way], notes: Mapping[Address, str], twins: Collection[Address]
) -> PeerState:
    name = known.resolved.peer.name_as_written
    if known.factory is not None:
        return _met(known.factory, name, ways_to, configured=True)
    return PeerState(
        name=name,
        configured=True,
        address=_address(known.resolved),
        state=UNKNOWN,
        heard_seconds=None,
        note=_why_unheard(known.resolved, notes),
        flags=_flags(known.resolved, twins),
    )


def _met(factory: FactoryView, name: str, ways_to: Mapping[str, Way], *, configured: bool) -> PeerState:
    way = ways_to.get(factory.name, NO_WAY)
    return PeerState(
        name=name,
        configured=configured,
        address=factory.address,
        state=factory.state,
        heard_seconds=factory.heard_seconds,
        note=factory.note,
        flags=tuple(flag for flag in factory.flags if flag == CONFLICT),
        factory=factory.name,
        version=factory.version,
        key=way.key,
        round_trip_seconds=way.round_trip_seconds,
        delay_seconds=None if way.round_trip_seconds is None else way.round_trip_seconds / 2,
        rows_missing=way.rows_missing,
    )


def _address(resolved: Resolved) -> str:
    return endpoint_text(*resolved.addresses[0]) if resolved.addresses else ""
