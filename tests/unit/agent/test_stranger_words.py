"""What an admin is told of datagrams that no key opens."""

import pytest

from vacnet.agent.stranger_words import stranger_words
from vacnet.space.counters import Reject
from vacnet.space.happenings import WrongKey
from vacnet.space.strangers import UNOPENED


@pytest.mark.parametrize(
    ("reason", "words"), [(Reject.KEY, "vacnet config init --key"), (Reject.TAG, "[space] name")]
)
def test_the_address_what_it_means_and_what_to_do_are_told(reason: Reject, words: str) -> None:
    told = stranger_words(WrongKey(("2001:db8::7", 8885), 3, reason))
    assert told.startswith("nothing from [2001:db8::7]:8885 is taken: ")
    assert words in told


@pytest.mark.parametrize("reason", sorted(UNOPENED))
def test_every_reason_that_is_told_has_its_words(reason: Reject) -> None:
    assert stranger_words(WrongKey(("192.0.2.1", 1), 1, reason))
