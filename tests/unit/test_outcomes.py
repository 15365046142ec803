"""How a machine ended: every code, every malformed message, and the order of the table."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.outcomes import (
    CODE_CLASSES,
    MESSAGE_BYTES_MAX,
    RULES,
    Blame,
    Ending,
    Kind,
    Message,
    Outcome,
    Policy,
    judge,
    parse_message,
)

POLICY = Policy(fizzle_seconds=600, exit_codes={0: 200, 3: 300, 5: 150})
OLD, YOUNG = 3600.0, 5.0

EXPECTED = {
    1: (Kind.NEUTRAL, Blame.NOBODY),
    2: (Kind.OK, Blame.NOBODY),
    3: (Kind.NOWORK, Blame.TARGET),
    4: (Kind.ERROR, Blame.TARGET),
    5: (Kind.ERROR, Blame.FACTORY),
    6: (Kind.ERROR, Blame.TARGET),
    7: (Kind.ERROR, Blame.FACTORY),
    8: (Kind.ERROR, Blame.FACTORY),
    9: (Kind.ERROR, Blame.FACTORY),
}
"""Section 5 of the design, by the code's first digit."""

endings = st.builds(
    Ending,
    lived_seconds=st.floats(0, 1e6),
    message=st.none() | st.binary(max_size=40) | st.integers(0, 1200).map(lambda n: f"{n} text".encode()),
    start_failure=st.sampled_from(["", "exec format error"]),
    no_program=st.sampled_from(["", "user_data is empty"]),
    stopped=st.sampled_from(["", "drain"]),
    memory_used_bytes=st.integers(0, 1 << 40),
    memory_limit_bytes=st.sampled_from([0, 1 << 30]),
    over_disk=st.booleans(),
    heartbeat=st.sampled_from(["", "not created", "not updated"]),
    exit_code=st.none() | st.integers(0, 6),
)


def _judged(**known: object) -> tuple[Kind, Blame, str]:
    outcome = judge(Ending(**{"lived_seconds": OLD, **known}), POLICY)  # type: ignore[arg-type]
    return outcome.kind, outcome.blame, str(outcome.message)


def test_every_valid_code_has_the_outcome_of_its_class_in_the_machines_own_words() -> None:
    for code in range(100, 1000):
        outcome = judge(Ending(lived_seconds=YOUNG, message=f"{code} why".encode()), POLICY)
        assert (outcome.kind, outcome.blame) == EXPECTED[code // 100]
        assert (outcome.message, outcome.by_vacnet) == (Message(code, "why"), False)


def test_the_classes_of_codes_cover_100_to_999_once() -> None:
    covered = [code for found in CODE_CLASSES for code in range(found.low, found.high + 1)]
    assert covered == list(range(100, 1000))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"99 too low",
        b"1000 too high",
        b"012 zero first",
        b"2000",
        b"20",
        b"200x",
        b"200\ttab",
        b" 200 blank first",
        b"-200",
        b"ok",
        b"\xff\xfe\x00",
        b"\n200 second line",
        b"200\x00",
        "٢٠٠ x".encode(),
        b"\r200",
        b"2 00",
    ],
)
def test_what_is_no_message_counts_as_none_and_is_kept_escaped(raw: bytes) -> None:
    assert parse_message(raw) is None
    outcome = judge(Ending(lived_seconds=OLD, message=raw), POLICY)
    assert (outcome.kind, outcome.by_vacnet) == (Kind.NEUTRAL, True)
    assert ("its shutdown_message is none" in outcome.message.text) == bool(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"200", Message(200)),
        (b"200 ", Message(200)),
        (b"200 done\nmore", Message(200, "done")),
        (b"300 nothing\r\n", Message(300, "nothing")),
        (b"700 a\x1b[31mred", Message(700, r"a\x1b[31mred")),
        (b"700 \xff", Message(700, r"\xff")),
        ("600 käse".encode(), Message(600, "käse")),
        ("600 \u202eevil".encode(), Message(600, r"\u202eevil")),
    ],
)
def test_a_message_is_its_first_line_in_printable_text(raw: bytes, message: Message) -> None:
    assert parse_message(raw) == message


def test_a_first_line_without_end_is_cut() -> None:
    found = parse_message(b"200 " + b"x" * 10 * MESSAGE_BYTES_MAX)
    assert found is not None
    assert len(found.text) == MESSAGE_BYTES_MAX - len("200 ")


@given(st.binary(max_size=3 * MESSAGE_BYTES_MAX))
def test_any_bytes_are_a_message_of_a_valid_code_or_none(raw: bytes) -> None:
    found = parse_message(raw)
    if found is not None:
        assert 100 <= found.code <= 999
        assert raw.startswith(str(found.code).encode())
        assert found.text.isprintable()


@given(endings)
def test_every_end_has_an_outcome_in_one_printable_line_and_no_error_blames_nobody(ending: Ending) -> None:
    outcome = judge(ending, POLICY)
    assert 100 <= outcome.message.code <= 999
    assert str(outcome.message).isprintable()
    assert (outcome.kind is Kind.ERROR) == (outcome.message.code >= 400)
    assert (outcome.blame is Blame.NOBODY) == (outcome.kind in {Kind.OK, Kind.NEUTRAL})


