"""What the demo serves over HTTP, on loopback or where containers reach it: pipe, user_data, queue of work.

Rules of this file: it carries, and decides nothing. Files are those of `conf/demo/`, in which the
address that they were written with is replaced by the one that this server got. The queue:

    POST /queue/take?machine=UUID              200 with a tile's order, or 204: no more work
    PUT  /queue/tiles/NUMBER?machine=UUID      200: the pixels, three bytes each
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tools.demo.work import Work

FILES = Path(__file__).parents[2] / "conf/demo"
WRITTEN_ADDRESS = "http://127.0.0.1:8000"
"""The address that stands in `conf/demo/`: that of `python3 -m http.server`."""
BODY_BYTES_MAX = 16 << 20


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, work: Work, host: str) -> None:
        super().__init__((host, 0), _Handler)
        self.work = work
        self.address = f"http://{host}:{self.server_port}"


@contextmanager
def serving(work: Work, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve on an address of this host for as long as a block runs; give the server's address."""
    server = _Server(work, host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer with a file of `conf/demo/`."""
        names = {path.name for path in FILES.iterdir()}
        name = urlsplit(self.path).path.removeprefix("/")
        if name not in names:
            self._answer(HTTPStatus.NOT_FOUND)
            return
        text = (FILES / name).read_text().replace(WRITTEN_ADDRESS, self.server.address)
        self._answer(HTTPStatus.OK, text.encode())

    def do_POST(self) -> None:
        """Give a tile to a machine."""
        url = urlsplit(self.path)
        machine = parse_qs(url.query).get("machine", [""])[0]
        if url.path != "/queue/take" or not machine:
            self._answer(HTTPStatus.NOT_FOUND)
            return
        order = self.server.work.take(machine, time.monotonic())
        if order is None:
            self._answer(HTTPStatus.NO_CONTENT)
        else:
            self._answer(HTTPStatus.OK, json.dumps(order).encode())

    def do_PUT(self) -> None:
        """Take a rendered tile."""
        number = urlsplit(self.path).path.removeprefix("/queue/tiles/")
        length = int(self.headers.get("Content-Length", "0"))
        if not number.isdecimal() or length > BODY_BYTES_MAX:
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        accepted = self.server.work.hand_in(int(number), self.rfile.read(length))
        self._answer(HTTPStatus.OK if accepted else HTTPStatus.BAD_REQUEST)

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal belongs to the table."""

    def _answer(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
