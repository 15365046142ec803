"""What is no program on any host, told before an engine is asked."""

from pathlib import Path

import pytest
from msgspec import structs

from tests.unit.machines.samples import spec
from vacnet.machines import program
from vacnet.machines.runtime import NoProgramError
from vacnet.targets.model import Model


@pytest.mark.parametrize(
    "start",
    [
        b"#!/bin/sh\n",
        b"#! /usr/bin/env python3\nimport os\r\n",
        b"#!/bin/sh",
        b"\x7fELF\x02\x01",
        b"#!/x -e\n",
    ],
)
def test_scripts_and_binaries_are_programs(start: bytes) -> None:
    assert program.why_no_program(start) == ""


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"", "is empty: make its first line #!/bin/sh"),
        (b" \n\n", "is empty"),
        (b"echo hunter2\n", "does not begin with #!"),
        (b"#!sh hunter2\n", "does not begin with #!"),
        (b"#!\n", "does not begin with #!"),
        (b"#!/bin/sh\r\necho\r\n", "line ends of Windows"),
    ],
)
def test_what_is_none_is_told_with_what_to_do_and_without_what_stands_there(start: bytes, words: str) -> None:
    told = program.why_no_program(start)
    assert words in told
    assert "hunter2" not in told


@pytest.mark.parametrize("model", [Model.PROCESS, Model.DOCKER, Model.APPTAINER])
def test_user_data_that_is_executed_is_looked_at(tmp_path: Path, model: Model) -> None:
    (tmp_path / "user_data").write_bytes(b"echo hello\n")
    with pytest.raises(NoProgramError, match=r"^user_data does not begin with #!"):
        program.check(spec(model, directory=tmp_path))


def test_user_data_that_is_not_executed_may_be_anything(tmp_path: Path) -> None:
    (tmp_path / "user_data").write_bytes(b"#cloud-config\n")
    program.check(spec(Model.VM, directory=tmp_path))
    own = spec(Model.DOCKER, directory=tmp_path)
    program.check(spec(directory=tmp_path, target=structs.replace(own.target, container_command="/bin/run")))


def test_a_container_without_user_data_runs_what_its_image_says(tmp_path: Path) -> None:
    program.check(spec(Model.DOCKER, directory=tmp_path))
