"""user_data and the files it names: from the web or from files_directory, and from nowhere else."""

from pathlib import Path

import pytest

from tests.unit.fetch.fetch_servers import answer, says, serving
from vacnet.fetch import Fetcher, UserDataSource
from vacnet.machines.runtime import NotNowError
from vacnet.machines.surroundings import Sources, Template
from vacnet.targets.model import Target


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    inside = tmp_path / "files"
    (inside / "sub").mkdir(parents=True)
    (inside / "hostkey.pem").write_bytes(b"KEY")
    (inside / "sub" / "deep").write_bytes(b"DEEP")
    (tmp_path / "outside").write_bytes(b"SECRET")
    return inside


def _target(directory: Path, user_data: str = "") -> Target:
    return Target(name="vo-a", user_data=user_data, files_directory=str(directory))


async def test_it_is_the_source_that_machines_ask_for(fetcher: Fetcher, directory: Path) -> None:
    source: Sources = UserDataSource(fetcher)
    template = await source.template(_target(directory, "hostkey.pem"))
    assert template == Template(b"KEY", "hostkey.pem")


async def test_a_template_from_the_web_is_asked_for_once_in_a_burst_and_outlives_its_server(
    fetcher: Fetcher, directory: Path
) -> None:
    source = UserDataSource(fetcher)
    async with serving(says(answer(b"#!/bin/sh"))) as server:
        target = _target(directory, server.url("/user_data"))
        for _ in range(5):
            assert (await source.template(target)).body == b"#!/bin/sh"
        assert len(server.requests) == 1
    assert await source.template(target) == Template(b"#!/bin/sh", target.user_data)


async def test_a_template_not_to_be_had_is_no_outcome_but_not_now(fetcher: Fetcher, directory: Path) -> None:
    async with serving(says(answer(status="404 Not Found"))) as server:
        target = _target(directory, server.url())
        with pytest.raises(NotNowError, match=r"user_data of vo-a is not to be had: .*status 404"):
            await UserDataSource(fetcher).template(target)


def _copies(cache: Path) -> list[Path]:
    return list(cache.rglob("*"))


async def test_files_are_read_below_the_directory_each_time_and_never_copied(
    fetcher: Fetcher, directory: Path, cache: Path
) -> None:
    source = UserDataSource(fetcher)
    assert await source.file(_target(directory), "sub/deep") == b"DEEP"
    (directory / "hostkey.pem").write_bytes(b"NEW")
    assert await source.file(_target(directory), "hostkey.pem") == b"NEW"
    assert await source.file(_target(directory), str(directory / "hostkey.pem")) == b"NEW"
    assert _copies(cache) == []


@pytest.mark.parametrize("name", ["../outside", "sub/../../outside", "link", "linked/outside", "loop"])
async def test_nothing_leads_out_of_the_directory(fetcher: Fetcher, directory: Path, name: str) -> None:
    (directory / "link").symlink_to(directory.parent / "outside")
    (directory / "linked").symlink_to(directory.parent)
    (directory / "loop").symlink_to("loop")
    with pytest.raises(NotNowError, match=r"leads out of files_directory|leads to no file"):
        await UserDataSource(fetcher).file(_target(directory), name)


async def test_a_link_that_stays_inside_is_followed(fetcher: Fetcher, directory: Path) -> None:
    (directory / "current.pem").symlink_to("hostkey.pem")
    assert await UserDataSource(fetcher).file(_target(directory), "current.pem") == b"KEY"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "none is named"),
        ("missing", "No such file"),
        ("sub", "no regular file"),
        ("ftp://host/x", "neither an address nor a file"),
        ("nul\0byte", "leads to no file"),
        ("/nul\0byte", "not a file name"),
    ],
)
async def test_what_is_not_there_is_told_in_words(
    fetcher: Fetcher, directory: Path, name: str, words: str
) -> None:
    with pytest.raises(NotNowError, match=words):
        await UserDataSource(fetcher).file(_target(directory), name)


async def test_without_a_directory_a_name_means_nothing(fetcher: Fetcher) -> None:
    with pytest.raises(NotNowError, match="neither an address nor a file below a files_directory"):
        await UserDataSource(fetcher).file(Target(name="vo-a"), "hostkey.pem")


async def test_a_file_over_the_bound_is_refused(fetcher: Fetcher, directory: Path) -> None:
    (directory / "large").write_bytes(b"x" * (2 << 20))
    with pytest.raises(NotNowError, match="more than 1048576 bytes"):
        await UserDataSource(fetcher).file(_target(directory), "large")
