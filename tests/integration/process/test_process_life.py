"""The life of a process machine as the factory sees it: start, watch, stop, forget."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.integration.process.process_site import MIB, Site, token, until, with_argument
from vacnet.machines.runtime import StartFailedError

GLIBC_SIGNALS = 0b11 << 31
"""32 and 33 are glibc's own and cannot be set by anybody else; its posix_spawn, which make uses, may
leave the first ignored."""


async def test_an_exit_code_is_kept_and_what_was_said_is_in_the_console_log(site: Site) -> None:
    spec = site.spec("echo to stdout; echo to stderr >&2; exit 7")
    seen = await site.run(spec)
    assert (seen.running, seen.exit_code, seen.lost) == (False, 7, "")
    assert (seen.out_of_memory, seen.over_disk) == (False, False)
    assert seen.labels["vacnet.factory"] == "f1"
    assert seen.started_wall is not None
    assert seen.ended_wall is not None
    assert time.time() - 60 < seen.started_wall <= seen.ended_wall
    assert site.console(spec) == "to stdout\nto stderr\n"


async def test_a_payload_killed_by_a_signal_has_128_and_its_number(site: Site) -> None:
    assert (await site.run(site.spec("kill -SEGV $$"))).exit_code == 128 + 11


async def test_a_change_is_told_within_a_second_of_the_end(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("read line < $HOME/go; exit 0")
    (spec.directory / "scratch").mkdir()
    await runtime.start(spec)
    changes = runtime.changes()
    waiting = asyncio.ensure_future(anext(changes))
    (spec.directory / "scratch" / "go").write_text("go\n")
    async with asyncio.timeout(10):
        assert await waiting == spec.id


async def test_a_payload_sees_its_own_places_and_nothing_of_the_factory(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        monkeypatch.setenv(f"VACNET_TEST_{number}", "x" * 1000)
    spec = site.spec("env; pwd; cat $MACHINEFEATURES/total_cpu; echo 200 ok > $JOBOUTPUTS/shutdown_message")
    await site.run(spec)
    said = site.console(spec)
    assert "VACNET_TEST_" not in said
    assert f"VACNET_MACHINE={spec.id}\n" in said
    assert f"VACNET_UUID={spec.uuid}\n" in said
    assert "HOSTNAME=host-00.example.org\n" in said
    assert f"JOBFEATURES={spec.directory}/jobfeatures\n" in said
    assert said.endswith(f"{spec.directory}/scratch\n1")
    assert (spec.directory / "joboutputs" / "shutdown_message").read_text() == "200 ok\n"


async def test_standard_input_is_empty_and_signals_are_as_a_program_expects(site: Site) -> None:
    spec = site.spec(
        "cat; (kill -PIPE $(exec sh -c 'echo $PPID'); echo ignored); grep SigIgn /proc/self/status"
    )
    await site.run(spec)
    title, mask = site.console(spec).split()[-2:]
    assert title == "SigIgn:"
    assert int(mask, 16) & ~GLIBC_SIGNALS == 0
    assert "ignored" not in site.console(spec)


async def test_a_second_start_finds_the_first_machine(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"exec sleep {word}")
    first = await runtime.start(spec)
    assert await runtime.start(spec) == first
    assert await site.runtime().start(spec) == first
    await until(lambda: with_argument(word), "the payload sleeps")
    await runtime.stop(spec.id, 5)
    assert await runtime.start(spec) == first
    assert with_argument(word) == []


async def test_starts_of_one_machine_at_the_same_time_start_it_once(site: Site) -> None:
    runtimes = [site.runtime() for _ in range(4)]
    spec = site.spec("echo begun >> $HOME/begun; exec sleep 1000")
    references = await asyncio.gather(
        *(one.start(spec) for runtime in runtimes for one in (runtime, runtime))
    )
    assert len(set(references)) == 1
    begun = spec.directory / "scratch" / "begun"
    await until(lambda: begun.exists() and begun.read_text(), "the payload has begun")
    await runtimes[0].stop(spec.id, 5)
    assert begun.read_text() == "begun\n"


async def test_stop_asks_first_and_waits_for_a_payload_that_listens(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.05; done")
    await runtime.start(spec)
    await until(lambda: "ready" in site.console(spec), "the payload is ready")
    await runtime.stop(spec.id, 20)
    seen = (await runtime.seen())[spec.id]
    assert (seen.exit_code, seen.lost) == (3, "")
    assert site.console(spec).startswith("ready\n")
    assert site.console(spec).endswith("asked\n")


async def test_stop_kills_a_payload_that_ignores_it(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"trap '' TERM; sleep {word}; sleep {word}; sleep {word}")
    await runtime.start(spec)
    await until(lambda: with_argument(word), "the payload sleeps")
    begun = time.monotonic()
    await runtime.stop(spec.id, 0.3)
    assert 0.3 <= time.monotonic() - begun < 10
    assert with_argument(word) == []
    assert (await runtime.seen())[spec.id].exit_code == 137


async def test_stop_while_starting_leaves_nothing_that_runs(site: Site) -> None:
    word, runtime = token(), site.runtime()
    for delay in (0.0, 0.001, 0.003, 0.01):
        spec = site.spec(f"exec sleep {word}")
        starting = asyncio.create_task(runtime.start(spec))
        await asyncio.sleep(delay)
        await runtime.stop(spec.id, 0.1)
        await starting
        await runtime.stop(spec.id, 0.1)
        assert with_argument(word) == []
        assert not (await runtime.seen())[spec.id].running


async def test_stop_and_forget_of_an_unknown_machine_do_nothing(site: Site) -> None:
    runtime = site.runtime()
    await runtime.stop("nobody-knows", 1.0)
    await runtime.forget("nobody-knows")
    assert await runtime.seen() == {}


async def test_forget_leaves_what_the_factory_keeps_and_nothing_of_the_engine(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("echo x > $HOME/file; echo 200 ok > $JOBOUTPUTS/shutdown_message")
    await site.run(spec, runtime)
    await runtime.forget(spec.id)
    assert await runtime.seen() == {}
    left = {path.name for path in spec.directory.iterdir()}
    assert left == {"machinefeatures", "jobfeatures", "joboutputs", "user_data", "console.log"}


async def test_a_running_machine_is_not_forgotten(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exec sleep 1000")
    await runtime.start(spec)
    await runtime.forget(spec.id)
    assert (await runtime.seen())[spec.id].running


async def test_two_factories_on_one_host_see_each_their_own(site: Site) -> None:
    one, two = site.runtime("f1"), site.runtime("f2")
    first, second = site.spec("exec sleep 1000"), site.spec("exec sleep 1000", factory="f2")
    await one.start(first)
    await two.start(second)
    assert set(await one.seen()) == {first.id}
    assert set(await two.seen()) == {second.id}


USELESS = (
    (b"echo no interpreter\n", "does not begin with #!"),
    (b"", "does not begin with #!"),
    (b"#!sh\n", "does not begin with #!"),
    (b"#!/no/such/interpreter -x\n", "/no/such/interpreter, which is not an executable file"),
    (b"#!/etc/passwd\n", "/etc/passwd, which is not an executable file"),
    (b"#!/etc\n", "/etc, which is not an executable file"),
)


@pytest.mark.parametrize(("script", "words"), USELESS)
async def test_user_data_that_cannot_be_executed_is_told_in_clear_words(
    site: Site, script: bytes, words: str
) -> None:
    runtime = site.runtime()
    spec = site.spec(script)
    with pytest.raises(StartFailedError) as caught:
        await runtime.start(spec)
    assert words in str(caught.value)
    assert await runtime.seen() == {}
    assert not (spec.directory / "engine").exists()


@pytest.mark.parametrize("sandbox", ["none"], indirect=True)
async def test_what_only_the_kernel_can_refuse_is_told_in_its_words(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec(b"\x7fELF not really")
    with pytest.raises(StartFailedError, match=r"cannot run .*/user_data: Exec format error"):
        await runtime.start(spec)
    assert await runtime.seen() == {}
    assert not (spec.directory / "engine").exists()


async def test_a_container_command_is_one_program_and_never_a_shells_business(site: Site) -> None:
    assert (await site.run(site.spec("exit 9", command="/bin/true"))).exit_code == 0
    for command, words in (
        ("/bin/true; reboot", "cannot be read"),
        ("true", "expected /user_data or an absolute path"),
        ("/etc/passwd", "does not begin with #!"),
    ):
        with pytest.raises(StartFailedError, match=words):
            await site.runtime().start(site.spec("exit 9", command=command))


async def test_usage_grows_while_it_runs_and_counts_children_that_have_ended(site: Site) -> None:
    runtime = site.runtime()
    burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
    spec = site.spec(
        f"sh -c '{burn}'; echo burnt; sh -c '{burn}' & wait; sleep 0.2; exit 0", memory_bytes=64 * MIB
    )
    await runtime.start(spec)
    await until(lambda: "burnt" in site.console(spec), "a child has used some time and ended")
    during = await runtime.usage(spec.id)
    after = (await site.ended(runtime, spec.id)).usage
    assert 0.05 < during.cpu_seconds <= after.cpu_seconds
    assert after.cpu_seconds > 1.5 * during.cpu_seconds
    assert 0 < during.memory_bytes < 64 * MIB
    assert (await runtime.usage(spec.id)) == after
    assert (await runtime.usage("nobody-knows")).cpu_seconds == 0
