"""A disk that is full, for real, in the middle of an image, at its last block, and for what machines put."""

import sys
from pathlib import Path

import pytest

from tests.unit.record.test_record_full_disk import can_mount, told

STORY = "tests.unit.fetch.story_full_disk_of_images"
MOUNTED = 'mount -t tmpfs -o size=8m vacnet-test "$1" && exec "$2" -m "$3" "$4" "$1"'


@pytest.mark.parametrize("story", ["middle", "rename", "outputs"])
def test_on_a_small_file_system(story: str, tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("this user may not mount a file system in a name space of its own")
    shell = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTED, "sh"]
    assert told([*shell, str(tmp_path), sys.executable, STORY, story]) == "done"
