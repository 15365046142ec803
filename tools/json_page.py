"""Makes `docs/json.md`: what `--json` prints, field by field, from the messages of socket and commands.

Rules of this file: the words are those that stand beside the fields in the source; what has none there has
a name that says it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from vacnet.agent import why
from vacnet.cli import answers as cli_answers
from vacnet.console import doctor_view, keys_view, peers_check_view
from vacnet.decide import reasons, reservations, shares
from vacnet.factory.messages import decisions, health, machines, orders, past, peers, space
from vacnet.simulate.whatif import result
from vacnet.targets import model, show

SOURCES = (
    space,
    machines,
    peers,
    health,
    past,
    decisions,
    orders,
    cli_answers,
    doctor_view,
    keys_view,
    peers_check_view,
    why,
    reasons,
    reservations,
    shares,
    model,
    show,
    result,
)
"""Modules whose classes are answers or parts of them."""

COMMANDS: Sequence[tuple[str, str]] = (
    ("space", "SpaceState"),
    ("targets", "SpaceState"),
    ("factories", "SpaceState"),
    ("machines", "Machines"),
    ("peers list", "Peers"),
    ("why", "WhyState"),
    ("why --at TIME", "DecisionState"),
    ("history", "History"),
    ("drain", "DrainState"),
    ("undrain", "DrainState"),
    ("stop", "Stopped"),
    ("target hold", "HoldState"),
    ("target release", "HoldState"),
    ("events", "EventLine"),
    ("logs", "EventLine"),
    ("logs MACHINE", "LogLine"),
    ("health", "HealthTold"),
    ("doctor", "Diagnosis"),
    ("support", "ArchiveMade"),
    ("peers check", "Checked"),
    ("peers add", "PeersChanged"),
    ("peers remove", "PeersChanged"),
    ("key list", "Listed"),
    ("key new", "KeyMade"),
    ("key add", "KeysChanged"),
    ("key use", "KeysChanged"),
    ("key drop", "KeysChanged"),
    ("config init", "SettingsMade"),
    ("config check", "SettingsChecked"),
    ("config show", "SettingsShown"),
    ("simulate", "Result"),
    ("gossip record", "Recorded"),
    ("gossip replay", "Replayed"),
)

_LIST = re.compile(r"tuple\[(\w+), \.\.\.\]")

_PAGE = """# What `--json` prints

Made from the source by `python -m tools.pages`.

One document, with `schema`: a number that rises when a field changes its meaning or goes away. New fields
do not raise it, so a program has to pass over what it does not know. Durations are seconds, times Unix
seconds, sizes bytes; `X | None` is `null` where nobody knows. What a command says to people goes to stderr.

| command | answer |
| --- | --- |
{commands}

`vacnet events` and `vacnet logs` print a document a line, `vacnet why` one for each target; what `vacnet
health` names is told with [its conditions](health.md). An answer with an address (`GET`, `POST`) comes from
the control socket too, by HTTP: `curl --unix-socket /run/vacnet/control.sock http://vacnet/v1/space`.

{answers}
"""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an answer."""

    name: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or a part of one."""

    name: str
    words: str
    fields: tuple[Field, ...]


def answers() -> dict[str, Answer]:
    """Return every answer, and every part of one, by its name."""
    return {node.name: _answer(node) for module in SOURCES for node in _classes(module)}


def _classes(module: ModuleType) -> Iterator[ast.ClassDef]:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    return (node for node in tree.body if isinstance(node, ast.ClassDef))


def told(name: str, known: dict[str, Answer]) -> Iterator[str]:
    """Yield an answer's name and those of its parts, each once."""
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop(0)
        if one in known and one not in seen:
            seen.add(one)
            yield one
            waiting += [part for field in known[one].fields for part in re.findall(r"\w+", field.kind)]


def json_page() -> str:
    """Return the page."""
    known = answers()
    names = dict.fromkeys(name for _, answer in COMMANDS for name in told(answer, known))
    commands = [f"| `vacnet {command}` | [{name}](#{name.lower()}) |" for command, name in COMMANDS]
    return _PAGE.format(
        commands="\n".join(commands), answers="\n\n".join(_section(known[name]) for name in names)
    )


def _section(answer: Answer) -> str:
    rows = [f"| `{one.name}` | `{one.kind}` | {one.words} |" for one in answer.fields]
    table = "\n".join(("| field | type | |", "| --- | --- | --- |", *rows))
    return f"## {answer.name}\n\n{answer.words}\n\n{table}"


def _answer(node: ast.ClassDef) -> Answer:
    following = zip(node.body, [*node.body[1:], None], strict=True)
    fields = (_field(one, after) for one, after in following if isinstance(one, ast.AnnAssign))
    return Answer(node.name, _line(ast.get_docstring(node) or ""), tuple(fields))


def _field(node: ast.AnnAssign, after: ast.stmt | None) -> Field:
    words = ""
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
        words = _line(str(after.value.value))
    kind = _LIST.sub(r"list of \1", ast.unparse(node.annotation))
    return Field(ast.unparse(node.target), _line(kind), words)


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
