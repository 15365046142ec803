"""What the doctor found: `vacnet doctor`, a line for each look, and under it what to do if it is not well."""

from __future__ import annotations

from typing import Literal

import msgspec

from vacnet.console import glyphs, words
from vacnet.console.model import Cell, Column, Row, Sheet, Span, Tone, View, say

Verdict = Literal["good", "warning", "bad"]

COLUMNS = (
    Column(key="about", title="LOOKED AT"),
    Column(key="verdict", title="verdict"),
    Column(key="words", title="found", leaves=8, below=True, width=44),
    Column(key="remedy", title="", leaves=9, below=True, width=44),
)
_SIGNS = {
    "good": (glyphs.LIVE, Tone.GOOD),
    "warning": (glyphs.DRAINING, Tone.WARN),
    "bad": (glyphs.ERROR, Tone.BAD),
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    about: str
    """`settings`, `host`, `process`, `sockets`, `buffers`, `key`, `factory`, `peers`, `clock`, `disk`,
    `cgroups`, `unit`, `cvmfs`: stable names."""
    verdict: Verdict
    """`warning`: something is slower or less than it could be; `bad`: something does not work."""
    words: str
    """What was found."""
    remedy: str = ""
    """What to do; empty where nothing is to be done."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What `vacnet doctor --json` prints."""

    schema: int = 1
    findings: tuple[Finding, ...]

    def count(self, verdict: Verdict) -> int:
        """Return how many findings have a verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)


def doctor_view(diagnosis: Diagnosis) -> View:
    """Return the view of all findings, in the order in which they were made."""
    counted = (
        f"{words.plural(len(diagnosis.findings), 'look')}, {diagnosis.count('bad')} bad, "
        f"{words.plural(diagnosis.count('warning'), 'warning')}"
    )
    return View(
        facts=(say(counted, Tone.STRONG),),
        sheets=(Sheet(columns=COLUMNS, rows=tuple(map(_row, diagnosis.findings))),),
    )


def _row(finding: Finding) -> Row:
    glyph, tone = _SIGNS[finding.verdict]
    cells = {
        "about": say(words.clean(finding.about), Tone.STRONG),
        "verdict": Cell((Span(glyph, tone), Span(f" {finding.verdict}"))),
        "words": say(words.clean(finding.words)),
        "remedy": say(words.clean(f"do: {finding.remedy}" if finding.remedy else "")),
    }
    return Row(cells=cells, notable=finding.verdict != "good")
