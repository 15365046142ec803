"""What a testbed is to be: the one file that its commands read, change and write."""

from __future__ import annotations

import msgspec

ADDRESSES_FROM = 10
"""Node 1 has .11: what comes before is for the network's own gateway."""


class TestbedError(Exception):
    """Something about a testbed cannot be done; the text says what is wrong and what to do."""

    __test__ = False  # pytest takes classes named Test... for tests


class NodePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One hypervisor."""

    number: int
    """From 1."""
    disk_mib: int = 0
    """Size of its disk, which is then in memory and gone when the node ends; 0: a folder of the host's."""


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the network."""

    cuts: tuple[tuple[int, int], ...] = ()
    """Pairs of nodes: nothing that the first sends arrives at the second."""
    loss_percent: float = 0
    """Of all packets that arrive at a node."""
    delay_ms: float = 0
    """Of all packets between nodes, one way."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A testbed."""

    name: str
    way: str
    """How its nodes are kept, of `ways.WAYS`."""
    subnet: str = ""
    """The first three numbers of its addresses, such as `10.213.1`."""
    image: str = ""
    """Of its nodes, where they are containers."""
    host_usr: bool = False
    """The image is a skeleton that takes the host's /usr."""
    processors: int = 4
    """That each factory says it has."""
    nodes: tuple[NodePlan, ...] = ()
    made: int = 0
    """The highest number that a node ever had: the others know a name and an address that were removed."""
    faults: Faults = Faults()

    def address(self, number: int) -> str:
        """Return the address of a node."""
        return f"{self.subnet}.{ADDRESSES_FROM + number}"
