"""How a command asks the factory of its host: HTTP over the control socket, by the standard library.

Rules of this file: synchronous and small, for a command has half a second from start to answer;
nothing is imported but what a question needs. Commands and the console import this module alone of
the whole room, so the types of the answers are given on here. Whatever goes wrong becomes one
`ClientError`: words that say what is wrong and what to do, and the exit code of the command.

Exit codes are those of sysexits.h, as far as it has one for the case: 69 no factory answers, 75 it is
too slow, 76 its version and ours do not fit, 77 not allowed, 66 no such machine, 70 it failed inside; an
order that it refuses ends with 1, one that it does not understand with 2.
"""

from __future__ import annotations

import grp
import http.client
import math
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from vacnet.factory.messages.decisions import DecisionState, WhyState
from vacnet.factory.messages.health import Condition, Health, HealthNumbers
from vacnet.factory.messages.machines import Machines, MachineState
from vacnet.factory.messages.orders import (
    DrainOrder,
    DrainState,
    HoldOrder,
    HoldState,
    StopOrder,
    Stopped,
    UndrainOrder,
)
from vacnet.factory.messages.past import (
    HISTORY_SECONDS_MAX,
    Events,
    EventState,
    History,
    PastState,
    TallyState,
)
from vacnet.factory.messages.peers import KeyState, Peers, PeerState
from vacnet.factory.messages.schema import SCHEMA, ErrorAnswer
from vacnet.factory.messages.space import FactoryState, Outcome, SpaceState, TargetState

__all__ = [
    "HISTORY_SECONDS_MAX",
    "SCHEMA",
    "Client",
    "ClientError",
    "Condition",
    "DecisionState",
    "DrainOrder",
    "DrainState",
    "ErrorAnswer",
    "EventState",
    "Events",
    "FactoryState",
    "Health",
    "HealthNumbers",
    "History",
    "HoldOrder",
    "HoldState",
    "KeyState",
    "MachineState",
    "Machines",
    "Outcome",
    "PastState",
    "PeerState",
    "Peers",
    "SpaceState",
    "StopOrder",
    "Stopped",
    "TallyState",
    "TargetState",
    "WhyState",
    "default_socket",
]

FAILED = 1
WRONG_USE = 2
NO_INPUT = 66
UNAVAILABLE = 69
SOFTWARE = 70
TOO_SLOW = 75
PROTOCOL = 76
NO_PERMISSION = 77

ANSWER_BYTES_MAX = 64 << 20
"""10,000 machines and a thousand factories are 10 MB; more is no answer of a factory."""

CHUNK_BYTES = 1 << 16
ERRORS_FROM = 400
EXIT_OF_STATUS = {400: WRONG_USE, 404: NO_INPUT, 409: FAILED, 429: FAILED, 504: TOO_SLOW}
"""How a refusal ends the command; whatever is not here is a fault of the factory."""

SYSTEM_SOCKET = Path("/run/vacnet/control.sock")

_Answer = TypeVar("_Answer", bound=msgspec.Struct)


class ClientError(Exception):
    """A question that got no answer: words for people, and the exit code of the command."""

    def __init__(self, words: str, exit_code: int) -> None:
        """Keep both; `str()` gives the words."""
        super().__init__(words)
        self.words = words
        self.exit_code = exit_code


def default_socket() -> Path:
    """Return the control socket to use: `$VACNET_SOCKET`, the system's, or that of the user's own factory."""
    if named := os.environ.get("VACNET_SOCKET"):
        return Path(named)
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")  # where there is no login
    private = (Path(place, "vacnet/control.sock") for place in (runtime, state))
    return next((path for path in (SYSTEM_SOCKET, *private) if path.exists()), SYSTEM_SOCKET)


