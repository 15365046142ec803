"""The template: a small process from which keepers are forked.

Starting an interpreter for each keeper would cost 4 MiB and 15 ms a machine; a fork of one that is
ready costs the pages it dirties, 1.4 MiB, and one millisecond. A keeper in a shell's words would be
smaller still, but a shell cannot be a subreaper, say why an execve failed, or bound a log that is
being read. One keeper for all machines would be smaller too, and its death would be that of all.
So a factory has one template. It holds nothing: it ends with its factory (its socket says so) while
the keepers it forked live on, and if it is killed the factory starts another.

Rules of this file: one packet in is the directory of a machine, for which one keeper is forked;
keepers answer on the same socket themselves. Nothing heavy is imported: keepers share it all.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys

from vacnet.runtimes.process import keeper, kernel

_PACKET_BYTES_MAX = 8192


def main() -> None:
    """Fork keepers on request until the factory is gone; the socket is file descriptor `argv[1]`."""
    factory = int(sys.argv[1])
    os.set_inheritable(factory, False)  # noqa: FBT003 (os's own signature)
    kernel.set_name("vacnet-template")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.disable()
    gc.freeze()
    with contextlib.suppress(ConnectionResetError):  # the factory was killed with answers unread
        while request := os.read(factory, _PACKET_BYTES_MAX):
            _fork(request.decode(), factory)


def _fork(directory: str, factory: int) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        os.write(factory, f"{directory}\0failed cannot fork: {error.strerror}".encode())
        return
    if pid == 0:
        _be_keeper(directory, factory)


def _be_keeper(directory: str, factory: int) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        keeper.keep(directory, factory)
    except BaseException:  # noqa: BLE001 (a keeper must never go on as a second template)
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)
