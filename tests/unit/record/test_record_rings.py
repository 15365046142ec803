"""Events and decisions: bounded, in order, with serials that are used once."""

import sqlite3
from pathlib import Path

from tests.unit.record.record_samples import Clocks
from vacnet.decide.reasons import Decision, Reason
from vacnet.record import Record, rings, schema
from vacnet.record.rings import DAY_SECONDS, EVENTS


async def test_events_page_by_serial_and_none_means_the_newest(record: Record) -> None:
    for number in range(10):
        record.add_event("machine.started", {"number": number}, warning=number == 3)
    page = await record.events(3, 4)
    assert [(event.serial, event.fields["number"]) for event in page] == [(4, 3), (5, 4), (6, 5), (7, 6)]
    assert [event.warning for event in page] == [True, False, False, False]
    assert [event.serial for event in await record.events(None, 3)] == [8, 9, 10]
    assert await record.events(10, 5) == []


async def test_an_event_with_a_value_that_json_has_no_form_for_is_kept_as_text(record: Record) -> None:
    record.add_event("odd", {"path": Path("/var/lib"), "bytes": b"\xff", "none": None, "list": (1, 2)})
    (event,) = await record.events(None, 1)
    assert event.fields == {"path": "/var/lib", "bytes": "/w==", "none": None, "list": [1, 2]}


async def test_fields_changed_by_their_giver_later_do_not_change_the_event(record: Record) -> None:
    fields: dict[str, object] = {"machines": 1}
    record.add_event("counted", fields)
    fields["machines"] = 2
    assert [event.fields for event in await record.events(None, 1)] == [{"machines": 1}]


async def test_what_the_kernel_dropped_is_added_up_since_a_moment(record: Record, clocks: Clocks) -> None:
    record.add_event("gossip.dropped", {"datagrams": 5}, warning=True)
    clocks.wall += 100
    record.add_event("gossip.dropped", {"datagrams": 7}, warning=True)
    record.add_event("gossip.else", {"datagrams": 9})
    assert await record.dropped(clocks.wall - 100) == 12
    assert await record.dropped(clocks.wall) == 7
    assert await record.dropped(clocks.wall + 1) == 0


async def test_a_decision_comes_back_with_its_reasons(record: Record) -> None:
    reasons = (
        Reason("mandelbrot", "chosen", "largest deficit", {"deficit": 3.5, "share": 1}),
        Reason("idle", "window.back-off", "for 12 s yet", {"opener": "node2"}),
    )
    decision = Decision(at=5_000.0, chosen="mandelbrot", reasons=reasons)
    record.add_decision(decision)
    (kept,) = await record.decisions(None, 5)
    assert kept.decision == decision


async def test_a_decision_of_a_moment_gone_by_is_found(record: Record) -> None:
    record.add_decision(Decision(at=1.0, chosen="mandelbrot", reasons=()))
    found = await record.decision_at(2e12)
    assert found is not None
    assert found.decision.chosen == "mandelbrot"
    assert await record.decision_at(found.time - 0.001) is None


def _connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    return connection


def test_a_ring_is_bounded_by_count_and_keeps_the_newest() -> None:
    connection = _connection()
    connection.execute("BEGIN")
    added = EVENTS.rows_max + 3 * rings.CUT_EVERY
    for number in range(added):
        rings.add_event(connection, 1e9, "n", {"number": number}, warning=False)
    (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
    assert EVENTS.rows_max <= count < EVENTS.rows_max + rings.CUT_EVERY
    assert rings.events(connection, None, 1)[0].fields == {"number": added - 1}


def test_a_ring_is_bounded_by_age_and_never_uses_a_serial_twice() -> None:
    connection = _connection()
    for _ in range(rings.CUT_EVERY - 1):
        rings.add_event(connection, 0.0, "old", {}, warning=False)
    rings.add_event(connection, 31 * DAY_SECONDS, "new", {}, warning=False)
    assert [event.name for event in rings.events(connection, 0, 1000)] == ["new"]
    connection.execute("DELETE FROM events")
    rings.add_event(connection, 31 * DAY_SECONDS, "newer", {}, warning=False)
    assert [event.serial for event in rings.events(connection, 0, 10)] == [rings.CUT_EVERY + 1]
