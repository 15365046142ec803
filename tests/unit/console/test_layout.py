from __future__ import annotations

from vacnet.console.layout import choose_rows, place
from vacnet.console.model import Column, Row, Sheet, say

COLUMNS = (
    Column(key="name", title="NAME"),
    Column(key="bar", width=4, width_wide=10, leaves=1),
    Column(key="extra", title="extra", leaves=2),
    Column(key="note", title="note", leaves=9, below=True, width=8),
)


def sheet(note: str = "a rather long note", extra: str = "12345") -> Sheet:
    row = Row(cells={"name": say("vac01"), "bar": say("#"), "extra": say(extra), "note": say(note)})
    return Sheet(columns=COLUMNS, rows=(row,))


def keys(width: int, **words: str) -> list[str]:
    return [column.key for column, _ in place(sheet(**words), width).columns]


def test_where_there_is_room_all_columns_stand_and_the_bar_is_wide() -> None:
    placed = place(sheet(), 80)
    assert [(column.key, width) for column, width in placed.columns] == [
        ("name", 5),
        ("bar", 10),
        ("extra", 5),
        ("note", 18),
    ]


def test_the_note_moves_below_before_anything_is_lost() -> None:
    placed = place(sheet(), 22)
    assert [column.key for column, _ in placed.columns] == ["name", "bar", "extra"]
    assert placed.below == (COLUMNS[3],)


def test_columns_leave_by_their_number() -> None:
    assert [keys(width) for width in (18, 17, 11, 5)] == [
        ["name", "bar", "extra"],
        ["name", "bar"],
        ["name", "bar"],
        ["name"],
    ]


def test_a_column_with_nothing_in_it_is_not_shown() -> None:
    assert keys(80, extra="") == ["name", "bar", "note"]


def test_a_line_never_gets_longer_than_the_terminal_while_something_can_give() -> None:
    for width in range(8, 60):
        columns = place(sheet(), width).columns
        assert sum(room for _, room in columns) + 2 * (len(columns) - 1) <= width


def rows() -> tuple[Row, ...]:
    moods = ("live", "silent", "live", "live", "draining")
    return tuple(
        Row(cells={"name": say(str(index))}, mood=mood, notable=mood != "live")
        for index, mood in enumerate(moods)
    )


def test_rows_that_fit_are_all_shown() -> None:
    shown = choose_rows(rows(), 5)
    assert shown.rows == rows()
    assert shown.left_out == ""


def test_notable_rows_are_left_out_last_and_the_order_stays() -> None:
    shown = choose_rows(rows(), 3)
    assert [row.cells["name"].text for row in shown.rows] == ["0", "1", "4"]


def test_what_is_left_out_is_counted_by_what_it_is() -> None:
    assert choose_rows(rows(), 1).left_out == "and 4 more: 3 live, 1 draining"
