"""Who tells a command the space: the factory of this host, or with `--peer` any member, over the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.options import Asking
from vacnet.cli.remote import Remote, refuse_unused

if TYPE_CHECKING:
    from vacnet.cli.looking import Looker
    from vacnet.cli.remote import Access
    from vacnet.cli.space_wait import Shows


@contextmanager
def asked(remote: Remote, asking: Asking) -> Iterator[Shows]:
    """Give whoever the options name, to be asked for the space.

    Raises:
        CommandError: what `--peer` needs to know is not told, or is told without it.
    """
    refuse_unused(remote)
    if not remote.peer:
        yield output.client_for(asking)
        return
    with looking(remote, asking, output.PATIENCE_SECONDS) as (looker, _):
        yield looker


@contextmanager
def looking(remote: Remote, asking: Asking, patience_seconds: float) -> Iterator[tuple[Looker, Access]]:
    """Give an observer of the space that the options name, and how it asks."""
    from vacnet.cli.looking import Looker  # late: needs the rules of gossip
    from vacnet.cli.remote import access

    way = access(remote, asking.config)
    with Looker(way.key, way.space, way.addresses, patience_seconds) as looker:
        yield looker, way
