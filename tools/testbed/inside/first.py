"""The first process of a node, as init is of a host: it starts engine and factory, again if they end.

`python -m tools.testbed.inside.first HOME` with the node's home. Rules of this file: it buries every orphan
of its process name space; whoever is killed is back after a second, as under a service manager; it says how
far it has come by files below `run`, and what went wrong by its end and its log.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from docker import APIClient

from tools.engines.probe import USUAL_DOCKER, probe_docker
from tools.engines.tiny_image import NAME as IMAGE
from tools.engines.tiny_image import import_into
from tools.space.member import CHECKOUT, COMMAND
from tools.space.waiting import until
from tools.testbed.inside.surroundings import Surroundings, prepare, read

ENGINE_SECONDS = 60.0
AGAIN_SECONDS = 1.0
STOP_SECONDS = 10.0
ENGINE_LEFTOVERS = (Path("/var/run/docker.pid"), Path("/var/run/docker/containerd/containerd.pid"))
"""Files of an engine that was killed; with them the next one waits for a process that is no more."""


class First:
    """The services of a node."""

    def __init__(self, around: Surroundings) -> None:
        """Know what to start; nothing is."""
        self._around = around
        self._starters: Mapping[str, Callable[[], None]] = {"engine": self.engine, "factory": self.factory}
        self._running: dict[int, str] = {}
        self._stopping = False

    def engine(self) -> None:
        """Start the engine; a new one is given the image of the machines."""
        for left in ENGINE_LEFTOVERS:
            left.unlink(missing_ok=True)
        around = self._around
        places = ["--data-root", f"{around.home}/disk/docker", "--bip", "10.200.0.1/24"]
        group = ["--cgroup-parent", around.cgroup] if around.cgroup else []
        self._start("engine", ["dockerd", *places, *group, "--oom-score-adjust=0"], dict(os.environ))

    def engine_works(self) -> None:
        """Wait until the engine answers and has run a container."""
        until(lambda: not probe_docker(), ENGINE_SECONDS, "the engine answers")
        api = APIClient(base_url=USUAL_DOCKER, version="auto")
        image = IMAGE if api.images(IMAGE) else import_into(api)
        made = api.create_container(image, ["true"])["Id"]
        api.start(made)
        if api.wait(made)["StatusCode"]:
            raise OSError("the engine runs no container")
        api.remove_container(made)
        api.close()
        (self._run / "engine-works").touch()

    def factory(self) -> None:
        """Start the factory, of the release that is chosen, else of this checkout."""
        chosen = self._around.home / "release"
        release = chosen.read_text() if chosen.exists() else str(CHECKOUT)
        environment = {**os.environ, "PYTHONPATH": release, **self._around.environment}
        self._start("factory", [*COMMAND, f"{self._around.home}/config"], environment)

    def serve(self) -> None:
        """Bury the dead and start services again until told to end."""
        signal.signal(signal.SIGTERM, self._end)
        while not self._stopping:
            with suppress(ChildProcessError):
                self._again(os.wait()[0])

    def _again(self, pid: int) -> None:
        name = self._running.pop(pid, "")
        if name and not self._stopping:
            print(f"{name} ended and is started again", flush=True)
            time.sleep(AGAIN_SECONDS)
            self._starters[name]()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        """End the factory, which says goodbye, and go: what is left ends with the name space."""
        self._stopping = True
        pids = [pid for pid, name in self._running.items() if name == "factory"]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        with suppress(TimeoutError):
            until(lambda: all(map(_buried, pids)), STOP_SECONDS, "it ends")
        raise SystemExit(0)

    @property
    def _run(self) -> Path:
        return self._around.home / "run"

    def _start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        with (self._around.home / "log" / name).open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running[child.pid] = name
        (self._run / f"{name}.pid").write_text(str(child.pid))
        # `serve` buries it; Popen's own burial would take its number from there.
        child.returncode = 0


def _buried(pid: int) -> bool:
    """Bury a child that has ended; nobody else does while `serve` is interrupted."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def main(words: Sequence[str]) -> None:
    """Be the first process of the node whose home is given."""
    around = read(Path(words[0]))
    log = (around.home / "log" / "node").open("ab", buffering=0)
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    socket.sethostname(around.host_name)
    prepare(around)
    first = First(around)
    first.engine()
    first.engine_works()
    first.factory()
    first.serve()


if __name__ == "__main__":
    main(sys.argv[1:])
