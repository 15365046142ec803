"""The file of the control socket: who may use it, and that it is never another's.

Rules of this file: the mode is the whole of the access control: 0660, of the group that the settings name
where there is one. The socket appears under its name only when it is ready, by rename(2), so there is no
moment at which it has the wrong mode or nobody listens. A socket left by a factory that was killed is
replaced; one on which somebody listens never is.
"""

from __future__ import annotations

import grp
import os
import socket
from contextlib import suppress
from pathlib import Path

MODE = 0o660
PATH_BYTES_MAX = 107
"""sockaddr_un has 108 with the closing zero: unix(7)."""


class SocketFileError(Exception):
    """The socket cannot be made; the text says why and what to do."""


def listening(path: Path, group: str) -> socket.socket:
    """Return a socket that listens at `path` with mode 0660, of `group` where there is such a group.

    Raises:
        SocketFileError: another factory listens there, or the path cannot be a socket.
    """
    if len(os.fsencode(path)) > PATH_BYTES_MAX - len(".new"):
        raise SocketFileError(
            f"[control] socket {path}: longer than a socket's path can be; choose a shorter one"
        )
    _refuse_if_taken(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _place(made, path, group)
    except OSError as error:
        made.close()
        raise SocketFileError(
            f"[control] socket {path}: {error.strerror}; choose a place to write to"
        ) from error
    return made


def _place(made: socket.socket, path: Path, group: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    made.bind(str(new))
    with suppress(KeyError, PermissionError):  # no such group, or not root: the socket is ours alone
        os.chown(new, -1, grp.getgrnam(group).gr_gid)
    new.chmod(MODE)
    made.listen(64)
    new.rename(path)


def _refuse_if_taken(path: Path) -> None:
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_socket():
        raise SocketFileError(
            f"[control] socket {path}: a file that is no socket is there; remove it or choose another"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        with suppress(ConnectionRefusedError, FileNotFoundError):
            probe.connect(str(path))
            raise SocketFileError(
                f"[control] socket {path}: another factory listens there; "
                "stop it, or give this one its own socket"
            )
