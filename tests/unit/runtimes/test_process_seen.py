"""From the files of an engine folder to what is said of a machine: each row of the table in `seen.py`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vacnet.runtimes.process import files, guard, left_over, seen

PLAN: files.Values = {
    "machine": "m1",
    "labels": {"vacnet.factory": "f1"},
    "disk_bytes": 1000,
    "memory_bytes": 1000,
    "cgroups": [],
}
KEEPER: files.Values = {
    "pid": 1,
    "start": 2,
    "boot_id": "another",
    "payload_pid": 1,
    "payload_start": 2,
    "started_wall": 5.0,
}
ENDED: files.Values = {"exit_code": 3, "ended_wall": 9.0, "cpu_seconds": 1.5, "memory_peak_bytes": 7}


def _folder(tmp_path: Path, **content: files.Values) -> Path:
    """Make the engine folder of a machine without a keeper that lives."""
    (tmp_path / files.FOLDER).mkdir()
    (tmp_path / files.FOLDER / files.LOCK).touch()
    handle = files.open_folder(str(tmp_path))
    for name, values in content.items():
        files.write(handle, f"{name}.json", values)
    os.close(handle)
    return tmp_path


def test_an_end_is_told_with_all_that_was_recorded(tmp_path: Path) -> None:
    found = seen.look(_folder(tmp_path, plan=PLAN, keeper=KEEPER, ended=ENDED))
    assert found is not None
    told = seen.describe(found)
    assert (told.machine_id, told.reference, told.running) == ("m1", "1:2", False)
    assert (told.started_wall, told.ended_wall, told.exit_code, told.lost) == (5.0, 9.0, 3, "")
    assert (told.usage.cpu_seconds, told.usage.memory_bytes) == (1.5, 7)


def test_a_keeper_that_has_the_lock_runs_and_one_that_has_not_does_not(tmp_path: Path) -> None:
    folder = _folder(tmp_path, plan=PLAN, keeper=KEEPER)
    handle = files.open_folder(str(folder))
    mine = files.lock(handle)
    assert mine is not None
    during = seen.look(folder)
    os.close(mine)
    after = seen.look(folder)
    os.close(handle)
    assert during is not None
    assert after is not None
    assert (during.running, after.running) == (True, False)


def test_looking_keeps_nobody_else_from_looking(tmp_path: Path) -> None:
    handle = files.open_folder(str(_folder(tmp_path)))
    one, two = files.lock(handle, shared=True), files.lock(handle, shared=True)
    assert one is not None
    assert two is not None
    assert files.lock(handle) is None
    for each in (one, two, handle):
        os.close(each)


@pytest.mark.parametrize("content", [{"plan": PLAN}, {"plan": PLAN, "ended": {"failed": "no such user"}}])
def test_a_start_that_was_cut_off_or_refused_is_cleared(
    tmp_path: Path, content: dict[str, files.Values]
) -> None:
    folder = _folder(tmp_path, **content)
    assert left_over.settle(folder) is None
    assert not (folder / files.FOLDER).exists()


def test_a_machine_of_another_boot_is_lost_to_it_and_stays_so(tmp_path: Path) -> None:
    folder = _folder(tmp_path, plan=PLAN, keeper=KEEPER)
    settled = left_over.settle(folder)
    assert settled is not None
    assert (seen.describe(settled).lost, settled.finished) == ("host rebooted", True)
    assert seen.look(folder) == settled


def test_nothing_is_made_of_a_folder_without_a_plan(tmp_path: Path) -> None:
    assert seen.look(tmp_path) is None
    assert seen.look(_folder(tmp_path, keeper=KEEPER)) is None


KILLED: files.Values = {**ENDED, "exit_code": 137, "oom_kills": 1, "memory_limit_bytes": 1000}

MEMORY = (
    (KILLED, None, (True, 7, 1000)),
    ({**KILLED, "exit_code": 0}, None, (False, 0, 0)),
    ({**KILLED, "oom_kills": 0}, None, (False, 0, 0)),
    (ENDED, {"memory_used_bytes": 1500, "memory_limit_bytes": 1000}, (True, 1500, 1000)),
)


@pytest.mark.parametrize(("ended", "over", "told"), MEMORY)
def test_an_end_for_memory_is_told_apart(
    tmp_path: Path, ended: files.Values, over: files.Values | None, told: tuple[bool, int, int]
) -> None:
    content = {"plan": PLAN, "keeper": KEEPER, "ended": ended, **({"over": over} if over else {})}
    found = seen.look(_folder(tmp_path, **content))
    assert found is not None
    one = seen.describe(found)
    assert (one.out_of_memory, one.memory_used_bytes, one.memory_limit_bytes) == told


DISK = (
    (153, 1000, None, True),
    (153, 0, None, False),
    (0, 1000, None, False),
    (0, 1000, {"disk_used_bytes": 1}, True),
)


@pytest.mark.parametrize(("exit_code", "limit", "over", "told"), DISK)
def test_an_end_for_disk_is_told_apart(
    tmp_path: Path, exit_code: int, limit: int, over: files.Values | None, *, told: bool
) -> None:
    plan = {**PLAN, "disk_bytes": limit}
    content = {"plan": plan, "keeper": KEEPER, "ended": {**ENDED, "exit_code": exit_code}}
    found = seen.look(_folder(tmp_path, **content, **({"over": over} if over else {})))
    assert found is not None
    assert seen.describe(found).over_disk is told


def test_disk_is_counted_as_du_counts_it(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    file = tmp_path / "deep" / "er" / "file"
    file.write_bytes(b"x" * 100_000)
    once = guard.disk_bytes([tmp_path])
    assert once >= 100_000
    (tmp_path / "other name").hardlink_to(file)
    (tmp_path / "link").symlink_to("/usr")
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 30)
    assert once <= guard.disk_bytes([tmp_path]) < once + 50_000
    assert guard.disk_bytes([tmp_path / "not there"]) == 0
