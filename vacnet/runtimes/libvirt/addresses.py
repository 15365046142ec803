"""Which address and which card a machine has, by its number; what networks and factories are called.

Rules of this file: pure. A number has one address and one MAC for ever, Vac's for the first 250: MAC
``56:4D:A9:FE:`` and the last two bytes of the address. Names of networks and bridges come from the factory's
name and state directory, so that no two factories of a host meet.

Source: Vac 3, "Names and addresses"; RFC 3927 for the block.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

METADATA = "169.254.169.254"
FEATURES = "169.254.169.253"
"""Vac's: Machine/Job Features, default route and name server of its machines."""
BLOCK = "169.254.0.0"
PREFIX_LENGTH = 16

_IN_A_ROW = 250
"""Addresses used of each 256: the two services, the broadcast and what is left stay free."""
_FIRST_ROW = 169
NUMBERS_MAX = _IN_A_ROW * (255 - _FIRST_ROW)


@dataclass(frozen=True, slots=True)
class Card:
    """A machine's network card."""

    mac: str
    address: str


def card_of(number: int) -> Card:
    """Return the card of the machine with a number.

    Raises:
        ValueError: there are no more addresses.
    """
    if not 0 <= number < NUMBERS_MAX:
        raise ValueError(f"machine number {number}: the block {BLOCK}/{PREFIX_LENGTH} has {NUMBERS_MAX}")
    row, place = divmod(number, _IN_A_ROW)
    third = _FIRST_ROW + row
    return Card(f"56:4d:a9:fe:{third:02x}:{place:02x}", f"169.254.{third}.{place}")


@dataclass(frozen=True, slots=True)
class NetworkNames:
    """What a factory's own network is called."""

    network: str
    bridge: str


def names_of(factory: str, state_directory: str) -> NetworkNames:
    """Return the names of a factory's network; the kernel takes 15 bytes for an interface."""
    key = hashlib.blake2b(f"{factory}\0{state_directory}".encode(), digest_size=5).hexdigest()
    return NetworkNames(f"vacnet-{key}", f"vn{key}")
