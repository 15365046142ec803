"""How a machine ended: from ``shutdown_message`` and circumstances to an `Outcome`.

Two rules of this file: everything that turns an end into an outcome stands in the one table
`RULES`, and the first row that matches wins. The codes are those of HSF-TN-2016-04 section 4.1,
three digits of which only the first carries meaning; the division into ok, nowork, error and
neutral is vacnet's own, for that note defines none.

Deviations from Vac 3: a neutral end exists (Vac counted every code below 300 alike), a local
fault blames the factory and not the target, and a machine that ended young without a word is an
error of the factory (Vac meant to write ``300 Vac detects fizzle`` and never did).
Where the engine knows an exit code, our words have it.
"""

from __future__ import annotations

import enum
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MESSAGE_BYTES_MAX = 1024
"""A line of a log; longer first lines carry nothing the code does not."""

_MESSAGE = re.compile(rb"([1-9][0-9][0-9])(?: (.*))?\Z", re.DOTALL)


class Kind(enum.StrEnum):
    """What an end says of the target's work."""

    OK = "ok"
    NOWORK = "nowork"
    ERROR = "error"
    NEUTRAL = "neutral"


class Blame(enum.StrEnum):
    """Who an error counts against."""

    NOBODY = "nobody"
    TARGET = "target"
    FACTORY = "factory"


@dataclass(frozen=True, slots=True)
class Message:
    """A valid shutdown message: a code from 100 to 999 and its text."""

    code: int
    text: str = ""

    def __str__(self) -> str:
        """Return the message as it stands in the file."""
        return f"{self.code} {self.text}".rstrip()


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known when a machine has ended; units are in the names, empty means it did not happen."""

    lived_seconds: float
    message: bytes | None = None
    """The bytes of `shutdown_message`, None without such a file."""
    start_failure: str = ""
    """The engine's words when it could not start the machine."""
    no_program: str = ""
    """Why what it was to run is no program, on whatever host."""
    stopped: str = ""
    """Why we, an admin, a reboot or a foreign hand ended it."""
    memory_used_bytes: int = 0
    memory_limit_bytes: int = 0
    """Set when the machine was killed for its memory."""
    over_disk: bool = False
    heartbeat: str = ""
    """`not created` or `not updated` when the machine was ended for its heartbeat file."""
    exit_code: int | None = None
    failed: str = ""
    """Why its engine says that it failed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What of a target's definition the judgement needs."""

    fizzle_seconds: float
    exit_codes: Mapping[int, int] = field(default_factory=dict)
    """Exit code of the machine's process to message code."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one machine ended, as the record keeps it and the space is told."""

    kind: Kind
    blame: Blame
    message: Message
    by_vacnet: bool
    """True when the machine wrote no valid message and the words are ours."""
    stopped: bool = False
    """True when we or a foreign hand ended it, whatever it then wrote: the end says nothing of it."""

    @property
    def proves(self) -> bool:
        """Tell whether this end alone proves that the machine found work."""
        return self.kind is Kind.OK

    @property
    def told_code(self) -> int:
        """Return the code by which others are told: one that means this kind also where it stands alone."""
        meant = {found.kind for found in CODE_CLASSES if self.message.code in found}
        return self.message.code if self.kind in meant else _FIRST_CODE[self.kind]

    @property
    def transient(self) -> bool:
        """Tell whether the fault is of the short kind (700 to 999)."""
        return self.kind is Kind.ERROR and self.message.code >= 700  # noqa: PLR2004 (the code's class)


def parse_message(raw: bytes | None) -> Message | None:
    """Read the first line of a shutdown message; None when it is not one.

    At most `MESSAGE_BYTES_MAX` bytes are looked at. Source: HSF-TN-2016-04 section 4.1.
    """
    if not raw:
        return None
    line = raw[:MESSAGE_BYTES_MAX].split(b"\n", 1)[0].rstrip(b"\r")
    found = _MESSAGE.match(line)
    if found is None:
        return None
    return Message(int(found[1]), escape(found[2] or b""))


def escape(raw: bytes) -> str:
    r"""Return bytes from outside as printable text, everything else as ``\xNN``."""
    text = raw[:MESSAGE_BYTES_MAX].decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


# --- the table ------------------------------------------------------------------------------------

_Words = Callable[[Ending, Policy], Message]
_Code = Callable[[Ending, Policy], int]


@dataclass(frozen=True, slots=True)
class CodeClass:
    """A range of message codes and what it says, whoever gives the code."""

    low: int
    high: int
    kind: Kind
    blame: Blame

    def __contains__(self, code: int) -> bool:
        """Tell whether a code is of this class."""
        return self.low <= code <= self.high


CODE_CLASSES: tuple[CodeClass, ...] = (
    CodeClass(100, 199, Kind.NEUTRAL, Blame.NOBODY),
    CodeClass(200, 299, Kind.OK, Blame.NOBODY),
    CodeClass(300, 399, Kind.NOWORK, Blame.TARGET),
    CodeClass(400, 499, Kind.ERROR, Blame.TARGET),
    CodeClass(500, 599, Kind.ERROR, Blame.FACTORY),
    CodeClass(600, 699, Kind.ERROR, Blame.TARGET),
    CodeClass(700, 999, Kind.ERROR, Blame.FACTORY),
)


