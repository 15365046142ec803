"""The whole tree of a machine ends with it, however it was forked."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace

import pytest

from tests.integration.process.process_site import Site, token, until, with_argument
from vacnet.runtimes.process import proc


def _daemon(word: str) -> str:
    """Return shell words that start a daemon: forked twice, in its own session, with an empty environment."""
    return f"(setsid env -i /bin/sleep {word} </dev/null >/dev/null 2>&1 &)"


async def test_daemons_of_a_payload_that_ends_by_itself_end_with_it(site: Site) -> None:
    word = token()
    spec = site.spec(f"{_daemon(word)}; {_daemon(word)}; sleep 0.2; exit 4")
    seen = await site.run(spec)
    assert seen.exit_code == 4
    assert with_argument(word) == []


async def test_daemons_end_when_the_machine_is_stopped(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"{_daemon(word)}; exec sleep {word}")
    await runtime.start(spec)
    await until(lambda: len(with_argument(word)) >= 2, "payload and daemon sleep")
    await runtime.stop(spec.id, 5)
    assert with_argument(word) == []


async def test_daemons_end_also_when_the_keeper_was_killed(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"(setsid sleep {word} &); exec sleep {word}")
    reference = await runtime.start(spec)
    await until(lambda: len(with_argument(word)) >= 2, "payload and daemon sleep")
    os.kill(int(reference.split(":")[0]), signal.SIGKILL)
    seen = await site.ended(runtime, spec.id)
    assert (seen.lost, seen.exit_code) == ("its keeper process was killed", None)
    assert with_argument(word) == []
    assert (await site.runtime().seen())[spec.id] == seen


async def test_processes_that_fork_without_end_are_all_ended(site: Site) -> None:
    word, runtime = token(), site.runtime()
    worker = "while :; do /bin/true & wait; done"
    spec = site.spec(f"for i in 1 2 3 4 5 6 7 8; do sh -c '{worker}' {word} & done; echo ready; wait")
    await runtime.start(spec)
    await until(lambda: "ready" in site.console(spec), "all workers fork")
    await runtime.stop(spec.id, 0.2)
    assert with_argument(word) == []


async def test_a_tree_that_doubles_itself_is_ended(site: Site) -> None:
    word, runtime = token(), site.runtime()
    double = 'b() { [ "$1" -gt 0 ] && { b $(($1 - 1)) & b $(($1 - 1)) & }; exec sleep ' + word + "; }; b 7"
    spec = site.spec(f"trap '' TERM; {double}")
    await runtime.start(spec)
    await until(lambda: len(with_argument(word)) >= 64, "the tree has grown")
    await runtime.stop(spec.id, 0.1)
    assert with_argument(word) == []


async def test_a_keeper_takes_no_notice_of_what_ends_a_daemon(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"exec sleep {word}")
    keeper = int((await runtime.start(spec)).split(":")[0])
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        os.kill(keeper, number)
    await until(lambda: with_argument(word), "the payload sleeps")
    alive = proc.process(keeper)
    assert alive is not None
    assert alive.session == keeper != os.getsid(0)
    assert (await runtime.seen())[spec.id].running


async def test_what_a_foreign_hand_left_of_a_machine_ends_when_it_is_forgotten(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"(setsid sleep {word} &); exec sleep {word}")
    reference = await runtime.start(spec)
    await until(lambda: len(with_argument(word)) >= 2, "payload and daemon sleep")
    shutil.rmtree(spec.directory / "engine")
    os.kill(int(reference.split(":")[0]), signal.SIGKILL)
    await site.runtime().forget(spec.id)
    assert with_argument(word) == []


@pytest.mark.parametrize("sandbox", ["none"], indirect=True)
async def test_the_end_of_a_machine_is_not_that_of_one_of_the_same_id_of_another_factory(site: Site) -> None:
    ours, theirs = token(), token()
    spec, runtime = site.spec(f"exec sleep {ours}"), site.runtime()
    other = site.spec(f"exec sleep {theirs}", factory="f2")
    twin = replace(other, id=spec.id)
    await site.runtime("f2").start(twin)
    reference = await runtime.start(spec)
    await until(lambda: with_argument(ours) and with_argument(theirs), "both sleep")
    os.kill(int(reference.split(":")[0]), signal.SIGKILL)
    await site.ended(runtime, spec.id)
    assert (with_argument(ours), len(with_argument(theirs))) == ([], 1)
    await site.runtime("f2").stop(other.directory.name, 0)
    await site.runtime("f2").forget(other.directory.name)
