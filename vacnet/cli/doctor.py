"""`vacnet doctor`: what is wrong with this host, its settings and its factory, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.exits import Exit
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.patience import Waiting

if TYPE_CHECKING:
    from vacnet.console.doctor_view import Diagnosis, Finding


def doctor(*, asking: Asking = DEFAULT) -> int:
    """Look at host, settings, key, disk, clock, ports, factory and peers; say what is wrong and what to do.

    It changes nothing, and needs no running factory. As root it sees most. It ends with
    1 if something does not work; warnings alone end with 0.

    Example: vacnet doctor || vacnet doctor --json > for-a-colleague.json

    Args:
        asking: Whom to ask and how to print.
    """
    from vacnet.console.doctor_view import doctor_view  # late: see output

    with Waiting("looking at the settings") as wait:
        found = diagnosis(asking, wait)
    output.show(found, doctor_view, asking)
    return Exit.FAILED if found.count("bad") else Exit.OK


def diagnosis(asking: Asking, wait: Callable[[str], None] = lambda _words: None) -> Diagnosis:
    """Return everything found; `wait` is told what is looked at."""
    from vacnet.console.doctor_view import Diagnosis  # late: see output

    return Diagnosis(findings=tuple(_findings(asking, wait)))


def _findings(asking: Asking, wait: Callable[[str], None]) -> Iterator[Finding]:
    from vacnet.cli import doctor_factory, doctor_host, settings_files  # late: they read and ask everything

    found = settings_files.read(asking.config)
    yield from doctor_factory.settings(found)
    yield from doctor_factory.key(found)
    settings = found.draft or settings_files.built_in(found.places)
    if settings is None:
        return
    wait("looking at the host")
    yield from doctor_host.looks(doctor_host.Patient(settings))
    yield from doctor_factory.process(settings)
    wait("asking the factory")
    yield from doctor_factory.factory(settings, asking)
    if found.settings is not None:
        wait("asking the peers")
        yield from doctor_factory.peers(found, asking)
