"""One node: where its files are, and how its factory is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vacnet.factory.client import Client, ClientError, SpaceState


@dataclass(frozen=True, slots=True)
class Node:
    """A hypervisor of the testbed, running or not; its paths are the same inside and outside."""

    number: int
    """From 1."""
    testbed: str
    home: Path
    address: str
    disk_mib: int = 0

    @property
    def name(self) -> str:
        """Return its name in commands."""
        return f"node{self.number}"

    @property
    def factory(self) -> str:
        """Return its host name, which is its factory's too."""
        return f"{self.name}.{self.testbed}.example"

    @property
    def config(self) -> Path:
        """Return the directory of its factory's settings."""
        return self.home / "config"

    @property
    def run(self) -> Path:
        """Return what ends with the node: sockets, numbers of processes."""
        return self.home / "run"

    @property
    def disk(self) -> Path:
        """Return its disk: all that outlives a restart, of the engine and of the factory."""
        return self.home / "disk"

    @property
    def state(self) -> Path:
        """Return its factory's state directory."""
        return self.disk / "vacnet"

    @property
    def logs(self) -> Path:
        """Return where `node`, `engine` and `factory` write what they say."""
        return self.home / "log"

    @property
    def releases(self) -> Path:
        """Return where other versions of vacnet are unpacked."""
        return self.home / "releases"

    @property
    def socket(self) -> Path:
        """Return its factory's control socket."""
        return self.run / "control.sock"

    def client(self) -> Client:
        """Return a client of its factory."""
        return Client(self.socket)

    def space(self) -> SpaceState | None:
        """Return the space as its factory sees it; None when it does not answer."""
        try:
            return self.client().space()
        except ClientError:
            return None

    def last_words(self, lines: int = 8) -> str:
        """Return the end of all its logs, for a message of failure."""
        return "\n".join(
            f"{log.name}: {line}"
            for log in sorted(self.logs.glob("*"))
            for line in log.read_text(errors="replace").splitlines()[-lines:]
        )