@given(endings)
def test_the_first_row_that_applies_decides(ending: Ending) -> None:
    outcome = judge(ending, POLICY)
    first = next(rule for rule in RULES if rule.applies(ending, POLICY))
    assert (outcome.kind, outcome.blame, outcome.by_vacnet) == (first.kind, first.blame, not first.own)


@given(endings)
def test_only_a_start_that_failed_outweighs_the_machines_own_valid_message(ending: Ending) -> None:
    own = parse_message(ending.message)
    if own is not None and not ending.start_failure and not ending.no_program:
        assert judge(ending, POLICY).message == own


IN_ORDER: list[tuple[dict[str, object], tuple[Kind, Blame, str]]] = [
    ({"start_failure": "no such image"}, (Kind.ERROR, Blame.FACTORY, "500 no such image")),
    ({"no_program": "user_data is empty"}, (Kind.ERROR, Blame.TARGET, "600 user_data is empty")),
    ({"message": b"300 nothing to do"}, (Kind.NOWORK, Blame.TARGET, "300 nothing to do")),
    ({"stopped": "drain"}, (Kind.NEUTRAL, Blame.NOBODY, "100 drain")),
    (
        {"memory_used_bytes": 9, "memory_limit_bytes": 8},
        (Kind.ERROR, Blame.FACTORY, "500 out of memory: used 9 of 8 bytes"),
    ),
    ({"over_disk": True}, (Kind.ERROR, Blame.TARGET, "600 over its disk")),
    ({"heartbeat": "not updated"}, (Kind.ERROR, Blame.FACTORY, "700 heartbeat file not updated")),
    ({"exit_code": 3}, (Kind.NOWORK, Blame.TARGET, "300 exit code 3")),
    (
        {"lived_seconds": YOUNG},
        (Kind.ERROR, Blame.FACTORY, "700 fizzled after 5 seconds without a message"),
    ),
    ({}, (Kind.NEUTRAL, Blame.NOBODY, "200 ended after 3600 seconds without a message")),
]
"""What happened, one thing each, in the order of the design's table."""


@pytest.mark.parametrize(("known", "expected"), IN_ORDER)
def test_each_thing_alone_has_its_row(known: dict[str, object], expected: tuple[Kind, Blame, str]) -> None:
    assert _judged(**known) == expected


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(range(len(IN_ORDER)), 2)))
def test_of_two_things_that_happened_the_earlier_row_wins(first: int, second: int) -> None:
    known = {**IN_ORDER[second][0], **IN_ORDER[first][0]}
    assert _judged(**known) == IN_ORDER[first][1]


def test_an_exit_code_that_the_target_does_not_name_says_nothing() -> None:
    assert _judged(exit_code=1)[:2] == (Kind.NEUTRAL, Blame.NOBODY)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, ""),
        (2, ", exit code 2"),
        (1, ", exit code 1"),
        (137, ", exit code 137 (SIGKILL)"),
        (139, ", exit code 139 (SIGSEGV)"),
        (255, ", exit code 255"),
    ],
)
def test_who_ended_without_a_message_is_told_with_its_exit_code(code: int | None, words: str) -> None:
    assert _judged(exit_code=code)[2] == f"200 ended after 3600 seconds without a message{words}"
    told = _judged(exit_code=code, lived_seconds=YOUNG)[2]
    assert told == f"700 fizzled after 5 seconds without a message{words}"


def test_a_life_of_exactly_fizzle_seconds_has_not_fizzled() -> None:
    assert _judged(lived_seconds=600.0)[0] is Kind.NEUTRAL
    assert _judged(lived_seconds=599.9)[0] is Kind.ERROR


def test_an_end_of_our_doing_says_so_whatever_the_machine_wrote() -> None:
    assert judge(Ending(lived_seconds=OLD, message=b"200 done", stopped="drain"), POLICY).stopped
    assert not judge(Ending(lived_seconds=OLD, message=b"200 done"), POLICY).stopped


def test_the_words_of_an_engine_are_made_printable() -> None:
    assert _judged(start_failure="oops\n\x1b[2J")[2] == r"500 oops\n\x1b[2J"


def test_only_ok_proves_and_only_700_and_above_is_transient() -> None:
    outcomes: dict[int, Outcome] = {
        code: judge(Ending(lived_seconds=OLD, message=str(code).encode()), POLICY)
        for code in range(100, 1000)
    }
    assert [code for code, outcome in outcomes.items() if outcome.proves] == list(range(200, 300))
    assert [code for code, outcome in outcomes.items() if outcome.transient] == list(range(700, 1000))


@given(endings)
def test_the_code_that_others_are_told_means_the_same_kind_alone(ending: Ending) -> None:
    outcome = judge(ending, POLICY)
    alone = judge(Ending(lived_seconds=0.0, message=str(outcome.told_code).encode()), POLICY)
    assert alone.kind is outcome.kind
