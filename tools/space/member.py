"""One factory of the space: where its files are, and its process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals, pidfd_send_signal

import msgspec

from tools.space.waiting import until
from vacnet.factory.client import Client
from vacnet.runtimes.process import proc

CHECKOUT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from vacnet.cli import main; main()", "run", "--config")
STOP_SECONDS = 15.0
"""A factory that is asked to stop waits for its writes and says goodbye: a second at most."""


class Identity(msgspec.Struct, frozen=True):
    """A process: its number and the clock tick at which it started."""

    pid: int
    start: int


@dataclass(slots=True)
class Member:
    """A factory of a space, running or not."""

    number: int
    """From 1."""
    name: str
    port: int
    directory: Path
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def config(self) -> Path:
        """Return the directory of its settings."""
        return self.directory / "config"

    @property
    def state(self) -> Path:
        """Return its state directory, with record and machines."""
        return self.directory / "state"

    @property
    def socket(self) -> Path:
        """Return its control socket."""
        return self.state / "control.sock"

    @property
    def log(self) -> Path:
        """Return what it said."""
        return self.directory / "log"

    @property
    def pid(self) -> int:
        """Return the number of the process that was started for it last; 0: none was."""
        identity = self._identity()
        return identity.pid if identity else 0

    def client(self) -> Client:
        """Return a client of its control socket."""
        return Client(self.socket)

    def start(self, command: Sequence[str] = COMMAND, environment: Mapping[str, str] | None = None) -> None:
        """Start it; nothing happens if it runs.

        A test may give another `command` that takes the directory of the settings, and variables
        besides ours.
        """
        if self.running():
            return
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [*command, self.config],
                cwd=CHECKOUT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        found = proc.process(self._child.pid)
        identity = Identity(self._child.pid, found.start if found else 0)
        self._identity_file.write_bytes(msgspec.json.encode(identity))

    def running(self) -> bool:
        """Tell whether its process lives."""
        if self._child is not None:
            self._child.poll()
        identity = self._identity()
        found = proc.process(identity.pid) if identity else None
        alive = found is not None and identity is not None and found.start == identity.start and found.alive
        if self._child is not None and not alive:
            self._child.wait()
        return alive

    def stop(self) -> None:
        """Ask it to end, and kill it if it does not; its machines go on."""
        self._signal(SIGTERM)
        try:
            until(lambda: not self.running(), STOP_SECONDS, f"{self.name} stops")
        except TimeoutError:
            self.kill()

    def kill(self) -> None:
        """Kill it with SIGKILL, as a crash would; its machines go on."""
        self._signal(SIGKILL)
        until(lambda: not self.running(), STOP_SECONDS, f"{self.name} is gone")

    def last_words(self) -> str:
        """Return the end of its log, for a message of failure."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-15:])

    @property
    def _identity_file(self) -> Path:
        return self.directory / "process.json"

    def _identity(self) -> Identity | None:
        try:
            return msgspec.json.decode(self._identity_file.read_bytes(), type=Identity)
        except OSError:
            return None

    def _signal(self, number: Signals) -> None:
        identity = self._identity()
        handle = proc.open_process(identity.pid, identity.start) if identity else None
        if handle is None:
            return
        try:
            pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
