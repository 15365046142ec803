"""Looking at libvirt: every domain of ours, with its state and what it carries.

Rules of this file: blocking, for a worker thread. One call tells the states of all; what a domain carries
does not change and is asked once for each. A domain that goes while it is looked at is not there; a libvirt
that goes meanwhile has shown nothing.

Source: libvirt, enums virDomainState, virDomainPausedReason, virDomainShutoffReason.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vacnet.runtimes.libvirt import binding, labels
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.binding import Domain as Handle
from vacnet.runtimes.libvirt.faults import ACCESS_DENIED, NO_DOMAIN, NO_METADATA

_STRANGERS = frozenset({NO_DOMAIN, NO_METADATA, ACCESS_DENIED})
"""Errors of domains that are not ours, or no more: what we made we may read."""


class State(enum.IntEnum):
    """What a domain does."""

    NONE = 0
    RUNNING = 1
    BLOCKED = 2
    PAUSED = 3
    SHUTTING_DOWN = 4
    OFF = 5
    CRASHED = 6
    SUSPENDED = 7


class Paused(enum.IntEnum):
    """Why it is paused, of those that matter."""

    USER = 1
    IO_ERROR = 5
    SHUTTING_DOWN = 8
    STARTING_UP = 11


class Off(enum.IntEnum):
    """Why it is off."""

    UNKNOWN = 0
    SHUT_DOWN = 1
    DESTROYED = 2
    CRASHED = 3
    MIGRATED = 4
    SAVED = 5
    FAILED = 6
    FROM_SNAPSHOT = 7
    DAEMON = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One domain of ours as libvirt shows it."""

    uuid: str
    machine_id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    state: int
    reason: int = 0
    witnessed: bool = True
    """It was seen running through the connection that now shows it: by this life of libvirt and of ours."""

    @property
    def running(self) -> bool:
        """Tell whether it has a QEMU."""
        return self.state not in {State.NONE, State.OFF}

    @property
    def on_network(self) -> bool:
        """Tell whether it holds the factory's own network: mending that would cut it off."""
        return self.running and labels.ADDRESS in self.labels


class Look:
    """What was seen of our domains, by machine."""

    def __init__(self, factory: str) -> None:
        """Look for domains of `factory`."""
        self._factory = factory
        self._carried: dict[str, Mapping[str, str]] = {}
        self._connection: Connection | None = None
        self._ran: set[str] = set()
        """Domains that were seen running through this connection."""
        self.domains: dict[str, Domain] = {}

    def take(self, connection: Connection) -> dict[str, Domain]:
        """Return every domain of ours as it is now.

        Raises:
            libvirtError: libvirt's own; see `client`.
        """
        if connection is not self._connection:
            self._connection, self._ran = connection, set()
        handles = connection.listAllDomains(0)
        found = {one.machine_id: one for one in self._each(handles)}
        there = {handle.UUIDString() for handle in handles}
        self._ran = self._ran & there | {one.uuid for one in found.values() if one.running}
        self._carried = {uuid: carried for uuid, carried in self._carried.items() if uuid in there}
        self.domains = found
        return found

    def _each(self, handles: list[Handle]) -> Iterator[Domain]:
        for handle in handles:
            uuid = handle.UUIDString()
            if uuid not in self._carried:
                self._carried[uuid] = carried_by(handle)
            carried = self._carried[uuid]
            machine_id = labels.machine_of(carried, self._factory, uuid)
            if machine_id and (state := _state_of(handle)) is not None:
                yield Domain(
                    uuid=uuid,
                    machine_id=machine_id,
                    labels=carried,
                    state=state[0],
                    reason=state[1],
                    witnessed=uuid in self._ran,
                )

    def forget(self, uuid: str) -> None:
        """Ask anew what a domain carries: it is made now."""
        self._carried.pop(uuid, None)


def carried_by(handle: Handle) -> Mapping[str, str]:
    """Return the labels of a domain; empty when it has none of ours, or is gone.

    Raises:
        libvirtError: nobody can tell, as where libvirt ended meanwhile: that makes no domain a stranger.
    """
    library = binding.load()
    try:
        return labels.read(handle.metadata(library.VIR_DOMAIN_METADATA_ELEMENT, labels.NAMESPACE, 0))
    except library.libvirtError as error:
        if error.get_error_code() in _STRANGERS:
            return {}
        raise


def _state_of(handle: Handle) -> tuple[int, int] | None:
    library = binding.load()
    try:
        state, reason = handle.state()
    except library.libvirtError as error:
        if error.get_error_code() == NO_DOMAIN:
            return None
        raise
    return state, reason
