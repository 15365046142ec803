"""`vacnet stop`: end one machine of this host's factory."""

from __future__ import annotations

from vacnet.cli import elsewhere, output
from vacnet.cli.drain import asked_by
from vacnet.cli.options import DEFAULT, Asking


def stop(machine: str, /, *, reason: str, asking: Asking = DEFAULT) -> None:
    """End one machine of this host; nobody is blamed for its end.

    It is asked to end, has its grace, and is then ended with all that it started.
    Its outcome is neutral, with the message `100` and the reason. Another may be
    made in its place: to keep the host from that, see `vacnet drain`.

    Example: vacnet stop vac01-03.example.org --reason "writes without end"

    Args:
        machine: Name (the latest of that name) or id, as `vacnet machines` shows them.
        reason: Why, for everybody who sees its outcome.
        asking: Whom to ask and how to print.
    """
    from vacnet.factory.client import StopOrder  # late: see output

    client = output.client_for(asking)
    with elsewhere.explained(client, machine, f"stop {machine}"):
        done = client.stop(machine, StopOrder(reason=reason, who=asked_by()))
    if asking.json:
        output.print_json(done)
    else:
        print(
            f"{done.name} ({done.id}) was {done.state} and is being ended, within {done.grace_seconds:g} s; "
            "`vacnet machines --ended 1` shows its end"
        )
