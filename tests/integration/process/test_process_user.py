"""Who payloads run as, when the factory is root and when it is not."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.process.process_site import Site
from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.process.runtime import ProcessRuntime
from vacnet.targets.model import ProcessSettings

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs a factory that is root")
NOBODY = 65534


@as_root
async def test_a_payload_of_a_root_factory_is_the_process_user_and_owns_only_its_own(site: Site) -> None:
    spec = site.spec(
        "id -un; cat $MACHINEFEATURES/total_cpu; echo; cat $0 >/dev/null && echo mine;"
        "ls ../engine || echo closed; echo x > ../x || echo not here; grep NoNewPrivs /proc/self/status"
    )
    spec.directory.parent.chmod(0o711)
    await site.run(spec)
    said = site.console(spec)
    assert said.startswith("nobody\n1\nmine\n")
    assert "closed\n" in said
    assert "not here\n" in said
    assert said.split()[-1] == "1"
    status = (spec.directory / "user_data").stat()
    assert (pwd.getpwuid(status.st_uid).pw_name, status.st_mode & 0o777) == ("nobody", 0o500)


@as_root
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "process_user is not set, and this factory is root"),
        ("root", "is 'root', which is root (uid 0): name an unprivileged user"),
        ("no-such-user", "this host has no such user: make it (useradd --system no-such-user)"),
    ],
)
async def test_a_root_factory_starts_nothing_without_a_fit_user(root: Path, name: str, words: str) -> None:
    runtime = ProcessRuntime(ProcessSettings(process_user=name, sandbox="none"), root, "f1")
    spec = Site(root, "none").spec("exit 0")
    assert words in await runtime.probe()
    with pytest.raises(NotNowError) as caught:
        await runtime.start(spec)
    assert words in str(caught.value)
    assert not (spec.directory / "engine").exists()


def _close(folder: Path) -> None:
    folder.chmod(0o700)


@as_root
async def test_a_folder_closed_to_the_process_user_is_named(site: Site, root: Path) -> None:
    spec = site.spec("exit 0")
    _close(root)
    with pytest.raises(NotNowError, match=f"{root} is closed to nobody .*: chmod o\\+x {root}"):
        await site.runtime().start(spec)
    assert not (spec.directory / "engine").exists()


def _interpreter(root: Path) -> list[str]:
    """Return an interpreter that an ordinary user may run here, and that finds what the tests import."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    for python in (sys.executable, shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin")):
        words = ["env", f"PYTHONPATH={packages}", f"HOME={root}", "PYTHONDONTWRITEBYTECODE=1", str(python)]
        tried = subprocess.run(
            [*words, "-c", "import pytest, structlog, msgspec"],
            user=NOBODY,
            group=NOBODY,
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return words
    # Every Python here lies below a closed directory or lacks what the tests import: nobody can run none.
    pytest.skip("no interpreter that an ordinary user may run here")


MOST_TELLING = "none and (daemons or memory or exit_code or at_the_same_time)"


@as_root
@pytest.mark.timeout(600)
@pytest.mark.parametrize("chosen", [MOST_TELLING, pytest.param("", marks=pytest.mark.slow)])
def test_all_of_this_holds_for_a_factory_that_is_an_ordinary_user(root: Path, chosen: str) -> None:
    os.chown(root, NOBODY, NOBODY)
    ran = subprocess.run(
        [
            *_interpreter(root),
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-p",
            "no:cacheprovider",
            "-k",
            chosen,
            str(Path(__file__).parent),
        ],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
