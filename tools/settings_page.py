"""Makes `docs/settings.md`: every key, what it does, what it may be, and what holds where nothing is said.

Rules of this file: what a key does stands at its field, what it may be at its check, the built-in value
at the type; nothing is told here that the code does not hold. A key without a meaning makes no page.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterator, Mapping

import msgspec

from vacnet import quantities
from vacnet.targets import sections
from vacnet.targets.checks import Check
from vacnet.targets.layers import BACKOFF_MAX_FACTOR
from vacnet.targets.model import (
    ControlSettings,
    DockerSettings,
    FactorySettings,
    FetchSettings,
    LibvirtSettings,
    MetadataSettings,
    MetricsSettings,
    PipeSource,
    ProcessSettings,
    Settings,
    SpaceSettings,
    Target,
)
from vacnet.targets.options import OPTIONS, field_of

_HEAD = """# Settings

Made from the tables of the code by `python -m tools.pages`. `vacnet config init` writes a file to start
from, `vacnet config check` names every problem with its line, and `vacnet config show` says what holds
and where it was said.

Files are read in this order, and a later value stands: `vacnet.toml`, then `conf.d/*.toml` by name, then
`/run/vacnet/override.toml`, which is gone after a reboot. Edits are taken over within two seconds; a
file with a problem changes nothing until it is mended. A key with a unit in its name takes a number
in that unit; a key without takes text such as `"2 GiB"`.

For a target the order is, highest first: `[targets.PREFIX-SUFFIX]`, `[pipes.PREFIX]`, the pipe itself,
`[defaults]`, what is built in.
"""

_SECTIONS: tuple[tuple[str, Mapping[str, Check], type[msgspec.Struct]], ...] = (
    ("Top of the file", sections.TOP, Settings),
    ("`[space]`", sections.SPACE, SpaceSettings),
    ("`[factory]`", sections.FACTORY, FactorySettings),
    ("`[runtimes.process]`", sections.PROCESS, ProcessSettings),
    ("`[runtimes.docker]`", sections.DOCKER, DockerSettings),
    ("`[runtimes.libvirt]`", sections.LIBVIRT, LibvirtSettings),
    ("`[fetch]`", sections.FETCH, FetchSettings),
    ("`[control]`", sections.CONTROL, ControlSettings),
    ("`[metrics]`", sections.METRICS, MetricsSettings),
    ("`[metadata]`", sections.METADATA, MetadataSettings),
    ("`[pipes.PREFIX]`, beside the options of targets", sections.PIPE_OWN, PipeSource),
)
_FIELDS: Mapping[str, str] = {**sections.RENAMED, "benchmark": "benchmark_name"}
"""Key to the field that holds it, where they are not called the same."""
_HEADS = "| key | what it does | may be | built-in |\n| --- | --- | --- | --- |"


def settings_page() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *_tables(), *_options()]) + "\n"


def _tables() -> Iterator[str]:
    for title, checks, kind in _SECTIONS:
        yield f"\n## {title}\n\n{_HEADS}"
        for key, check in checks.items():
            field = _FIELDS.get(key, key)
            told = meaning_of(kind, field), check.expected, _default(kind, field)
            yield f"| `{key}` | {' | '.join(map(_cell, told))} |"


def _options() -> Iterator[str]:
    yield (
        "\n## Options of targets: `[targets.NAME]`, `[pipes.PREFIX]`, `[defaults]`, and pipes\n\n"
        "What a pipe may say is told where it may say less than the site.\n\n"
        "| option | what it does | may be | from a pipe | built-in |\n| --- | --- | --- | --- | --- |"
    )
    for name, option in OPTIONS.items():
        pipe = (
            "never" if option.pipe is None else "yes" if option.pipe is option.site else option.pipe.expected
        )
        field = field_of(name)
        told = meaning_of(Target, field), option.site.expected, pipe, _default(Target, field)
        yield f"| `{name}` | {' | '.join(map(_cell, told))} |"


def meaning_of(kind: type[msgspec.Struct], field: str) -> str:
    """Return the docstring of a field.

    Raises:
        KeyError: it has none, and every key has to have a meaning.
    """
    return _meanings(kind)[field]


@functools.cache
def _meanings(kind: type[msgspec.Struct]) -> Mapping[str, str]:
    """Return the docstring of each field of a type; they are in its source alone."""
    (of_class,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    body = of_class.body if isinstance(of_class, ast.ClassDef) else []
    return {
        field.target.id: " ".join(str(text.value.value).split())
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


DERIVED = {"backoff_max_seconds": f"{BACKOFF_MAX_FACTOR} x `backoff_seconds`"}
"""What is built in is a rule: the number at the field is what it gives for the others' built-in values."""


def _default(kind: type[msgspec.Struct], field: str) -> str:
    """Return the built-in value of a field in words; empty where its meaning tells it or it is required."""
    if field in DERIVED:
        return DERIVED[field]
    fields = {one.name: one for one in msgspec.structs.fields(kind)}
    value = fields[field].default if field in fields else msgspec.NODEFAULT
    return "" if value is msgspec.NODEFAULT else _shown(field, value)


def _shown(field: str, value: object) -> str:
    form: Callable[[float], str] | None = quantities.size if "_bytes" in field else None
    if form and isinstance(value, int):
        return f"`{form(value)}`"
    if isinstance(value, frozenset):
        return ", ".join(f"`{one}`" for one in sorted(value))
    empty = value in ("", (), 0) and not isinstance(value, bool)
    is_table = isinstance(value, Mapping)
    return "" if empty or is_table else f"`{str(value).lower() if isinstance(value, bool) else value}`"
