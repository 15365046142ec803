"""The tree of commands: names, where each is implemented, and what holds for all of them.

Rules of this file: one table. A command's module is imported when it is used or its line of help is
shown; such a module imports nothing heavy before it runs.
"""

from __future__ import annotations

from cyclopts import App, Parameter

from vacnet import __version__
from vacnet.cli import exits

HELP = "vacnet makes machines for the targets of a site, on many hypervisors without a head node."

EPILOGUE = f"""\
First steps: `vacnet config init`, `vacnet config check`, `vacnet run`; then `vacnet space`.

Exit codes of all commands:

{exits.table()}
"""

EPILOGUE_OF_COMMANDS = "Exit codes: 0 done, else what `vacnet --help` lists."
EPILOGUES = {
    "health": "Its exit codes are those of monitoring plugins, not those that `vacnet --help` lists."
}
"""Of a command whose exit codes are not those of all."""

COMMANDS: tuple[tuple[str, str], ...] = (
    ("run", "vacnet.cli.daemon:run"),
    ("space", "vacnet.cli.space:space"),
    ("machines", "vacnet.cli.machines:machines"),
    ("targets", "vacnet.cli.targets:targets"),
    ("factories", "vacnet.cli.factories:factories"),
    ("history", "vacnet.cli.history:history"),
    ("why", "vacnet.cli.why:why"),
    ("simulate", "vacnet.cli.simulate:simulate"),
    ("logs", "vacnet.cli.logs:logs"),
    ("events", "vacnet.cli.events:events"),
    ("health", "vacnet.cli.health:health"),
    ("doctor", "vacnet.cli.doctor:doctor"),
    ("support", "vacnet.cli.support:support"),
    ("stop", "vacnet.cli.stop:stop"),
    ("drain", "vacnet.cli.drain:drain"),
    ("undrain", "vacnet.cli.drain:undrain"),
    ("completion", "vacnet.cli.completion:completion"),
    ("man", "vacnet.cli.completion:man"),
)
GROUPS: tuple[tuple[str, str], ...] = (
    ("target", "vacnet.cli.target:app"),
    ("config", "vacnet.cli.config:app"),
    ("key", "vacnet.cli.key:app"),
    ("peers", "vacnet.cli.peers:app"),
    ("gossip", "vacnet.cli.gossip:app"),
)


def build(*, whole: bool) -> App:
    """Return the command line; `whole` imports every command, for the lines of help they bring."""
    app = App(
        name="vacnet",
        help=HELP,
        help_epilogue=EPILOGUE,
        help_format="plaintext",
        version=f"vacnet {__version__}",
        result_action="return_value",
        default_parameter=Parameter(negative="", show_default=False),
    )
    for order, (name, place) in enumerate(COMMANDS):
        app.command(place, name=name, sort_key=order, help_epilogue=EPILOGUES.get(name, EPILOGUE_OF_COMMANDS))
    for order, (name, place) in enumerate(GROUPS, len(COMMANDS)):
        app.command(place, name=name, sort_key=order)
    for name in app if whole else ():
        app[name]
    return app


def group(name: str, words: str) -> App:
    """Return the root of a group of commands; `words` say what the group is for."""
    return App(name=name, help=words, help_epilogue=EPILOGUE_OF_COMMANDS)
