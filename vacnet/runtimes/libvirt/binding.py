"""libvirt's Python library, imported when it is first needed, and its event loop.

Rules of this file: nobody else imports `libvirt`. Its event loop is one for the whole process and has to be
there before the first connection is opened: it carries keep-alives and events. Its thread is a daemon, for it
ends with the process and not with a connection. The library writes each error on stderr unless it is told
otherwise; here errors are raised, and told once.
"""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any

from vacnet.machines.runtime import NotNowError

_REMEDY = "install it (tools/bootstrap vm, or pip install 'vacnet[vm]'; it is built against libvirt-dev)"

_lock = threading.Lock()
_looping: list[threading.Thread] = []

Connection = Any
"""A `libvirt.virConnect`: the library has no types."""
Domain = Any
"""A `libvirt.virDomain`."""


def load() -> ModuleType:
    """Return the library, with its event loop running.

    Raises:
        NotNowError: it is not installed.
    """
    try:
        import libvirt  # late: only a factory that makes virtual machines needs it
    except ImportError as error:
        raise NotNowError(f"libvirt's Python library cannot be imported ({error}): {_REMEDY}") from error
    found: ModuleType = libvirt
    with _lock:
        if not _looping:
            _begin(found)
    return found


def _begin(library: ModuleType) -> None:
    library.virEventRegisterDefaultImpl()
    library.registerErrorHandler(lambda *_: None, None)
    thread = threading.Thread(target=_loop, args=(library,), name="libvirt-events", daemon=True)
    _looping.append(thread)
    thread.start()


def _loop(library: ModuleType) -> None:
    while True:
        library.virEventRunDefaultImpl()
