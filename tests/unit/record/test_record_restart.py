"""What a factory knows again after a restart and after a reboot."""

from pathlib import Path

import pytest

from tests.unit.record.record_samples import Clocks
from vacnet.agent.effects import Member
from vacnet.record import Record
from vacnet.space.window import Window

WINDOW = Window(number=7, opener="node2", opened_at=4_900.0, length_seconds=600.0, streak=2)


async def test_epochs_rise_with_every_start_and_are_not_under_wall_time(clocks: Clocks, path: Path) -> None:
    seen = []
    for wall in (1_800_000_000.9, 1_800_000_000.9, 1_700_000_000.0, 1_800_000_050.0):
        clocks.wall = wall
        record = await clocks.open(path)
        seen.append(await record.next_epoch())
        await record.close()
    assert seen == [1_800_000_000, 1_800_000_001, 1_800_000_002, 1_800_000_050]


async def test_an_epoch_raised_while_running_is_kept_and_a_lower_one_is_not(
    clocks: Clocks, path: Path
) -> None:
    record = await clocks.open(path)
    await record.keep_epoch(1_900_000_000)
    await record.keep_epoch(5)
    await record.close()
    record = await clocks.open(path)
    assert await record.next_epoch() == 1_900_000_001
    await record.close()


async def _after(clocks: Clocks, path: Path, *, boot_id: str, wall_later: float, boot: float) -> Window:
    record = await clocks.open(path)
    record.keep_window("mandelbrot", WINDOW)
    await record.close()
    clocks.boot_id, clocks.boot = boot_id, boot
    clocks.wall += wall_later
    record = await clocks.open(path)
    kept = await record.windows(boot)
    await record.close()
    assert set(kept) == {"mandelbrot"}
    return kept["mandelbrot"]


@pytest.mark.parametrize("wall_later", [-90_000.0, 0.0, 60.0, 90_000.0])
async def test_in_the_same_boot_a_window_is_exact_whatever_wall_time_did(
    clocks: Clocks, path: Path, wall_later: float
) -> None:
    kept = await _after(clocks, path, boot_id=clocks.boot_id, wall_later=wall_later, boot=5_060.0)
    assert kept == WINDOW


@pytest.mark.parametrize(
    ("wall_later", "age"),
    [(60.0, 160.0), (-90_000.0, 0.0), (90_000.0, 600.0)],
    ids=["clock right", "clock set back", "clock set forward"],
)
async def test_after_a_reboot_a_windows_age_is_taken_from_wall_time_and_clamped(
    clocks: Clocks, path: Path, wall_later: float, age: float
) -> None:
    kept = await _after(clocks, path, boot_id="another boot", wall_later=wall_later, boot=30.0)
    assert kept.age(30.0) == pytest.approx(age)
    assert (kept.identity, kept.length_seconds, kept.streak) == (WINDOW.identity, 600.0, 2)


async def test_the_newest_window_of_a_target_replaces_the_one_before(record: Record) -> None:
    record.keep_window("mandelbrot", WINDOW)
    record.keep_window("mandelbrot", Window(8, "node3", 4_950.0, 60.0, 1, open=True))
    record.keep_window("idle", WINDOW)
    assert await record.windows(5_000.0) == {
        "mandelbrot": Window(8, "node3", 4_950.0, 60.0, 1, open=True),
        "idle": WINDOW,
    }


async def test_members_settings_and_small_facts_survive_a_restart(clocks: Clocks, path: Path) -> None:
    members = (Member("a.example.org", ("192.0.2.1", 995)), Member("b.example.org", ("2001:db8::1", 996)))
    files = (("vacnet.toml", b"[factory]\n"), ("conf.d/10-site.toml", b"\xff\x00"))
    record = await clocks.open(path)
    record.keep_members([Member("gone", ("192.0.2.9", 1))])
    record.keep_members(members)
    record.keep_settings([("old.toml", b"")])
    record.keep_settings(files)
    record.keep_text("drain", "new disks")
    await record.close()
    record = await clocks.open(path)
    assert await record.members() == members
    assert await record.last_settings() == files
    assert await record.text("drain") == "new disks"
    record.keep_text("drain", "")
    assert await record.text("drain") == ""
    await record.close()


async def test_a_small_fact_cannot_overwrite_what_the_record_keeps_for_itself(record: Record) -> None:
    epoch = await record.next_epoch()
    record.keep_text("epoch", "0")
    assert await record.next_epoch() == epoch + 1


async def test_a_new_record_is_empty(record: Record) -> None:
    assert (record.rebuilt, record.trouble) == ("", "")
    assert await record.machines(unfinished=False) == []
    assert await record.windows(5_000.0) == {}
    assert (await record.members(), await record.last_settings()) == ((), ())
    assert (await record.events(None, 10), await record.decisions(None, 10)) == ([], [])
