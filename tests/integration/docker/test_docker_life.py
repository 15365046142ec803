"""A container from its start to its being forgotten: what it sees, how it ends, what is told of that."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.integration.docker.docker_site import Site, until
from tools.engines.tiny_image import import_into
from vacnet.machines.runtime import StartFailedError

pytestmark = pytest.mark.engine("docker")


async def test_a_machine_finds_everything_at_the_places_that_payloads_rely_on(site: Site) -> None:
    spec = site.spec(
        "exec 2>&1; hostname; cat /etc/machinefeatures/total_cpu; echo\n"
        "echo $MACHINEFEATURES $JOBFEATURES $JOBOUTPUTS\n"
        "echo x > /etc/jobfeatures/x; echo y > /user_data\n"
        "echo '200 done' > /var/spool/joboutputs/shutdown_message"
    )
    runtime = site.runtime()
    seen = await site.run(spec, runtime)
    await runtime.forget(spec.id)
    said = site.console(spec).splitlines()
    assert said[:3] == [spec.name, "1", "/etc/machinefeatures /etc/jobfeatures /var/spool/joboutputs"]
    assert [line.rpartition(": ")[2] for line in said[3:]] == ["Read-only file system"] * 2
    assert (spec.directory / "joboutputs" / "shutdown_message").read_text() == "200 done\n"
    assert (seen.exit_code, seen.lost, seen.out_of_memory, seen.over_disk) == (0, "", False, False)


async def test_an_image_with_a_user_of_its_own_can_read_and_write_what_it_has_to(site: Site) -> None:
    image = import_into(site.api, "user", ["USER 1234:1234"])
    spec = site.spec(
        "id -u; touch /var/spool/joboutputs/job_started /scratch/x && echo written",
        root_image=image,
        tmp_binds=("/scratch",),
    )
    runtime = site.runtime()
    assert (await site.run(spec, runtime)).exit_code == 0
    await runtime.forget(spec.id)
    assert site.console(spec).split() == ["1234", "written"]
    assert spec.directory.stat().st_mode & 0o077 == 0


async def test_temporary_binds_are_fresh_and_gone_when_the_machine_is_forgotten(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec(
        "ls -A /scratch /var/a_b /var/a; touch /scratch/x", tmp_binds=("/scratch", "/var/a_b", "/var/a")
    )
    await site.run(spec, runtime)
    assert len(list((spec.directory / "tmp_binds").iterdir())) == 3
    await runtime.forget(spec.id)
    assert not (spec.directory / "tmp_binds").exists()
    assert set(site.console(spec).split()) == {"/scratch:", "/var/a_b:", "/var/a:"}


async def test_the_command_is_one_word_whatever_is_in_it(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exit 0", container_command="/bin/true;touch$IFS/x")
    with pytest.raises(StartFailedError, match="no such file or directory"):
        await runtime.start(spec)
    assert site.inspect(spec.name) == {}
    assert await runtime.seen() == {}


async def test_a_command_of_the_image_needs_no_user_data(site: Site) -> None:
    spec = site.spec("", container_command="/bin/true")
    (spec.directory / "user_data").unlink()
    assert (await site.run(spec)).exit_code == 0


async def test_a_second_start_of_the_same_machine_starts_nothing(site: Site) -> None:
    first, second = site.runtime(), site.runtime()
    spec = site.spec("echo began; exec sleep 1000")
    references = {*await asyncio.gather(first.start(spec), first.start(spec)), await second.start(spec)}
    assert len(references) == 1
    assert len(site.containers()) == 1


async def test_an_end_is_told_by_the_engine_and_not_found_by_asking_now_and_then(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("while ! [ -e $JOBOUTPUTS/go ]; do sleep 0.02; done; exit 42")
    await runtime.start(spec)
    assert (await runtime.seen())[spec.id].running
    (spec.directory / "joboutputs" / "go").touch()
    seen = await site.ended(runtime, spec.id)
    told = time.time()
    assert seen.ended_wall is not None
    assert seen.exit_code == 42
    assert told - seen.ended_wall < 10.0  # who asks now and then asks every half minute


async def test_a_machine_that_is_asked_to_end_has_its_grace(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    await runtime.start(spec)
    await runtime.seen()
    await until(lambda: "ready" in site.console(spec), "the trap is set")
    began = time.monotonic()
    await runtime.stop(spec.id, 30.0)
    assert time.monotonic() - began < 10.0
    seen = (await runtime.seen())[spec.id]
    await runtime.forget(spec.id)
    assert (seen.running, seen.exit_code, seen.lost) == (False, 7, "")
    assert site.console(spec).split() == ["ready", "asked"]


async def test_a_machine_that_ignores_all_asking_is_killed_with_all_its_children(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec(
        "trap '' TERM INT HUP; (trap '' TERM; sleep 1000)& sleep 1000 & while :; do sleep 1; done"
    )
    await runtime.start(spec)
    shown = site.inspect(spec.name)
    await runtime.stop(spec.id, 0.3)
    assert (await runtime.seen())[spec.id].exit_code == 137
    assert not site.inspect(spec.name)["State"]["Running"]
    assert shown["State"]["Pid"] > 0


async def test_the_stop_signal_of_an_image_is_used(site: Site) -> None:
    image = _with_stop_signal(site, "SIGUSR1")
    runtime = site.runtime()
    spec = site.spec("trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done", root_image=image)
    await runtime.start(spec)
    await runtime.seen()
    await until(lambda: "ready" in site.console(spec), "the trap is set")
    await runtime.stop(spec.id, 30.0)
    assert (await runtime.seen())[spec.id].exit_code == 9


def _with_stop_signal(site: Site, signal: str) -> str:
    made = site.api.create_container_from_config({"Image": site.image, "Cmd": ["x"]})  # type: ignore[no-untyped-call] # stubs
    site.api.commit(made["Id"], repository="vacnet-tiny", tag="signal", conf={"StopSignal": signal})
    site.api.remove_container(made["Id"])
    return "vacnet-tiny:signal"


async def test_a_paused_machine_is_ended_too(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exec sleep 1000")
    reference = await runtime.start(spec)
    site.api.pause(reference)
    assert (await runtime.seen())[spec.id].running
    await runtime.stop(spec.id, 0.2)
    assert not (await runtime.seen())[spec.id].running


async def test_stopping_and_forgetting_what_is_not_there_does_nothing(site: Site) -> None:
    runtime = site.runtime()
    await runtime.probe()
    await runtime.stop("1_t_00", 10.0)
    await runtime.forget("1_t_00")
    assert await runtime.seen() == {}


async def test_a_machine_that_runs_is_not_forgotten(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exec sleep 1000")
    await runtime.start(spec)
    await runtime.forget(spec.id)
    assert (await runtime.seen())[spec.id].running


async def test_a_new_factory_finds_what_runs_and_what_ended_meanwhile(site: Site) -> None:
    first = site.runtime()
    running, ended = site.spec("exec sleep 1000"), site.spec("echo last words; exit 5")
    references = {spec.id: await first.start(spec) for spec in (running, ended)}
    await first.close()
    await until(lambda: not site.inspect(ended.name)["State"]["Running"], "one has ended")
    second = site.runtime()
    seen = await second.seen()
    assert {one: seen[one].reference for one in seen} == references
    assert (seen[running.id].running, seen[ended.id].running, seen[ended.id].exit_code) == (True, False, 5)
    assert seen[running.id].labels.items() >= running.labels().items()
    await second.forget(ended.id)
    assert site.console(ended) == "last words\n"
    assert set(await second.seen()) == {running.id}


async def test_a_machine_that_was_removed_by_hand_is_gone_and_that_is_told_at_once(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exec sleep 1000")
    reference = await runtime.start(spec)
    changes = runtime.changes()
    site.api.remove_container(reference, force=True)
    async with asyncio.timeout(20):
        while spec.id in await runtime.seen():
            await anext(changes)


async def test_a_machine_that_somebody_else_killed_is_told_as_that(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exec sleep 1000")
    reference = await runtime.start(spec)
    changes = runtime.changes()
    async with asyncio.timeout(20):
        await anext(changes)
    site.api.kill(reference)
    seen = await site.ended(runtime, spec.id)
    assert (seen.exit_code, seen.lost) == (137, "ended by a foreign hand")


async def test_set_user_id_programs_give_nothing_unless_the_site_says_so(site: Site) -> None:
    script = "grep NoNewPrivs /proc/self/status"
    runtime = site.runtime()
    for allowed, told in ((False, "1"), (True, "0")):
        spec = site.spec(script, allow_new_privileges=allowed)
        await site.run(spec, runtime)
        await runtime.forget(spec.id)
        assert site.console(spec).split()[-1] == told


async def test_what_a_machine_used_is_measured(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("while :; do :; done")
    await runtime.start(spec)
    await runtime.seen()
    ends = time.monotonic() + 30
    while (used := await runtime.usage(spec.id)).cpu_seconds < 0.3:
        assert time.monotonic() < ends, used
        await asyncio.sleep(0.05)
    assert 0 < used.memory_bytes < 64 << 20
    await runtime.stop(spec.id, 0.0)
    assert (await runtime.seen())[spec.id].usage.cpu_seconds >= 0.3
