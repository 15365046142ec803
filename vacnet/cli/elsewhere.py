"""A machine that this host's factory does not have: whose it is by its name, and where to ask.

Rules of this file: names say their host unless a site has changed the pattern; an id does not. What is
not known for sure is not said: then the factory's own words stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vacnet.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from vacnet.factory.client import Client


@contextmanager
def explained(client: Client, machine: str, command: str) -> Iterator[None]:
    """Say, where a factory has no such machine, which one has, and that `command` is for its host.

    Raises:
        CommandError: it is a machine of another factory, or no name at all.
        ClientError: the question failed otherwise.
    """
    from vacnet.factory.client import ClientError  # late: see output

    if not machine:
        raise CommandError("MACHINE is empty; `vacnet machines` shows names and ids", Exit.WRONG_USE)
    try:
        yield
    except ClientError as error:
        owner = _owner(client, machine) if error.exit_code == Exit.NO_INPUT else ""
        if not owner:
            raise
        raise CommandError(
            f"{machine} is a machine of {owner}: run `vacnet {command}` on that host; "
            f"`vacnet machines --factory {owner}` lists its machines from here",
            Exit.NO_INPUT,
        ) from error


def _owner(client: Client, machine: str) -> str:
    """Return the other factory whose machines are named so; empty: none is known."""
    others = (one.name for one in client.space().factories if not one.itself)
    return next((name for name in others if _names_so(name, machine)), "")


def _names_so(factory: str, machine: str) -> bool:
    host, dot, domain = factory.partition(".")
    return re.fullmatch(rf"{re.escape(host)}-\d+{re.escape(dot + domain)}", machine) is not None
