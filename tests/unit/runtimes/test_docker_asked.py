"""Whether an image can be had, asked of an engine by its API; here one that answers from a table."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest

from vacnet.runtimes.docker import asked
from vacnet.targets.model import DockerSettings, PullPolicy

HERE = "/images/here:1/json"
ANSWERS = {
    "/_ping": (200, "OK"),
    "/version": (200, {"ApiVersion": "1.41"}),
    HERE: (200, {"Id": "sha256:1"}),
    "/distribution/there:1/json": (200, {"Descriptor": {}}),
    "/distribution/here:1/json": (200, {"Descriptor": {}}),
    "/distribution/private:1/json": (403, {"message": "denied: access forbidden"}),
    "/distribution/podman:1/json": (404, {"message": "404 page not found"}),
}


class Engine(ThreadingMixIn, UnixStreamServer):
    """What answers."""

    daemon_threads = True


class Answer(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        path = self.path.removeprefix("/v1.25").removeprefix("/v1.41")
        status, body = ANSWERS.get(path, (404, {"message": f"no such image: {path}"}))
        encoded = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "local"


@pytest.fixture
def settings() -> Iterator[DockerSettings]:
    with tempfile.TemporaryDirectory(prefix="vac") as name:
        path = Path(name, "engine.sock")
        engine = Engine(str(path), Answer)
        thread = threading.Thread(target=engine.serve_forever, daemon=True)
        thread.start()
        yield DockerSettings(socket=f"unix://{path}")
        engine.shutdown()
        engine.server_close()
        thread.join()


async def test_an_engine_that_answers_is_well_and_one_that_is_not_there_is_named(
    settings: DockerSettings, tmp_path: Path
) -> None:
    assert await asked.why_no_engine(settings) == ""
    away = DockerSettings(socket=f"unix://{tmp_path}/none.sock")
    assert f"there is no engine at {tmp_path}/none.sock" in await asked.why_no_engine(away)


async def test_images_that_are_here_or_at_their_registry_can_be_had(settings: DockerSettings) -> None:
    images = ["docker://here:1", "docker://there:1", "docker://podman:1"]
    assert await asked.why_not_had(settings, images) == {}


async def test_of_others_the_registrys_words_are_told_with_what_to_do(settings: DockerSettings) -> None:
    missing = await asked.why_not_had(
        settings, ["docker://private:1", "docker://nowhere:1", "docker://here:1"]
    )
    assert set(missing) == {"docker://private:1", "docker://nowhere:1"}
    assert "auth_file" in missing["docker://private:1"]
    assert "check root_image" in missing["docker://nowhere:1"]


async def test_what_is_never_pulled_has_to_be_here(settings: DockerSettings) -> None:
    never = DockerSettings(socket=settings.socket, pull_policy=PullPolicy.NEVER)
    missing = await asked.why_not_had(never, ["docker://here:1", "docker://there:1"])
    assert set(missing) == {"docker://there:1"}
    assert missing["docker://there:1"].endswith("docker pull there:1")