_FIRST_CODE: Mapping[Kind, int] = {found.kind: found.low for found in reversed(CODE_CLASSES)}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: when it applies, what follows, and what is written if nothing was."""

    what: str
    applies: Callable[[Ending, Policy], bool]
    kind: Kind
    blame: Blame
    words: _Words
    own: bool = False
    """The words are the machine's."""


def _own_code(ending: Ending, _policy: Policy) -> int:
    message = parse_message(ending.message)
    return message.code if message else 0


def _own_words(ending: Ending, _policy: Policy) -> Message:
    return parse_message(ending.message) or Message(0)


def _exit_code(ending: Ending, policy: Policy) -> int:
    return 0 if ending.exit_code is None else policy.exit_codes.get(ending.exit_code, 0)


def _exit_words(ending: Ending, policy: Policy) -> Message:
    return Message(_exit_code(ending, policy), exit_words(ending.exit_code or 0))


SIGNALS_FROM = 128
"""Exit codes above are signals', by the custom of shells and engines."""


def exit_words(code: int) -> str:
    """Return an exit code for people, with the name of the signal that it commonly stands for."""
    name = _SIGNAL_NAMES.get(code - SIGNALS_FROM)
    return f"exit code {code} ({name})" if name else f"exit code {code}"


_SIGNAL_NAMES = {number.value: number.name for number in signal.Signals}


def _wordless(what: str, ending: Ending) -> str:
    """Return that a machine ended without a message, with all that its engine knows of why."""
    how = "" if ending.exit_code is None else f", {exit_words(ending.exit_code)}"
    return f"{what} after {ending.lived_seconds:.0f} seconds without a message{how}"


def _by_class(what: str, code: _Code, words: _Words, *, own: bool) -> tuple[Rule, ...]:
    """Return a rule for each class of codes; `code` says which code an end has, 0 for none."""
    return tuple(
        Rule(f"{what} {found.low}-{found.high}", _is_in(found, code), found.kind, found.blame, words, own)
        for found in CODE_CLASSES
    )


def _is_in(found: CodeClass, code: _Code) -> Callable[[Ending, Policy], bool]:
    return lambda ending, policy: code(ending, policy) in found


RULES: tuple[Rule, ...] = (
    Rule(
        "engine could not start it",
        lambda e, _: bool(e.start_failure),
        Kind.ERROR,
        Blame.FACTORY,
        lambda e, _: Message(500, e.start_failure),
    ),
    Rule(
        "what it was to run is no program",
        lambda e, _: bool(e.no_program),
        Kind.ERROR,
        Blame.TARGET,
        lambda e, _: Message(600, e.no_program),
    ),
    *_by_class("its own message", _own_code, _own_words, own=True),
    Rule(
        "stopped by us or by a foreign hand",
        lambda e, _: bool(e.stopped),
        Kind.NEUTRAL,
        Blame.NOBODY,
        lambda e, _: Message(100, e.stopped),
    ),
    Rule(
        "killed for memory",
        lambda e, _: e.memory_limit_bytes > 0,
        Kind.ERROR,
        Blame.FACTORY,
        lambda e, _: Message(
            500, f"out of memory: used {e.memory_used_bytes} of {e.memory_limit_bytes} bytes"
        ),
    ),
    Rule(
        "over its disk",
        lambda e, _: e.over_disk,
        Kind.ERROR,
        Blame.TARGET,
        lambda _e, _p: Message(600, "over its disk"),
    ),
    Rule(
        "crashed, or stood still",
        lambda e, _: bool(e.failed),
        Kind.ERROR,
        Blame.FACTORY,
        lambda e, _: Message(700, e.failed),
    ),
    Rule(
        "heartbeat missed",
        lambda e, _: bool(e.heartbeat),
        Kind.ERROR,
        Blame.FACTORY,
        lambda e, _: Message(700, f"heartbeat file {e.heartbeat}"),
    ),
    *_by_class("its exit code stands for", _exit_code, _exit_words, own=False),
    Rule(
        "ended before fizzle_seconds",
        lambda e, p: e.lived_seconds < p.fizzle_seconds,
        Kind.ERROR,
        Blame.FACTORY,
        lambda e, _: Message(700, _wordless("fizzled", e)),
    ),
    Rule(
        "else",
        lambda _e, _p: True,
        Kind.NEUTRAL,
        Blame.NOBODY,
        lambda e, _: Message(200, _wordless("ended", e)),
    ),
)


def judge(ending: Ending, policy: Policy) -> Outcome:
    """Return the outcome of an end: the first row of `RULES` that applies. Never raises."""
    rule = next(rule for rule in RULES if rule.applies(ending, policy))
    words = rule.words(ending, policy)
    message = words if rule.own else _as_written_by_vacnet(words, ending)
    return Outcome(rule.kind, rule.blame, message, by_vacnet=not rule.own, stopped=bool(ending.stopped))


def _as_written_by_vacnet(words: Message, ending: Ending) -> Message:
    """Return our words as printable text, with what the machine wrote if that was no message."""
    raw = ending.message or b""
    wrote = f"; its shutdown_message is none: {escape(raw)}" if raw and parse_message(raw) is None else ""
    return Message(words.code, escape(words.text.encode("utf-8", "backslashreplace")) + wrote)
