"""`vacnet completion`, `vacnet man`: for the shell and for man(1), from the tree that parses commands."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import Asking


def completion(
    shell: Literal["bash", "zsh", "fish"] | None = None,
    /,
    *,
    names: Literal["targets", "machines", "factories", "peers"] | None = None,
    socket: Path | None = None,
    config: Path | None = None,
) -> None:
    """Print what makes a shell complete commands, options and names of vacnet.

    Names of targets, machines, factories and peers are those that the factory of
    the host knows when Tab is pressed; where it does not answer there are none.

    For all users of a host: of bash into /usr/share/bash-completion/completions/vacnet, of zsh into
    /usr/share/zsh/site-functions/_vacnet, of fish into /usr/share/fish/vendor_completions.d/vacnet.fish.

    Example: vacnet completion bash > /usr/share/bash-completion/completions/vacnet

    Example: source <(vacnet completion bash)

    Args:
        shell: Whose language it is written in.
        names: Print the names of a kind instead, one a line: what the scripts ask.
        socket: Of the factory whose names they are; as for other commands.
        config: Of the factory whose names they are; as for other commands.
    """
    if names:
        from vacnet.cli import live_names  # late: it asks the factory

        print(
            "".join(f"{name}\n" for name in live_names.names(names, Asking(socket=socket, config=config))),
            end="",
        )
    elif shell:
        from vacnet.cli.app import build  # late: it imports this module
        from vacnet.cli.completing import script

        print(script(build(whole=True), shell), end="")
    else:
        raise CommandError("name a shell: bash, zsh or fish; see `vacnet completion --help`", Exit.WRONG_USE)


def man(*command: str, directory: Path | None = None) -> None:
    """Print the manual page of a command, or write all of them into a directory.

    Example: vacnet man key list | man -l -

    Example: vacnet man --directory /usr/local/share/man/man1

    Args:
        command: Its words; none: the program itself.
        directory: Write every page there, as vacnet-COMMAND.1.
    """
    from vacnet.cli.app import build  # late: it imports this module
    from vacnet.cli.man_page import pages

    found = pages(build(whole=True))
    if directory is not None:
        for page in found:
            (directory / f"{page.name}.1").write_text(page.roff(found))
        print(f"{len(found)} pages in {directory}")
        return
    chosen = next((page for page in found if page.words == command), None)
    if chosen is None:
        raise CommandError(f"there is no command {' '.join(command)!r}; see `vacnet --help`", Exit.WRONG_USE)
    print(chosen.roff(found), end="")
