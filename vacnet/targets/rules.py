"""What two options of one target must not say together.

Rules of this file: one table. A rule names the options that it looks at, so that what follows from a value
that was refused is not told as a second mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vacnet.targets.model import KIND_OF_MODEL, Metadata, Model, Network, Problem, Proof, Target
from vacnet.targets.problems import shown


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a target breaks: the problem, and the options it is about."""

    problem: Problem
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """What two options of one target must not say together."""

    option: str
    others: tuple[str, ...]
    """Options that it looks at beside."""
    broken: Callable[[Target], bool]
    words: Callable[[Target], str]


_NEED_IMAGE = frozenset(Model) - {Model.PROCESS}
_CONTAINERS = frozenset({Model.DOCKER, Model.APPTAINER})
_SEEDED = frozenset({Model.VM, Model.VM_RAW})
"""Whose images look for a seed disk; CernVMs have their operating system over the network."""
USER_DATA_COMMAND = "/user_data"
"""`container_command` that runs the user_data itself: Vac's default."""


def _has_nothing_to_run(target: Target) -> bool:
    runs_user_data = target.container_command == USER_DATA_COMMAND or target.machine_model is Model.PROCESS
    return runs_user_data and KIND_OF_MODEL[target.machine_model] != "VM" and not target.user_data


def _is_without_network(target: Target) -> bool:
    return target.network is Network.NONE


def _has_unread_seed(target: Target) -> bool:
    is_machine = KIND_OF_MODEL[target.machine_model] == "VM"
    return target.metadata is Metadata.SEED and is_machine and target.machine_model not in _SEEDED


RULES: tuple[Rule, ...] = (
    Rule(
        "max_processors",
        ("min_processors",),
        lambda target: target.max_processors < target.min_processors,
        lambda target: (
            f"{target.max_processors} is less than min_processors, {target.min_processors}; "
            "raise it or lower min_processors"
        ),
    ),
    Rule(
        "min_wallclock_seconds",
        ("max_wallclock_seconds",),
        lambda target: target.min_wallclock_seconds > target.max_wallclock_seconds,
        lambda target: (
            f"{target.min_wallclock_seconds} is more than max_wallclock_seconds, "
            f"{target.max_wallclock_seconds}; lower it or raise max_wallclock_seconds"
        ),
    ),
    Rule(
        "backoff_max_seconds",
        ("backoff_seconds",),
        lambda target: target.backoff_max_seconds < target.backoff_seconds,
        lambda target: (
            f"{target.backoff_max_seconds} is less than backoff_seconds, {target.backoff_seconds}; "
            "raise it or lower backoff_seconds"
        ),
    ),
    Rule(
        "root_image",
        ("machine_model",),
        lambda target: target.machine_model in _NEED_IMAGE and not target.root_image,
        lambda target: f"is missing, and machine_model {target.machine_model} needs an image; set root_image",
    ),
    Rule(
        "root_image",
        ("machine_model",),
        lambda target: target.root_image.startswith("docker://") and target.machine_model not in _CONTAINERS,
        lambda target: (
            f"{shown(target.root_image)} is a container's image, machine_model is {target.machine_model}; "
            "set machine_model to docker or apptainer, or name another image"
        ),
    ),
    Rule(
        "user_data",
        ("machine_model", "container_command"),
        _has_nothing_to_run,
        lambda target: (
            f"is missing, so a machine of model {target.machine_model} has nothing to run; "
            "set user_data (or container_command to a program of the image)"
        ),
    ),
    Rule(
        "proof",
        ("heartbeat_file",),
        lambda target: target.proof == "heartbeat" and not target.heartbeat_file,
        lambda _: "is heartbeat, and no heartbeat_file is named; set heartbeat_file or another proof",
    ),
    Rule(
        "metadata",
        ("machine_model",),
        _has_unread_seed,
        lambda target: (
            f"is seed, and machine_model {target.machine_model} boots from a CD-ROM of its own and asks by "
            "HTTP; take it away, or set machine_model to vm or vm-raw"
        ),
    ),
    Rule(
        "network",
        ("machine_model",),
        lambda target: _is_without_network(target) and target.machine_model not in _SEEDED,
        lambda target: (
            f"is none, and machines of model {target.machine_model} have one: only those of vm and vm-raw "
            "can be without; take it away, or set machine_model to one of these"
        ),
    ),
    Rule(
        "heartbeat_file",
        ("network",),
        lambda target: _is_without_network(target) and bool(target.heartbeat_file),
        lambda _: (
            "is named, and network is none: such a machine can write no file for us, and would be ended; "
            "take heartbeat_file away, or network"
        ),
    ),
    Rule(
        "proof",
        ("network",),
        lambda target: _is_without_network(target) and target.proof is not Proof.FIZZLE,
        lambda target: (
            f"is {target.proof}, and network is none: such a machine can write no file for us, and would "
            "never prove itself; set proof to fizzle, or take network away"
        ),
    ),
)

NO_PROCESS = Rule(
    "machine_model",
    (),
    lambda target: target.machine_model is Model.PROCESS,
    lambda _: (
        "is process, and this factory runs as root without a process_user: payloads would be root; "
        "set process_user in [runtimes.process] to a user made for them"
    ),
)