class Client:
    """Questions to one factory. Every method raises `ClientError` and nothing else."""

    def __init__(self, socket_path: Path | str | None = None, timeout_seconds: float = 5.0) -> None:
        """Ask at `socket_path` (None: `default_socket()`); an answer may take `timeout_seconds`."""
        self.socket_path = Path(socket_path) if socket_path is not None else default_socket()
        self.timeout_seconds = timeout_seconds

    def space(self) -> SpaceState:
        """Return the space as this factory sees it: factories, targets, warnings."""
        return self._get("/v1/space", SpaceState)

    def machines(self, ended: int = 0) -> Machines:
        """Return the unfinished machines of this factory, then the `ended` last ones that ended."""
        return self._get("/v1/machines", Machines, ended=ended)

    def machines_of(self, factory: str, ended: int = 0) -> Machines:
        """Return the same of another factory of the space, which this one asks over the network."""
        return self._get(f"/v1/factories/{quote(factory, safe='')}/machines", Machines, ended=ended)

    def peers(self) -> Peers:
        """Return the configured peers and the factories met."""
        return self._get("/v1/peers", Peers)

    def events(self, after: int = 0, limit: int = 100) -> Events:
        """Return up to `limit` events with a serial above `after`, oldest first."""
        return self._get("/v1/events", Events, after=after, limit=limit)

    def history(self, since: int) -> History:
        """Return how machines of this factory ended since then (Unix seconds), counted."""
        return self._get("/v1/history", History, since=since)

    def health(self) -> Health:
        """Return whether the factory works, in one line."""
        return self._get("/v1/health", Health)

    def drain_state(self) -> DrainState:
        """Return what drains the factory and what of its machines is left, as its engines show it now."""
        return self._get("/v1/drain", DrainState)

    def drain(self, order: DrainOrder) -> DrainState:
        """Have the factory start nothing new; a drain before it is replaced."""
        return self._post("/v1/drain", order, DrainState)

    def undrain(self, who: str = "") -> DrainState:
        """Take an ordered drain back."""
        return self._post("/v1/undrain", UndrainOrder(who=who), DrainState)

    def stop(self, machine: str, order: StopOrder) -> Stopped:
        """Have a machine ended, by name (the latest of it) or id."""
        return self._post(f"/v1/machines/{quote(machine, safe='')}/stop", order, Stopped)

    def hold(self, target: str, order: HoldOrder) -> HoldState:
        """Hold a target, here or in the whole space, or let go of it."""
        return self._post(f"/v1/targets/{quote(target, safe='')}/hold", order, HoldState)

    def log(self, machine: str, *, tail: int = 0, follow: bool = False) -> Iterator[bytes]:
        """Yield the console log of a machine, by name (the latest of it) or id.

        Args:
            machine: name or id as `vacnet machines` shows it.
            tail: the last lines only; 0 for all that is kept.
            follow: go on until the machine has ended or the caller stops.
        """
        path = f"/v1/machines/{quote(machine, safe='')}/log"
        return self._stream(_with_query(path, {"tail": tail, "follow": int(follow)}), endless=follow)

    def why(self, target: str) -> WhyState:
        """Return all that the decision about a target looks at."""
        return self._get(f"/v1/targets/{quote(target, safe='')}/why", WhyState)

    def decision(self, at: int) -> DecisionState:
        """Return the last decision made until `at` (Unix seconds)."""
        return self._get("/v1/decisions", DecisionState, at=at)

    def past(self, at: float, step: int = 0) -> PastState:
        """Return the picture kept last until `at` (Unix seconds), or so many pictures after or before it."""
        milliseconds = max(0, math.ceil(at * 1000))  # never before what was made at that moment
        query = {"at": milliseconds, "before": max(0, -step), "after": max(0, step)}
        return self._get("/v1/past", PastState, **query)

    def log_tail(self, machine: str, lines: int) -> bytes:
        """Return the last lines of the console log of a machine."""
        return b"".join(self.log(machine, tail=lines))

    def recording(self, seconds: int = 0) -> Iterator[bytes]:
        """Yield a recording of what the factory's agent is told and sends, for `seconds` (0: endless)."""
        return self._stream(_with_query("/v1/recording", {"seconds": seconds}), endless=True)

    def _get(self, path: str, answer: type[_Answer], **query: int) -> _Answer:
        return self._answered(_with_query(path, query), None, answer)

    def _post(self, path: str, order: msgspec.Struct, answer: type[_Answer]) -> _Answer:
        return self._answered(path, msgspec.json.encode(order), answer)

    def _answered(self, path: str, order: bytes | None, answer: type[_Answer]) -> _Answer:
        connection = self._connect()
        try:
            response = self._ask(connection, path, order)
            body = response.read(ANSWER_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            raise self._explained(error) from error
        finally:
            connection.close()
        return _decode(body, response.status, answer)

    def _stream(self, path: str, *, endless: bool) -> Iterator[bytes]:
        connection = self._connect()
        try:
            response = self._ask(connection, path)
            if response.status >= ERRORS_FROM:
                _decode(response.read(ANSWER_BYTES_MAX), response.status, ErrorAnswer)
            if endless and connection.sock is not None:
                connection.sock.settimeout(None)
            while chunk := response.read1(CHUNK_BYTES):
                yield chunk
        except (OSError, http.client.HTTPException) as error:
            raise self._explained(error) from error
        finally:
            connection.close()

    def _connect(self) -> _UnixConnection:
        connection = _UnixConnection(self.socket_path, self.timeout_seconds)
        try:
            connection.connect()
        except OSError as error:
            raise self._explained(error) from error
        return connection

    def _ask(
        self, connection: _UnixConnection, path: str, order: bytes | None = None
    ) -> http.client.HTTPResponse:
        connection.request("GET" if order is None else "POST", path, order)
        return connection.getresponse()

    def _explained(self, error: Exception) -> ClientError:
        words, code = next(row[1:] for row in _EXPLANATIONS if isinstance(error, row[0]))
        where = self.socket_path
        given = words.format(path=where, error=error, seconds=self.timeout_seconds, whom=_whom(where))
        return ClientError(given, code)


_NO_DAEMON = (
    "no factory answers at {path}; start one with `systemctl start vacnet` or `vacnet run`, "
    "or name another with --config, --socket or VACNET_SOCKET"
)

_EXPLANATIONS: tuple[tuple[type[Exception], str, int], ...] = (
    (FileNotFoundError, _NO_DAEMON, UNAVAILABLE),
    (ConnectionRefusedError, _NO_DAEMON, UNAVAILABLE),
    (
        PermissionError,
        ("you may not use {path}; it is for {whom}, and log in again, or use sudo"),
        NO_PERMISSION,
    ),
    (
        TimeoutError,
        (
            "the factory at {path} did not answer within {seconds:g} s; "
            "see its log, and whether the host is overloaded"
        ),
        TOO_SLOW,
    ),
    (ConnectionResetError, "the factory at {path} ended before it answered; see its log", UNAVAILABLE),
    (OSError, "the socket {path} cannot be used ({error}); check the path", UNAVAILABLE),
    (Exception, "what answers at {path} is no factory ({error}); check the path", PROTOCOL),
)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP to a Unix socket; the host name is for the header alone."""

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket file."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(self.timeout)
        try:
            made.connect(str(self._path))
        except OSError:
            made.close()
            raise
        self.sock = made


class _Envelope(msgspec.Struct):
    """What all answers have in common."""

    schema: int


def _with_query(path: str, query: dict[str, int]) -> str:
    given = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def _decode(body: bytes, status: int, answer: type[_Answer]) -> _Answer:
    try:
        schema = msgspec.json.decode(body, type=_Envelope).schema
        if schema != SCHEMA:
            raise ClientError(_skew(schema), PROTOCOL)
        if status >= ERRORS_FROM:
            words = msgspec.json.decode(body, type=ErrorAnswer).error
            raise ClientError(words, EXIT_OF_STATUS.get(status, SOFTWARE))
        return msgspec.json.decode(body, type=answer)
    except msgspec.MsgspecError as error:
        words = f"what answered is no factory that this command understands ({error}); is the socket right?"
        raise ClientError(words, PROTOCOL) from error


def _skew(schema: int) -> str:
    older = (
        "the factory is newer than this command"
        if schema > SCHEMA
        else "the factory is older than this command"
    )
    return (
        f"{older} (it answers by schema {schema}, this command reads {SCHEMA}); "
        "use the vacnet that the factory runs, or restart the factory after the upgrade"
    )


def _whom(path: Path) -> str:
    """Return whom a socket is for and how one becomes that; never that one should join root's group."""
    group = "vacnet"
    with suppress(OSError, KeyError):
        group = grp.getgrgid(path.stat().st_gid).gr_name
    if group == "root":
        return (
            "root alone, because this host had no group vacnet ([control] group) when the factory started: "
            "as root `groupadd --system vacnet`, `usermod -aG vacnet USER`, restart the factory"
        )
    return f"root and the group {group}: join it with `usermod -aG {group} USER`"
