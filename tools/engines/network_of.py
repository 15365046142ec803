"""Stepping into another network name space and back: what a test makes and asks then is inside.

The bridge of a test's machines, and the addresses on it, are in the name space of its own libvirt. Whoever
is to serve them or reach them has to be there: this thread, and the threads and processes that it begins.

Source: setns(2).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def network_of(pid: int) -> Iterator[None]:
    """Be in the network name space of a process for as long as the block runs."""
    there, here = (os.open(f"/proc/{one}/ns/net", os.O_RDONLY) for one in (pid, "thread-self"))
    try:
        _enter(there)
        yield
    finally:
        _enter(here)
        os.close(there)
        os.close(here)


def _enter(space: int) -> None:
    if _LIBC.setns(space, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
