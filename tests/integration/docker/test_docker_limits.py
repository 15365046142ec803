"""What a container may use, and that the truth is told when it wanted more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.docker.docker_site import FAST, MIB, Site, until
from tools.engines.tiny_image import import_into
from vacnet.machines import console
from vacnet.machines.spec import Spec
from vacnet.runtimes.docker.measure import cgroups_of
from vacnet.runtimes.process import cgroup_files

pytestmark = pytest.mark.engine("docker")

HOG = "dd if=/dev/zero of=/dev/null bs=300M count=1"
"""Reads 300 MB into one buffer."""
LINE = "0123456789012345678901234567890123456789012345678901234567890"


async def test_a_machine_that_fills_its_memory_ends_for_it(site: Site) -> None:
    runtime = site.runtime()
    seen = await site.run(site.spec(f"exec {HOG}", memory_bytes=32 * MIB), runtime)
    assert seen.out_of_memory
    assert (seen.exit_code, seen.lost) == (137, "")
    assert (seen.memory_used_bytes, seen.memory_limit_bytes) == (32 * MIB, 32 * MIB)
    assert (await site.runtime().seen())[seen.machine_id].out_of_memory


async def test_a_payload_that_outlives_the_end_of_a_greedy_child_did_not_end_for_memory(site: Site) -> None:
    seen = await site.run(site.spec(f"{HOG}; exit 0", memory_bytes=32 * MIB))
    assert (seen.exit_code, seen.out_of_memory, seen.memory_used_bytes) == (0, False, 0)


async def test_a_killed_payload_that_was_within_its_memory_did_not_end_for_it(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exec sleep 1000", memory_bytes=32 * MIB)
    site.api.kill(await runtime.start(spec))
    seen = await site.ended(runtime, spec.id)
    assert (seen.exit_code, seen.out_of_memory) == (137, False)


async def test_processors_memory_swap_and_processes_are_held_by_the_kernel(site: Site) -> None:
    runtime = site.runtime(pids_limit_per_processor=50)
    spec = site.spec("exec sleep 1000", processors=3)
    await runtime.start(spec)
    host = site.inspect(spec.name)["HostConfig"]
    assert (host["CpuQuota"], host["CpuPeriod"], host["CpuShares"]) == (300_000, 100_000, 3072)
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (64 * MIB, 64 * MIB, 150)
    assert not host["Privileged"]
    assert not host["CapAdd"]
    paths = cgroups_of(site.inspect(spec.name)["State"]["Pid"], site.inspect(spec.name)["Id"])
    assert cgroup_files.counters(paths)["memory_limit_bytes"] == 64 * MIB


async def test_a_machine_that_forks_without_end_stays_within_its_processes_and_can_be_ended(
    site: Site,
) -> None:
    runtime = site.runtime(pids_limit_per_processor=60)
    spec = site.spec("(while :; do sleep 1000 & done) & exec tail -f /dev/null", memory_bytes=256 * MIB)
    reference = await runtime.start(spec)
    await until(lambda: _processes(site, reference) >= 55, "its processes are used up")
    assert _processes(site, reference) <= 60
    await runtime.stop(spec.id, 0.2)
    seen = (await runtime.seen())[spec.id]
    assert (seen.running, seen.out_of_memory) == (False, False)


def _processes(site: Site, reference: str) -> int:
    if not site.inspect(reference)["State"]["Running"]:
        return 0
    return len(site.api.top(reference)["Processes"])


async def test_a_flood_of_output_is_bounded_and_keeps_its_beginning_and_its_end(site: Site) -> None:
    runtime = site.runtime(log_bytes_max=2 * MIB)
    flood = f"yes {LINE} | head -c 30000000"
    spec = site.spec(f"echo first words; sleep 1; {flood}; echo; echo last words; exit 6")
    await runtime.start(spec)
    seen = await site.ended(runtime, spec.id)
    await runtime.forget(spec.id)
    said = (spec.directory / "console.log").read_bytes()
    assert seen.exit_code == 6
    assert len(said) <= console.BYTES_MAX
    assert said.startswith(b"first words\n")
    assert said.endswith(b"\nlast words\n")
    assert b"what the engine threw away is left out here" in said


async def test_a_flood_is_bounded_in_the_engine_too(site: Site) -> None:
    runtime = site.runtime(log_bytes_max=2 * MIB)
    spec = site.spec(f"yes {LINE} | head -c 20000000; echo; echo end; exec sleep 1000")
    reference = await runtime.start(spec)
    log = Path(site.inspect(reference)["LogPath"])
    await runtime.seen()
    await until(lambda: site.console(spec).endswith("end\n"), "the flood is over")
    assert sum(file.stat().st_size for file in log.parent.glob("*.log*")) <= 3 * MIB


async def test_what_a_machine_says_can_be_read_while_it_runs_and_after(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec(
        "echo one; while ! [ -e $JOBOUTPUTS/go ]; do sleep 0.02; done; echo two >&2; printf three"
    )
    await runtime.start(spec)
    await runtime.seen()
    await until(lambda: site.console(spec) == "one\n", "the first word is copied")
    (spec.directory / "joboutputs" / "go").touch()
    await site.ended(runtime, spec.id)
    await runtime.forget(spec.id)
    assert sorted(site.console(spec).split("\n")) == ["one", "three", "two"] or site.console(spec) == (
        "one\ntwo\nthree"
    )


async def test_words_are_neither_lost_nor_doubled_when_the_factory_is_restarted(site: Site) -> None:
    script = "i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); [ $((i%20)) = 0 ] && sleep 0.05; done"
    spec = site.spec(script)
    for _ in range(4):
        runtime = site.runtime()
        await runtime.start(spec)
        await runtime.seen()
        await _more(site, spec)
        await runtime.close()
    last = site.runtime()
    await site.ended(last, spec.id)
    await last.forget(spec.id)
    assert site.console(spec).split("\n") == [*(f"line {n}" for n in range(400)), ""]


async def _more(site: Site, spec: Spec) -> None:
    """Wait until more of a machine's words is copied than now, or there will be no more."""
    before = len(site.console(spec))
    await until(
        lambda: len(site.console(spec)) > before or not site.inspect(spec.name)["State"]["Running"],
        "more is copied",
    )


