"""`vacnet run`: the factory of this host, in the foreground, as systemd and people start it.

Rules of this file: options only; what a factory does is in `vacnet.factory.daemon`, which is imported
when it is needed, for `vacnet --help` reads this module too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def run(
    *,
    config: Path = Path("/etc/vacnet"),
    state_directory: Path | None = None,
    log: Literal["people", "json"] = "people",
    check: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run the factory of this host until it is told to stop; its machines go on after it.

    Example: vacnet run --config /etc/vacnet

    Args:
        config: Directory with vacnet.toml and conf.d/*.toml, or one settings file.
        state_directory: Where record and machines are; else as the settings say, else /var/lib/vacnet.
        log: Form of the log lines on stderr: for people, or JSON for programs.
        check: Only say whether the settings, keys and peers are good; exit 78 if they are not.
    """
    from vacnet.factory.daemon import Options, serve  # late: no other command needs the daemon

    return serve(Options(config=config, state_directory=state_directory, log=log, check=check))
