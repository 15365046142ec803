"""A factory that answers by heart: the control socket's addresses over a real Unix socket."""

from __future__ import annotations

import http.server
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import msgspec

from tests.unit.console import past, scenes
from vacnet.factory.client import ErrorAnswer, Events

LOG = b"first line\nsecond \x1b[31mline\nno end of line"


def answers(scene: str = "healthy", machines: str = "working") -> dict[str, object]:
    """Return what each address answers."""
    return {
        "/v1/space": scenes.SPACES[scene],
        "/v1/machines": scenes.MACHINES[machines],
        "/v1/factories/vac02.example.org/machines": scenes.MACHINES["afar"],
        "/v1/peers": scenes.PEERS["one-silent"],
        "/v1/events": past.EVENTS,
        "/v1/health": past.HEALTHS.get(scene, past.HEALTHS["empty"]),
        "/v1/history": past.HISTORIES.get(scene, past.HISTORIES["empty"]),
        "/v1/machines/vac01-03.example.org/log": LOG,
    }


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    answers: Mapping[str, object]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a command may leave before it has read all, and stderr is the command's."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        asked = urlparse(self.path)
        answer = self.server.answers.get(asked.path)
        if isinstance(answer, Events):
            after = int(parse_qs(asked.query).get("after", ["0"])[0])
            events = tuple(event for event in answer.events if event.serial > after)
            answer = msgspec.structs.replace(answer, events=events)
        missing = ErrorAnswer(error="there is no such machine")
        refused = answer is None or isinstance(answer, ErrorAnswer)
        self._send(404 if refused else 200, missing if answer is None else answer)

    def _send(self, status: int, answer: object) -> None:
        body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def answering(socket: Path, given: Mapping[str, object]) -> Iterator[Path]:
    """Answer at a socket as long as the block lasts."""
    server = _Server(str(socket), _Handler)
    server.answers = given
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield socket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        socket.unlink()
