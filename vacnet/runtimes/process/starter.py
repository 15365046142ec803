"""The factory's end of the template: asks for keepers, and reads what they answer.

Rules of this file: one packet out, one packet back, matched by the machine's directory; a template
that died is started again. It lives as long as our socket does and no longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import vacnet
from vacnet.machines.runtime import NotNowError

ANSWER_SECONDS = 30.0
"""A keeper answers within milliseconds; fsync on a busy disk may take seconds."""
PASSED_ON = ("LD_LIBRARY_PATH",)
"""What an interpreter may need to be found; payloads get none of it."""
TEMPLATES_MAX = 3
"""A template that was killed is replaced; one that is killed each time is told."""
_PACKET_BYTES_MAX = 8192
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop())
from vacnet.runtimes.process.template import main
main()
"""


class Starter:
    """Starts keepers through one template, which is started when it is first needed."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._socket: socket.socket | None = None
        self._template: subprocess.Popen[bytes] | None = None
        self._waiting: dict[str, asyncio.Future[str]] = {}

    async def ask(self, directory: Path) -> str:
        """Ask for a keeper for the machine in `directory`; return its answer (see `keeper.keep`).

        Raises:
            NotNowError: no keeper answered.
        """
        try:
            for _ in range(TEMPLATES_MAX):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    return await self._ask_once(str(directory))
        except (OSError, TimeoutError) as error:
            raise NotNowError(f"no keeper could be started for {directory}: {error!r}") from error
        raise NotNowError(f"no keeper could be started for {directory}: the template ends again and again")

    async def _ask_once(self, directory: str) -> str:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[directory] = answer
        try:
            if self._socket is None:
                self._socket = self._start_template()
            self._socket.send(directory.encode())
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        finally:
            self._waiting.pop(directory, None)

    def close(self) -> None:
        """End the template; keepers go on."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        if self._template is not None:
            self._template.kill()
            self._template.wait()
            self._template = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError("the template has ended"))

    def _start_template(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # noqa: FBT003 (socket's own signature)
        root = str(Path(vacnet.__file__).parent.parent)
        flags = ("-I", "-S", "-B", "-X", "no_debug_ranges")
        with theirs:
            self._template = subprocess.Popen(  # noqa: S603 (all words are ours)
                [sys.executable, *flags, "-c", _PROGRAM, str(theirs.fileno()), root],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                cwd="/",
            )
        asyncio.get_running_loop().add_reader(ours, self._receive)
        return ours

    def _receive(self) -> None:
        if self._socket is None:
            return
        try:
            packet = self._socket.recv(_PACKET_BYTES_MAX)
        except BlockingIOError:
            return
        except ConnectionResetError:
            packet = b""
        if not packet:
            self.close()
            return
        directory, _, words = packet.decode(errors="replace").partition("\0")
        answer = self._waiting.get(directory)
        if answer is not None and not answer.done():
            answer.set_result(words)
