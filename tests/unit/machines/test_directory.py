"""A machine's directory: who may read what, whole files, and finding the machine again."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from tests.unit.machines.samples import HOST, spec
from vacnet.machines import directory
from vacnet.machines.features import jobfeatures, machinefeatures
from vacnet.machines.spec import Spec
from vacnet.machines.stored import decode_spec, encode_spec
from vacnet.targets.model import Model, Proof


@pytest.fixture
def made(tmp_path: Path) -> Spec:
    return spec(directory=tmp_path / "machines" / "1700000000_grid-prod_03")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_all_that_a_machine_reads_is_there_and_secrets_are_closed(made: Spec) -> None:
    directory.prepare(made, HOST, b"#!/bin/sh\nsecret\n")
    home = made.directory
    assert _mode(home) == 0o700
    assert (_mode(home / "user_data"), (home / "user_data").read_bytes()) == (0o600, b"#!/bin/sh\nsecret\n")
    assert _mode(home / "spec.json") == 0o600
    assert {p.name: p.read_text() for p in (home / "machinefeatures").iterdir()} == machinefeatures(
        made, HOST
    )
    assert {p.name: p.read_text() for p in (home / "jobfeatures").iterdir()} == jobfeatures(made, HOST)
    assert _mode(home / "jobfeatures" / "job_id") == 0o644
    assert list((home / "joboutputs").iterdir()) == []


def test_modes_do_not_depend_on_the_umask(made: Spec) -> None:
    before = os.umask(0o077)
    try:
        directory.prepare(made, HOST, b"")
    finally:
        os.umask(before)
    assert _mode(made.directory / "machinefeatures") == 0o755
    assert _mode(made.directory / "machinefeatures" / "total_cpu") == 0o644
    assert _mode(made.directory / "joboutputs") == 0o755


def test_a_target_without_user_data_has_no_such_file(made: Spec) -> None:
    directory.prepare(made, HOST, None)
    assert not (made.directory / "user_data").exists()


def test_it_can_be_made_twice_and_leaves_no_other_file(made: Spec) -> None:
    directory.prepare(made, HOST, b"one")
    before = sorted(made.directory.rglob("*"))
    directory.prepare(made, HOST, b"two")
    assert sorted(made.directory.rglob("*")) == before
    assert (made.directory / "user_data").read_bytes() == b"two"


# A factory that is not root makes machines of its own user alone, so there is nothing to give away;
# continuous integration is root.
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_process_of_another_user_can_reach_and_own_what_is_its(made: Spec) -> None:
    host = replace(HOST, machine_user=(65534, 65534))
    directory.prepare(made, host, b"secret")
    assert (made.directory / "user_data").stat().st_uid == 65534
    assert (made.directory / "joboutputs").stat().st_uid == 65534
    assert (made.directory / "jobfeatures").stat().st_uid == os.geteuid()
    assert _mode(made.directory) == 0o711


def test_a_lowered_deadline_changes_the_changing_files_and_no_other(made: Spec) -> None:
    directory.prepare(made, HOST, b"")
    directory.write_deadline(replace(made, deadline_wall=1_700_000_900), HOST)
    assert (made.directory / "machinefeatures" / "shutdowntime").read_text() == "1700000900"
    assert (made.directory / "jobfeatures" / "shutdowntime_job").read_text() == "1700000900"
    assert (made.directory / "jobfeatures" / "wall_limit_secs").read_text() == "3600"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shutdowntime"
    directory.write_whole(path, b"old", 0o644)

    def no(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no)
    with pytest.raises(OSError, match="No space left"):
        directory.write_whole(path, b"new", 0o644)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


def test_removing_follows_no_link_and_can_be_done_twice(made: Spec, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept").touch()
    directory.prepare(made, HOST, b"")
    (made.directory / "joboutputs" / "out").symlink_to(tmp_path / "other")
    directory.remove(made.directory)
    directory.remove(made.directory)
    assert not made.directory.exists()
    assert (tmp_path / "other" / "kept").exists()


def test_a_spec_is_read_back_without_its_secrets(made: Spec) -> None:
    target = structs.replace(
        made.target,
        machine_model=Model.DOCKER,
        exit_codes={0: 200, 3: 300},
        tmp_binds=("/tmp", "/scratch"),  # noqa: S108 (a name)
        proof=Proof.JOB_STARTED,
        user_data_files={"hostkey": "key.pem"},
    )
    secret = structs.replace(target, user_data_options={"password": "hunter2"})
    assert decode_spec(encode_spec(replace(made, target=secret))) == replace(made, target=target)
    assert b"hunter2" not in encode_spec(replace(made, target=secret))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"\xff", b'{"id": 5}'])
def test_bytes_that_are_no_spec_are_none(raw: bytes) -> None:
    assert decode_spec(raw) is None


def test_a_directory_without_a_readable_spec_says_so(tmp_path: Path) -> None:
    assert directory.read_spec(tmp_path) is None
