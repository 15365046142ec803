"""How commands speak: data on stdout as a table or as JSON, messages on stderr.

Rules of this file: JSON is the control socket's own answer, one document, indented for a terminal and
on one line for a program; a view is for people and its words may change at any time. Both are
imported when they are needed: a command has half a second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vacnet.cli import patience
from vacnet.cli.options import Asking, Plain

if TYPE_CHECKING:
    from vacnet.console.model import View
    from vacnet.factory.client import Client

_Answer = TypeVar("_Answer")

PATIENCE_SECONDS = 5.0
"""For one answer: a busy factory is slow, a dead one does not answer at all."""


def client_for(asking: Asking, patience_seconds: float = PATIENCE_SECONDS) -> Client:
    """Return the client of the factory that the options name; an answer may take `patience_seconds`."""
    from vacnet.factory.client import Client  # late: a command that asks nobody needs no HTTP

    return Client(_socket(asking), patience_seconds)


def _socket(asking: Asking) -> Path | None:
    """Return the socket to ask at; None: that of VACNET_SOCKET, else of the host."""
    if asking.socket is not None or asking.config is None:
        return asking.socket
    from vacnet.cli import settings_files  # late: it reads the settings

    if named := os.environ.get("VACNET_SOCKET"):
        _tell_if_another(named, asking.config)
        return None
    return settings_files.control_socket(asking.config)


def _tell_if_another(named: str, config: Path) -> None:
    """Say that the variable stands before the settings, where these lead to another factory that is there."""
    from vacnet.cli import settings_files
    from vacnet.cli.exits import CommandError

    with suppress(CommandError):  # settings that are not there lead nowhere
        own = settings_files.control_socket(config)
        if own is not None and own != Path(named) and own.exists():
            tell(f"vacnet: {named} is asked, for VACNET_SOCKET stands before --config")


def asked_or_told(question: Callable[[Client], _Answer], asking: Asking, without: str) -> _Answer | None:
    """Return a factory's answer; without one None, and stderr says what follows, and where none answered."""
    from vacnet.factory.client import ClientError  # late: see `client_for`

    try:
        return question(client_for(asking))
    except ClientError as error:
        tell(f"vacnet: {without}: {error.words}")
        return None


def show(answer: _Answer, view: Callable[[_Answer], View], asking: Asking) -> None:
    """Print an answer as the options say: as JSON, or as the view made of it."""
    if asking.json:
        print_json(answer)
    else:
        print_view(view(answer), asking)


def print_json(answer: object) -> None:
    """Print one JSON document."""
    import msgspec  # late: tables need no encoder

    encoded = msgspec.json.encode(answer)
    text = msgspec.json.format(encoded, indent=2) if sys.stdout.isatty() else encoded
    print(text.decode())


def print_view(view: View, asking: Asking | Plain) -> None:
    """Print a view as a table."""
    from vacnet.console import tables  # late: JSON needs no rich

    tables.print_view(view, tables.console_for(), ascii_signs=asking.ascii)


def tell(words: str) -> None:
    """Print a message for people on stderr."""
    patience.clear()
    print(words, file=sys.stderr)
