"""`vacnet targets`: the targets of the space, in full."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.remote import HERE, Remote
from vacnet.cli.whom import asked

if TYPE_CHECKING:
    from vacnet.factory.client import Client, SpaceState


def targets(*target: str, remote: Remote = HERE, asking: Asking = DEFAULT) -> None:
    """List the targets with shares, windows, tickets, and why each starts or does not.

    With --peer no factory is needed here: any member is asked, and an observe key
    suffices. Column `here` is of a factory's own host, and is empty then.

    Example: vacnet targets --json | jq '.targets[] | {name, state, here}'

    Args:
        target: Show these alone.
        remote: Whom to ask over the network, in place of this host's factory.
        asking: Whom to ask and how to print.
    """
    from vacnet.console.targets_view import targets_view  # late: see output

    with asked(remote, asking) as source:
        state = _only(source.space(), target)
    output.show(state, lambda state: targets_view(state, time.time()), asking)


def _only(state: SpaceState, names: tuple[str, ...]) -> SpaceState:
    """Return the space with the targets named alone, with all for none."""
    import msgspec  # late: see output

    known = {target.name: target for target in state.targets}
    for name in names:
        if name not in known:
            refused = next((one.words for one in state.refused if one.name == name), "")
            raise CommandError(refused or no_such(name, sorted(known)), Exit.NO_INPUT)
    shown = tuple(known[name] for name in dict.fromkeys(names)) or state.targets
    return msgspec.structs.replace(state, targets=shown)


@contextmanager
def nearest_told(client: Client, name: str) -> Iterator[None]:
    """Say, where the factory does not know a target, which name that it knows is near.

    Raises:
        CommandError: one is near.
        ClientError: none is, or the question failed otherwise.
    """
    from vacnet.cli.near_names import NEAR, slip  # late: only a slip of the pen needs it
    from vacnet.factory.client import ClientError

    try:
        yield
    except ClientError as error:
        hint = ""
        if error.exit_code == Exit.NO_INPUT:
            hint = slip(name, (target.name for target in client.space().targets))
        if not hint.startswith(NEAR):
            raise
        raise CommandError(f"{error.words.partition(';')[0]}; {hint}", Exit.NO_INPUT) from error


def no_such(name: str, known: list[str]) -> str:
    """Return in words that there is no such target, with the nearest of those that there are."""
    from vacnet.cli.near_names import slip  # late: only a slip of the pen needs it

    listed = "`vacnet targets` lists them" if known else "it has none"
    return f"this factory has no target {name!r}; {slip(name, known) or listed}"
