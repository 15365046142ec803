"""Edits at odd moments: while a factory starts, and while machines run of a target that is removed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.space import settings as of_space
from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError

MakeSpace = Callable[[int], Space]

PATIENCE_SECONDS = 30.0
EMPTY = b"# nothing\n"


def test_an_edit_while_the_settings_are_read_at_a_start_is_taken_over(make_space: MakeSpace) -> None:
    space = make_space(1)
    (factory,) = space.members
    main = factory.config / "vacnet.toml"
    first, last = (factory.config / "conf.d" / name for name in ("0.toml", "zz.toml"))
    for pipe in (first, last):
        os.mkfifo(pipe)
    factory.start()
    for pipe in (first, last):  # the state directory is looked for in all files before they are read
        _feed(_opened_by(factory, pipe))
    reading = _opened_by(factory, first)
    assert "processors = 4" in main.read_text()
    main.write_text(main.read_text().replace("processors = 4", "processors = 3"))  # it has been read
    first.unlink()
    _put(last, EMPTY)
    _feed(reading)
    space.wait_whole()
    until(lambda: _processors(factory) == 3, PATIENCE_SECONDS, "the edit is in force")


def test_a_target_that_is_removed_is_shown_until_its_last_machine_has_ended(make_space: MakeSpace) -> None:
    space = make_space(1)
    (factory,) = space.members
    space.start()
    until(lambda: _states(factory) == ["running", "running"], PATIENCE_SECONDS, "two machines run")
    (factory.config / "conf.d" / "fragment.toml").unlink()
    until(lambda: _targets(factory) == {"worker": "no share"}, PATIENCE_SECONDS, "the edit is in force")
    first, last = factory.client().machines().machines
    Path(first.directory, "joboutputs", "finish").touch()
    until(lambda: _states(factory) == ["running"], PATIENCE_SECONDS, "one has ended")
    assert _targets(factory) == {"worker": "no share"}, "it is forgotten while a machine of it runs"
    Path(last.directory, "joboutputs", "finish").touch()
    until(lambda: _targets(factory) == {}, PATIENCE_SECONDS, "it is forgotten")


def _opened_by(factory: Member, pipe: Path) -> int:
    """Wait until a factory reads a named pipe, and return the end that feeds it."""
    found: list[int] = []

    def opened() -> bool:
        assert factory.running(), factory.last_words()
        try:
            found.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody reads
            return False
        return True

    until(opened, PATIENCE_SECONDS, f"{pipe.name} is read")
    return found[0]


def _feed(end: int) -> None:
    os.write(end, EMPTY)
    os.close(end)


def _put(path: Path, data: bytes) -> None:
    draft = path.with_suffix(".draft")
    draft.write_bytes(data)
    draft.replace(path)


def _processors(factory: Member) -> int:
    return factory.client().space().factories[0].processors_total


def _targets(factory: Member) -> dict[str, str]:
    return {target.name: target.state for target in factory.client().space().targets}


def _states(factory: Member) -> list[str]:
    return [machine.state for machine in factory.client().machines().machines]


def test_an_edit_that_waits_for_a_restart_is_told_and_is_no_trouble(make_space: MakeSpace) -> None:
    space = make_space(1)
    (factory,) = space.members
    space.start()
    of_space.add(factory, "metrics", '[metrics]\nlisten = "off"\n')
    client = factory.client()

    def told() -> bool:
        return any("[metrics] was edited" in line for line in client.space().warnings)

    until(told, PATIENCE_SECONDS, "it is shown")
    names = {event.name: event.warning for event in client.events(limit=1000).events}
    assert names["settings.waiting"] is False
    assert "settings.bad" not in names
    assert client.health().conditions == ()


def test_a_target_whose_definition_is_refused_is_told_wherever_it_is_looked_for(
    make_space: MakeSpace,
) -> None:
    space = make_space(1)
    (factory,) = space.members
    space.start()
    of_space.add(factory, "odd", '[targets.odd]\nmachine_model = "proces"\n')
    client = factory.client()
    until(lambda: bool(client.space().refused), PATIENCE_SECONDS, "it is refused")
    (refused,) = client.space().refused
    assert (refused.name, "odd.toml:2" in refused.words) == ("odd", True)
    assert refused.words in client.space().warnings
    with pytest.raises(ClientError, match=r"definition is refused: .*odd\.toml:2"):
        client.why("odd")
    (factory.config / "conf.d" / "odd.toml").unlink()
    until(lambda: not client.space().refused, PATIENCE_SECONDS, "the edit is taken back")
