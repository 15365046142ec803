"""A container image made of this host's own programs, so that containers need no registry and no download.

It has what the demo's payloads call: a shell, `env`, `sleep`, and the Python that runs the demo with its
standard library, each where this host has it, and the shared libraries they are linked with.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

PROGRAMS = ("bin/sh", "bin/sleep", "usr/bin/env")
"""Where payloads look for them."""
FOLDERS = ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr", "usr/bin", "var")
LEFT_OUT = re.compile(
    r"(^|/)(site-packages|dist-packages|test|tests|idlelib|tkinter|turtledemo|ensurepip|lib2to3|config-.*)(/|$)"
    r"|\.opt-\d\.pyc$|\.a$|lib-dynload/_(tkinter|test)"
)
"""Of the standard library: two thirds of its size, and nothing that a payload imports."""
_LINKED = re.compile(r"(/\S+) \(0x")
"""How ldd(1) tells where a library is."""


def archive() -> bytes:
    """Return the image's root file system as a tar archive.

    Raises:
        OSError: this host lacks a program that the demo's payloads need.
    """
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", dereference=True) as tar:
        for folder in FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        for name, path in _files():
            tar.add(path, name, filter=_wanted)
        _link(tar, "usr/bin/python3", Path(sys.executable).resolve())
    return held.getvalue()


def _files() -> Iterator[tuple[str, Path]]:
    """Yield names in the image and what of this host they are."""
    programs = {name: _program(Path(name).name) for name in PROGRAMS}
    python, library = Path(sys.executable).resolve(), Path(sysconfig.get_path("stdlib"))
    yield from programs.items()
    yield _inside(python), python
    yield _inside(library), library
    modules = [path for path in library.glob("lib-dynload/*.so") if not LEFT_OUT.search(str(path))]
    for path in _libraries([*programs.values(), python, *modules]):
        yield _inside(path), path


def _link(tar: tarfile.TarFile, name: str, target: Path) -> None:
    if name != _inside(target):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, str(target)
        tar.addfile(entry)


def _inside(path: Path) -> str:
    return str(path).removeprefix("/")


def _program(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"this host has no program {name}")
    return Path(found)


def _libraries(programs: Sequence[Path]) -> list[Path]:
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    return sorted({Path(path) for path in _LINKED.findall(told)})


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return None if LEFT_OUT.search(entry.name) else entry
