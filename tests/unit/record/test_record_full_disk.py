"""A full disk, for real: nothing new is made, every end is kept, and all heals when there is room.

A small file system needs a mount name space; where the kernel grants none to this user, those tests
are left out and the one with a limit on file sizes remains.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STORY = "tests.unit.record.story_full_disk"
MOUNTED = 'mount -t tmpfs -o size=64m vacnet-test "$1" && exec "$2" -m "$3" "$4" "$1"'


def told(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    return done.stdout.splitlines()[-1] if done.returncode == 0 else done.stdout + done.stderr


def can_mount() -> bool:
    command = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("story", ["tmpfs", "eaten", "start"])
def test_on_a_small_file_system(story: str, tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("this user may not mount a file system in a name space of its own")
    shell = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTED, "sh"]
    assert told([*shell, str(tmp_path), sys.executable, STORY, story]) == "done"


def test_with_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", STORY, "limit", str(tmp_path)]
    assert told(command) == "done"
