"""A target put together from layers: what the site says of it, of its pipe, what the pipe says, defaults.

Rules of this file: layers come lowest first and a later one wins, option by option; user_data options
and files are joined name by name (and one that names a file drops an option of the same name from
below, and the other way round, since both fill the same ``##user_data_option_XXX##``). Each value keeps its
place. What one option says about another is settled once, at the end, in `rules`.

Vac refused ``min_processors = 2`` alone because the built-in `max_processors` is 1 (vac-3.md P15); here
a layer that raises the least raises the most with it, unless a higher layer has set the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vacnet.targets.model import Place, Problem, Settings, Target
from vacnet.targets.options import field_of
from vacnet.targets.rules import NO_PROCESS, RULES, Broken
from vacnet.targets.section import Values, merge_value

BACKOFF_MAX_FACTOR = 8
"""`backoff_max_seconds` unless said: 8 x `backoff_seconds` (DESIGN section 7)."""

MOST_PROCESSORS = 1
LIFE_SECONDS = 86400
"""Built-in `max_processors` and `max_wallclock_seconds`, raised to the least where only that is said."""

LEAST_AND_MOST = (
    ("min_processors", "max_processors"),
    ("min_wallclock_seconds", "max_wallclock_seconds"),
    ("backoff_seconds", "backoff_max_seconds"),
)

FOLLOWS: Mapping[str, str] = MappingProxyType(
    {
        "max_processors": "min_processors",
        "max_wallclock_seconds": "min_wallclock_seconds",
        "min_wallclock_seconds": "max_wallclock_seconds",
        "backoff_max_seconds": "backoff_seconds",
        "group": "accounting_fqan",
    }
)
"""Option -> the one it follows from when only that one is said."""

_TWINS = (("user_data_options", "user_data_files"), ("user_data_files", "user_data_options"))


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says about a target: converted values by option, and where each stands."""

    values: Mapping[str, object] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    """Option, and ``user_data_options.XXX`` for each entry, -> place."""


def layer_at(places: Mapping[str, Place], prefix: str, values: Mapping[str, object]) -> Layer:
    """Return the layer of a section whose places are known by their dotted keys.

    Args:
        places: Of all the settings.
        prefix: The section's dotted name, empty for the top level.
        values: What the section says, converted.
    """
    names = [*values, *(f"{name}.{entry}" for name in values for entry in _entries(values[name]))]
    keys = {name: f"{prefix}.{name}" if prefix else name for name in names}
    return Layer(values, {name: places[key] for name, key in keys.items() if key in places})


def _entries(value: object) -> Iterable[str]:
    return [str(name) for name in value] if isinstance(value, Mapping) else []


def base_layers(settings: Settings, folder: str) -> list[Layer]:
    """Return the layers below whatever defines a target: what the factory gives, user_data, ``[defaults]``.

    Args:
        settings: Of the factory.
        folder: Name of the folder that holds the target's files.
    """
    user_data = {"user_data_options": settings.user_data_options, "user_data_files": settings.user_data_files}
    from_factory = {
        "files_directory": f"{settings.files_directory}/{folder}",
        "memory_per_processor": settings.factory.memory_bytes_per_processor,
        "disk_gb_per_processor": settings.factory.disk_gb_per_processor,
    }
    return [
        Layer(from_factory),
        layer_at(settings.places, "", user_data),
        layer_at(settings.places, "defaults", settings.defaults),
    ]


def stack(layers: Iterable[Layer]) -> tuple[Values, dict[str, Place]]:
    """Return the values of layers put on each other, lowest first, and their places."""
    values: Values = {}
    places: dict[str, Place] = {}
    for layer in layers:
        _raise_most(values, places, layer.values)
        _drop_twins(values, layer.values)
        for name, value in layer.values.items():
            values[name] = merge_value(name, values.get(name), value)
        places.update(layer.places)
    return values, places


def _raise_most(values: Values, places: dict[str, Place], above: Mapping[str, object]) -> None:
    """Forget the most of a lower layer that is less than the least of this one."""
    for least, most in LEAST_AND_MOST:
        if least in above and _number(values, most) < _number(above, least):
            values.pop(most, None)
            places.pop(most, None)


def _drop_twins(values: Values, above: Mapping[str, object]) -> None:
    for here, there in _TWINS:
        named, below = above.get(here), values.get(there)
        if isinstance(named, Mapping) and isinstance(below, Mapping):
            values[there] = MappingProxyType({name: below[name] for name in below if name not in named})


def complete(values: Values) -> Values:
    """Return the values with those added that follow from others (`FOLLOWS`)."""
    done = dict(values)
    done.setdefault("max_processors", max(MOST_PROCESSORS, _number(done, "min_processors")))
    done.setdefault("max_wallclock_seconds", max(LIFE_SECONDS, _number(done, "min_wallclock_seconds")))
    done.setdefault("min_wallclock_seconds", done["max_wallclock_seconds"])
    if "backoff_seconds" in done:
        done.setdefault("backoff_max_seconds", BACKOFF_MAX_FACTOR * _number(done, "backoff_seconds"))
    return done


def build_target(
    name: str, values: Values, places: Mapping[str, Place], section: Place, *, may_run_processes: bool
) -> tuple[Target, tuple[Broken, ...]]:
    """Return the target that values make, and what of them contradicts; it stands only if nothing does.

    Args:
        name: Of the target.
        values: Of all layers, by option.
        places: Where each of them stands.
        section: Where the target itself stands.
        may_run_processes: False where `machine_model` process would run as root.
    """
    done = complete(values)
    fields = {field_of(option): value for option, value in done.items()}
    target = Target(name=name, origin=str(section), places=MappingProxyType(dict(places)), **fields)  # type: ignore[arg-type] # each was converted by its option's check
    rules = (*RULES, *(() if may_run_processes else (NO_PROCESS,)))
    return target, tuple(
        Broken(
            Problem(places.get(rule.option, section), f"{name}.{rule.option}", rule.words(target)),
            frozenset((rule.option, *rule.others)),
        )
        for rule in rules
        if rule.broken(target)
    )


def _number(values: Mapping[str, object], name: str) -> int:
    value = values.get(name, 0)
    return value if isinstance(value, int) else 0
