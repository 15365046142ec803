"""How a thing that is wrong is told: one wording for settings, pipes, peers and keys.

Rules of this file: every message says what is wrong, the value, what was expected and what to do, in
that order and on one line. A value is shown as JSON writes it and cut at `SHOWN_MAX` characters, so
that a hostile pipe can neither flood a log nor put control characters in it; a password in a URL is
never shown.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from vacnet.targets.model import Place, Problem

SHOWN_MAX = 120
"""Characters of a value that a message shows: with file, key and reason still two terminal lines."""

CORRECT_IT = "correct the value, or remove the line to have the default"
CORRECT_VALUE = "correct the value; it has no default"
CORRECT_NAME = "correct the name, or remove the line"
ENTRY_LEFT_OUT = "the entry is left out until whoever publishes the pipe corrects it"
KEY_IGNORED = "the key is ignored, the entry stands"

NAMES_IN_VAC: Mapping[str, str] = MappingProxyType(
    {
        "settings": "[space] and [factory]",
        "machinetype": "[targets.NAME]",
        "vmtype": "[targets.NAME]",
        "vacuum_pipe": "[pipes.PREFIX]",
        "vac_space": "name in [space]",
        "factories": "the peers file",
        "total_processors": "processors in [factory]",
        "mb_per_processor": 'memory_per_processor = "2 GiB"',
        "hs06_per_processor": "benchmark = { HS06 = 10.0 } in [factory]",
        "gocdb_sitename": "site in [factory]",
        "singularity_user": "process_user in [runtimes.process]",
        "cernvm_signing_dn": "image_signing_dn",
        "vm_model": "machine_model",
    }
)
"""What Vac 3 called it: an admin who moves is told the new name, which no likeness would find."""

_CREDENTIALS = re.compile(r"//[^/@\s\"]*@")


def shown(value: object) -> str:
    """Return a value for a message: JSON, one line, cut, without a URL's credentials."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except RecursionError:
        return "a value nested too deeply"
    if not text.isprintable():
        text = json.dumps(value, default=str)
    text = _CREDENTIALS.sub("//***@", text)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


def bad_value(place: Place, key: str, value: object, expected: str, remedy: str = CORRECT_IT) -> Problem:
    """Return the problem of a value that is not what was expected."""
    return Problem(place, key, f"{shown(value)} is not {expected}; {remedy}")


def unknown_name(
    place: Place, key: str, what: str, known: Iterable[str], remedy: str = CORRECT_NAME
) -> Problem:
    """Return the problem of a name nobody knows, with the nearest known one.

    Args:
        place: Where the name stands.
        key: Its dotted key; the last part is the name itself.
        what: What it was taken for, such as ``key of [factory]``.
        known: The names that would have been right.
        remedy: What to do about it.
    """
    return Problem(
        place, key, f"no such {what}; {_suggestion(key.rpartition('.')[2], sorted(known))}; {remedy}"
    )


def _suggestion(name: str, known: list[str]) -> str:
    if name in NAMES_IN_VAC:
        return f"what Vac called {name} is here {NAMES_IN_VAC[name]}"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"the nearest is {near[0]}"
    return f"known are {', '.join(known)}"
