"""Every value in force and where it comes from: what `vacnet config show` prints.

Rules of this file: a row for every key there is, also those nobody wrote, because "which value holds
and who said so" is the question; keys and values are spelt as one would write them in TOML. Values whose
name says that they are secret are not shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vacnet.targets import sections
from vacnet.targets.layers import FOLLOWS
from vacnet.targets.model import PipeSource, Place, Settings, Target
from vacnet.targets.options import OPTIONS, field_of
from vacnet.targets.section import MERGED_TABLES
from vacnet.targets.sizes import size_text

BUILT_IN = "built-in"
HIDDEN = "(not shown)"

_SECRET = re.compile(r"key|pass|secret|token|cred", re.IGNORECASE)
_SIZES = frozenset({"memory_per_processor", *sections.RENAMED})


@dataclass(frozen=True, slots=True)
class Row:
    """One value in force."""

    key: str
    value: str
    """As TOML writes it."""
    place: str
    """``file:line``, a pipe's URL, ``built-in`` or ``follows from KEY``."""


def effective(settings: Settings, targets: Iterable[Target]) -> tuple[Row, ...]:
    """Return a row for every value in force.

    Args:
        settings: Of the factory.
        targets: All of them, those of pipes too.
    """
    rows = [*_sections(settings), *(row for pipe in settings.pipes for row in _pipe(pipe))]
    return (*rows, *(row for target in targets for row in _target(target)))


def _sections(settings: Settings) -> Iterator[Row]:
    table: Sequence[tuple[str, Mapping[str, object], object]] = (
        ("", sections.TOP, settings),
        ("space.", sections.SPACE, settings.space),
        ("factory.", sections.FACTORY, settings.factory),
        ("runtimes.process.", sections.PROCESS, settings.process),
        ("runtimes.docker.", sections.DOCKER, settings.docker),
        ("runtimes.libvirt.", sections.LIBVIRT, settings.libvirt),
        ("fetch.", sections.FETCH, settings.fetch),
        ("control.", sections.CONTROL, settings.control),
        ("metrics.", sections.METRICS, settings.metrics),
        ("metadata.", sections.METADATA, settings.metadata),
    )
    for prefix, keys, section in table:
        for key in keys:
            yield from _rows(prefix, key, _value(section, key), settings.places, prefix)


def _pipe(pipe: PipeSource) -> Iterator[Row]:
    for key in ("vacuum_pipe_url", "target_share", "allow_machine_models", "allow_images"):
        yield from _rows(f"pipes.{pipe.prefix}.", key, getattr(pipe, key), pipe.places)
    for key, value in pipe.options.items():
        yield from _rows(f"pipes.{pipe.prefix}.", key, value, pipe.places)


def _target(target: Target) -> Iterator[Row]:
    for option in OPTIONS:
        value = getattr(target, field_of(option))
        leader = FOLLOWS.get(option, "")
        follows = option not in target.places and leader in target.places
        rows = _rows(f"targets.{target.name}.", option, value, target.places)
        yield from (Row(row.key, row.value, f"follows from {leader}") for row in rows) if follows else rows


def _rows(
    prefix: str, key: str, value: object, places: Mapping[str, Place], below: str = ""
) -> Iterator[Row]:
    """Yield the row of a key, or one for each entry of a table with free names."""
    entries = value if key in MERGED_TABLES and isinstance(value, Mapping) else {}
    for name, inner in entries.items():
        text = HIDDEN if _SECRET.search(name) and key != "user_data_files" else _text(key, inner)
        yield Row(f"{prefix}{key}.{name}", text, _place(places, f"{below}{key}.{name}"))
    if not entries:
        yield Row(prefix + key, _text(key, value), _place(places, below + key))


def _place(places: Mapping[str, Place], key: str) -> str:
    return str(places[key]) if key in places else BUILT_IN


def _value(section: object, key: str) -> object:
    """Return what a section holds under a key of the files."""
    if key == "benchmark":
        name, worth = getattr(section, "benchmark_name", ""), getattr(section, "benchmark_per_processor", 0.0)
        return {name: worth} if name else {}
    return getattr(section, sections.RENAMED.get(key, key))


def _text(key: str, value: object) -> str:
    """Return a value as TOML writes it."""
    if key in _SIZES and isinstance(value, int):
        return json.dumps(size_text(value))
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(name))} = {_text('', value[name])}" for name in value)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, frozenset):
        return _text(key, sorted(value))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text("", item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    """Return a key of an inline table; names that are numbers read better quoted."""
    return name if name.replace("_", "").isalpha() else json.dumps(name)
