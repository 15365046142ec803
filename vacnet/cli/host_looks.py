"""What of this host the settings lack: a user, files, engines, images; for `vacnet config check`.

Rules of this file: one table of looks, each yields what is missing, with the place of the setting that wants
it and what to do. Nothing of it makes settings bad: the factory runs, and only what it is about is not made,
so these are warnings. Everything is asked as the factory asks it, by the same code, and nothing is changed,
pulled or started.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from vacnet.fetch import image_signature
from vacnet.fetch.bounded import read_file
from vacnet.fetch.fetched import UnavailableError
from vacnet.fetch.image_checks import look_at
from vacnet.fetch.user_data import is_local, place_of, read_local
from vacnet.machines import program
from vacnet.machines.metadata.reading import SITE_BYTES_MAX
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker import asked
from vacnet.runtimes.docker.runtime import DockerRuntime
from vacnet.runtimes.libvirt import asked as asked_libvirt
from vacnet.runtimes.libvirt import disks
from vacnet.runtimes.libvirt.runtime import LibvirtRuntime
from vacnet.runtimes.process import user
from vacnet.runtimes.process.runtime import ProcessRuntime
from vacnet.targets.model import Model, Place, Problem, Settings, Target

MADE_HERE = ProcessRuntime.models | DockerRuntime.models | LibvirtRuntime.models
"""Models that this version makes machines of."""

Look = Callable[[Settings], Iterator[Problem]]


def looks(settings: Settings) -> tuple[Problem, ...]:
    """Return everything that this host lacks, each with its place and what to do."""
    found = [problem for look in _LOOKS for problem in look(settings)]
    return tuple(sorted(found, key=lambda problem: (problem.place.file, problem.place.line)))


def _missing(place: Place | None, key: str, words: str) -> Problem:
    return Problem(place or Place("built-in"), key, words, fatal=False)


# --- keys and users -------------------------------------------------------------------------------


def _key_file(settings: Settings) -> Iterator[Problem]:
    path = Path(settings.space.key_file)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
    if mode & stat.S_IROTH:
        words = f"every user of this host may read the key (its mode is {mode:04o}): chmod 600 {path}"
        yield Problem(Place(str(path)), "", words, fatal=False)


def _process_user(settings: Settings) -> Iterator[Problem]:
    name = settings.process.process_user
    if not name or not _of(settings, Model.PROCESS):
        return
    try:
        pwd.getpwnam(name)
        user.choose(name)
    except KeyError:
        words = f"{name!r}: this host has no such user; make it (useradd --system {name}) or name another"
    except NotNowError as error:
        words = str(error)
    else:
        return
    key = "runtimes.process.process_user"
    yield _missing(settings.places.get(key), key, words)


# --- targets --------------------------------------------------------------------------------------


def _models(settings: Settings) -> Iterator[Problem]:
    for target in settings.targets:
        if target.machine_model not in MADE_HERE:
            words = (
                f"this version makes no machines of model {target.machine_model}: the target is shown, "
                "none is made here, and it takes no share of this host"
            )
            yield _of_target(target, "machine_model", words)


def _files(settings: Settings) -> Iterator[Problem]:
    for target in settings.targets:
        named = {"user_data": target.user_data} if target.user_data else {}
        entries = {**settings.user_data_files, **target.user_data_files}
        named |= {f"user_data_files.{name}": file for name, file in entries.items()}
        for option, name in named.items():
            words = _why_no_file(settings, target, option, name) if is_local(name) else ""
            if words:
                yield _of_target(target, option, words)


def _why_no_file(settings: Settings, target: Target, option: str, name: str) -> str:
    try:
        body = read_local(target, name, settings.fetch.user_data_bytes_max)
    except UnavailableError as error:
        return str(error)
    starts_with_pattern = body.startswith(b"##user_data_")  # what that becomes, only a machine knows
    if option == "user_data" and program.executes_user_data(target) and not starts_with_pattern:
        wrong = program.why_no_program(body[: program.START_BYTES])
        return f"{name} {wrong}" if wrong else ""
    return ""


def _engine(settings: Settings) -> Iterator[Problem]:
    targets = _of(settings, Model.DOCKER)
    if not targets:
        return
    key = "runtimes.docker.socket"
    if words := asyncio.run(asked.why_no_engine(settings.docker)):
        yield _missing(settings.places.get(key) or targets[0].places.get("machine_model"), key, words)
        return
    images = sorted({target.root_image for target in targets if target.root_image})
    missing = asyncio.run(asked.why_not_had(settings.docker, images))
    for target in targets:
        if target.root_image in missing:
            yield _of_target(target, "root_image", missing[target.root_image])


def _virtual(settings: Settings) -> Iterator[Problem]:
    targets = [one for one in settings.targets if one.machine_model in LibvirtRuntime.models]
    key = "runtimes.libvirt.uri"
    if targets and (words := asyncio.run(asked_libvirt.why_no_engine(settings.libvirt))):
        yield _missing(settings.places.get(key) or targets[0].places.get("machine_model"), key, words)


def _images(settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with images of virtual machines: files of this host, and those to be signed."""
    for target in settings.targets:
        if target.machine_model not in LibvirtRuntime.models:
            continue
        if words := _why_no_image(target) or _why_unchecked(target):
            yield _of_target(target, "root_image", words)
        if target.image_signing_dn and not image_signature.can_check():
            yield _of_target(target, "image_signing_dn", image_signature.NEEDS)


def _why_no_image(target: Target) -> str:
    if not target.root_image or not is_local(target.root_image):
        return ""
    path = place_of(target, target.root_image)
    try:
        look_at(path)
    except UnavailableError as error:
        return f"{target.root_image}: {error}"
    # Not root: QEMU is whoever asks, and has read it now.
    return "" if os.geteuid() else disks.why_unreadable(path) or disks.why_unreached(path)


def _why_unchecked(target: Target) -> str:
    checked = target.image_sha256 or target.image_sha512 or target.image_signing_dn
    if checked or not target.root_image.startswith("http://"):
        return ""
    return (
        f"{target.root_image} comes as whoever is on the way wants it: fetch it by https://, or say what it "
        "has to be by image_sha256 or image_signing_dn"
    )


def _site_files(settings: Settings) -> Iterator[Problem]:
    for key in ("vendor_data_file", "root_public_key"):
        name = getattr(settings.metadata, key)
        try:
            if name:
                read_file(Path(name), SITE_BYTES_MAX)
        except UnavailableError as error:
            place = settings.places.get(f"metadata.{key}")
            yield _missing(
                place, f"metadata.{key}", f"{name}: {error}; virtual machines are told nothing of it"
            )


def _of(settings: Settings, model: Model) -> list[Target]:
    return [target for target in settings.targets if target.machine_model is model]


def _of_target(target: Target, option: str, words: str) -> Problem:
    place = target.places.get(option) or target.places.get(option.partition(".")[0])
    return _missing(place or _origin(target), f"targets.{target.name}.{option}", words)


def _origin(target: Target) -> Place:
    file, _, line = target.origin.rpartition(":")
    return Place(file, int(line)) if line.isdecimal() else Place(target.origin)


_LOOKS: tuple[Look, ...] = (
    _key_file,
    _process_user,
    _models,
    _files,
    _engine,
    _virtual,
    _images,
    _site_files,
)
