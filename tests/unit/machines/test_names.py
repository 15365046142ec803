"""Names and ids of machines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.machines.names import MachineId, lowest_free, machine_name, parse_machine_id, split_node_name

DEFAULT = "{host}-{number:02d}{domain}"


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "wn01-00.example.org"), (7, "wn01-07.example.org"), (123, "wn01-123.example.org")],
)
def test_names_are_vacs_with_three_digits_from_100(number: int, name: str) -> None:
    assert machine_name(DEFAULT, "wn01", ".example.org", number) == name


def test_a_node_without_a_domain_gives_short_names() -> None:
    assert machine_name(DEFAULT, *split_node_name("wn01"), 4) == "wn01-04"


def test_a_site_may_set_another_pattern() -> None:
    assert machine_name("vac{number:03d}-{host}.batch.local", "wn01", "", 4) == "vac004-wn01.batch.local"


@pytest.mark.parametrize(
    "pattern",
    [
        "{host}",
        "",
        "{host}_{number}",
        "{host.__class__}{number}",
        "-{number}",
        "{number}" + "x" * 300,
        "{number};rm",
    ],
)
def test_a_pattern_that_makes_no_host_name_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(ValueError, match="machine_name_pattern") as refused:
        machine_name(pattern, "wn01", ".example.org", 1)
    assert repr(pattern) in str(refused.value)


@given(
    st.integers(0, 10**11), st.from_regex(r"[a-z0-9][a-z0-9.-]{0,62}", fullmatch=True), st.integers(0, 999)
)
def test_an_id_is_read_back(created: int, target: str, number: int) -> None:
    made = MachineId(created, target, number)
    assert parse_machine_id(str(made)) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1_a",
        "1_a_1",
        "x_a_00",
        "1_a/../b_00",
        "1_../_00",
        "1_a_00\n",
        "1_A_00",
        "1_a_" + "0" * 5000,
        f"1_{'a' * 300}_00",
    ],
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_machine_id(text) is None


@given(st.sets(st.integers(0, 50)))
def test_the_lowest_free_number_is_free_and_lowest(taken: set[int]) -> None:
    free = lowest_free(taken)
    assert free not in taken
    assert set(range(free)) <= taken
