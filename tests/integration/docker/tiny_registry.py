"""A registry with one image, to pull from: ``tiny_registry.py PORT USER:PASSWORD BYTES_PER_SECOND``.

It speaks as much of the OCI distribution specification as an engine needs to pull, at a chosen speed, and
counts how often the layer was fetched (``/count``).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.engines.tiny_image import archive

NAME = "tiny"
PIECE_BYTES = 1 << 14
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_Held = tuple[str, bytes]


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _image() -> tuple[bytes, dict[str, _Held]]:
    """Return the manifest and all that it names, by digest; each registry has an image of its own."""
    tar = archive()
    layer = gzip.compress(tar, mtime=0)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"serial": os.urandom(4).hex()}},
            "rootfs": {"type": "layers", "diff_ids": [_digest(tar)]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": len(config),
            "digest": _digest(config),
        },
        "layers": [
            {
                "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                "size": len(layer),
                "digest": _digest(layer),
            }
        ],
    }
    blobs = {_digest(data): ("application/octet-stream", data) for data in (config, layer)}
    return json.dumps(manifest).encode(), blobs


class Registry(ThreadingHTTPServer):
    """The image and how it is given out."""

    daemon_threads = True

    def __init__(self, port: int, credentials: str, bytes_per_second: float) -> None:
        super().__init__(("127.0.0.1", port), Answer)
        self.expected = "Basic " + base64.b64encode(credentials.encode()).decode() if credentials else ""
        self.bytes_per_second = bytes_per_second
        self.manifest, self.blobs = _image()
        self.layers_fetched = 0

    def find(self, path: str) -> _Held | None:
        if path == "/count":
            return "text/plain", str(self.layers_fetched).encode()
        if path == "/v2/":
            return "application/json", b"{}"
        kind, _, what = path.removeprefix(f"/v2/{NAME}/").partition("/")
        if kind == "manifests" and what in {"latest", _digest(self.manifest)}:
            return MANIFEST, self.manifest
        return self.blobs.get(what) if kind == "blobs" else None


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Registry
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        if self.server.expected and self.headers.get("Authorization") != self.server.expected:
            self._send(
                401, ("application/json", _trouble("UNAUTHORIZED", "authentication required")), body=body
            )
            return
        held = self.server.find(self.path)
        unknown = ("application/json", _trouble("MANIFEST_UNKNOWN", "manifest unknown"))
        self._send(200 if held else 404, held or unknown, body=body)

    def _send(self, status: int, held: _Held, *, body: bool) -> None:
        kind, data = held
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Docker-Content-Digest", _digest(data))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="tiny"')
        self.end_headers()
        if body:
            self._pour(data)

    def _pour(self, data: bytes) -> None:
        is_layer = len(data) > 10 * PIECE_BYTES
        self.server.layers_fetched += is_layer
        for at in range(0, len(data), PIECE_BYTES):
            self.wfile.write(data[at : at + PIECE_BYTES])
            if is_layer and self.server.bytes_per_second:
                # waits for nothing: a registry this slow is what a pull's progress is tested with
                time.sleep(PIECE_BYTES / self.server.bytes_per_second)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def _trouble(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def main() -> None:
    """Serve until killed; the first line on stdout is the image's digest."""
    port, credentials, speed = sys.argv[1:]
    registry = Registry(int(port), credentials, float(speed))
    sys.stdout.write(_digest(registry.manifest) + "\n")
    sys.stdout.flush()
    registry.serve_forever()


if __name__ == "__main__":
    main()
