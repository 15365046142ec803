"""Makes `docs/settings.md`: every key, what it may be, and what holds where nothing is said.

Rules of this file: the words stand at the checks and the built-in values at the types; nothing is told
here that the code does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from vacnet import quantities
from vacnet.targets import sections
from vacnet.targets.checks import Check
from vacnet.targets.model import (
    ControlSettings,
    DockerSettings,
    FactorySettings,
    FetchSettings,
    ProcessSettings,
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

_SECTIONS: tuple[tuple[str, Mapping[str, Check], type[msgspec.Struct] | None], ...] = (
    ("Top of the file", sections.TOP, None),
    ("`[space]`", sections.SPACE, SpaceSettings),
    ("`[factory]`", sections.FACTORY, FactorySettings),
    ("`[runtimes.process]`", sections.PROCESS, ProcessSettings),
    ("`[runtimes.docker]`", sections.DOCKER, DockerSettings),
    ("`[fetch]`", sections.FETCH, FetchSettings),
    ("`[control]`", sections.CONTROL, ControlSettings),
)


def settings_page() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *_tables(), *_options()]) + "\n"


def _tables() -> Iterator[str]:
    for title, checks, kind in _SECTIONS:
        yield f"\n## {title}\n\n| key | may be | built-in |\n| --- | --- | --- |"
        for key, check in checks.items():
            yield f"| `{key}` | {_cell(check.expected)} | {_default(kind, sections.RENAMED.get(key, key))} |"


def _options() -> Iterator[str]:
    yield (
        "\n## Options of targets: `[targets.NAME]`, `[pipes.PREFIX]`, `[defaults]`, and pipes\n\n"
        "A section of a pipe has `vacuum_pipe_url`, `allow_machine_models` and `allow_images` besides.\n\n"
        "| option | may be | from a pipe | built-in |\n| --- | --- | --- | --- |"
    )
    for name, option in OPTIONS.items():
        pipe = (
            "never" if option.pipe is None else "yes" if option.pipe is option.site else option.pipe.expected
        )
        expected = _cell(option.site.expected)
        yield f"| `{name}` | {expected} | {_cell(pipe)} | {_default(Target, field_of(name))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(kind: type[msgspec.Struct] | None, field: str) -> str:
    """Return the built-in value of a field in words; empty where it follows from the host or is required."""
    if kind is None:
        return ""
    fields = {one.name: one for one in msgspec.structs.fields(kind)}
    value = fields[field].default if field in fields else msgspec.NODEFAULT
    return "" if value is msgspec.NODEFAULT else _shown(field, value)


def _shown(field: str, value: object) -> str:
    form: Callable[[float], str] | None = quantities.size if "_bytes" in field else None
    if form and isinstance(value, int):
        return f"`{form(value)}`"
    empty = value in ("", (), 0) and not isinstance(value, bool)
    is_table = isinstance(value, Mapping)
    return "" if empty or is_table else f"`{str(value).lower() if isinstance(value, bool) else value}`"
