"""The table itself: what its order of steps promises, and that the page shows it."""

from pathlib import Path

import pytest

from vacnet.machines.hands import Hands
from vacnet.machines.life import ON_FAILURE
from vacnet.machines.lifecycle import TABLE, Event, State, Step, Transition, fault_points, transition
from vacnet.machines.lifecycle_page import page

PAGE = Path(__file__).parents[3] / "docs" / "life-cycle.md"


def _paths() -> list[tuple[Transition, ...]]:
    """Return every way from nothing to an end that visits no state twice."""
    done: list[tuple[Transition, ...]] = []
    open_: list[tuple[Transition, ...]] = [(row,) for row in TABLE if row.state is State.ABSENT]
    while open_:
        path = open_.pop()
        if path[-1].next is State.ENDED:
            done.append(path)
            continue
        visited = {row.state for row in path}
        open_ += [(*path, row) for row in TABLE if row.state is path[-1].next and row.next not in visited]
    return done


def _steps(path: tuple[Transition, ...]) -> list[Step]:
    # What a state may do without leaving it is done there: a machine that is stopping is stopped.
    stays = [
        row for at in path for row in TABLE if row.state is row.next is at.next and row.event is Event.NEXT
    ]
    return [step for row in (*path[:-1], *stays, path[-1]) for step in row.steps]


def _in_order(steps: list[Step], first: Step, then: Step) -> bool:
    return then not in steps or (first in steps and steps.index(first) < steps.index(then))


ORDERS = [
    (Step.RECORD_CREATE, Step.DIRECTORY_PREPARE),
    (Step.RECORD_CREATE, Step.ENGINE_START),
    (Step.DIRECTORY_PREPARE, Step.ENGINE_START),
    (Step.ENGINE_START, Step.TELL_STARTED),
    (Step.RECORD_STOP, Step.ENGINE_STOP),
    (Step.MESSAGE_READ, Step.ENGINE_FORGET),
    (Step.PROOF_READ, Step.RECORD_FINISH),
    (Step.RECORD_PROVED, Step.TELL_PROVED),
    (Step.TELL_PROVED, Step.TELL_ENDED),
    (Step.RECORD_CREATE, Step.TELL_ADOPTED),
    (Step.RECORD_FINISH, Step.TELL_ENDED),
    (Step.RECORD_FINISH, Step.ENGINE_FORGET),
    (Step.TELL_ENDED, Step.ENGINE_FORGET),
    (Step.DIRECTORY_REMOVE, Step.RECORD_FORGET),
]


def _unpromised(first: Step, then: Step, events: set[Event]) -> bool:
    if first in {Step.PROOF_READ, Step.TELL_PROVED}:
        # What never ran has proved nothing.
        return not events & {Event.OVER, Event.GONE}
    if then is Step.ENGINE_FORGET:
        # What the engine does not show cannot be judged again: what may be left of it goes first.
        return Event.GONE in events
    # A start that a restart interrupted is told when it is found, without a second start.
    return (first, then) == (Step.ENGINE_START, Step.TELL_STARTED) and Event.FOUND in events


@pytest.mark.parametrize(("first", "then"), ORDERS)
def test_no_way_through_a_life_does_the_second_before_the_first(first: Step, then: Step) -> None:
    wrong = [
        [row.name for row in path]
        for path in _paths()
        if not _in_order(_steps(path), first, then)
        and not _unpromised(first, then, {row.event for row in path})
    ]
    assert wrong == []


def test_nothing_is_left_to_do_for_what_is_gone_once_its_end_is_in_the_record() -> None:
    for row in (row for row in TABLE if row.event is Event.GONE):
        assert _in_order(list(row.steps), Step.ENGINE_FORGET, Step.RECORD_FINISH), row.name


def test_every_way_that_ends_tells_the_factory_exactly_once() -> None:
    for path in _paths():
        tells = [step for step in _steps(path) if step in {Step.TELL_ENDED, Step.TELL_NOT_MADE}]
        assert len(tells) == 1, [row.name for row in path]


def test_every_state_can_come_to_its_end() -> None:
    ends = {State.ENDED}
    while True:
        more = {row.state for row in TABLE if row.next in ends} - ends
        if not more:
            break
        ends |= more
    assert ends == set(State)


def test_a_pair_stands_once() -> None:
    pairs = [(row.state, row.event) for row in TABLE]
    assert len(pairs) == len(set(pairs))


def test_a_second_stop_and_a_look_at_a_running_machine_change_nothing() -> None:
    assert transition(State.STOPPING, Event.STOP) is None
    assert transition(State.RUNNING, Event.FOUND) is None


def test_every_step_has_a_hand_and_an_answer_to_its_failure_is_about_a_real_step() -> None:
    names = {step.replace(".", "_").replace("-", "_") for step in Step}
    assert {name for name in names if not hasattr(Hands, name)} == set()
    assert set(ON_FAILURE) <= set(Step)


def test_fault_points_are_before_and_after_each_durable_write_and_engine_call() -> None:
    points = fault_points()
    assert len(points) == len(set(points))
    assert "absent-wanted.record.create.before" in points
    assert "starting-next.engine.start.after" in points
    assert not any(f".{kind}." in point for kind in ("tell", "message", "proof") for point in points)
    durable = [
        step for row in TABLE for step in row.steps if step.split(".")[0] in ("record", "directory", "engine")
    ]
    assert len(points) == 2 * len(durable)


def test_the_page_in_the_documents_is_the_table() -> None:
    assert PAGE.read_text() == page(), "python -m vacnet.machines.lifecycle_page > docs/life-cycle.md"
