"""`vacnet key`: the secret that makes a factory a member of a space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from vacnet.cli import output
from vacnet.cli.app import group
from vacnet.cli.exits import CommandError

app = group("key", "Make the secret key of a space.")

KEY_BYTES = 32


def fresh_line(role: Literal["member", "observe"] = "member") -> str:
    """Return the line of a new key, from the system's source of secrets."""
    import secrets  # late: most commands make no key

    from vacnet.targets.keys import format_key

    return format_key(secrets.token_bytes(KEY_BYTES), role)


@app.command
def new(
    file: Path | None = None,
    /,
    *,
    role: Literal["member", "observe"] = "member",
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Make a key; into a new FILE that its owner alone may read, or on stdout.

    Whoever has a member key can join the space and run work there; an observe key may only look.

    Example: vacnet key new /etc/vacnet/space.key

    Example: vacnet key new --role observe >> /etc/vacnet/space.key

    Args:
        file: File to make; one that is there is never overwritten.
        role: What the key lets its owner do.
        as_json: Print the result as JSON with its `schema` number.
    """
    line = fresh_line(role)
    if file is not None:
        _write(file, line)
    if as_json:
        shown = {"file": str(file)} if file else {"file": None, "line": line}
        output.print_json({"schema": 1, "role": role, **shown})
    else:
        print(f"wrote {file}: a {role} key that its owner alone may read" if file else line)


def _write(file: Path, line: str) -> None:
    from vacnet.cli import files  # late: only here

    try:
        files.write_new(file, f"# made by vacnet key new\n{line}\n", files.MODE_SECRET)
    except FileExistsError as error:
        words = f"{file} is there and never overwritten; to add a key to it: vacnet key new >> {file}"
        raise CommandError(words) from error
