"""What is put together for a machine: its command line, its environment, and who may reach it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from vacnet.machines.spec import Spec
from vacnet.runtimes.process import by_hand, cgroups, left_over, prepare, sandbox, user
from vacnet.runtimes.process.means import Means
from vacnet.runtimes.process.plan import User
from vacnet.targets.model import Model, Target

SOMEBODY: User = {"uid": 4242, "gid": 4243, "groups": [4243, 4244]}


def _spec(directory: Path) -> Spec:
    return Spec(
        id="m1",
        uuid="u1",
        name="host-00.example.org",
        number=0,
        factory="f1",
        space="s",
        target=Target(name="t", machine_model=Model.PROCESS),
        processors=2,
        memory_bytes=1000,
        disk_bytes=2000,
        directory=directory,
        created_wall=1,
        deadline_at=1.0,
        deadline_wall=2,
        ticket_number=0,
        window_number=0,
        window_opener="",
    )


def _means(state: Path, bwrap: str = "", controllers: frozenset[str] = frozenset()) -> Means:
    trees = (cgroups.Tree("/cg", 1, controllers),) if controllers else ()
    return Means(None, trees, bwrap, "", state)


def test_without_a_sandbox_the_program_is_executed_as_it_is(tmp_path: Path) -> None:
    plan = prepare.plan_of(_spec(tmp_path), _means(tmp_path), tmp_path / "user_data", [])
    assert plan["arguments"] == [f"{tmp_path}/user_data"]
    assert plan["environment"]["TMPDIR"] == str(tmp_path / "tmp")
    assert (plan["niceness"], plan["disk_bytes"], plan["sandboxed"]) == (prepare.NICENESS, 2000, False)


def test_where_the_kernel_holds_processors_nobody_is_nice(tmp_path: Path) -> None:
    means = _means(tmp_path, controllers=frozenset({"cpu"}))
    assert prepare.plan_of(_spec(tmp_path), means, tmp_path / "user_data", [])["niceness"] == 0


def test_a_sandbox_hides_before_it_shows_and_the_program_comes_last(tmp_path: Path) -> None:
    directory = tmp_path / "machines" / "m1"
    for name in ("machinefeatures", "jobfeatures", "joboutputs", "scratch", "tmp"):
        (directory / name).mkdir(parents=True)
    plan = prepare.plan_of(_spec(directory), _means(tmp_path, "/usr/bin/bwrap"), directory / "user_data", [])
    words = plan["arguments"]
    assert (words[0], words[-2:]) == ("/usr/bin/bwrap", ["--", f"{directory}/user_data"])
    assert words.index(f"{directory}/joboutputs") > words.index(str(tmp_path)) > words.index("/dev")
    assert "--unshare-net" not in words
    assert {"--unshare-pid", "--die-with-parent", "--new-session"} <= set(words)
    assert plan["environment"]["TMPDIR"] == "/tmp"  # noqa: S108 (the sandbox's own)


def test_words_of_a_machine_never_become_words_of_the_sandbox(tmp_path: Path) -> None:
    view = sandbox.View("--bind / /", tmp_path, (), (), tmp_path)
    words = sandbox.arguments("bwrap", view)
    assert words[words.index("--hostname") + 1] == "--bind / /"
    assert words.count("--bind") == 1


def test_nothing_of_the_factorys_environment_gets_in(tmp_path: Path) -> None:
    assert set(prepare.environment(_spec(tmp_path), sandboxed=False)) == {
        "PATH",
        "HOME",
        "TMPDIR",
        "MACHINEFEATURES",
        "JOBFEATURES",
        "JOBOUTPUTS",
        "VACNET_MACHINE",
        "VACNET_UUID",
        "HOSTNAME",
    }


REACH = (
    (4242, 1, 0o100, True),
    (4242, 1, 0o677, False),
    (1, 4244, 0o010, True),
    (1, 4243, 0o767, False),
    (1, 1, 0o001, True),
    (1, 1, 0o776, False),
)


@pytest.mark.parametrize(("uid", "gid", "mode", "may"), REACH)
def test_a_folder_is_passed_by_owner_group_or_others_in_that_order(
    uid: int, gid: int, mode: int, *, may: bool
) -> None:
    status = os.stat_result((0o040000 | mode, 0, 0, 1, uid, gid, 0, 0, 0, 0))
    assert user._may_pass(status, SOMEBODY) is may


def test_a_start_that_is_cut_off_while_its_folders_are_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "user_data").write_text("#!/bin/sh\n")
    monkeypatch.setattr(prepare, "_make_folders", _make_one_and_die)
    with pytest.raises(KeyboardInterrupt):
        prepare.prepare(_spec(tmp_path), _means(tmp_path))
    assert left_over.settle(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["user_data"]


def _make_one_and_die(directory: Path, user: User | None) -> None:
    (directory / prepare.SCRATCH).mkdir()
    raise KeyboardInterrupt


@pytest.mark.parametrize("dies_at", ["cgroups.remove", "prepare.tidy"])
def test_clearing_that_is_cut_off_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    (tmp_path / "user_data").write_text("#!/bin/sh\n")
    prepare.prepare(_spec(tmp_path), _means(tmp_path))
    with monkeypatch.context() as dying:
        dying.setattr(f"vacnet.runtimes.process.{dies_at}", _die)
        with pytest.raises(KeyboardInterrupt):
            left_over.settle(tmp_path)
    assert (tmp_path / "engine" / "plan.json").exists()


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_line_of_the_log_runs_the_program_as_its_keeper_would(tmp_path: Path) -> None:
    home = tmp_path / "a machine's"
    (home / "joboutputs").mkdir(parents=True)
    (home / "user_data").write_text('#!/bin/sh\n(pwd; env) >"$JOBOUTPUTS/seen"\n')
    (home / "user_data").chmod(0o500)
    plan = prepare.plan_of(_spec(home), _means(tmp_path), home / "user_data", [])
    subprocess.run(["/bin/sh", "-c", by_hand.line(plan)], check=True, timeout=30)
    seen = (home / "joboutputs/seen").read_text().splitlines()
    assert seen[0] == str(home / "scratch")
    assert {f"{name}={value}" for name, value in plan["environment"].items()} <= set(seen)


@pytest.mark.parametrize(("groups", "word"), [([4243, 4244], "--groups=4243,4244"), ([], "--clear-groups")])
def test_the_line_gives_up_what_the_keeper_gives_up(tmp_path: Path, groups: list[int], word: str) -> None:
    means = Means({**SOMEBODY, "groups": groups}, (), "", "", tmp_path)
    told = by_hand.line(prepare.plan_of(_spec(tmp_path), means, tmp_path / "user_data", []))
    assert told.startswith(
        f'M={tmp_path}; install -d -o 4242 -g 4243 "$M"/scratch "$M"/tmp && cd "$M"/scratch && '
    )
    assert f"setpriv --reuid=4242 --regid=4243 {word} --no-new-privs env -i " in told
