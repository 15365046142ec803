"""Where a key belongs that was written into another section.

Rules of this file: one table of the sections that every file may have, made of their checks. A name that two
sections know belongs to either; which one was meant only the writer knows.
"""

from __future__ import annotations

from collections.abc import Container

from vacnet.targets import sections
from vacnet.targets.options import SITE_CHECKS

TOP = "the top of the file, above the first [section]"
PLACES: tuple[tuple[str, Container[str]], ...] = (
    (TOP, sections.TOP),
    ("[space]", sections.SPACE),
    ("[factory]", sections.FACTORY),
    ("[fetch]", sections.FETCH),
    ("[control]", sections.CONTROL),
    ("[metrics]", sections.METRICS),
    ("[metadata]", sections.METADATA),
    ("[runtimes.process]", sections.PROCESS),
    ("[runtimes.docker]", sections.DOCKER),
    ("[runtimes.libvirt]", sections.LIBVIRT),
    ("[targets.NAME]", SITE_CHECKS),
)


def belongs(key: str) -> str:
    """Return in words where a key belongs; empty: nowhere."""
    places = [words for words, known in PLACES if key in known]
    return f"{key} belongs to {' or '.join(places)}" if places else ""
