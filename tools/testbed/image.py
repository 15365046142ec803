"""The image of nodes that are containers, from what is at hand.

In this order: an image that was named; a skeleton, which is a few files of /etc and links into the host's
own /usr, mounted read-only (no download, a third of a second); Debian's packages by debootstrap, of the
host's own release, because the Python of this checkout runs inside on the C library of the image. What was
made once is an image of the host's engine from then on.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

from tools.engines.probe import probe_docker
from tools.testbed.containers import docker
from tools.testbed.plan import TestbedError

NAME = "vacnet-testbed-node"
PROGRAMS = ("dockerd", "containerd", "runc", "iptables-restore", "ip", "nsenter", "busybox")
LINKS = ("bin", "sbin", "lib", "lib64")
FOLDERS = (
    "usr",
    "proc",
    "sys",
    "dev",
    "run",
    "var",
    "var/log",
    "var/tmp",
    "tmp",
    "root",
    "etc",
    "etc/docker",
)
ETC = (
    "passwd",
    "group",
    "nsswitch.conf",
    "ld.so.cache",
    "ld.so.conf",
    "protocols",
    "services",
    "alternatives",
)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PACKAGES = "docker.io,python3,iproute2,iptables,procps,ca-certificates,busybox-static"
DEBOOTSTRAP = ("debootstrap", "--variant=minbase", f"--include={PACKAGES}")


def image(named: str = "", *, source: str = "") -> tuple[str, bool]:
    """Return the image to use, and whether it takes the host's /usr.

    Args:
        named: an image of the engine or a registry; it is taken as it is.
        source: `skeleton` or `debian`; empty: the skeleton where this host has what belongs into it.

    Raises:
        TestbedError: there is none, or no engine answers; the text says what would bring one.
    """
    if problem := probe_docker():  # asked first: two minutes of packages would be for nothing
        raise TestbedError(f"no node image without an engine that keeps it: {problem}")
    if named:
        return named, False
    if source == "debian" or (not source and missing()):
        return _debian(), False
    return _skeleton(), True


def missing() -> list[str]:
    """Return what this host lacks for a skeleton: programs in /usr, or a /usr that has everything."""
    programs = [name for name in PROGRAMS if not (shutil.which(name) or "").startswith("/usr/")]
    return [*programs, *(f"/{link} as a link" for link in LINKS[:3] if not Path("/", link).is_symlink())]


def _skeleton() -> str:
    if lacking := missing():
        raise TestbedError(f"no skeleton, this host lacks: {', '.join(lacking)}")
    archive = _archive()
    tag = f"{NAME}:skeleton-{hashlib.blake2b(archive, digest_size=6).hexdigest()}"
    if not _there(tag):
        _import(archive, tag)
    return tag


def _archive() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for folder in FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder.endswith("tmp") else 0o755
            tar.addfile(entry)
        links = {**{name: f"usr/{name}" for name in LINKS}, "var/run": "/run", "var/lock": "/run/lock"}
        for name, leads in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, leads
            tar.addfile(entry)
        for name in ETC:
            if Path("/etc", name).exists():
                tar.add(f"/etc/{name}", f"etc/{name}")
    return held.getvalue()


def _debian() -> str:
    release = _release()
    tag = f"{NAME}:{release}"
    if _there(tag):
        return tag
    if shutil.which(DEBOOTSTRAP[0]) is None:
        raise TestbedError(
            f"no node image: a skeleton lacks {', '.join(missing()) or 'nothing'}, and there is no "
            "debootstrap; as root: apt-get install docker.io iptables iproute2 busybox-static, or debootstrap"
        )
    print(f"making the node image from the packages of {release}, about two minutes, once", flush=True)
    with tempfile.TemporaryDirectory(prefix="vacnet-testbed-") as made:
        _bootstrap(release, Path(made) / "root")
        print("  into the engine", flush=True)
        packed = subprocess.run(["tar", "c", "-C", f"{made}/root", "."], stdout=subprocess.PIPE, check=True)
        _import(packed.stdout, tag)
    return tag


def _bootstrap(release: str, root: Path) -> None:
    """Unpack the release, and say every twentieth line of how far that is."""
    words = [*DEBOOTSTRAP, release, str(root)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as making:
        last = ""
        for count, line in enumerate(making.stdout or ()):
            last = line.strip() or last
            if count % 20 == 0:
                print(f"  {last}", flush=True)
    if making.returncode:
        raise TestbedError(f"debootstrap failed: {last}")
    for cache in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(root / cache, ignore_errors=True)


def _release() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    return told.get("VERSION_CODENAME", "bookworm").strip('"')


def _there(tag: str) -> bool:
    with suppress(TestbedError):
        docker("image", "inspect", tag)
        return True
    return False


def _import(archive: bytes, tag: str) -> None:
    words = ["docker", "import", "--change", f"ENV PATH={PATH}", "-", tag]
    done = subprocess.run(words, input=archive, capture_output=True, check=False)
    if done.returncode:
        raise TestbedError(f"docker import failed: {done.stderr.decode(errors='replace').strip()}")
