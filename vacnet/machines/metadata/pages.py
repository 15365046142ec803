"""What is asked of the metadata service, what is answered, and what of a machine may be told.

Rules of this file: values only. Values that stand in files are functions, so that nothing is read for a
page that does not tell it; whoever makes a `Told` decides where they come from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vacnet.machines.layout import JOBFEATURES, LAYOUTS, MACHINEFEATURES
from vacnet.machines.metadata.service import Resident

OK = 200
TEXT = "text/plain"
JSON = "application/json"
BYTES = "application/octet-stream"
HTML = "text/html"
YAML = "text/yaml"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    """Without its query, percent signs undone."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: int
    body: bytes = b""
    content_type: str = TEXT
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Upload:
    """The body of the request is a file for the machine's joboutputs."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the site tells every machine."""

    vendor_data: bytes = b""
    """cloud-config; empty: none."""
    public_key: str = ""
    """One line as in ``authorized_keys``; empty: none."""


def nothing() -> None:
    """Return that there is no user_data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A machine, and what it may be told."""

    resident: Resident
    base: str = ""
    """Where it finds the service, ``http://ADDRESS:PORT/UUID``, if that is not where all do."""
    site: Callable[[], Site] = Site
    user_data: Callable[[], bytes | None] = nothing
    """None: it has none."""
    features: Callable[[str], Sequence[str]] = lambda _folder: ()
    """Keys of a folder, ``machinefeatures`` or ``jobfeatures``."""
    feature: Callable[[str, str], bytes | None] = lambda _folder, _key: None
    """Value of a key of a folder as it stands now; None: there is no such key."""

    def places(self) -> dict[str, str]:
        """Return the URLs of features and joboutputs."""
        spec = self.resident.spec
        usual = LAYOUTS[spec.target.machine_model].told(spec.directory)
        return {name: f"{self.base}/{name}" for name in usual} if self.base else usual

    def meta(self) -> dict[str, str]:
        """Return what Vac told beside what clouds tell: where things are, and the target."""
        return {**self.places(), "machinetype": self.resident.spec.target.name}

    def meta_alone(self) -> dict[str, object]:
        """Return the same for a machine that can ask for nothing: its features themselves, as they stand."""
        folders = {name: self._values(name) for name in (MACHINEFEATURES, JOBFEATURES)}
        return {**folders, "machinetype": self.resident.spec.target.name}

    def _values(self, folder: str) -> dict[str, str]:
        found = {key: self.feature(folder, key) for key in self.features(folder)}
        return {key: value.decode().strip() for key, value in found.items() if value is not None}


def text(value: str) -> Answer:
    """Return text as a page."""
    return Answer(OK, value.encode(), TEXT)


def as_json(value: object) -> Answer:
    """Return a value as a page of JSON."""
    return Answer(OK, json.dumps(value).encode(), JSON)


def missing(words: str = "there is no such page") -> Answer:
    """Return that there is nothing."""
    return Answer(404, f"{words}\n".encode())
