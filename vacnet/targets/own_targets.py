"""The targets that the site's files define whole, each with everything that is wrong with it at once.

Rules of this file: a target with a fault is put together without that value all the same, so that what its
other options contradict is told in the same round; what follows from the faulty value alone is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from vacnet.targets.layers import base_layers, build_target, layer_at, stack
from vacnet.targets.locate import Path
from vacnet.targets.model import Settings, Target
from vacnet.targets.options import SITE_CHECKS
from vacnet.targets.reader import Reader, dotted
from vacnet.targets.section import Values, canonical

PROCESS_USER = "runtimes.process.process_user"


@dataclass(frozen=True, slots=True)
class Said:
    """What one ``[targets.NAME]`` says."""

    values: Values
    faulty: frozenset[str]
    """Options whose value was refused."""


def named_targets(reader: Reader) -> dict[str, Said]:
    """Return what each ``[targets.NAME]`` says; its faults are noted."""
    named: dict[str, Said] = {}
    for name in reader.names(("targets",), "a target's name"):
        before = len(reader.problems)
        values = reader.section(("targets", name), SITE_CHECKS)
        named[name] = Said(values, faulty_options(reader, ("targets", name), before))
    return named


def faulty_options(reader: Reader, path: Path, before: int) -> frozenset[str]:
    """Return the options of the table at a path with a problem behind the first `before` ones."""
    prefix = dotted(path) + "."
    keys = [problem.key.removeprefix(prefix) for problem in reader.problems[before:]]
    return frozenset(canonical(key, None)[0] for key in keys)


def own_targets(
    reader: Reader, settings: Settings, named: Mapping[str, Said], faulty: frozenset[str]
) -> Iterator[Target]:
    """Yield the targets that the files define; what one contradicts is noted.

    Args:
        reader: Of the files.
        settings: Without targets.
        named: What is said of each.
        faulty: Options whose value in ``[defaults]`` was refused.
    """
    refused_user = any(problem.key == PROCESS_USER for problem in reader.problems)
    for name, said in named.items():
        place = reader.place(("targets", name))
        section = layer_at(reader.places, f"targets.{name}", said.values)
        values, places = stack([*base_layers(settings, name), section])
        if "accounting_fqan" in values:
            values.setdefault("group", values["accounting_fqan"])
        may = settings.may_run_processes or refused_user
        made, broken = build_target(name, values, places, place, may_run_processes=may)
        unknown = said.faulty | (faulty - said.values.keys())
        for rule in broken:
            if not rule.options & unknown:
                key = f"targets.{rule.problem.key}"
                reader.problems.append(msgspec.structs.replace(rule.problem, key=key))
        if "machine_model" not in unknown:
            yield made
