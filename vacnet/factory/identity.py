"""The factory as its machines are told of it, from the settings.

Rules of this file: pure but for the user that process machines run as, which is looked up: the keys of
its directory belong to that user. A user that is not there is told by the engine's probe and not here.
"""

from __future__ import annotations

import os
import pwd
from contextlib import suppress

from vacnet.factory.clock import boot_id
from vacnet.machines.surroundings import HostIdentity
from vacnet.targets.model import Settings


def identity_of(settings: Settings) -> HostIdentity:
    """Return what machines of a factory with these settings are told."""
    factory = settings.factory
    host, dot, domain = factory.name.partition(".")
    return HostIdentity(
        factory=factory.name,
        space=settings.space.name,
        boot_id=boot_id(),
        host=host,
        domain=dot + domain,
        machine_name_pattern=factory.machine_name_pattern,
        site=factory.site,
        benchmark_name=factory.benchmark_name,
        benchmark_per_processor=factory.benchmark_per_processor,
        machinefeatures_options=factory.machinefeatures_options,
        user_data_options=settings.user_data_options,
        user_data_files=settings.user_data_files,
        machine_user=_user(settings.process.process_user),
    )


def _user(name: str) -> tuple[int, int] | None:
    with suppress(KeyError):
        if name and os.geteuid() == 0:
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    return None
