"""How nodes are kept: the ways that there are, from the least privilege to none of a container's at all.

They are tried in this order until one works. What differs between them is behind one protocol; what a node
does inside is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.testbed.node import Node

RUNNING, PAUSED, ENDED = "running", "paused", "ended"


class Keeper(Protocol):
    """Whatever keeps nodes."""

    def prepare(self) -> None:
        """Have the network; nothing happens when it is there."""

    def create(self, node: Node) -> None:
        """Make a node and start it; nothing of it is there but its files."""

    def start(self, node: Node) -> None:
        """Start a node that has ended; its disk is as it was."""

    def stop(self, node: Node) -> None:
        """End a node as a shutdown does: its factory says goodbye, its machines end with the engine."""

    def kill(self, node: Node) -> None:
        """End a node as a power cut does."""

    def pause(self, node: Node) -> None:
        """Let nothing of a node run; it keeps its memory."""

    def resume(self, node: Node) -> None:
        """Let a paused node go on."""

    def remove(self, node: Node) -> None:
        """End a node, if it runs, and forget it; its files are left."""

    def state(self, node: Node) -> str:
        """Return `running`, `paused` or `ended`."""

    def inside(self, node: Node, command: Sequence[str], *, terminal: bool = False) -> list[str]:
        """Return the words that run a command inside of a running node."""

    def clear(self) -> None:
        """Remove all nodes and the network, by their name: also what no file tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to keep nodes."""

    words: str
    """For people."""
    flags: tuple[str, ...] = ()
    """Of `docker run`; none: name spaces without a container."""


_CAPABILITIES = ("--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN")
# The engine inside makes session keyrings, writes below /proc/sys, and mounts.
_FREE = ("--security-opt=seccomp=unconfined", "--security-opt=systempaths=unconfined")
_OWN_CGROUPS = ("--cgroupns=private",)

WAYS: Mapping[str, Way] = {
    "least": Way(
        words="containers with two capabilities",
        flags=(*_OWN_CGROUPS, *_CAPABILITIES, *_FREE),
    ),
    "no-apparmor": Way(
        words="containers with two capabilities and no AppArmor",
        flags=(*_OWN_CGROUPS, *_CAPABILITIES, *_FREE, "--security-opt=apparmor=unconfined"),
    ),
    "most": Way(
        words="containers with all capabilities but SYS_RESOURCE",
        flags=(*_OWN_CGROUPS, "--cap-add=ALL", "--cap-drop=SYS_RESOURCE", *_FREE),
    ),
    "privileged": Way(words="privileged containers", flags=(*_OWN_CGROUPS, "--privileged")),
    "spaces": Way(words="name spaces with an engine each, no containers"),
}
"""Those after `least` are for hosts that ask for more; the last needs root and no engine."""
