"""Copies: whole or not there, private, bounded."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.fetch.fetch_samples import Wall, get, new_fetcher
from vacnet.fetch import Fetcher, UnavailableError
from vacnet.fetch.address import Address, parse
from vacnet.fetch.cache import Cache, Validators

ROOT = Path(__file__).parents[3]
PIPE = Address("http://pipes.example.org/a.pipe")
NONE = Validators()


def _files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def test_a_copy_comes_back_with_its_validators_and_time(tmp_path: Path) -> None:
    validators = Validators('"e"', "Wed, 21 Oct 2026 07:28:00 GMT")
    Cache(tmp_path).write("pipes", PIPE, b"line\nline\n", validators, 1_800_000_000.0)
    copy = Cache(tmp_path).read("pipes", PIPE)
    assert copy is not None
    assert (copy.body, copy.validators, copy.confirmed_wall) == (b"line\nline\n", validators, 1_800_000_000.0)
    assert Cache(tmp_path).read("user_data", PIPE) is None


def test_a_copy_is_for_its_owner_only(tmp_path: Path) -> None:
    Cache(tmp_path).write("pipes", PIPE, b"secret", NONE, 1.0)
    assert [path.stat().st_mode & 0o777 for path in _files(tmp_path)] == [0o600]
    assert (tmp_path / "pipes").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("cut", [0, 10, -1])
def test_a_damaged_copy_is_none(tmp_path: Path, cut: int) -> None:
    cache = Cache(tmp_path)
    cache.write("pipes", PIPE, b"body", NONE, 1.0)
    (path,) = _files(tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    assert cache.read("pipes", PIPE) is None


def test_a_flipped_bit_makes_a_copy_none(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.write("pipes", PIPE, b"body", NONE, 1.0)
    (path,) = _files(tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"Y")
    assert cache.read("pipes", PIPE) is None


def test_the_cache_is_bounded_in_number_and_size_and_forgets_the_oldest(tmp_path: Path) -> None:
    cache = Cache(tmp_path, bytes_max=10_000, copies_max=5)
    for number in range(20):
        cache.write("pipes", Address(f"http://a/{number}"), b"x" * 10, NONE, 1000.0 + number)
    assert [number for number in range(20) if cache.read("pipes", Address(f"http://a/{number}"))] == [
        15,
        16,
        17,
        18,
        19,
    ]
    cache.write("user_data", PIPE, b"x" * 9_700, NONE, 2000.0)
    assert len(_files(tmp_path)) < 4
    assert cache.read("user_data", PIPE) is not None


KILLED = """
import os, pathlib, signal, sys
from vacnet.fetch.address import Address
from vacnet.fetch.cache import Cache, Validators
pathlib.Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
address = Address("http://pipes.example.org/a.pipe")
Cache(pathlib.Path(sys.argv[1])).write("pipes", address, b"new", Validators(), 2.0)
"""


def test_a_kill_between_writing_and_renaming_leaves_the_old_copy_and_no_litter(tmp_path: Path) -> None:
    Cache(tmp_path).write("pipes", PIPE, b"old", NONE, 1.0)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(_files(tmp_path)) == 2
    copy = Cache(tmp_path).read("pipes", PIPE)
    assert copy is not None
    assert copy.body == b"old"
    assert len(_files(tmp_path)) == 1


async def test_a_cache_that_cannot_be_written_does_not_stop_a_fetch(tmp_path: Path, wall: Wall) -> None:
    (tmp_path / "cache").write_text("in the way")
    (tmp_path / "a.pipe").write_bytes(b"{}")
    fetcher = new_fetcher(tmp_path / "cache", wall)
    assert (await get(fetcher, str(tmp_path / "a.pipe"))).body == b"{}"
    await fetcher.close()


async def test_files_are_read_by_path_and_by_file_address_each_time(fetcher: Fetcher, tmp_path: Path) -> None:
    path = tmp_path / "a b.pipe"
    path.write_bytes(b"one")
    assert (await get(fetcher, str(path), cache_seconds=1000)).body == b"one"
    path.write_bytes(b"two")
    assert (await get(fetcher, str(path), cache_seconds=1000)).body == b"two"
    assert (await get(fetcher, f"file://{tmp_path}/a%20b.pipe")).body == b"two"


async def test_a_file_that_went_away_leaves_its_copy(fetcher: Fetcher, tmp_path: Path) -> None:
    path = tmp_path / "a.pipe"
    path.write_bytes(b"one")
    await get(fetcher, str(path))
    path.unlink()
    again = await get(fetcher, str(path))
    assert (again.body, again.stale) == (b"one", f"{path}: it cannot be read: No such file or directory")


@pytest.mark.parametrize(
    ("path", "words"),
    [("/dev/zero", "no regular file"), ("/proc", "no regular file"), ("/nonexistent", "No such file")],
)
async def test_what_is_no_regular_file_is_refused(fetcher: Fetcher, path: str, words: str) -> None:
    with pytest.raises(UnavailableError, match=words):
        await get(fetcher, path)


async def test_a_named_pipe_without_a_writer_does_not_hang(fetcher: Fetcher, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    async with asyncio.timeout(5):
        with pytest.raises(UnavailableError, match="no regular file"):
            await get(fetcher, str(tmp_path / "fifo"))


async def test_a_large_file_is_refused(fetcher: Fetcher, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(UnavailableError, match="more than 100000 bytes"):
        await get(fetcher, str(tmp_path / "large"))


def test_the_name_of_a_copy_tells_nothing_of_its_address() -> None:
    assert parse("http://user:password@a/b").key.isalnum()
    assert parse("http://a/b").key != parse("http://a/c").key
