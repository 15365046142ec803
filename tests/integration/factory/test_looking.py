"""Looking at real factories from outside: `vacnet space --peer`, with no factory and no settings at hand."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.cli.looking import Looker
from vacnet.cli.onlooker import Observed
from vacnet.cli.remote import Remote, access
from vacnet.factory.client import Client, ClientError, HoldOrder
from vacnet.targets.keys import format_key

MakeSpace = Callable[[int], Space]
PROGRAM = "import sys; sys.argv[0] = 'vacnet'; from vacnet.cli import main; main()"
PATIENCE_SECONDS = 30.0


def vacnet(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "VACNET_SOCKET": "/nonexistent/control.sock"},
    )


def _seen(*words: object) -> dict[str, Any]:
    done = vacnet("space", "--json", *words)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _add_key(member: Member, line: str) -> None:
    with (member.config / "space.key").open("a") as file:
        file.write(line + "\n")


@pytest.fixture
def observed(make_space: MakeSpace, directory: Path) -> Space:
    """Three factories that meet, with a key for observers."""
    space = make_space(3)
    line = format_key(secrets.token_bytes(32), "observe")
    (directory / "observe.key").write_text(line + "\n")
    for member in space.members:
        _add_key(member, line)
    space.start()
    return space


COMMON = ("name", "state", "flags", "processors_total", "version", "address")


def _factories(answer: dict[str, Any]) -> list[tuple[object, ...]]:
    return [tuple(one[field] for field in COMMON) for one in answer["factories"]]


def test_an_observer_sees_what_the_factory_shows(observed: Space, directory: Path) -> None:
    member = observed.member(2)
    access = ("--peer", f"127.0.0.1:{member.port}", "--key", directory / "observe.key", "--name", "demo")

    def settled() -> bool:
        own = json.loads(vacnet("space", "--json", "--socket", member.socket).stdout)
        seen = _seen(*access)
        same = [
            [(one["name"], one["state"], one["machines_running"]) for one in answer["targets"]]
            for answer in (own, seen)
        ]
        return _factories(own) == _factories(seen) and same[0] == same[1] and set(own) == set(seen)

    until(settled, PATIENCE_SECONDS, "both show the same")
    seen = _seen(*access)
    assert (seen["factory"], seen["space"]) == (member.name, "demo")
    assert not any(one["itself"] for one in seen["factories"])
    for command, part in (("factories", "factories"), ("targets", "targets")):
        told = json.loads(vacnet(command, "--json", *access).stdout)[part]
        assert [one["name"] for one in told] == [one["name"] for one in seen[part]]


def test_the_table_for_people_shows_it_too_and_a_member_key_serves(observed: Space) -> None:
    member = observed.member(1)
    done = vacnet(
        "space", "--peer", f"127.0.0.1:{member.port}", "--key", member.config / "space.key", "--name", "demo"
    )
    assert done.returncode == 0, done.stderr
    for each in observed.members:
        assert each.name.partition(".")[0] in done.stdout


def test_looking_leaves_no_trace_at_the_factories(observed: Space, directory: Path) -> None:
    member = observed.member(1)
    for _ in range(3):
        _seen("--peer", f"127.0.0.1:{member.port}", "--key", directory / "observe.key", "--name", "demo")
    state = member.client().space()
    assert {one.name for one in state.factories} == {each.name for each in observed.members}
    assert {one.name for one in member.client().peers().peers} <= {each.name for each in observed.members} | {
        f"127.0.0.1:{each.port}" for each in observed.members
    }


def test_with_a_wrong_key_or_space_nobody_answers_and_the_words_say_what_to_do(
    observed: Space, directory: Path
) -> None:
    peer = f"127.0.0.1:{observed.member(1).port}"
    other = directory / "other.key"
    other.write_text(format_key(secrets.token_bytes(32)) + "\n")
    for key, name in ((other, "demo"), (directory / "observe.key", "another")):
        done = vacnet("space", "--once", "--peer", peer, "--key", key, "--name", name)
        assert done.returncode == 75
        assert f"no factory of space '{name}' answers at 127.0.0.1 port" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_machines_of_another_factory_are_had_through_the_one_of_this_host(observed: Space) -> None:
    here, there = observed.member(1), observed.member(3)
    words = ("machines", "--socket", here.socket, "--factory")

    def same() -> bool:
        own = there.client().machines().machines
        done = vacnet(*words, there.name, "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["factory"], told["asked_by"]) == (there.name, here.name)
        assert 0 < told["age_seconds"] < PATIENCE_SECONDS
        return bool(own) and [(one["id"], one["state"]) for one in told["machines"]] == [
            (one.id, one.state) for one in own
        ]

    until(same, PATIENCE_SECONDS, "both tell the same machines")
    assert f"asked by {here.name}" in " ".join(vacnet(*words, "factory3").stdout.split())
    assert json.loads(vacnet(*words, here.name, "--json").stdout)["asked_by"] == ""


def test_a_factory_that_is_not_known_or_not_there_is_one_clear_line(observed: Space) -> None:
    here, there = observed.member(1), observed.member(3)
    words = ("machines", "--socket", here.socket, "--factory")
    there.kill()
    for name, code, line in (
        ("factory9", 66, "knows none of that name"),
        (there.name, 75, "does not answer within 3 s"),
    ):
        done = vacnet(*words, name)
        assert done.returncode == code
        assert line in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_the_machines_of_a_factory_are_listed_from_afar(observed: Space, directory: Path) -> None:
    access = ("--key", directory / "observe.key", "--name", "demo", "--json", "--peer")
    chosen: list[Member] = []

    def works() -> bool:
        chosen[:] = [member for member in observed.members if member.client().machines().machines]
        return bool(chosen)

    until(works, PATIENCE_SECONDS, "somebody runs a machine")
    member = chosen[0]

    def same() -> bool:
        own = member.client().machines().machines
        done = vacnet("machines", *access, f"127.0.0.1:{member.port}")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        seen = [(one["id"], one["name"], one["uuid"], one["state"], one["kind"]) for one in told["machines"]]
        assert told["factory"] == member.name
        return seen == [(one.id, one.name, one.uuid, one.state, one.kind) for one in own]

    until(same, PATIENCE_SECONDS, "both tell the same machines")


def test_the_dashboard_of_an_observer_shows_all_and_says_what_it_is_not_told(
    observed: Space, directory: Path
) -> None:
    member = observed.member(2)
    remote = Remote(peer=(f"127.0.0.1:{member.port}",), key=directory / "observe.key", name="demo")
    way = access(remote)
    with Looker(way.key, way.space, way.addresses, PATIENCE_SECONDS) as looker:
        source = Observed(looker, way)
        until(lambda: len(source.space().factories) == 3, PATIENCE_SECONDS, "all are seen")
        for factory in source.space().factories:
            told = source.machines_of(factory.name)
            assert told.factory == factory.name
            assert told.age_seconds < PATIENCE_SECONDS
        with pytest.raises(ClientError, match="not told events; on a factory's host: `vacnet events -f`"):
            source.events()
        with pytest.raises(ClientError, match="gives no orders"):
            source.undrain()


def test_an_observer_is_told_who_holds_a_target(observed: Space, directory: Path) -> None:
    member = observed.member(2)
    until(lambda: bool(member.client().space().targets), PATIENCE_SECONDS, "it has targets")
    name = member.client().space().targets[0].name
    order = HoldOrder(held=True, space=True, reason="bad image")
    member.client().hold(name, order)
    access = ("--peer", f"127.0.0.1:{member.port}", "--key", directory / "observe.key", "--name", "demo")

    def told() -> bool:
        found = next(one for one in _seen(*access)["targets"] if one["name"] == name)
        return bool(found["state"] == "held" and "bad image" in found["words"])

    until(told, PATIENCE_SECONDS, "the observer knows")


def test_a_factory_keeps_pictures_and_gives_them_back(observed: Space) -> None:
    client = observed.member(1).client()
    until(lambda: client.past(client.space().time).space is not None, PATIENCE_SECONDS, "one is kept")
    until(lambda: _made(client, 1) > _made(client), PATIENCE_SECONDS, "another is kept")
    first = client.past(client.past(client.space().time).first or 0.0)
    assert first.space is not None
    assert first.made is not None
    assert first.made == first.first
    assert first.space.space == "demo"
    after = client.past(first.made, 1)
    assert after.made is not None
    assert after.made > first.made
    assert client.past(after.made, -1).made == first.made
    assert client.past(first.made - 3600.0).space is None


def _made(client: Client, step: int = 0) -> float:
    """Return when the first picture was made, or so many after it."""
    first = client.past(client.space().time).first or 0.0
    return client.past(first, step).made or 0.0
