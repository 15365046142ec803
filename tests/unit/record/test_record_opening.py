"""Opening: damage is set aside, good databases never are, and a directory has one daemon."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.record.record_samples import Clocks, finish, machine
from vacnet.record import InUseError, NameMismatchError, RecordError, TooNewError
from vacnet.record.schema import MIGRATIONS, migrate, version

ROOT = Path(__file__).parents[3]


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def _page_overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(os.urandom(4096))


def _cut_short(path: Path) -> None:
    os.truncate(path, 4096 * 3 + 17)


def _another_programs(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _readable_by_all(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


DAMAGES: tuple[Callable[[Path], None], ...] = (
    _garbage,
    _page_overwritten,
    _cut_short,
    _another_programs,
    _directory,
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
async def test_an_unusable_database_is_set_aside_and_a_new_one_begun(
    clocks: Clocks, path: Path, damage: Callable[[Path], None]
) -> None:
    record = await clocks.open(path)
    for number in range(1, 40):
        await record.create_machine(machine(number))
    await record.close()
    damage(path)
    record = await clocks.open(path)
    aside = path.with_name("vacnet.db.corrupt-1800000000")
    assert aside.exists()
    assert str(aside) in record.rebuilt
    assert "machines that run are adopted" in record.rebuilt
    await record.create_machine(machine(1))
    await record.close()
    assert (await _reopened(clocks, path)) == ("", [1])


async def _reopened(clocks: Clocks, path: Path) -> tuple[str, list[int]]:
    record = await clocks.open(path)
    numbers = [row.number for row in await record.machines(unfinished=True)]
    await record.close()
    return record.rebuilt, numbers


async def test_only_the_last_three_set_aside_are_kept(clocks: Clocks, path: Path) -> None:
    for _ in range(5):
        clocks.wall += 1
        _garbage(path)
        record = await clocks.open(path)
        await record.close()
    names = sorted(found.name for found in path.parent.glob("*corrupt*"))
    assert names == [f"vacnet.db.corrupt-{1_800_000_000 + number}" for number in (3, 4, 5)]


async def test_the_database_is_for_its_owner_only(clocks: Clocks, path: Path) -> None:
    _readable_by_all(path)
    record = await clocks.open(path)
    await record.create_machine(machine(1))
    modes = {found.name: found.stat().st_mode & 0o777 for found in path.parent.glob("vacnet.db*")}
    await record.close()
    assert modes == {"vacnet.db": 0o600, "vacnet.db-wal": 0o600, "vacnet.db-shm": 0o600}


async def test_a_factory_of_another_name_is_refused_with_what_to_do(clocks: Clocks, path: Path) -> None:
    await (await clocks.open(path, factory="old.example.org")).close()
    with pytest.raises(NameMismatchError) as refused:
        await clocks.open(path, factory="new.example.org")
    for words in ("'old.example.org'", "'new.example.org'", 'set name = "old.example.org"', str(path.parent)):
        assert words in str(refused.value)
    await (await clocks.open(path, factory="old.example.org")).close()


async def test_a_factory_that_does_not_know_its_name_yet_may_read_and_names_nothing(
    clocks: Clocks, path: Path
) -> None:
    await (await clocks.open(path, factory="old.example.org")).close()
    await (await clocks.open(path, factory="")).close()
    await (await clocks.open(path, factory="old.example.org")).close()


async def test_a_start_without_a_name_opens_whosever_record_it_is(clocks: Clocks, path: Path) -> None:
    await (await clocks.open(path, factory="")).close()
    await (await clocks.open(path, factory="old.example.org")).close()
    await (await clocks.open(path, factory="")).close()
    with pytest.raises(NameMismatchError):
        await clocks.open(path, factory="new.example.org")


async def test_a_database_of_a_later_vacnet_is_refused_and_left_as_it_is(clocks: Clocks, path: Path) -> None:
    await (await clocks.open(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(TooNewError, match="version 99"):
        await clocks.open(path)
    assert list(path.parent.glob("*corrupt*")) == []


def test_a_migration_that_fails_leaves_the_version_before_it_whole() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    bad = (*MIGRATIONS, ("CREATE TABLE half (a)", "this is no SQL"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, bad)
    assert version(connection) == len(MIGRATIONS)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone() is None
    migrate(connection, (*MIGRATIONS, ("CREATE TABLE whole (a)",)))
    assert version(connection) == len(MIGRATIONS) + 1


async def test_a_second_opening_is_refused_and_leaves_the_first_at_work(clocks: Clocks, path: Path) -> None:
    first = await clocks.open(path)
    with pytest.raises(InUseError, match=f"pid {os.getpid()}"):
        await clocks.open(path)
    await first.create_machine(machine(1))
    await first.close()
    await (await clocks.open(path)).close()


def _another_daemon(path: Path) -> subprocess.Popen[bytes]:
    """Return a process that has the record open."""
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.record.story_writes", str(path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    with holder.stdout as claims:
        assert claims.readline()
    return holder


async def test_a_daemon_of_another_process_is_named_and_its_death_frees_the_directory(
    clocks: Clocks, path: Path
) -> None:
    holder = _another_daemon(path)
    with pytest.raises(InUseError, match=rf"pid {holder.pid}.*kill {holder.pid}"):
        await clocks.open(path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    await (await clocks.open(path, factory="node1.example.org")).close()


async def test_a_state_directory_that_cannot_be_made_is_told(clocks: Clocks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match=r"state directory .* cannot be used"):
        await clocks.open(tmp_path / "file" / "vacnet.db")


async def test_an_admins_reading_of_the_database_does_not_disturb(clocks: Clocks, path: Path) -> None:
    record = await clocks.open(path)
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM machines").fetchone()
    await record.create_machine(machine(1))
    assert await record.finish_machine(machine(1).id, finish=finish())
    reader.close()
    assert record.trouble == ""
    await record.close()
