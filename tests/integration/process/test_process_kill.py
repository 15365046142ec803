"""Whoever is killed, and whenever: no machine is lost, none runs unseen, no exit code is forgotten."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.process.process_site import Site, cgroups_of, of_machines, token, until, with_argument
from vacnet.runtimes.process import proc

KILLS = 40


async def _killed_starts(site: Site, count: int, seed: int) -> list[str]:
    """Return the ids of machines whose factory was killed around their start."""
    words = [str(site.root), site.settings.sandbox, site.prefix, str(count), str(seed)]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.process.killing", *words, stdout=subprocess.PIPE
    )
    said, _ = await running.communicate()
    assert running.returncode == 0
    return said.decode().split()


async def test_after_kills_at_any_moment_of_a_start_nothing_runs_that_is_not_seen(site: Site) -> None:
    seed = random.randrange(1 << 30)
    ids = await _killed_starts(site, KILLS, seed)
    runtime = site.runtime()
    seen = await runtime.seen()
    running = {machine_id for machine_id, one in seen.items() if one.running}
    assert len(ids) == KILLS
    assert set(seen) <= set(ids)
    assert of_machines(site.prefix) == running, f"seed {seed}"
    assert running, f"every start was killed too early, seed {seed}"
    assert len(running) < KILLS, f"no start was killed in its midst, seed {seed}"
    never = set(ids) - set(seen)
    assert never
    assert not [one for one in never if (site.root / "machines" / one / "engine" / "plan.json").exists()]
    assert not [one for one in never if cgroups_of(one)]


async def test_an_exit_code_is_kept_when_the_machine_ends_while_no_factory_lives(site: Site) -> None:
    word, first = token(), site.runtime()
    spec = site.spec(f"while ! [ -e $HOME/go ]; do sleep 0.02; done; exit 42 # {word}")
    reference = await first.start(spec)
    await first.close()
    site.runtimes.remove(first)
    (spec.directory / "scratch" / "go").touch()
    keeper = int(reference.split(":")[0])
    await until(lambda: not _alive(keeper), "the keeper has ended")
    seen = (await site.runtime().seen())[spec.id]
    assert (seen.exit_code, seen.lost, seen.running) == (42, "", False)


def _alive(pid: int) -> bool:
    one = proc.process(pid)
    return one is not None and one.alive


async def test_a_machine_that_runs_is_adopted_and_its_end_is_noticed_at_once(site: Site) -> None:
    first = site.runtime()
    spec = site.spec("while ! [ -e $HOME/go ]; do sleep 0.02; done; exit 5")
    reference = await first.start(spec)
    await first.close()
    site.runtimes.remove(first)
    second = site.runtime()
    adopted = (await second.seen())[spec.id]
    assert (adopted.running, adopted.reference) == (True, reference)
    (spec.directory / "scratch" / "go").touch()
    async with asyncio.timeout(10):
        assert await anext(second.changes()) == spec.id
    assert (await second.seen())[spec.id].exit_code == 5


async def test_a_template_that_was_killed_is_replaced(site: Site) -> None:
    runtime = site.runtime()
    first = site.spec("exec sleep 1000")
    await runtime.start(first)
    template = runtime._starter._template
    assert template is not None
    template.kill()
    template.wait()
    second = site.spec("exec sleep 1000")
    await runtime.start(second)
    seen = await runtime.seen()
    assert [seen[one.id].running for one in (first, second)] == [True, True]


async def _lose(site: Site, **changes: object) -> str:
    """Start a machine, kill its keeper while no factory lives, change what it recorded; return the id."""
    word, runtime = token(), site.runtime()
    spec = site.spec(f"exec sleep {word}")
    reference = await runtime.start(spec)
    await until(lambda: with_argument(word), "the payload sleeps")
    await runtime.close()
    site.runtimes.remove(runtime)
    keeper = int(reference.split(":")[0])
    os.kill(keeper, signal.SIGKILL)
    await until(lambda: not _alive(keeper) and not of_machines(spec.id), "keeper and payload are gone")
    record = spec.directory / "engine" / "keeper.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **changes}))
    return spec.id


async def test_after_a_reboot_a_machine_is_told_as_lost_to_it(site: Site) -> None:
    machine_id = await _lose(site, boot_id="00000000-0000-0000-0000-000000000000")
    seen = (await site.runtime().seen())[machine_id]
    assert (seen.running, seen.lost, seen.exit_code) == (False, "host rebooted", None)


async def test_a_number_that_was_used_again_is_never_mistaken(site: Site) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "1000", start_new_session=True)
    try:
        machine_id = await _lose(site, pid=stranger.pid, payload_pid=stranger.pid)
        runtime = site.runtime()
        assert not (await runtime.seen())[machine_id].running
        await runtime.stop(machine_id, 0.0)
        await runtime.forget(machine_id)
        assert _alive(stranger.pid)
    finally:
        stranger.kill()
        await stranger.wait()


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", ["none"], indirect=True)
async def test_a_machine_whose_folder_is_removed_is_ended_by_its_keeper(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"exec sleep {word}")
    await runtime.start(spec)
    await until(lambda: with_argument(word), "the payload sleeps")
    (spec.directory / "engine" / "plan.json").unlink()
    await until(lambda: not with_argument(word), "the keeper has noticed")
    assert await runtime.seen() == {}
    await runtime.forget(spec.id)


async def test_a_damaged_record_of_one_machine_does_not_hide_the_others(site: Site) -> None:
    runtime = site.runtime()
    good, bad = site.spec("exit 0"), site.spec("exit 0")
    for spec in (good, bad):
        await site.run(spec, runtime)
    (bad.directory / "engine" / "plan.json").write_text('{"machine": ')
    assert set(await site.runtime().seen()) == {good.id}
    await runtime.forget(bad.id)
    assert cgroups_of(bad.id) == []
    assert not (bad.directory / "engine").exists()


def _keeper_files(directory: Path) -> set[str]:
    return {path.name for path in (directory / "engine").iterdir()}


async def test_who_runs_is_on_disk_before_the_payload_runs(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exec sleep 1000")
    await runtime.start(spec)
    assert {"lock", "plan.json", "keeper.json"} <= _keeper_files(spec.directory)
    record = json.loads((spec.directory / "engine" / "keeper.json").read_text())
    assert record["boot_id"] == proc.boot_id()
    assert f"{record['pid']}:{record['start']}" == (await runtime.seen())[spec.id].reference
