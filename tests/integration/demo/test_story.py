"""The demo's story: a phase ends when what it tells of was seen, and in the end in any case."""

from dataclasses import replace

from tools.demo.story import STORY, WORKER, Deed, Facts, Story
from tools.demo.work import Progress
from vacnet.factory.client import FactoryState, SpaceState, TargetState

NOTHING_YET = Progress(waiting=0, leased=0, done=0, total=4, drained=True, takers=0)


def _target(**fields: object) -> TargetState:
    usual: dict[str, object] = {
        "name": WORKER,
        "model": "process",
        "origin": "",
        "share": 0.6,
        "got": 0.0,
        "machines_running": 0,
        "machines_starting": 0,
        "processors": 0,
        "state": "probing",
        "words": "",
        "window_number": 0,
        "window_opener": "",
        "window_length_seconds": 0.0,
        "back_off_left_seconds": 0.0,
        "streak": 0,
        "proofs": 0,
        "noworks": 0,
        "tickets_available": 1,
        "tickets_taken": 0,
        "here": "",
    }
    return TargetState(**(usual | fields))  # type: ignore[arg-type] # the fields of the struct


def _factory(running: int = 0) -> FactoryState:
    return FactoryState(
        name="factory1.demo.example",
        itself=True,
        state="live",
        heard_seconds=None,
        address="",
        flags=(),
        processors_total=4,
        processors_free=4,
        machines_running=running,
        machines_starting=0,
        load=0.0,
        memory_free_bytes=0,
        disk_free_bytes=0,
        deadline_seconds=None,
        version="",
        settings_differ=False,
        note="",
    )


def _facts(target: TargetState, progress: Progress, running: int = 0) -> Facts:
    state = SpaceState(
        space="demo",
        factory="factory1.demo.example",
        time=0.0,
        version="",
        factories=(_factory(running),),
        targets=(target,),
        starts_last_minute=0,
        warnings=(),
    )
    return Facts(state, 1, progress)


def test_what_was_not_seen_is_not_told_the_story_breaks_off_and_still_drains() -> None:
    story, deeds, now = Story(), [], 0.0
    while not story.ended:
        deed = story.look(_facts(_target(), NOTHING_YET), now)
        deeds += [deed] if deed is not None else []
        now += 1.0
    assert deeds == [Deed.NOTHING, Deed.FIRST_BATCH, Deed.DRAIN]
    assert story.failure == "the phase 'probing' was not over after 20 s"


def test_a_slow_host_is_waited_for_as_long_as_tiles_are_rendered() -> None:
    story, working = Story(STORY[3:]), replace(NOTHING_YET, waiting=9, leased=1, drained=False)
    for done in range(100):
        story.look(_facts(_target(), replace(working, done=done)), 30.0 * done)
    assert story.failure == ""
    story.look(_facts(_target(), replace(working, done=99)), 30.0 * 99 + 41)
    assert story.failure == "the phase 'shares' was not over after 40 s"


def test_a_space_that_never_answers_is_given_up() -> None:
    story, now = Story(patience=2.0), 0.0
    while not story.ended and now < 1000.0:
        story.look(Facts(None, 3, NOTHING_YET), now)
        now += 1.0
    assert story.ended
    assert story.failure == "the phase 'meeting' was not over after 60 s"


def test_the_second_batch_comes_after_two_windows_of_back_off_and_not_before() -> None:
    story = Story(STORY[5:])
    begin = _facts(_target(state="back-off", window_number=3), NOTHING_YET)
    assert story.look(begin, 0.0) is Deed.NOTHING
    one_window = _facts(_target(state="back-off", window_number=4), NOTHING_YET)
    assert story.look(one_window, 10.0) is None
    two_windows = _facts(_target(state="back-off", window_number=5), NOTHING_YET)
    assert story.look(two_windows, 20.0) is Deed.SECOND_BATCH


def test_the_admin_drains_once_the_work_is_done_and_the_story_ends_once_nothing_runs() -> None:
    story = Story(STORY[7:])
    busy = replace(NOTHING_YET, leased=1, drained=False)
    assert story.look(_facts(_target(machines_running=1), busy), 0.0) is Deed.NOTHING
    assert story.look(_facts(_target(machines_running=1), NOTHING_YET), 1.0) is None
    assert story.look(_facts(_target(), NOTHING_YET, running=1), 2.0) is Deed.DRAIN
    assert story.look(_facts(_target(), NOTHING_YET, running=1), 3.0) is None
    assert not story.ended
    story.look(_facts(_target(), NOTHING_YET), 4.0)
    assert story.ended


def test_a_caption_tells_the_numbers_as_the_deed_left_them() -> None:
    story = Story(STORY[1:])
    facts = _facts(_target(), NOTHING_YET)
    story.look(facts, 0.0)
    story.tell(_facts(_target(), replace(NOTHING_YET, waiting=99)))
    assert "99 tiles" in story.caption
