"""A guest with Debian's cloud-init, unmodified: the small guest's kernel and loader, with Python on its disc.

The tree is put together of what cloud-init's package and its dependencies have (unpacked, see
`tools.engines.cloud_init`) and, where those are installed already, of the host's own files; libraries are
found by `ldd`. A systemd and the rest of a Debian would take a minute to boot without hardware
virtualisation, and say nothing more of the metadata service: what is tried is cloud-init's own way from the
SMBIOS serial number to its last stage.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools.guest.build import MODULES, build

PYTHON = Path("/usr/bin/python3.11")
"""Debian 12's, that of its package of cloud-init."""
STANDARD = Path("/usr/lib/python3.11")
MORE = Path("/usr/lib/python3/dist-packages")
FROM_HOST = ("yaml", "_yaml", "six.py", "oauthlib", "blinker", "jwt", "distro")
"""Of the host's modules, those that cloud-init needs and a host mostly has."""
PROGRAMS = ("blkid", "ip", "udevadm")
"""Of the host's programs, those that cloud-init asks and whose answers busybox has not."""
LEFT_OUT = shutil.ignore_patterns(
    "test", "tests", "idlelib", "ensurepip", "lib2to3", "__pycache__", "config-*"
)
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
_CONFIG = """datasource_list: [NoCloud]
cloud_init_modules: [bootcmd, write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
"""


def build_cloud(image: Path, top: Path) -> None:
    """Make the image; `top` is where cloud-init was unpacked.

    Raises:
        OSError: something it takes is not to be had.
    """
    with tempfile.TemporaryDirectory(prefix="vacnet-cloud-") as held:
        root = Path(held) / "root"
        shutil.copytree(top, root, symlinks=True)
        _add_folders(root)
        _add_python(root)
        _add_programs(root)
        (root / "etc/cloud/cloud.cfg.d/99-tests.cfg").write_text(_CONFIG)
        build(image, init="cloud", modules=(*MODULES, "fs/overlayfs/overlay"), tree=root)


def _add_folders(root: Path) -> None:
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(exist_ok=True, parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for name in ("dev", "proc", "sys", "run", "tmp", "root", "var/lib/cloud", "var/log"):
        (root / name).mkdir(exist_ok=True, parents=True)
    for name in ("passwd", "group", "os-release", "debian_version"):
        shutil.copy(f"/etc/{name}", root / "etc" / name)


def _add_python(root: Path) -> None:
    for program in (PYTHON, Path("/usr/bin/python3")):
        shutil.copy(PYTHON, root / program.relative_to("/"))
    shutil.copytree(STANDARD, root / STANDARD.relative_to("/"), ignore=LEFT_OUT, dirs_exist_ok=True)
    for name in FROM_HOST:
        there, here = MORE / name, root / MORE.relative_to("/") / name
        if there.is_dir() and not here.exists():
            shutil.copytree(there, here, ignore=LEFT_OUT)
        elif there.exists() and not here.exists():
            shutil.copy(there, here)
    # Where nothing is compiled, an emulated processor compiles for twenty seconds.
    compiling = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(root / "usr/lib")]
    subprocess.run([PYTHON, *compiling], check=True)


def _add_programs(root: Path) -> None:
    found = [Path(path) for path in map(shutil.which, PROGRAMS) if path]
    for program in found:
        shutil.copy(program, root / "usr/sbin")
    _add_libraries(root, [PYTHON, *found, *root.rglob("*.so")])


def _add_libraries(root: Path, programs: Iterable[Path]) -> None:
    done = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False)
    for library in set(_LIBRARY.findall(done.stdout)):
        place = root / library.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place)
