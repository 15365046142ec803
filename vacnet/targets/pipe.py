"""A Vacuum Pipe: what a virtual organisation publishes, turned into targets that are safe to make.

Format: ``{ "cache_seconds": int, "machinetypes": [ { "suffix": ..., option: value, ... }, ... ] }``
(HSF-TN-2016-04, and Vac 3.01 for what the note leaves open; vac-3.md section B).

Rules of this file: a pipe is somebody else's word. Size is bounded before a byte is decoded; each
entry is judged alone, and one that is wrong is left out with its reason while the others stand (in
Vac one unknown machine_model stopped a whole factory). A key nobody knows is ignored and told. What
the site says stands above what the pipe says, and a kind of machine or image that the site does not
allow is refused whoever named it.

Shares: an entry gets the section's `target_share` x its own / the sum over the pipe. The sum runs over
all entries that state a good share, also those left out here: what an organisation gives to one kind
of work must not depend on what a single factory can make.

An entry that names no machine_model means cernvm3, as pipes have always meant; targets of the site's
own files have the built-in docker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec

from vacnet.targets.checks import RefusedError, whole
from vacnet.targets.layers import Layer, base_layers, build_target, layer_at, stack
from vacnet.targets.model import Model, PipeSource, Place, Problem, Settings, Target
from vacnet.targets.options import OPTIONS, PIPE_CHECKS
from vacnet.targets.problems import ENTRY_LEFT_OUT, KEY_IGNORED, shown, unknown_name
from vacnet.targets.safe import NAME
from vacnet.targets.section import Section, read_section

CACHE_SECONDS_DEFAULT = 3600
"""Vac's, and what every real pipe says."""
CACHE_SECONDS = whole(0, 7 * 86400)
CACHE_SECONDS_MIN = 5
"""Shorter ones (Vac allowed 0) would ask the publisher more often than settings are looked at."""

ENTRIES_MAX = 200
"""Entries of one pipe; the largest real one has three, a site some twenty targets in all."""

PIPE_MODEL_DEFAULT = Model.CERNVM3

