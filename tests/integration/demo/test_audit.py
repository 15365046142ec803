"""The demo's audit: each way in which records, queue and promises can disagree is found and said."""

from dataclasses import replace
from pathlib import Path

import pytest

from tools.demo.audit import Told, disagreements
from tools.demo.books import Books, Machine, read
from tools.demo.story import WORKER
from tools.demo.summary import summary, verdict

WORKED = Machine(
    factory="factory1.demo.example",
    uuid="a",
    target=WORKER,
    state="ended",
    outcome="ok",
    code=200,
    text="",
    cpu_seconds=1.5,
    created=100.0,
    lived_seconds=8.0,
    window_number=0,
    window_opener="",
    ticket=0,
)
IN_VAIN = replace(WORKED, uuid="b", outcome="nowork", code=300, created=120.0, window_number=1)
TOLD = Told(frozenset({"a"}), frozenset({"a", "b"}))


def _books(*machines: Machine) -> Books:
    return Books(("factory1.demo.example",), machines, frozenset(machine.uuid for machine in machines))


def test_records_that_agree_with_the_queue_have_no_disagreement() -> None:
    assert disagreements(_books(WORKED, IN_VAIN), WORKER, TOLD) == []


@pytest.mark.parametrize(
    ("books", "told", "words"),
    [
        (_books(IN_VAIN), TOLD, "0 machines ended ok, 1 got work"),
        (_books(WORKED), TOLD, "0 machines ended without work, 1 were turned away"),
        (_books(WORKED, IN_VAIN), Told(frozenset({"c"}), frozenset({"b"})), "2 only one of both"),
        (_books(replace(WORKED, state="running", outcome=""), IN_VAIN), TOLD, "1 machines have no outcome"),
        (replace(_books(WORKED, IN_VAIN), accounted=frozenset("a")), TOLD, "2 machines in the records, 1"),
        (_books(WORKED, WORKED, IN_VAIN), TOLD, "a machine stands in two records"),
        (
            _books(WORKED, replace(IN_VAIN, created=107.9, window_number=0)),
            TOLD,
            "window 0 of demo-mandelbrot was probed by two machines at once",
        ),
    ],
)
def test_each_disagreement_is_said_and_spoils_the_summary(books: Books, told: Told, words: str) -> None:
    found = disagreements(books, WORKER, told)
    assert any(words in line for line in found), found
    lines, agree = verdict(books, told, "")
    assert not agree
    assert any(line.startswith("DISAGREES") and words in line for line in lines)


def test_a_probe_that_gave_its_ticket_back_may_be_followed_by_another_of_the_same_window() -> None:
    broken = replace(WORKED, target="demo-faulty", uuid="c", outcome="error", lived_seconds=1.0)
    next_one = replace(broken, uuid="d", outcome="ok", created=102.0)
    books = _books(WORKED, IN_VAIN, broken, next_one)
    assert disagreements(books, WORKER, TOLD) == []
    lines = summary(books, TOLD, "1 of 2 tiles done")
    assert "demo-faulty: 1 window, one probe at a time in each (2 in all: a broken probe gives" in "\n".join(
        lines
    )


def test_a_machine_that_was_ended_in_mid_work_is_told_and_spoils_nothing() -> None:
    broken = replace(WORKED, outcome="error", code=700, text="heartbeat file not updated")
    lines = summary(_books(broken, IN_VAIN), TOLD, "1 of 2 tiles done")
    assert verdict(_books(broken, IN_VAIN), TOLD, "")[1]
    told = (
        'demo-mandelbrot failed 1 time on factory1.demo.example ("700 heartbeat file not updated"), and ran'
    )
    assert any(line.startswith(told) for line in lines)


def test_the_summary_counts_by_target_factory_and_outcome() -> None:
    lines = summary(_books(WORKED, IN_VAIN), TOLD, "1 of 2 tiles done")
    assert " ".join(lines[0].split()) == "target made on factory 1-1 ok no work error neutral CPU s"
    assert " ".join(lines[1].split()) == "demo-mandelbrot 2 2 1 1 0 0 3.0"
    assert "demo-mandelbrot: 2 windows, one probe in each." in lines


def test_what_the_story_could_not_show_spoils_the_verdict() -> None:
    lines, agree = verdict(_books(WORKED, IN_VAIN), TOLD, "the phase 'growing' was not over after 25 s")
    assert not agree
    assert lines == ["FAILED: the phase 'growing' was not over after 25 s"]


def test_a_factory_stopped_before_it_had_a_record_has_made_nothing(tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "vacnet.db").touch()
    books = read([("factory1", tmp_path / "none"), ("factory2", tmp_path / "begun")])
    assert books == Books(("factory1", "factory2"), (), frozenset())
