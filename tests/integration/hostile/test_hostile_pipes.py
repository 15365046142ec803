"""Pipes that are none, or ask for what none may have: told in words, and the site's own work goes on."""

from __future__ import annotations

import re
import subprocess
from typing import Any

from tests.integration.hostile.conftest import PATIENCE_SECONDS, MakeSpace, goes_on, started, warned
from tests.integration.hostile.pipe_server import PipeServer
from tools.space import Member, settings
from tools.space.member import CHECKOUT, COMMAND
from tools.space.waiting import until

CHECK = (*COMMAND[:-2], "run", "--check", "--config")

PIPE = """
[pipes.vo]
vacuum_pipe_url = "{url}"
target_share = 1
{more}
"""

GOOD = {
    "suffix": "good",
    "target_share": 1,
    "machine_model": "docker",
    "root_image": "docker://example/image",
    "user_data": "http://127.0.0.1:9/user_data",
}
"""An entry with nothing wrong: no engine for it has to be here, it has to be a target."""

PIPE_BYTES = 100 << 20
MEMORY_BYTES = 150 << 20
"""A factory has about 60 MB: with the whole pipe in its memory it would have more than this."""


def _factory(make_space: MakeSpace, server: PipeServer, more: str = "") -> Member:
    return started(make_space(1, PIPE.format(url=server.url, more=more)).member(1))


def _targets(factory: Member) -> set[str]:
    return {target.name for target in factory.client().space().targets}


def _tells(factory: Member, what: str, *words: str) -> None:
    """Wait until a warning has all these words."""
    until(lambda: warned(factory, *words), PATIENCE_SECONDS, f"it tells of {what}")


def _peak_bytes(factory: Member) -> int:
    with open(f"/proc/{factory.client().health().pid}/status") as file:  # noqa: PTH123 (a file of /proc)
        found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
    assert found is not None
    return int(found[1]) << 10


def test_a_web_page_in_place_of_a_pipe_is_told_as_one(make_space: MakeSpace, server: PipeServer) -> None:
    server.body, server.kind = b"<!DOCTYPE html><html><body>Please log in</body></html>", "text/html"
    factory = _factory(make_space, server)
    words = ("[pipes.vo]", server.url, "a web page, not a pipe", "a login or error page?")
    until(lambda: warned(factory, *words), PATIENCE_SECONDS, "it is told")
    assert _targets(factory) == {"worker"}
    goes_on(factory)


def test_a_pipe_of_100_megabytes_is_refused_before_it_takes_memory(
    make_space: MakeSpace, server: PipeServer
) -> None:
    server.endless_bytes = PIPE_BYTES
    factory = _factory(make_space, server)
    until(lambda: warned(factory, "[pipes.vo]", server.url, "1048576"), PATIENCE_SECONDS, "it is told")
    assert server.sent_bytes < PIPE_BYTES // 2
    assert _peak_bytes(factory) < MEMORY_BYTES
    goes_on(factory)


def test_a_pipe_that_becomes_bad_leaves_the_targets_of_the_last_good_one(
    make_space: MakeSpace, server: PipeServer
) -> None:
    server.serve(GOOD)
    factory = _factory(make_space, server)
    until(lambda: "vo-good" in _targets(factory), PATIENCE_SECONDS, "the pipe is read")
    server.body = b"<html>maintenance</html>"
    until(lambda: warned(factory, "a web page", "the copy of"), PATIENCE_SECONDS, "it is told")
    assert _targets(factory) == {"worker", "vo-good"}
    server.serve(GOOD)
    goes_on(factory)


BAD: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a model that nobody knows": (
        {"machine_model": "quantum"},
        ("machine_model", '"quantum"', "one of", "left out"),
    ),
    "a negative share": ({"target_share": -1}, ("target_share", "-1", "a number from 0", "left out")),
    "a process where the site has not allowed it": (
        {"machine_model": "process", "root_image": None},
        ("machine_model", '"process" is not allowed', "allow_machine_models", "[pipes.vo]"),
    ),
    "shell characters in its command": (
        {"container_command": "/bin/sh -c 'touch /tmp/owned'; $(reboot)"},
        ("container_command", "no shell characters", "left out"),
    ),
    "shell characters in its image": (
        {"root_image": "docker://example/image;touch$IFS/tmp/owned"},
        ("root_image", "docker://NAME", "left out"),
    ),
    "the root of the host as tmp_bind": (
        {"tmp_binds": ["/"]},
        ("tmp_binds", "that is not /", "left out"),
    ),
}


def test_each_bad_entry_is_left_out_with_its_reason_and_the_good_one_stands(
    make_space: MakeSpace, server: PipeServer
) -> None:
    entries = [{**GOOD, "suffix": f"bad{n}", **change} for n, (change, _) in enumerate(BAD.values())]
    server.serve(*(_without_none(entry) for entry in entries), GOOD)
    factory = _factory(make_space, server)
    for number, (name, (_, (option, *words))) in enumerate(BAD.items()):
        told = (f"vo-bad{number}.{option}", *words)
        _tells(factory, name, *told)
    assert _targets(factory) == {"worker", "vo-good"}
    goes_on(factory)


def _without_none(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}


OWN_MISTAKES = """\
[targets.bad]
target_share = -1
machine_model = "quantum"
container_command = "sh -c reboot"
tmp_binds = ["/"]
root_image = "image;reboot"
"""


def test_the_same_in_the_sites_own_files_changes_nothing_that_runs_and_is_told_by_line(
    make_space: MakeSpace, server: PipeServer
) -> None:
    factory = _factory(make_space, server)
    settings.add(factory, "own", OWN_MISTAKES)
    for line, words in enumerate(OWN_MISTAKES.splitlines()[1:], start=2):
        place, option = f"own.toml:{line}", words.partition(" ")[0]
        _tells(factory, words, place, option)
    checked = subprocess.run(
        [*CHECK, factory.config], capture_output=True, text=True, check=False, cwd=CHECKOUT
    )
    assert checked.returncode == 78
    assert (checked.stdout + checked.stderr).count("own.toml:") == 5
    goes_on(factory)
