"""The three calls of prctl(2) that Python does not offer.

Rules of this file: looked up once, in the template, so that a forked keeper only calls them.
"""

from __future__ import annotations

import ctypes
import os
import signal

_SET_PDEATHSIG = 1
_SET_NAME = 15
_SET_CHILD_SUBREAPER = 36
_SET_NO_NEW_PRIVS = 38

_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong)


def _call(option: int, value: int) -> None:
    if _prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl option {option}: {os.strerror(code)}")


def become_subreaper() -> None:
    """Make orphans among our descendants our children."""
    _call(_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Have the kernel kill us when our parent dies; after a change of user, which would undo it."""
    _call(_SET_PDEATHSIG, signal.SIGKILL)


def give_up_new_privileges() -> None:
    """Let no set-user-id program give us or our children more than we have (no_new_privs)."""
    _call(_SET_NO_NEW_PRIVS, 1)


def set_name(name: str) -> None:
    """Set the name that `ps` shows; at most 15 bytes count."""
    held = ctypes.create_string_buffer(name.encode())
    _call(_SET_NAME, ctypes.addressof(held))
