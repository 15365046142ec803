"""What a machine may use, and that the truth is told when it wanted more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.process.process_site import MIB, Site, cgroups_of, token, until, with_argument
from vacnet.machines.spec import Spec
from vacnet.runtimes.process import console, proc
from vacnet.runtimes.process.prepare import NICENESS
from vacnet.runtimes.process.runtime import ProcessRuntime

NICENESS_MAX = 19
"""The kernel's: nobody is nicer."""
HOG = "(head -c 300000000 /dev/zero && sleep 1000) | tail -n 1"
"""Holds 300 MB in the memory of `tail`, which waits for a line's end; when it is killed all of it ends."""


async def test_a_machine_that_fills_its_memory_ends_for_it(site: Site) -> None:
    runtime = site.runtime(guard_seconds=0.1)
    seen = await site.run(site.spec(HOG, memory_bytes=64 * MIB), runtime)
    assert seen.out_of_memory
    assert seen.exit_code != 0
    assert seen.memory_limit_bytes == 64 * MIB
    assert seen.memory_used_bytes > 60 * MIB
    assert (await site.runtime().seen())[seen.machine_id] == seen


async def test_a_payload_that_outlives_the_end_of_a_greedy_child_did_not_end_for_memory(site: Site) -> None:
    runtime = site.runtime()
    await runtime.probe()
    if not _held_by_kernel(runtime, "memory"):
        # Without one nobody can tell whose memory it was: the test before this one holds what then happens.
        pytest.skip("without a memory cgroup the whole machine is stopped")
    seen = await site.run(site.spec(f"{HOG}; echo went on; exit 0", memory_bytes=64 * MIB), runtime)
    assert (seen.exit_code, seen.out_of_memory) == (0, False)


def _held_by_kernel(runtime: ProcessRuntime, controller: str) -> bool:
    return any(word.startswith("cgroups hold:") and controller in word for word in runtime.details)


async def test_processors_and_tasks_are_held_by_the_kernel_where_it_can(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("grep -i nice /proc/self/status; nice; exec sleep 1000")
    await runtime.start(spec)
    await until(lambda: site.console(spec), "the payload told its priority")
    if not _held_by_kernel(runtime, "cpu"):
        assert _priority(site, spec) == min(os.nice(0) + NICENESS, NICENESS_MAX)
        return
    values = {name: text for path in cgroups_of(spec.id) for name, text in _limits(path).items()}
    quota = values.get("cpu.cfs_quota_us") or values["cpu.max"].split()[0]
    assert quota == "100000"
    assert values["pids.max"] == "4096"
    assert _priority(site, spec) == os.nice(0)


def _priority(site: Site, spec: Spec) -> int:
    """Return what a payload said of its own; it has that of these tests, which may be nice themselves."""
    return int(site.console(spec).split()[-1])


def _limits(path: Path) -> dict[str, str]:
    names = ("cpu.cfs_quota_us", "cpu.max", "pids.max")
    return {name: (path / name).read_text().strip() for name in names if (path / name).exists()}


async def test_cgroups_are_gone_when_a_machine_is_forgotten(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exit 0")
    await site.run(spec, runtime)
    await runtime.forget(spec.id)
    assert cgroups_of(spec.id) == []


async def test_a_flood_of_output_is_bounded_and_keeps_its_beginning_and_its_end(site: Site) -> None:
    flood = "head -c 60000000 /dev/zero | tr '\\0' x"
    spec = site.spec(f"echo first words; {flood}; echo; echo last words; exit 6")
    seen = await site.run(spec)
    said = (spec.directory / "console.log").read_bytes()
    assert seen.exit_code == 6
    assert 6 * MIB < len(said) <= console.BYTES_MAX
    assert said.startswith(b"first words\nxxx")
    assert said.endswith(b"xxx\nlast words\n")
    assert console.NOTE in said


async def test_output_goes_on_being_taken_while_no_factory_lives(site: Site) -> None:
    first = site.runtime()
    spec = site.spec("while ! [ -e $HOME/go ]; do sleep 0.02; done; head -c 1000000 /dev/zero; echo end")
    await first.start(spec)
    await first.close()
    site.runtimes.remove(first)
    (spec.directory / "scratch" / "go").touch()
    await until(lambda: site.console(spec).endswith("end\n"), "all output is in the log")


async def test_a_machine_over_its_disk_is_stopped_and_says_so(site: Site) -> None:
    word, runtime = token(), site.runtime(guard_seconds=0.1)
    fill = "for i in 1 2 3 4 5 6; do head -c 1000000 /dev/zero > $HOME/$i; done"
    spec = site.spec(f"{fill}; exec sleep {word}", disk_bytes=4_000_000)
    seen = await site.run(spec, runtime)
    assert (seen.over_disk, seen.out_of_memory, seen.running) == (True, False, False)
    assert with_argument(word) == []
    assert (await site.runtime().seen())[spec.id].over_disk


CUT_OFF = "head -c 9000000 /dev/zero >$JOBOUTPUTS/file"


@pytest.mark.parametrize("script", [f"exec {CUT_OFF}", f"trap '' XFSZ; {CUT_OFF} || exit 3"])
async def test_a_single_file_larger_than_the_whole_disk_is_cut_off_by_the_kernel(
    site: Site, script: str
) -> None:
    spec = site.spec(script, disk_bytes=3_000_000)
    seen = await site.run(spec)
    assert seen.over_disk
    assert (spec.directory / "joboutputs" / "file").stat().st_size == 3_000_000


async def test_a_machine_that_fails_with_room_on_its_disk_did_not_end_for_it(site: Site) -> None:
    spec = site.spec("head -c 2000000 /dev/zero >$JOBOUTPUTS/file; exit 3", disk_bytes=3_000_000)
    seen = await site.run(spec)
    assert (seen.exit_code, seen.over_disk) == (3, False)


async def test_links_out_of_a_machine_count_nothing(site: Site) -> None:
    runtime = site.runtime(guard_seconds=0.05)
    spec = site.spec("ln -s /usr $HOME/usr; ln -s / $JOBOUTPUTS/all; sleep 0.7; exit 0", disk_bytes=1_000_000)
    seen = await site.run(spec, runtime)
    assert (seen.exit_code, seen.over_disk) == (0, False)


@pytest.mark.parametrize("sandbox", ["none"], indirect=True)
async def test_a_keeper_adds_less_than_two_mebibytes_to_the_host(site: Site) -> None:
    runtime = site.runtime()
    references = [await runtime.start(site.spec("echo x; exec sleep 1000")) for _ in range(3)]
    for reference in references:
        rollup = (proc.read(f"/proc/{reference.split(':')[0]}/smaps_rollup") or b"").decode()
        private = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")]
        assert 0 < sum(private) < 2048
