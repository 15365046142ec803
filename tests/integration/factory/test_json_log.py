"""The log of a real factory as JSON: every line an object, every name on the page, every moment in UTC."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tools.events_page import WORDS
from tools.space.member import COMMAND, Member
from tools.space.space import Space
from tools.space.waiting import until

PATIENCE_SECONDS = 30.0
LIBRARY = "library"


def _lines(factory: Member) -> list[dict[str, Any]]:
    return [json.loads(line) for line in factory.log.read_text().splitlines()]


def test_each_line_is_an_event_of_the_page(make_space: Callable[[int], Space]) -> None:
    factory = make_space(1).members[0]
    factory.start(command=(*COMMAND[:-1], "--log", "json", COMMAND[-1]))

    def told() -> bool:
        return '"machine.started"' in factory.log.read_text()

    until(told, PATIENCE_SECONDS, "a machine is told")
    factory.stop()
    lines = _lines(factory)
    assert {line["event"] for line in lines} <= {*WORDS, LIBRARY}
    assert {"factory.started", "machine.starting", "factory.stopped"} <= {line["event"] for line in lines}
    assert {line["level"] for line in lines} <= {"debug", "info", "warning", "error"}
    moments = [datetime.fromisoformat(line["timestamp"]) for line in lines]
    assert all(moment.utcoffset() == timedelta(0) for moment in moments)
    assert all(line["target"] == "worker" for line in lines if line["event"].startswith("machine."))
