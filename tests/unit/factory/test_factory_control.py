"""The control socket and its client over a real Unix socket: answers, refusals, words for every trouble."""

from __future__ import annotations

import asyncio
import http.client
import os
import pwd
import socket
import stat
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import msgspec
import pytest

from vacnet.factory.client import Client, ClientError, DrainOrder, HoldOrder, StopOrder, default_socket
from vacnet.factory.control import Control, RefusedError
from vacnet.factory.messages.decisions import DecisionState, WhyState
from vacnet.factory.messages.health import Health
from vacnet.factory.messages.machines import Machines
from vacnet.factory.messages.orders import DrainState, HoldState, Stopped
from vacnet.factory.messages.past import Events, EventState, History, PastState
from vacnet.factory.messages.peers import Peers
from vacnet.factory.messages.space import SpaceState
from vacnet.factory.socket_file import SocketFileError

PATIENCE_SECONDS = 30.0

SPACE = SpaceState(
    space="s",
    factory="f",
    time=1.0,
    version="0",
    factories=(),
    targets=(),
    starts_last_minute=3,
    warnings=("w",),
)


LOUD, QUIET = 8, 9
"""Recordings without an end: the one always has something to tell, the other never."""
ENDLESS = {LOUD, QUIET}


class Canned:
    """Answers that say what was asked."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def space(self) -> SpaceState:
        return SPACE

    async def machines(self, ended: int) -> Machines:
        return Machines(factory=f"ended={ended}", time=1.0, machines=())

    async def machines_of(self, factory: str, ended: int) -> Machines:
        if factory == "silent":
            raise RefusedError(504, "silent does not answer within 3 s")
        return Machines(factory=factory, time=1.0, machines=(), asked_by="f", age_seconds=float(ended))

    async def peers(self) -> Peers:
        raise KeyError("a fault of ours")

    async def events(self, after: int, limit: int) -> Events:
        event = EventState(serial=after, time=1.0, name="n", fields={"limit": limit}, warning=False)
        return Events(factory="f", time=1.0, events=(event,))

    async def why(self, target: str) -> WhyState:
        raise RefusedError(404, f"no target {target}")

    async def decision(self, at: int) -> DecisionState:
        return DecisionState(factory="f", time=1.0, made=float(at), decision=None)

    async def history(self, since: int) -> History:
        return History(factory="f", time=1.0, since=float(since), tallies=())

    async def health(self) -> Health:
        return Health(
            factory="f",
            time=1.0,
            version="0",
            state="ready",
            words="",
            up_seconds=1.0,
            pid=1,
            counters={"sent": 2},
        )

    async def past(self, at: float, step: int) -> PastState:
        return PastState(factory="f", time=1.0, first=at, made=float(step))

    async def log(self, machine: str, tail: int, *, follow: bool) -> AsyncGenerator[bytes]:
        if machine != "m/1":
            raise RefusedError(404, f"no machine {machine}")
        yield f"tail={tail} ".encode()
        yield f"follow={follow}".encode()

    async def recording(self, seconds: int) -> AsyncGenerator[bytes]:
        if seconds == 1:
            raise RefusedError(429, "too many listen")
        yield f"seconds={seconds}".encode()
        if seconds in ENDLESS:
            async with asyncio.timeout(1000):  # as a real one: its task must not change
                async for piece in self._endless(seconds):
                    yield piece

    async def _endless(self, seconds: int) -> AsyncGenerator[bytes]:
        try:
            while True:
                await (asyncio.sleep(0) if seconds == LOUD else asyncio.Event().wait())
                yield bytes(1 << 16)
        finally:
            self.released.set()


class Ordered:
    """Orders that say who ordered what."""

    async def drain(self, order: DrainOrder, who: str) -> DrainState:
        return _drain_state(f"{order.reason} by={order.by} now={order.now}", who)

    async def undrain(self, who: str) -> DrainState:
        return _drain_state("", who)

    async def drain_state(self) -> DrainState:
        return _drain_state("asked", "")

    async def stop(self, machine: str, order: StopOrder, who: str) -> Stopped:
        if machine != "m/1":
            raise RefusedError(409, f"{machine} has ended")
        return Stopped(
            factory=who, time=1.0, name=machine, id=order.reason, state="running", grace_seconds=30.0
        )

    async def hold(self, target: str, order: HoldOrder, who: str) -> HoldState:
        here = f"{order.reason} held={order.held} space={order.space} who={who}"
        return HoldState(factory="f", time=1.0, target=target, here=here, space="", before="", changed=True)


def _drain_state(words: str, who: str) -> DrainState:
    return DrainState(
        factory="f",
        time=1.0,
        draining=bool(words),
        words=words,
        reason="",
        who=who,
        since=None,
        by=None,
        now=False,
        until_reboot=False,
        in_settings="",
        before="",
        left=(),
        last_deadline=None,
        unknown="",
    )


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[Control]:
    made = Control(tmp_path / "run" / "control.sock", "no-such-group", Canned(), Ordered())
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def client(control: Control, tmp_path: Path) -> Client:
    return Client(tmp_path / "run" / "control.sock")


async def test_every_question_is_answered_by_its_type(client: Client) -> None:
    assert await asyncio.to_thread(client.space) == SPACE
    assert (await asyncio.to_thread(client.machines, 7)).factory == "ended=7"
    assert (await asyncio.to_thread(client.events, 5, 9)).events[0].fields == {"limit": 9}
    assert (await asyncio.to_thread(client.history, 77)).since == 77.0
    assert (await asyncio.to_thread(client.health)).counters == {"sent": 2}


async def test_another_factory_is_asked_for_by_its_name_and_one_that_is_silent_is_too_slow(
    client: Client,
) -> None:
    there = await asyncio.to_thread(client.machines_of, "vac/2", 7)
    assert (there.factory, there.asked_by, there.age_seconds) == ("vac/2", "f", 7.0)
    with pytest.raises(ClientError, match="silent does not answer") as caught:
        await asyncio.to_thread(client.machines_of, "silent")
    assert caught.value.exit_code == 75


async def test_a_decision_is_asked_for_by_its_time_and_a_reason_by_its_target(client: Client) -> None:
    assert (await asyncio.to_thread(client.decision, 7)).made == 7.0
    with pytest.raises(ClientError, match="no target a/b") as caught:
        await asyncio.to_thread(client.why, "a/b")
    assert caught.value.exit_code == 66


async def test_a_log_comes_in_pieces_by_a_name_with_any_characters(client: Client) -> None:
    log = await asyncio.to_thread(lambda: b"".join(client.log("m/1", tail=3, follow=True)))
    assert log == b"tail=3 follow=True"


async def test_a_recording_comes_as_long_as_was_asked_or_is_refused_in_words(client: Client) -> None:
    assert await asyncio.to_thread(lambda: b"".join(client.recording(7))) == b"seconds=7"
    with pytest.raises(ClientError, match="too many listen") as caught:
        await asyncio.to_thread(lambda: list(client.recording(1)))
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("seconds", [LOUD, QUIET])
async def test_who_goes_away_is_no_error_and_what_it_heard_is_let_go_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seconds: int
) -> None:
    answers = Canned()
    control = Control(tmp_path / "c.sock", "no-such-group", answers, Ordered())
    await control.start()
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "c.sock"))
    writer.write(f"GET /v1/recording?seconds={seconds} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(f"seconds={seconds}".encode())
    writer.transport.abort()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await answers.released.wait()
    await control.close()
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_machine_that_is_not_there_is_told_in_the_factorys_words(client: Client) -> None:
    with pytest.raises(ClientError, match="no machine other") as caught:
        await asyncio.to_thread(lambda: list(client.log("other")))
    assert caught.value.exit_code == 66


async def test_a_fault_inside_is_told_in_words_and_the_next_question_is_answered(client: Client) -> None:
    with pytest.raises(ClientError, match=r"failed to answer.*a fault of ours.*see its log"):
        await asyncio.to_thread(client.peers)
    assert await asyncio.to_thread(client.space) == SPACE


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/machines?ended=10001", 400, "whole number from 0 to 10000"),
        ("/v1/machines?ended=-1", 400, "ended='-1'"),
        ("/v1/events?limit=1e3", 400, "limit='1e3'"),
        ("/v1/events?after=" + "9" * 5000, 400, "after="),
        ("/v2/space", 404, "no answer for /v2/space"),
    ],
)
async def test_whatever_is_refused_is_refused_in_words(
    client: Client, path: str, status: int, words: str
) -> None:
    answer = await asyncio.to_thread(_raw, client.socket_path, path)
    assert answer[0] == status
    assert words in msgspec.json.decode(answer[1])["error"]


async def test_the_socket_is_for_owner_and_group_alone_and_goes_with_the_factory(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    made = Control(path, "no-such-group", Canned(), Ordered())
    await made.start()
    assert _mode(path) == 0o660
    await made.close()
    assert _names(tmp_path) == []


async def test_a_socket_left_by_a_killed_factory_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))
    made = Control(path, "no-such-group", Canned(), Ordered())
    await made.start()
    assert await asyncio.to_thread(Client(path).space) == SPACE
    await made.close()


async def test_a_socket_on_which_a_factory_listens_is_left_to_it(control: Control, tmp_path: Path) -> None:
    path = tmp_path / "run" / "control.sock"
    with pytest.raises(SocketFileError, match="another factory listens there"):
        await Control(path, "no-such-group", Canned(), Ordered()).start()
    assert await asyncio.to_thread(Client(path).space) == SPACE


async def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    path.write_text("precious")
    with pytest.raises(SocketFileError, match="a file that is no socket"):
        await Control(path, "no-such-group", Canned(), Ordered()).start()
    assert path.read_text() == "precious"


async def test_a_path_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(SocketFileError, match="longer than a socket's path can be"):
        await Control(tmp_path / ("x" * 120), "no-such-group", Canned(), Ordered()).start()


async def test_orders_are_carried_with_who_the_kernel_says_gave_them(client: Client) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    drained = await asyncio.to_thread(client.drain, DrainOrder(reason="DIMMs", by=7.0))
    assert (drained.words, drained.who) == ("DIMMs by=7.0 now=False", me)
    assert (await asyncio.to_thread(client.undrain)).who == me
    assert (await asyncio.to_thread(client.drain_state)).words == "asked"
    stopped = await asyncio.to_thread(client.stop, "m/1", StopOrder(reason="r"))
    assert (stopped.name, stopped.id, stopped.factory) == ("m/1", "r", me)
    held = await asyncio.to_thread(client.hold, "a/b", HoldOrder(held=True, space=True, reason="r"))
    assert (held.target, held.here) == ("a/b", f"r held=True space=True who={me}")


async def test_only_root_may_say_that_somebody_else_asks(client: Client) -> None:
    told = await asyncio.to_thread(client.undrain, "andrew")
    assert told.who == ("andrew" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name)


async def test_an_order_that_cannot_be_done_is_refused_in_the_factorys_words(client: Client) -> None:
    with pytest.raises(ClientError, match="m2 has ended") as caught:
        await asyncio.to_thread(client.stop, "m2", StopOrder(reason="r"))
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/v1/drain", b"", 400, "expected a JSON object of reason, by, now"),
        ("/v1/drain", b"{}", 400, "missing required field `reason`"),
        ("/v1/drain", b'{"reason": "r", "untill": 1}', 400, "unknown field `untill`"),
        ("/v1/drain", b'{"reason": 7}', 400, "Expected `str`"),
        ("/v1/drain", b'{"reason": "' + b"x" * 5000 + b'"}', 413, "Entity Too Large"),
        ("/v1/space", b"{}", 405, "Method Not Allowed"),
        ("/v1/machines/x/start", b"{}", 404, "no answer for"),
    ],
)
async def test_orders_that_cannot_be_read_are_refused_in_words(
    client: Client, path: str, body: bytes, status: int, words: str
) -> None:
    answer = await asyncio.to_thread(_raw, client.socket_path, path, body)
    assert answer[0] == status
    assert words in msgspec.json.decode(answer[1])["error"]


# --- the client alone -----------------------------------------------------------------------------


def test_without_a_daemon_it_says_how_to_start_one_and_where_it_looked(tmp_path: Path) -> None:
    path = tmp_path / "none.sock"
    with pytest.raises(
        ClientError, match=rf"no factory answers at {path}; start one with .*VACNET_SOCKET"
    ) as caught:
        Client(path).space()
    assert caught.value.exit_code == 69


def test_a_socket_nobody_listens_on_is_told_like_no_daemon(tmp_path: Path) -> None:
    path = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))
    with pytest.raises(ClientError, match="no factory answers"):
        Client(path).space()


@pytest.mark.parametrize(
    ("answer", "words", "code"),
    [
        (b"", "did not answer within 0.2 s", 75),
        (b"SSH-2.0-OpenSSH\r\n", "is no factory", 76),
        (
            b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"schema":9}',
            "factory is newer than this command",
            76,
        ),
        (
            b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"schema":0}',
            "factory is older than this command",
            76,
        ),
        (
            b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"schema":1}',
            "no factory that this command understands",
            76,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<html>", "did not answer within", 75),
    ],
)
def test_whatever_else_answers_is_told_in_words(tmp_path: Path, answer: bytes, words: str, code: int) -> None:
    with _stub(tmp_path / "stub.sock", answer), pytest.raises(ClientError, match=words) as caught:
        Client(tmp_path / "stub.sock", timeout_seconds=0.2).space()
    assert caught.value.exit_code == code


def test_the_environment_names_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VACNET_SOCKET", "/somewhere/s.sock")
    assert default_socket() == Path("/somewhere/s.sock")


@pytest.mark.parametrize("variable", ["XDG_RUNTIME_DIR", "XDG_STATE_HOME"])
def test_a_users_own_factory_is_found_where_its_socket_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setattr("vacnet.factory.client.SYSTEM_SOCKET", tmp_path / "none.sock")
    for name in ("VACNET_SOCKET", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_socket() == tmp_path / "none.sock"
    monkeypatch.setenv(variable, str(tmp_path / "own"))
    socket_file = tmp_path / "own/vacnet/control.sock"
    socket_file.parent.mkdir(parents=True)
    socket_file.touch()
    assert default_socket() == socket_file


class _stub:  # noqa: N801 (used like a function)
    """A socket that answers whoever comes with the same bytes and stays open."""

    def __init__(self, path: Path, answer: bytes) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(path))
        self._socket.listen(1)
        self._answer = answer
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        came, _ = self._socket.accept()
        with came:
            came.sendall(self._answer)
            while came.recv(4096):
                pass


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def _raw(path: Path, question: str, order: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(str(path))
    connection.request("GET" if order is None else "POST", question, order)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body
