"""`vacnet factories`: the factories of the space, in full, or as other programs read them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.remote import HERE, Remote
from vacnet.cli.whom import asked

if TYPE_CHECKING:
    from vacnet.factory.client import SpaceState

Format = Literal["table", "prometheus-sd", "squid"]
PORT_MAX = 65_535


def factories(
    *,
    form: Annotated[Format, Parameter(name="--format")] = "table",
    port: Annotated[int, Parameter(validator=Number(gte=1, lte=PORT_MAX))] | None = None,
    remote: Remote = HERE,
    asking: Asking = DEFAULT,
) -> None:
    """List the factories of the space: how fresh, how loaded, what is special and what to do.

    With --peer no factory is needed here: any member is asked, and an observe key
    suffices.

    `--format prometheus-sd` is JSON for file_sd_configs; of its labels,
    __meta_vacnet_state and __meta_vacnet_version are for relabelling. `--format
    squid` is an access list named `vacnet`, to be included in squid.conf. Both
    leave out who has stopped in order.

    Example: vacnet factories --json | jq -r '.factories[] | select(.state != "live") | .name'

    Example: vacnet factories --format squid >/etc/squid/vacnet.conf

    Example: vacnet factories --peer vac01.example.org --key observe.key --name example

    Args:
        form: How to list them.
        port: Of the metrics, for prometheus-sd; else the number that gossip has.
        remote: Whom to ask over the network, in place of this host's factory.
        asking: Whom to ask and how to print.
    """
    _check(form, port, asking)
    with asked(remote, asking) as source:
        state = source.space()
    if form == "table":
        from vacnet.console.factories_view import factories_view  # late: see output

        output.show(state, lambda state: factories_view(state, time.time()), asking)
        return
    _print_list(state, form, port or 0)


def _check(form: Format, port: int | None, asking: Asking) -> None:
    if asking.json and form != "table":
        raise CommandError(f"--json and --format {form}: give one of them", Exit.WRONG_USE)
    if port is not None and form != "prometheus-sd":
        raise CommandError("--port is for --format prometheus-sd", Exit.WRONG_USE)


def _print_list(state: SpaceState, form: Format, port: int) -> None:
    from vacnet.console import factory_lists  # late: see output

    if form == "squid":
        print("\n".join(factory_lists.squid_lines(state)))
    else:
        output.print_json(factory_lists.prometheus_targets(state, port))
    if left_out := factory_lists.placeless(state):
        output.tell(f"left out, for nothing leads to them: {', '.join(left_out)}")
