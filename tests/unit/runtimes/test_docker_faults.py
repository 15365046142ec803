"""What an engine's refusals mean, how far a pull is, and threads that never hold up an end."""

from __future__ import annotations

import asyncio
import errno
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.machines.runtime import NotNowError, StartFailedError
from vacnet.runtimes.docker.client import Client, Patience
from vacnet.runtimes.docker.events import happening_of
from vacnet.runtimes.docker.faults import name_is_taken, pull_failure, start_failure
from vacnet.runtimes.docker.means import words_of
from vacnet.runtimes.docker.progress import Progress
from vacnet.runtimes.engine.faults import RefusalError, shorten
from vacnet.runtimes.engine.workers import Workers

NOT_NOW = [
    ("mkdir /var/lib/docker/overlay2/x: no space left on device", "make room on the engine's disk"),
    ("path /cvmfs is mounted on / but it is not a shared or slave mount", "mount --make-rshared"),
    ('could not select device driver "" with capabilities: [[gpu]]', "NVIDIA container toolkit"),
    ("failed to create shim task: ttrpc: closed: unknown", "the engine is being stopped or started"),
]
FAILED = [
    'OCI runtime create failed: exec: "/user_data": permission denied: unknown',
    "Minimum memory limit allowed is 6MB",
    "something that nobody has heard of",
]


@pytest.mark.parametrize(("words", "remedy"), NOT_NOW)
def test_what_another_try_may_mend_is_no_failure_of_the_machine(words: str, remedy: str) -> None:
    meant = start_failure(RefusalError(500, words))
    assert isinstance(meant, NotNowError)
    assert words in str(meant)
    assert remedy in str(meant)


@pytest.mark.parametrize("words", FAILED)
def test_all_else_is_a_start_that_failed_in_the_engines_words(words: str) -> None:
    meant = start_failure(RefusalError(400, words))
    assert isinstance(meant, StartFailedError)
    assert str(meant) == words


@pytest.mark.parametrize(
    ("status", "words", "taken"),
    [
        (409, 'Conflict. The container name "/a" is already in use by container "b".', True),
        (500, 'creating container storage: the container name "a" is already in use by b.', True),  # Podman
        (500, "no space left on device", False),
    ],
)
def test_a_name_that_is_taken_is_known_whatever_the_status(status: int, words: str, *, taken: bool) -> None:
    assert name_is_taken(RefusalError(status, words)) == taken


PULLS = [
    ("manifest for x:y not found: manifest unknown: manifest unknown", "check root_image: name and tag"),
    (
        "pull access denied for x, repository does not exist or may require 'docker login': denied",
        "check the image's name; if it is not public, name a file with its credentials",
    ),
    ("dial tcp: lookup r.example.org: no such host", "see whether this host reaches the registry"),
    ("x509: certificate signed by unknown authority", "let the engine trust the registry"),
    ("toomanyrequests: You have reached your pull rate limit", "wait, or give credentials"),
    ("write /var/lib/docker/tmp/x: no space left on device", "make room on the engine's disk"),
    ("gremlins", "see the engine's log"),
]


@pytest.mark.parametrize(("words", "remedy"), PULLS)
def test_a_pull_that_failed_names_image_registry_reason_and_remedy(words: str, remedy: str) -> None:
    told = str(pull_failure("r.example.org/x:y", "r.example.org", words))
    assert told.startswith(f"image r.example.org/x:y cannot be pulled from r.example.org: {words}; {remedy}")


def test_words_of_an_engine_are_kept_to_a_line_and_a_length() -> None:
    assert shorten(" a\n b ") == "a b"
    assert len(shorten("x" * 10_000)) < 700


def test_progress_adds_up_layers_and_never_runs_backwards() -> None:
    progress = Progress()
    assert str(progress) == "nothing of it is here yet"
    for layer, had in (("a", 1_000_000), ("b", 5_000_000), ("a", 3_000_000)):
        progress.hear(
            {"status": "Downloading", "id": layer, "progressDetail": {"current": had, "total": 8_000_000}}
        )
    assert str(progress) == "8 of 16 MB are here"
    progress.hear({"status": "Download complete", "id": "a"})
    assert str(progress) == "13 of 16 MB are here"
    progress.hear({"status": "Extracting", "id": "b", "progressDetail": {"current": 1, "total": 8_000_000}})
    assert str(progress) == "16 of 16 MB are here"
    progress.hear({"error": "out of luck"})
    assert progress.failure == "out of luck"


