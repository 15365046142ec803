"""The log: one event, one line, by stable names; for people on a terminal, as JSON for programs.

Rules of this file: names are dotted and never change (`machine.started`, `settings.bad`), what varies
stands in fields; nothing secret is ever a field. What libraries say through `logging` comes out in
the same form. Lines go to stderr: stdout is for data. What only somebody who looks for a fault wants
(`debug`: the line that makes a machine by hand, what is tried again in two seconds) is left out unless
`VACNET_LOG_LEVEL` asks for it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Literal, TextIO

import structlog
from structlog.typing import Processor, WrappedLogger

Form = Literal["people", "json"]

PAD_EVENT = 26
"""Columns of the longest name in common use, so that the fields of most lines stand below each other."""

_LONG_VALUE = 2000
"""A line that makes a machine by hand has a thousand characters; a traceback of an engine is cut."""


LEVEL_VARIABLE = "VACNET_LOG_LEVEL"
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def set_up(form: Form, stream: TextIO | None = None) -> None:
    """Send every log line to `stream` (None: stderr) in this form from now on."""
    out = stream or sys.stderr
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(_level()),
        processors=[_cut, structlog.processors.add_log_level, *_FORMS[form](out)],
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_FromLibraries()], force=True)


def _level() -> int:
    """Return the least level that is written; a word nobody knows asks for nothing special."""
    return LEVELS.get(os.environ.get(LEVEL_VARIABLE, "").lower(), logging.INFO)


def tell(name: str, fields: Mapping[str, object], *, warning: bool = False) -> None:
    """Write one line: an event by its stable name, with its fields."""
    logger = structlog.get_logger()
    (logger.warning if warning else logger.info)(
        name, **{_FIELD.get(key, key): fields[key] for key in fields}
    )


def tell_failure(name: str, error: BaseException) -> None:
    """Write a line with the whole traceback of something that should not have happened."""
    structlog.get_logger().error(name, error=repr(error), exc_info=error)


_FIELD = {"event": "what", "level": "degree", "timestamp": "time"}
"""Fields that bear a name which the line itself uses."""


def _people(out: TextIO) -> list[Processor]:
    colours = out.isatty() and not os.environ.get("NO_COLOR")
    plain = structlog.dev.plain_traceback
    return [
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(
            colors=colours, pad_event_to=PAD_EVENT, exception_formatter=plain, sort_keys=False
        ),
    ]


def _json(_out: TextIO) -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str),
    ]


_FORMS = {"people": _people, "json": _json}


def _cut(
    _logger: WrappedLogger, _method: str, line: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    for key, value in line.items():
        if isinstance(value, str) and len(value) > _LONG_VALUE:
            line[key] = f"{value[:_LONG_VALUE]}… ({len(value)} characters)"
    return line


class _FromLibraries(logging.Handler):
    """Gives on what libraries log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write it as the event `library`."""
        error = record.exc_info[1] if record.exc_info else None
        fields = {"library": record.name, "message": record.getMessage()}
        if error is not None:
            tell_failure(f"library.{record.name}", error)
        else:
            tell("library", fields, warning=record.levelno >= logging.WARNING)
