"""How far a pull has come, added up from what the engine says of each layer.

Rules of this file: pure. An engine tells layers one by one and totals only as it meets them, so a percentage
would run backwards; bytes had and bytes known of are told instead.

Source: Docker Engine API, "Create an image": a stream of JSON with `status`, `id` and `progressDetail`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MB = 1_000_000
_HAD = frozenset({"Download complete", "Pull complete", "Verifying Checksum", "Extracting"})


@dataclass(slots=True)
class Progress:
    """Of one pull."""

    failure: str = ""
    """The engine's words when it gave up."""
    _had: dict[str, int] = field(default_factory=dict)
    _all: dict[str, int] = field(default_factory=dict)

    def hear(self, line: Mapping[str, Any]) -> None:
        """Take in one line of the stream; what is malformed says nothing."""
        if line.get("error"):
            self.failure = str(line["error"])
        layer, detail, status = str(line.get("id")), line.get("progressDetail"), str(line.get("status"))
        if status == "Downloading" and isinstance(detail, Mapping):
            self._had[layer] = _whole(detail.get("current"))
            self._all[layer] = _whole(detail.get("total"))
        elif status in _HAD and layer in self._all:
            self._had[layer] = self._all[layer]

    @property
    def had_bytes(self) -> int:
        """Return the bytes that are here."""
        return sum(self._had.values())

    @property
    def known_bytes(self) -> int:
        """Return the bytes of all layers met so far."""
        return sum(max(self._all[layer], self._had.get(layer, 0)) for layer in self._all)

    def __str__(self) -> str:
        """Return it in words."""
        if not self._all:
            return "nothing of it is here yet"
        return f"{self.had_bytes // MB} of {self.known_bytes // MB} MB are here"


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
