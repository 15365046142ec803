"""One table of a file or of a pipe held against its checks: converted values, and what is wrong.

Rules of this file: all faults of a table are found, not the first. Keys keep the names people write;
aliases and Vac's flat ``user_data_option_XXX`` are brought to the one canonical name here and nowhere
else. Who calls knows the places and the remedy, and makes `Problem`s of the faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vacnet.targets.checks import Check, RefusedError
from vacnet.targets.problems import shown

Values = dict[str, object]

ALIASES: Mapping[str, str] = MappingProxyType({"machinegroup": "group"})

FLAT_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "user_data_option_": "user_data_options",
        "user_data_file_": "user_data_files",
        "machinefeatures_option_": "machinefeatures_options",
    }
)
"""Vac's spelling of one entry, and the table it belongs to."""

MERGED_TABLES = frozenset(FLAT_PREFIXES.values())
"""Tables with free names: a layer adds to them, where it would replace any other value."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one key."""

    key: str
    """As written."""
    words: str
    """``VALUE is not EXPECTED``, or empty when nobody knows the key."""


@dataclass(frozen=True, slots=True)
class Section:
    """What reading one table gave."""

    values: Values
    """Canonical name -> converted value."""
    written: Mapping[str, str]
    """Canonical name (``user_data_options.XXX`` for an entry) -> the key as written."""
    faults: tuple[Fault, ...]


def read_section(table: Mapping[str, object], checks: Mapping[str, Check], *, texts: bool = False) -> Section:
    """Return the converted values of a table, and every fault in it.

    Args:
        table: As parsed.
        checks: What each of its keys may be.
        texts: True to understand numbers written as text, as in pipes.
    """
    values: Values = {}
    written: dict[str, str] = {}
    faults: list[Fault] = []
    for key, value in table.items():
        name, given = canonical(key, value)
        converted = _convert(key, value, given, checks.get(name), texts=texts)
        if isinstance(converted, Fault):
            faults.append(converted)
        else:
            values[name] = merge_value(name, values.get(name), converted.value)
            written.update(_written(key, name, given))
    return Section(values, written, tuple(faults))


def canonical(key: str, value: object) -> tuple[str, object]:
    """Return a key's canonical name and its value in that name's form."""
    for prefix, name in FLAT_PREFIXES.items():
        if key.startswith(prefix) and key != name:
            return name, {key.removeprefix(prefix): value}
    return ALIASES.get(key, key), value


def merge_value(name: str, below: object, above: object) -> object:
    """Return what stands when a higher layer says `above` over `below`."""
    if name in MERGED_TABLES and isinstance(below, Mapping) and isinstance(above, Mapping):
        return MappingProxyType({**below, **above})
    return above


@dataclass(frozen=True, slots=True)
class _Good:
    value: object


def _convert(key: str, value: object, given: object, check: Check | None, *, texts: bool) -> Fault | _Good:
    if check is None:
        return Fault(key, "")
    try:
        return _Good(check(given, texts=texts))
    except RefusedError:
        what = "the value (kept out of this message)" if check.secret else shown(value)
        expected = check.entry if check.entry and given is not value else check.expected
        return Fault(key, f"{what} is not {expected}")


def _written(key: str, name: str, given: object) -> dict[str, str]:
    """Return the canonical names of a key and of its entries, each with the key as written."""
    if name not in MERGED_TABLES or not isinstance(given, Mapping):
        return {name: key}
    is_flat = key != name
    return {name: key, **{f"{name}.{entry}": key if is_flat else f"{key}.{entry}" for entry in given}}
