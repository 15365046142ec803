"""A web server on loopback that serves one document, which may be endless."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHUNK = b" " * (1 << 16)


class PipeServer:
    """Serves `body` at every path; `endless_bytes` of blanks after it, streamed."""

    def __init__(self) -> None:
        """Serve an empty pipe from now on."""
        self.body = b'{"machinetypes": []}'
        self.kind = "application/json"
        self.endless_bytes = 0
        self.asked = 0
        self.sent_bytes = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Return where the document is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/example.pipe"

    def serve(self, *entries: dict[str, Any]) -> None:
        """Serve a pipe with these entries."""
        self.body = json.dumps({"cache_seconds": 5, "machinetypes": entries}).encode()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(outer) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (self is the handler's)
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                self.send_response(200)
                self.send_header("Content-Type", outer.kind)
                if not outer.endless_bytes:  # else it ends with the connection: nobody is told how long it is
                    self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self._send(outer.body)
                left = outer.endless_bytes
                while left > 0 and self._send(CHUNK[:left]):
                    left -= len(CHUNK)

            def _send(self, data: bytes) -> bool:
                try:
                    self.wfile.write(data)
                except OSError:
                    self.close_connection = True
                    return False
                outer.sent_bytes += len(data)
                return True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
                """Say nothing."""

        return Handler