_ALLOWED = sorted(PIPE_CHECKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipeReading:
    """What one pipe gave."""

    targets: tuple[Target, ...] = ()
    quarantined: tuple[Problem, ...] = ()
    """Of entries left out and keys ignored; their `key` begins with the target's name. None is fatal."""
    left_out: tuple[str, ...] = ()
    """Names of the targets whose entries were left out."""
    cache_seconds: int = CACHE_SECONDS_DEFAULT
    problem: str = ""
    """Why the whole document is no pipe; empty if it is one."""


def read_pipe(source: PipeSource, data: bytes, settings: Settings) -> PipeReading:
    """Return the targets of a pipe's document, and what of it could not be used.

    Args:
        source: The section that names the pipe.
        data: The document as fetched.
        settings: Of the factory: they hold what stands above and below the pipe.
    """
    document = _document(data, settings.fetch.pipe_bytes_max)
    if isinstance(document, str):
        return PipeReading(problem=f"{shown(source.vacuum_pipe_url)} {document}")
    return _Pipe(source, settings, document).reading()


def _document(data: bytes, bytes_max: int) -> dict[str, object] | str:
    """Return the document, or why it is no pipe in words that follow its address."""
    if len(data) > bytes_max:
        return f"has more than {bytes_max} bytes; check the address, or raise pipe_bytes_max in [fetch]"
    if data.lstrip()[:1] == b"<":
        return "answers with a web page, not a pipe; check the address (a login or error page?)"
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"is not JSON ({str(error)[:120]}); check the address and tell whoever publishes the pipe"
    if not isinstance(document, dict) or not isinstance(document.get("machinetypes"), list):
        return 'is JSON but no pipe: there is no list "machinetypes"; tell whoever publishes the pipe'
    return document


class _Pipe:
    """One document being read: what was made of it, and what is wrong with it so far."""

    def __init__(self, source: PipeSource, settings: Settings, document: Mapping[str, object]) -> None:
        self.source = source
        self.settings = settings
        self.document = document
        self.place = Place(source.vacuum_pipe_url)
        self.problems: list[Problem] = []
        self.left_out: list[str] = []

    def reading(self) -> PipeReading:
        """Return what the document gives."""
        cache_seconds = self.cache_seconds()
        entries = list(self.entries())
        total = sum(_share(section) for _, section in entries)
        targets = [target for name, section in entries if (target := self.target(name, section, total))]
        self.tell_unmatched({name for name, _ in entries})
        return PipeReading(
            targets=tuple(targets),
            quarantined=tuple(self.problems),
            left_out=tuple(self.left_out),
            cache_seconds=cache_seconds,
        )

    def cache_seconds(self) -> int:
        """Return how long the document may be kept."""
        value = self.document.get("cache_seconds", CACHE_SECONDS_DEFAULT)
        try:
            seconds = CACHE_SECONDS(value, texts=True)
        except RefusedError:
            self.tell(
                "cache_seconds",
                f"{shown(value)} is not {CACHE_SECONDS.expected}; {CACHE_SECONDS_DEFAULT} is used",
            )
            return CACHE_SECONDS_DEFAULT
        return max(CACHE_SECONDS_MIN, int(str(seconds)))

    def entries(self) -> Iterator[tuple[str, Section]]:
        """Yield target name and converted values of every entry that can be told apart."""
        entries = self.document["machinetypes"]
        assert isinstance(entries, list)  # noqa: S101 - as `_document` found it
        names: set[str] = set()
        for number, entry in enumerate(entries[:ENTRIES_MAX]):
            name = self.name(number, entry, names)
            if name:
                names.add(name)
                yield name, read_section(_without_suffix(entry), PIPE_CHECKS, texts=True)
        if len(entries) > ENTRIES_MAX:
            self.tell("machinetypes", f"has {len(entries)} entries; only the first {ENTRIES_MAX} are read")

    def name(self, number: int, entry: object, names: set[str]) -> str:
        """Return the target's name of an entry, empty if it has no good one."""
        suffix = entry.get("suffix") if isinstance(entry, dict) else None
        name = f"{self.source.prefix}-{suffix}"
        try:
            NAME(suffix)
            NAME(name)
        except RefusedError:
            self.tell(
                f"machinetypes[{number}].suffix", f"{shown(suffix)} is not {NAME.expected}; {ENTRY_LEFT_OUT}"
            )
            return ""
        if name in names:
            self.tell(
                f"machinetypes[{number}].suffix", f"{shown(suffix)} stands twice; the first entry is used"
            )
            return ""
        return name

    def target(self, name: str, section: Section, total: float) -> Target | None:
        """Return the target of an entry, None if it was left out."""
        if self.tell_faults(name, section):
            self.left_out.append(name)
            return None
        values, places = stack(self.layers(name, section, total))
        site_fqan = self.site_value(name, "accounting_fqan")
        if site_fqan:
            values.setdefault("group", site_fqan)
        made, broken = build_target(
            name, values, places, self.place, may_run_processes=self.settings.may_run_processes
        )
        problem = broken[0].problem if broken else self.not_allowed(made)
        if problem is None:
            return made
        self.left_out.append(name)
        self.problems.append(msgspec.structs.replace(problem, fatal=False))
        return None

    def layers(self, name: str, section: Section, total: float) -> list[Layer]:
        """Return what is said of a target, lowest first."""
        model = Layer({"machine_model": PIPE_MODEL_DEFAULT})
        base = base_layers(self.settings, self.source.prefix)
        said = Layer(section.values, dict.fromkeys(section.written, self.place))
        share = self.source.target_share * _share(section) / total if total else 0.0
        own = layer_at(self.source.places, "", {**self.source.options, "target_share": share})
        override = layer_at(
            self.settings.places, f"targets.{name}", self.settings.target_overrides.get(name, {})
        )
        return [model, *base, said, own, override]

    def site_value(self, name: str, option: str) -> object:
        """Return what the site itself says of an option of a target, None if it is silent."""
        override = self.settings.target_overrides.get(name, {})
        return override.get(option, self.source.options.get(option))

    def not_allowed(self, target: Target) -> Problem | None:
        """Return why the site does not let a target be made, None if it does."""
        section, model, image = f"[pipes.{self.source.prefix}]", target.machine_model, target.root_image
        if model not in self.source.allow_machine_models:
            words = (
                f"{shown(model)} is not allowed; left out unless allow_machine_models of {section} names it"
            )
            return Problem(self.place, f"{target.name}.machine_model", words)
        if model is not Model.PROCESS and not _image_allowed(image, self.source.allow_images):
            words = (
                f"{shown(image)} matches nothing in allow_images of {section}; left out unless that allows it"
            )
            return Problem(self.place, f"{target.name}.root_image", words)
        return None

    def tell_faults(self, name: str, section: Section) -> bool:
        """Note the faults of an entry; return whether it has to be left out."""
        for fault in section.faults:
            key = f"{name}.{fault.key}"
            if fault.words:
                self.tell(key, f"{fault.words}; {ENTRY_LEFT_OUT}")
            elif fault.key in OPTIONS:
                self.tell(key, "may be set by the site only; ignored, the site's value stands")
            else:
                self.ignore(key)
        return any(fault.words for fault in section.faults)

    def ignore(self, key: str) -> None:
        """Note a key that nobody knows."""
        unknown = unknown_name(self.place, key, "option", _ALLOWED, KEY_IGNORED)
        self.problems.append(msgspec.structs.replace(unknown, fatal=False))

    def tell(self, key: str, message: str) -> None:
        """Note a problem that leaves the rest of the pipe standing."""
        self.problems.append(Problem(self.place, key, message, fatal=False))

    def tell_unmatched(self, names: set[str]) -> None:
        """Note each ``[targets.PREFIX-SUFFIX]`` of this pipe that no entry answers to."""
        for name in self.settings.target_overrides:
            if name.startswith(self.source.prefix + "-") and name not in names:
                place = self.settings.places.get(f"targets.{name}", Place(self.source.place.file))
                url = shown(self.source.vacuum_pipe_url)
                words = f"the pipe {url} has no entry of this suffix; correct the name or remove the section"
                self.problems.append(Problem(place, f"targets.{name}", words, fatal=False))


def _without_suffix(entry: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in entry.items() if key != "suffix"}


def _share(section: Section) -> float:
    share = section.values.get("target_share", 0.0)
    return share if isinstance(share, float) else 0.0


def _image_allowed(image: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether an image matches one of the patterns, with or without its ``docker://``."""
    spellings = (image, image.removeprefix("docker://"))
    return not patterns or any(
        fnmatchcase(spelling, pattern) for spelling in spellings for pattern in patterns
    )
