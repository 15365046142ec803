"""The examples of `conf/examples/` on a real factory: a copy with addresses of this host, a service."""

from __future__ import annotations

import http.server
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self

import pytest

from tools.space.member import CHECKOUT, Member
from tools.space.space import Space

EXAMPLES = CHECKOUT / "conf" / "examples"
ELSEWHERE = ("https://experiment.example.org", "https://ci.example.org")

Changes = Mapping[str, str]
"""What stands in an example, and what this host has in its place."""


class StartExample(Protocol):
    """Starts a factory with an example."""

    def __call__(self, name: str, changes: Changes = MappingProxyType({}), more: str = "") -> Member:
        """Start it with further changes and sections of settings."""
        ...


class Service:
    """What an experiment or a CI service has on its server: files, jobs that are taken once, results."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self.jobs: list[str] = []
        self.results: list[str] = []
        self.token_is_good = True
        service, lock = self, threading.Lock()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args: object) -> None:
                super().__init__(*args, directory=str(service.files))  # type: ignore[arg-type]

            def do_GET(self) -> None:
                if not self.path.startswith(("/queue/take", "/job")):
                    super().do_GET()
                    return
                with lock:
                    job = service.jobs.pop(0) if service.jobs else ""
                status = 200 if job or self.path.startswith("/queue") else 204
                self._answer(status if service.token_is_good else 403, job.encode())

            def do_POST(self) -> None:
                service.results.append(self.path.partition("?")[2])
                self._answer(200, b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="vn-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def service(directory: Path) -> Iterator[Service]:
    files = directory / "www" / "vacnet"
    files.mkdir(parents=True)
    with Service(files.parent) as made:
        yield made


def local(text: str, directory: Path, address: str, changes: Changes) -> str:
    """Return a file of an example with addresses of this host in place of the example's."""
    for there, here in changes.items():
        text = text.replace(there, here)
    for elsewhere in ELSEWHERE:
        text = text.replace(elsewhere, address)
    return text.replace("/etc/vacnet/examples", str(directory)).replace(
        "/srv/tasks", str(directory / "tasks")
    )


@pytest.fixture
def start(directory: Path, service: Service) -> Iterator[StartExample]:
    """Return what starts a factory with an example as it stands in `conf/examples/`."""
    spaces: list[Space] = []

    def begin(name: str, changes: Changes = MappingProxyType({}), more: str = "") -> Member:
        home = directory / name
        home.mkdir()
        for file in (EXAMPLES / name).iterdir():
            copy = home / file.name
            copy.write_text(local(file.read_text(), directory, service.address, changes))
            copy.chmod(0o755)
            shutil.copy(copy, directory / "www" / "vacnet" / file.name)
        # The user of process machines is in the space's own file.
        fragment = (home / "vacnet.toml").read_text() + more
        # Of an own name: on an engine that others use too, a factory's containers are known by its name.
        space = Space.make(directory / "s", 1, name=f"x{time.time_ns() // 1000}", fragment=fragment)
        spaces.append(space)
        space.members[0].start()
        return space.members[0]

    yield begin
    for space in spaces:
        space.down()
