"""The two ways in which an engine fails whoever asks it, and what its sentences mean for a start.

Rules of this file: pure. Engines tell their trouble in English sentences under a number or two, so sentences
are what there is to go by: a runtime has a table of them, first match wins. One that no row knows is a
start that failed (section 5 of the design: an error of this factory, in the engine's words). What another
try, another host or an admin's hand would mend is "not now": no outcome, a veto with a retry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vacnet.machines.runtime import NotNowError, StartFailedError

LONGEST_WORDS = 600
"""Characters of an engine's sentence that an admin is shown; runc's can be pages."""


class AwayError(NotNowError):
    """The engine does not answer: nothing is known of what it did."""


class RefusalError(Exception):
    """The engine answered, and the answer is no."""

    def __init__(self, code: int, words: str) -> None:
        """Keep the engine's number of the error (of Docker the HTTP status) and its sentence."""
        super().__init__(words)
        self.code = code
        self.words = shorten(words)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A sentence and what to do about it."""

    sign: re.Pattern[str]
    deed: str


def remedy(sign: str, deed: str) -> Remedy:
    """Return a row of a table: a regular expression for the sentence, whatever its case, and the deed."""
    return Remedy(re.compile(sign, re.IGNORECASE), deed)


def deed_for(words: str, table: Iterable[Remedy]) -> str:
    """Return what the first row that knows a sentence says to do; empty where none does."""
    return next((row.deed for row in table if row.sign.search(words)), "")


def start_failure(
    engine: str, refusal: RefusalError, table: Iterable[Remedy]
) -> NotNowError | StartFailedError:
    """Return what an engine's refusal to make or start something means for the machine."""
    if deed := deed_for(refusal.words, table):
        return NotNowError(f"{engine} says: {refusal.words}; {deed}")
    return StartFailedError(refusal.words)


def shorten(words: str) -> str:
    """Return an engine's words on one line, the middle left out if they are long."""
    line = " ".join(words.split())
    half = LONGEST_WORDS // 2
    return line if len(line) <= LONGEST_WORDS else f"{line[:half]} ... {line[-half:]}"
