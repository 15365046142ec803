"""`vacnet config`: makes, checks and shows the settings of this host's factory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from vacnet.cli import output
from vacnet.cli.app import group
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import PLAIN, Plain
from vacnet.cli.patience import Waiting

if TYPE_CHECKING:
    from vacnet.cli.settings_files import Found
    from vacnet.targets.model import Problem

NOTHING_TO_MAKE = "nothing is made yet: there is no target; add a [targets.NAME] or a [pipes.PREFIX]"

app = group("config", "Make, check and show the settings.")


@app.command
def init(
    *,
    config: Path = Path("/etc/vacnet"),
    key: Path | None = None,
    space: str = "",
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Write commented settings, a peers file and a fresh key, and say what comes next.

    What is there is kept and never overwritten: on a second host, copy the key there first.

    Example: vacnet config init --space vac.example.org

    Args:
        config: Directory where the files go; what other commands and `vacnet run` take as --config.
        key: Take the key of this file (a copy of another factory's) and make no fresh one.
        space: Name of the space, the same on all its factories; else the host's domain.
        as_json: Print the result as JSON with its `schema` number.
    """
    from vacnet.cli import config_init  # late: it reads and writes settings

    place = config.absolute()  # as other hosts and shells in other directories are told it
    made = config_init.make(place, key, space)
    if as_json:
        from vacnet.cli.answers import SettingsMade  # late: see output

        output.print_json(SettingsMade(directory=str(place), files=made))
    else:
        print(config_init.told(place, made, joins=key is not None, named=bool(space)))


@app.command
def check(*, config: Path | None = None, plain: Plain = PLAIN) -> int:
    """Say everything that is wrong with the settings, each with file and line, or sum them up.

    It also says what this host lacks for them: a user, files, engines, images.
    Those are warnings: the factory runs, and what they are about is not made. Exit
    code 78 when a factory would not take the settings.

    Example: vacnet config check && systemctl reload vacnet

    Args:
        config: Directory with vacnet.toml and conf.d/, or one file; else /etc/vacnet.
        plain: How to print.
    """
    from vacnet.cli import settings_files  # late: it reads the settings

    found = settings_files.read(config)
    with Waiting("looking whether this host has what they need"):
        problems = (*found.problems, *_lacking(found))
    if plain.json:
        from vacnet.cli.answers import SettingsChecked  # late: see output

        output.print_json(SettingsChecked(good=found.good, problems=problems))
    else:
        for problem in problems:
            output.tell(str(problem) if problem.fatal else f"warning: {problem}")
        if found.good:
            print(_summary(found, len(problems)))
    return Exit.OK if found.good else Exit.BAD_SETTINGS


@app.command
def show(*, config: Path | None = None, plain: Plain = PLAIN) -> None:
    """Show every value in force and where it stands: file and line, or built-in.

    Targets of a pipe are known to a running factory alone: see `vacnet targets`.

    Example: vacnet config show | grep backoff

    Args:
        config: Directory with vacnet.toml and conf.d/, or one file; else /etc/vacnet.
        plain: How to print.
    """
    from vacnet.cli import settings_files  # late: it reads the settings
    from vacnet.console.settings_view import settings_view
    from vacnet.targets.show import effective

    found = settings_files.read(config)
    for problem in found.problems:
        output.tell(str(problem))
    if found.settings is None:
        raise CommandError("settings with problems cannot be shown; correct them first", Exit.BAD_SETTINGS)
    rows = effective(found.settings, found.settings.targets)
    if plain.json:
        from vacnet.cli.answers import SettingsShown  # late: see output

        output.print_json(SettingsShown(values=rows))
    else:
        output.print_view(settings_view(rows), plain)


def _lacking(found: Found) -> tuple[Problem, ...]:
    """Return what this host lacks for the settings, as far as they could be read."""
    from vacnet.cli.host_looks import looks  # late: it asks engines

    return looks(found.draft) if found.draft else ()


def _summary(found: Found, warnings: int) -> str:
    """Return good settings in one paragraph."""
    from vacnet.console.words import plural  # late: see output

    settings = found.settings
    if settings is None:
        return ""
    counted = (
        plural(settings.factory.processors, "processor"),
        plural(len(settings.targets), "target"),
        plural(len(settings.pipes), "pipe"),
        plural(len(found.keys), "key"),
        plural(len(found.peers), "peer"),
    )
    idle = "" if settings.targets or settings.pipes else f"\n{NOTHING_TO_MAKE}"
    but = f", but with {plural(warnings, 'warning')}" if warnings else ""
    return (
        f"good{but}: factory {settings.factory.name} of space {settings.space.name}, {', '.join(counted)}\n"
        f"read: {', '.join(found.files)}{idle}"
    )
