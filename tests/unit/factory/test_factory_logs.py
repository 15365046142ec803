"""The log in both forms: one event, one line, whatever is in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from vacnet.factory import logs


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    yield io.StringIO()
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def test_json_has_one_object_a_line_with_stable_keys(out: io.StringIO) -> None:
    logs.set_up("json", out)
    logs.tell("machine.started", {"name": "h-00.d", "command": "a\nb", "processors": 2})
    line = json.loads(out.getvalue())
    assert out.getvalue().count("\n") == 1
    assert line.pop("timestamp")
    assert line == {
        "event": "machine.started",
        "level": "info",
        "name": "h-00.d",
        "command": "a\nb",
        "processors": 2,
    }


def test_nothing_that_was_set_before_silences_the_log(out: io.StringIO) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logs.set_up("json", out)
    logs.tell("machine.started", {})
    assert json.loads(out.getvalue())["event"] == "machine.started"


def test_people_get_one_line_too_without_colours_in_a_file(out: io.StringIO) -> None:
    logs.set_up("people", out)
    logs.tell("machine.started", {"command": "a\nb\x1b[31m"}, warning=True)
    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()
    assert "machine.started" in out.getvalue()


def test_people_read_fields_in_the_order_in_which_they_are_told(out: io.StringIO) -> None:
    logs.set_up("people", out)
    logs.tell("machine.ended", {"machine": "h-00.d", "target": "t", "message": "200 ok", "by_vacnet": False})
    assert "machine=h-00.d target=t message='200 ok' by_vacnet=False" in out.getvalue()


def test_fields_may_bear_names_that_the_line_itself_uses(out: io.StringIO) -> None:
    logs.set_up("json", out)
    logs.tell("n", {"event": "e", "level": 3, "timestamp": 1})
    line = json.loads(out.getvalue())
    assert (line["event"], line["what"], line["degree"], line["time"]) == ("n", "e", 3, 1)


def test_what_libraries_say_comes_out_in_the_same_form(out: io.StringIO) -> None:
    logs.set_up("json", out)
    logging.getLogger("asyncio").warning("slow %s", "callback")
    line = json.loads(out.getvalue())
    assert (line["event"], line["library"], line["message"]) == ("library", "asyncio", "slow callback")


def test_a_failure_comes_with_its_traceback_in_one_json_line(out: io.StringIO) -> None:
    logs.set_up("json", out)
    try:
        int("inside")
    except ValueError as error:
        logs.tell_failure("control.failed", error)
    line = json.loads(out.getvalue())
    assert "test_factory_logs.py" in line["exception"]
    assert "invalid literal" in line["error"]


def test_a_value_without_end_is_cut(out: io.StringIO) -> None:
    logs.set_up("json", out)
    logs.tell("n", {"words": "x" * 100_000})
    assert len(out.getvalue()) < 3000


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("", ["info", "warning"]),
        ("debug", ["debug", "info", "warning"]),
        ("WARNING", ["warning"]),
        ("loud", ["info", "warning"]),
    ],
)
def test_debug_lines_are_written_only_where_they_are_asked_for(
    out: io.StringIO, monkeypatch: pytest.MonkeyPatch, asked: str, written: list[str]
) -> None:
    monkeypatch.setenv("VACNET_LOG_LEVEL", asked)
    logs.set_up("json", out)
    log = structlog.get_logger()
    log.debug("process.by-hand")
    log.info("process.create")
    log.warning("engine.away")
    assert [json.loads(line)["level"] for line in out.getvalue().splitlines()] == written
