"""`vacnet target hold` and `release`, as an admin's commands, on real factories with real processes."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.integration.factory.test_drain import vacnet
from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError, TargetState

PATIENCE_SECONDS = 30.0


def _target(member: Member, name: str) -> TargetState | None:
    try:
        return next((one for one in member.client().space().targets if one.name == name), None)
    except ClientError:
        return None


def _is(member: Member, name: str, state: str) -> Callable[[], bool]:
    return lambda: (found := _target(member, name)) is not None and (found.state == state)


def test_a_target_is_held_here_and_everywhere_over_restarts_until_it_is_let_go_of(
    make_space: Callable[[int], Space],
) -> None:
    space = make_space(2)
    space.start()
    first, second = space.members
    until(lambda: bool(first.client().space().targets), PATIENCE_SECONDS, "the first one answers")
    name = first.client().space().targets[0].name
    long = vacnet(first, "target", "hold", name, "--reason", "x" * 150, "--space")
    assert (long.returncode, "bytes too long for the whole space" in long.stderr) == (2, True)
    done = vacnet(first, "target", "hold", name, "--reason", "bad image", "--space", SUDO_USER="andrew")
    assert (done.returncode, done.stderr) == (0, "")
    assert "held in the whole space" in done.stdout
    until(_is(second, name, "held"), PATIENCE_SECONDS, "the second one has heard of it")
    second.kill()
    first.kill()
    second.start()
    until(_is(second, name, "held"), PATIENCE_SECONDS, "alone after a restart it still knows")
    why = json.loads(vacnet(second, "why", name, "--json").stdout)
    assert "bad image" in json.dumps(why)
    first.start()
    until(_is(first, name, "held"), PATIENCE_SECONDS, "so does the first one")
    released = vacnet(second, "target", "release", name, "--space")
    assert "all factories make machines of it again" in released.stdout
    until(lambda: not _is(first, name, "held")(), PATIENCE_SECONDS, "let go of by the second one")
    assert "nothing has changed" in vacnet(first, "target", "release", name).stdout
    assert vacnet(first, "target", "hold", name, "--reason", "only here").returncode == 0
    until(lambda: "only here" in (_target(first, name) or _NONE).here, PATIENCE_SECONDS, "held here")
    held = {one.name: found.held_here for one in space.members if (found := _target(one, name))}
    assert held == {first.name: True, second.name: False}
    assert _is(first, name, "held")() is False
    assert vacnet(first, "target", "hold", "nobody", "--reason", "x").returncode != 0


class _NONE:
    here = ""
