"""What an admin is told of datagrams that no key opens."""

import pytest

from tests.unit.space.net import ring, space
from vacnet.agent.stranger_words import (
    address_notes,
    brief_notes,
    stranger_lines,
    stranger_reports,
    stranger_words,
)
from vacnet.space.counters import Reject
from vacnet.space.happenings import WrongKey
from vacnet.space.strangers import UNOPENED


@pytest.mark.parametrize(("reason", "words"), [(Reject.KEY, "vacnet key add"), (Reject.TAG, "[space] name")])
def test_the_address_what_it_means_and_what_to_do_are_told(reason: Reject, words: str) -> None:
    told = stranger_words(WrongKey(("2001:db8::7", 8885), 3, reason))
    assert told.startswith("nothing from [2001:db8::7]:8885 is taken: ")
    assert words in told


@pytest.mark.parametrize("reason", sorted(UNOPENED))
def test_every_reason_that_is_told_has_its_words(reason: Reject) -> None:
    assert stranger_words(WrongKey(("192.0.2.1", 1), 1, reason))


def test_a_line_fits_80_columns_and_the_report_says_what_to_do() -> None:
    net = space(2)
    net.add("stranger", peers=["f0"], keys=ring(b"w" * 32))
    net.run(30.0)
    gossip, where = net.gossip("f0"), net.address("stranger")
    assert gossip.accused(net.now)
    (line,), (report,) = stranger_lines(gossip, net.now), stranger_reports(gossip, net.now)
    assert "speaks under no key of ours" in line
    assert " ago): vacnet peers list" in line
    assert len(line.replace(f"{where[0]}:{where[1]}", "192.168.111.111:65535")) <= 78
    assert "vacnet key add" in report
    assert line.endswith(brief_notes(gossip, net.now)[where])
    assert report.endswith(address_notes(gossip, net.now)[where])


def test_where_a_factory_of_the_own_name_runs_that_is_what_is_said() -> None:
    net = space(2)
    gossip = net.gossip("f0")
    gossip._twin.answered(("192.0.2.7", 9))
    assert "own name runs there" in address_notes(gossip, net.now)["192.0.2.7", 9]
    assert not address_notes(gossip, net.now + 61.0)
