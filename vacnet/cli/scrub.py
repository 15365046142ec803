"""Leaving secrets out of what leaves the host: those that are known here, and what has the form of one.

Rules of this file: what the settings call secret is known by its value and taken out wherever it stands, for
a payload may have written it into its message. Beyond that, forms are taken out: credentials in addresses,
what follows their `?`, `token=`, `password:` and their like, and 64 hexadecimal digits that are no digest.
A text that is cut too much is a nuisance, one that is cut too little is a harm.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from vacnet.targets.keys import Key
from vacnet.targets.model import Settings

HIDDEN = "(not shown)"
SHORTEST = 4
"""Shorter values are no secrets, and stand in every second word."""
FILE_BYTES_MAX = 1 << 20

_TABLE = "user_data_options"
_FILES = "user_data_files"
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"://[^/\s@\"']+@"), f"://{HIDDEN}@"),
    (re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']+", re.IGNORECASE), rf"\1?{HIDDEN}"),
    (
        re.compile(
            r"((?:authorization|token|passw(?:or)?d|passphrase|secret|credential|api[_-]?key)[\w-]*[\"']?\s*[:=]\s*"
            r"[\"']?(?:bearer\s+|basic\s+)?)[^\s\"',;]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(bearer\s+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(?<!sha256:)\b[0-9a-fA-F]{64}\b"), HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL), HIDDEN),
)


class Scrubber:
    """Takes secrets out of texts and of values made of texts."""

    def __init__(self, known: Iterable[str]) -> None:
        """Know these by their value, the longer first, for one may be part of another."""
        values = {text.strip() for text in known}
        self._known = sorted((text for text in values if len(text) >= SHORTEST), key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for form, instead in _FORMS:
            text = form.sub(instead, text)
        return text

    def value(self, value: object) -> object:
        """Return what JSON is made of with all its texts and names without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(name)): self.value(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value


def secrets_of(settings: Settings, keys: Iterable[Key]) -> Iterator[str]:
    """Yield every value of a site that nobody else may know, as far as this user can read it."""
    for key in keys:
        yield from (key.secret.hex(), key.secret.hex().upper())
    for options, folder in _layers(settings):
        table, files = options.get(_TABLE), options.get(_FILES)
        yield from map(str, table.values()) if isinstance(table, Mapping) else ()
        for name in files.values() if isinstance(files, Mapping) else ():
            yield from _lines(folder / str(name))
    yield from _texts_of(settings.docker.auth_file)


def _layers(settings: Settings) -> Iterator[tuple[Mapping[str, object], Path]]:
    """Yield every table that may have user_data options, and where files that it names are."""
    common = Path(settings.files_directory)
    yield {_TABLE: settings.user_data_options, _FILES: settings.user_data_files}, common
    yield settings.defaults, common
    for pipe in settings.pipes:
        yield pipe.options, common / pipe.prefix
    for name, options in settings.target_overrides.items():
        yield options, common / name
    for target in settings.targets:
        folder = Path(target.files_directory or common / target.name)
        yield {_TABLE: target.user_data_options, _FILES: target.user_data_files}, folder


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, and the whole."""
    body = _read(path)
    yield body
    yield from body.splitlines()


def _texts_of(path: str) -> Iterator[str]:
    """Yield all texts in a file of JSON."""
    try:
        waiting: list[object] = [json.loads(_read(Path(path)))] if path else []
    except ValueError:
        waiting = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            yield value


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX).decode(errors="replace")
    except OSError:
        return ""
