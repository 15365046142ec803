"""`vacnet completion`, `vacnet man`: for the shell and for man(1), from the tree that parses commands."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vacnet.cli.exits import CommandError, Exit


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print what makes a shell complete commands and options of vacnet.

    For all users of a host: of bash into /usr/share/bash-completion/completions/vacnet, of zsh into
    /usr/share/zsh/site-functions/_vacnet, of fish into /usr/share/fish/vendor_completions.d/vacnet.fish.

    Example: vacnet completion bash > /usr/share/bash-completion/completions/vacnet

    Example: source <(vacnet completion bash)

    Args:
        shell: Whose language it is written in.
    """
    from vacnet.cli.app import build  # late: it imports this module

    print(build(whole=True).generate_completion(shell=shell))


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
