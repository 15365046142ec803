"""`vacnet target`: hold one target, on this host or in the whole space, and let go of it."""

from __future__ import annotations

from vacnet.cli import output
from vacnet.cli.app import group
from vacnet.cli.drain import asked_by
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.targets import nearest_told

app = group("target", "Hold a target, so that nothing is made of it, and let go of it.")


@app.command
def hold(target: str, /, *, reason: str, space: bool = False, asking: Asking = DEFAULT) -> None:
    """Make no more machines of a target; those that run go on.

    On this host alone, or with --space in the whole space: then every factory
    hears of it and tells who said so. Held until `vacnet target release`, over
    restarts and reboots.

    Example: vacnet target hold atlas --reason "bad image, ticket 4711" --space

    Args:
        target: Its name.
        reason: Why, for everybody who sees it.
        space: In the whole space, not only on this host.
        asking: Whom to ask and how to print.
    """
    _order(target, reason, asking, held=True, space=space)


@app.command
def release(target: str, /, *, reason: str = "", space: bool = False, asking: Asking = DEFAULT) -> None:
    """Let go of a target that is held, on this host or with --space in the whole space.

    Example: vacnet target release atlas --reason "new image" --space

    Args:
        target: Its name.
        reason: Why, for everybody who sees it.
        space: In the whole space, not only on this host.
        asking: Whom to ask and how to print.
    """
    _order(target, reason, asking, held=False, space=space)


def _order(name: str, reason: str, asking: Asking, *, held: bool, space: bool) -> None:
    from vacnet.console import hold_words  # late: see output
    from vacnet.factory.client import HoldOrder

    order = HoldOrder(held=held, space=space, reason=reason, who=asked_by())
    client = output.client_for(asking)
    with nearest_told(client, name):
        state = client.hold(name, order)
    if asking.json:
        output.print_json(state)
    else:
        print(hold_words.told(state))