FILL = "for i in 1 2 3 4 5 6; do head -c 1000000 /dev/urandom > {place}/$i; done; sync; exec sleep 1000"


@pytest.mark.parametrize("place", ["/root", "/var/spool/joboutputs", "/scratch", "/volume"])
async def test_a_machine_over_its_disk_is_ended_and_says_so(site: Site, place: str) -> None:
    image = import_into(site.api, "volume", ["VOLUME /volume"])
    spec = site.spec(
        FILL.format(place=place), disk_bytes=4_000_000, root_image=image, tmp_binds=("/scratch",)
    )
    seen = await site.run(spec)
    assert (seen.over_disk, seen.out_of_memory, seen.lost, seen.running) == (True, False, "", False)
    assert (await site.runtime().seen())[spec.id].over_disk


CUT_OFF = "head -c 9000000 /dev/zero >$JOBOUTPUTS/file"
NO_ROUND_OF_DISKS = replace(FAST, disk_seconds=1000.0)


@pytest.mark.parametrize(
    ("script", "exit_code"),
    [
        pytest.param(CUT_OFF, 153, id="the kernel kills"),
        pytest.param(f"exec {CUT_OFF}", 1, id="the first process is not killed"),
        pytest.param(f"trap '' XFSZ; {CUT_OFF} || exit 3", 3, id="who ignores the signal is not killed"),
    ],
)
async def test_a_single_file_larger_than_the_whole_disk_is_cut_off_by_the_kernel(
    site: Site, script: str, exit_code: int
) -> None:
    spec = site.spec(script, disk_bytes=3_000_000)
    seen = await site.run(spec, site.runtime(paces=NO_ROUND_OF_DISKS))
    assert (spec.directory / "joboutputs" / "file").stat().st_size == 3_000_000
    assert (seen.exit_code, seen.over_disk) == (exit_code, True)


async def test_a_machine_that_fails_with_room_on_its_disk_did_not_end_for_it(site: Site) -> None:
    spec = site.spec("head -c 2000000 /dev/zero >$JOBOUTPUTS/file; exit 1", disk_bytes=3_000_000)
    seen = await site.run(spec, site.runtime(paces=NO_ROUND_OF_DISKS))
    assert (seen.exit_code, seen.over_disk) == (1, False)


async def test_a_machine_that_did_its_work_on_a_full_disk_did_not_end_for_it(site: Site) -> None:
    spec = site.spec(f"{CUT_OFF}; exit 0", disk_bytes=3_000_000)
    seen = await site.run(spec, site.runtime(paces=NO_ROUND_OF_DISKS))
    assert (seen.exit_code, seen.over_disk) == (0, False)


async def test_links_out_of_a_machine_count_nothing(site: Site) -> None:
    spec = site.spec("ln -s /bin $JOBOUTPUTS/x; ln -s / /root/y; sleep 0.7; exit 0", disk_bytes=1_000_000)
    seen = await site.run(spec)
    assert (seen.exit_code, seen.over_disk) == (0, False)
