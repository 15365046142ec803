"""What bwrap hides, shows and ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.integration.process.process_site import Site, is_there, leads_to, token, until, with_argument
from vacnet.machines.runtime import NotNowError

only_bwrap = pytest.mark.parametrize(
    "sandbox", [pytest.param("bwrap", marks=pytest.mark.engine("bwrap"))], indirect=True
)


@only_bwrap
async def test_other_machines_and_private_places_of_the_host_are_not_there(site: Site) -> None:
    other = site.spec("exit 0")
    (site.root / "vacnet.db").write_text("secret")
    listing = f"ls -A /home; ls -A /root; ls -A {site.root}; ls -A {site.root}/machines"
    spec = site.spec(f"{listing}; cat {other.directory}/user_data")
    await site.run(spec)
    assert site.console(spec).splitlines() == [
        "machines",
        spec.id,
        f"cat: {other.directory}/user_data: No such file or directory",
    ]


@only_bwrap
async def test_only_its_own_places_can_be_written(site: Site) -> None:
    places = (
        f"/ /usr /etc {site.root} {site.root}/machines $MACHINEFEATURES $JOBFEATURES $JOBOUTPUTS $HOME /tmp"
    )
    script = (
        f"for d in {places}; do touch $d/x 2>/dev/null && echo writable: $d; done; touch $0 && echo user_data"
    )
    spec = site.spec(script)
    await site.run(spec)
    directory = spec.directory
    writable = [
        line.removeprefix("writable: ") for line in site.console(spec).splitlines() if "writable" in line
    ]
    assert writable == [f"{directory}/joboutputs", f"{directory}/scratch", "/tmp"]  # noqa: S108 (the sandbox's own)


@only_bwrap
async def test_a_machine_has_its_own_name_processes_and_tmp(site: Site) -> None:
    left = f"/tmp/left-{site.prefix}"  # noqa: S108 (the sandbox's own)
    spec = site.spec(
        f"hostname; ls /proc | grep -c '^[0-9]'; head -1 $0; cat $JOBFEATURES/x; echo x > {left}"
    )
    (spec.directory / "jobfeatures" / "x").write_text("y\n")
    await site.run(spec)
    name, processes, first, feature = site.console(spec).splitlines()
    assert name == "host-00.example.org"
    assert int(processes) < 8
    assert (first, feature) == ("#!/bin/sh", "y")
    assert (spec.directory / left.lstrip("/")).read_text() == "x\n"
    assert not is_there(left)


@only_bwrap
async def test_the_sandbox_dies_with_its_keeper(site: Site) -> None:
    word, runtime = token(), site.runtime()
    spec = site.spec(f"exec sleep {word}")
    keeper = int((await runtime.start(spec)).split(":")[0])
    await until(lambda: with_argument(word), "the payload sleeps")
    os.kill(keeper, signal.SIGKILL)
    await until(lambda: not with_argument(word), "the payload is gone with its keeper")


@only_bwrap
async def test_the_network_of_the_host_stays(site: Site) -> None:
    spec = site.spec("readlink /proc/self/ns/net /proc/self/ns/pid")
    await site.run(spec)
    network, processes = site.console(spec).split()
    assert network == leads_to("/proc/self/ns/net")
    assert processes != leads_to("/proc/self/ns/pid")


async def test_a_sandbox_that_was_asked_for_and_is_not_to_be_had_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(root, "bwrap")
    monkeypatch.setenv("PATH", str(root))
    problem = await site.runtime().probe()
    assert problem.startswith(
        "[runtimes.process] sandbox is 'bwrap', and it cannot be used: bwrap is not installed"
    )
    with pytest.raises(NotNowError, match="set sandbox to 'auto' or 'none'"):
        await site.runtime().start(site.spec("exit 0"))
    auto = Site(root, "auto").runtime()
    assert await auto.probe() == ""
    assert any("no sandbox: bwrap is not installed" in word for word in auto.details)


async def test_a_bwrap_that_fails_is_told_with_its_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = root / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{root}:{os.environ['PATH']}")
    site = Site(root, "bwrap")
    assert "setting up uid map: Permission denied" in await site.runtime().probe()