_plain = st.none() | st.integers() | st.text(max_size=5) | st.just("Downloading")
_values = _plain | st.dictionaries(st.sampled_from(["current", "total"]), _plain)


@given(st.lists(st.dictionaries(st.sampled_from(["status", "id", "progressDetail"]), _values)))
def test_whatever_an_engine_says_of_a_pull_is_no_fault_of_ours(lines: list[dict[str, object]]) -> None:
    progress = Progress()
    for line in lines:
        progress.hear(line)
    assert isinstance(str(progress), str)


UNREACHED = [
    (errno.ENOENT, "there is no engine at /run/x.sock: start it (systemctl start docker), or set socket in"),
    (errno.ECONNREFUSED, "nobody answers at /run/x.sock: start the engine"),
    (errno.EACCES, "this factory may not use /run/x.sock: put its user into the group that owns the socket"),
]


@pytest.mark.parametrize(("number", "words"), UNREACHED)
def test_an_engine_that_cannot_be_reached_is_told_with_what_to_do(number: int, words: str) -> None:
    client = Client("unix:///run/x.sock", Patience())
    assert str(client.understood(OSError(number, "whatever"))).startswith(words)


def test_a_fault_of_ours_is_not_taken_for_the_engines() -> None:
    fault = KeyError("x")
    assert Client("unix:///run/x.sock", Patience()).understood(fault) is fault


def test_what_an_engine_is_and_lacks_is_told_in_words() -> None:
    info = {"ServerVersion": "28.1", "Driver": "overlay2", "CgroupVersion": "2", "CgroupDriver": "systemd"}
    assert words_of(info) == "version 28.1, layers by overlay2, cgroup v2 by systemd"
    assert words_of({**info, "SwapLimit": False, "PidsLimit": True}).endswith(
        "; the kernel does not hold limits of swap"
    )


def test_events_of_others_tell_nothing() -> None:
    ours = {"vacnet.factory": "f", "vacnet.machine": "100_t_00", "signal": "9"}
    event = {"Action": "kill", "Actor": {"ID": "c", "Attributes": ours}, "timeNano": 2_500_000_000}
    found = happening_of(event, "f")
    assert found is not None
    assert (found.action, found.machine_id, found.container) == ("kill", "100_t_00", "c")
    assert (found.signal, found.at_wall) == ("9", 2.5)
    assert happening_of(event, "g") is None
    assert happening_of({"Action": "kill"}, "f") is None
    assert happening_of({"Actor": {"Attributes": None}}, "f") is None


async def test_a_thread_that_hangs_holds_up_only_itself() -> None:
    workers, gate, done = Workers("test", 2), threading.Event(), []
    hanging = asyncio.create_task(workers.do(gate.wait))
    for number in range(5):
        async with asyncio.timeout(10):
            done.append(await workers.do(lambda number=number: number))  # type: ignore[misc] # mypy: default
    assert done == list(range(5))
    assert not hanging.done()
    hanging.cancel()
    gate.set()
    assert all(thread.daemon for thread in workers._threads)
    workers.close()


async def test_what_a_job_raises_comes_to_who_waits_for_it(tmp_path: Path) -> None:
    workers = Workers("test", 1)
    with pytest.raises(FileNotFoundError):
        await workers.do((tmp_path / "nowhere").read_text)
    assert await workers.do(lambda: 5) == 5
    workers.close()


async def test_a_job_given_up_before_its_turn_is_not_done() -> None:
    workers, gate, done = Workers("test", 1), threading.Event(), []
    first = asyncio.create_task(workers.do(gate.wait))
    second = asyncio.create_task(workers.do(lambda: done.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    gate.set()
    assert await first
    await workers.do(lambda: done.append("third"))
    assert done == ["third"]
    workers.close()
