"""The demo's audit: each way in which records, queue and promises can disagree is found and said."""

from dataclasses import replace

import pytest

from tools.demo.audit import Told, disagreements
from tools.demo.books import Books, Machine
from tools.demo.story import WORKER
from tools.demo.summary import summary

WORKED = Machine(
    factory="factory1.demo.example",
    uuid="a",
    target=WORKER,
    state="ended",
    outcome="ok",
    code=200,
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
        (_books(IN_VAIN), TOLD, "0 machines that ended ok, 1 machines that got work"),
        (_books(WORKED), TOLD, "0 machines that ended without work, 1 machines turned away"),
        (_books(WORKED, IN_VAIN), Told(frozenset({"c"}), frozenset({"b"})), "2 only in one of both"),
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
    lines, agree = summary(books, told, "1 of 2 tiles done")
    assert not agree
    assert any(line.startswith("DISAGREES") and words in line for line in lines)


def test_a_probe_that_gave_its_ticket_back_may_be_followed_by_another_of_the_same_window() -> None:
    broken = replace(WORKED, target="demo-faulty", uuid="c", outcome="error", lived_seconds=1.0)
    next_one = replace(broken, uuid="d", outcome="ok", created=102.0)
    books = _books(WORKED, IN_VAIN, broken, next_one)
    assert disagreements(books, WORKER, TOLD) == []
    lines, _ = summary(books, TOLD, "1 of 2 tiles done")
    assert "demo-faulty: 1 window, one probe at a time in each (2 in all: a broken probe gives" in "\n".join(
        lines
    )


def test_the_summary_counts_by_target_factory_and_outcome() -> None:
    lines, agree = summary(_books(WORKED, IN_VAIN), TOLD, "1 of 2 tiles done")
    assert agree
    assert " ".join(lines[0].split()) == "machines of factory1 all ok no work error neutral CPU s"
    assert " ".join(lines[1].split()) == "demo-mandelbrot 2 2 1 1 0 0 3.0"
    assert "demo-mandelbrot: 2 windows, one probe in each." in lines
