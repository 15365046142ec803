"""The seed disk of a machine that does not ask by HTTP: what other people's programs find on it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.machines.metadata_samples import SITE, USER_DATA, resident
from vacnet.machines.metadata.iso9660 import FILES_MAX, image
from vacnet.machines.metadata.pages import Told
from vacnet.machines.metadata.reading import told_of
from vacnet.machines.metadata.seed import seed_disk

JOLIET = "-J"


def said(*words: str) -> bytes:
    return subprocess.run(words, capture_output=True, check=True, timeout=20).stdout


def made(home: Path, told: Told) -> str:
    path = home / "seed.iso"
    path.write_bytes(seed_disk(told))
    return str(path)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return told_of(resident(tmp_path), lambda: SITE)


@pytest.fixture
def seed(tmp_path: Path, told: Told) -> str:
    return made(tmp_path, told)


@pytest.mark.engine("cloud-init")
def test_it_is_found_by_its_label(seed: str) -> None:
    assert said("blkid", "--probe", "--output", "value", "--match-tag", "LABEL", seed) == b"cidata\n"


@pytest.mark.engine("cloud-init")
def test_its_files_are_those_of_the_service(seed: str, told: Told) -> None:
    assert said("isoinfo", "-f", "-i", seed).split() == [
        *(b"/METADATA.;1", b"/NETWORKC.;1", b"/USERDATA.;1", b"/VENDORDA.;1")
    ]
    assert said("isoinfo", JOLIET, "-x", "/user-data;1", "-i", seed) == USER_DATA
    assert said("isoinfo", JOLIET, "-x", "/vendor-data;1", "-i", seed) == SITE.vendor_data
    assert told.resident.spec.uuid.encode() in said("isoinfo", JOLIET, "-x", "/meta-data;1", "-i", seed)
    assert told.resident.mac.encode() in said("isoinfo", JOLIET, "-x", "/network-config;1", "-i", seed)


@pytest.mark.engine("cloud-init")
def test_long_and_empty_files_are_whole(tmp_path: Path, told: Told) -> None:
    long = bytes(range(256)) * 1000
    bare = replace(told, user_data=lambda: long, site=lambda: replace(SITE, vendor_data=b""))
    disk = made(tmp_path, bare)
    assert said("isoinfo", JOLIET, "-x", "/user-data;1", "-i", disk) == long
    assert said("isoinfo", JOLIET, "-x", "/vendor-data;1", "-i", disk) == b""


def test_equal_files_make_equal_disks_and_too_many_none() -> None:
    assert image("cidata", {"a": b"1", "b": b"2"}) == image("cidata", {"b": b"2", "a": b"1"})
    with pytest.raises(ValueError, match="9 files, and 8 have room"):
        image("cidata", {f"file{n}": b"" for n in range(FILES_MAX + 1)})
