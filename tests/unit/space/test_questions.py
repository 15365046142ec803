"""Observers and QUERY: what may be asked, what is answered, that it is bounded and leaves no trace."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.space.net import SECRET, SPACE, Net, row_of, space
from vacnet.space import answers, limits
from vacnet.space.counters import Reject
from vacnet.space.gossip import Datagram
from vacnet.space.happenings import Asked
from vacnet.space.items import Detail, Items, MachineItem, Question
from vacnet.space.keyring import KeyRing
from vacnet.space.seal import NOBODY, Header, derive, factory_id, key_id, open_body, read_header, seal
from vacnet.space.sync import pack_hashes
from vacnet.space.wire import (
    Announce,
    Answer,
    Digest,
    Entry,
    Hello,
    Message,
    Pull,
    Query,
    RowsOf,
    Sync,
    Topic,
    Type,
    Welcome,
    decode,
    encode,
    pack_entries,
    unpack_entries,
)

LOOK = b"o" * 32
OBSERVER = ("10.9.9.9", 40_000)
ME = factory_id("nobody's name")


def _observed(count: int = 2, targets: int = 2) -> Net:
    net = space(count, targets=targets)
    ring = KeyRing([("member", SECRET), ("observe", LOOK)], SPACE)
    for node in net.running():
        node.gossip.set_keys(ring, net.now)
    return net


def _sealed(
    kind: Type, message: Message, secret: bytes = LOOK, fid: bytes = ME, *, full: bool = True
) -> bytes:
    short = limits.BODY_BYTES_MAX - len(encode(message)) - 2
    if full and hasattr(message, "padding"):
        message = msgspec.structs.replace(message, padding=bytes(short))
    return seal(Header(kind, key_id(secret), fid, 1, 1), encode(message), derive(secret, SPACE))


def _ask(net: Net, data: bytes, of: str = "f0") -> list[tuple[int, Message]]:
    """Return what a factory sends to the observer for this datagram."""
    gossip = net.gossip(of)
    net.collect(net.nodes[of])
    gossip.receive(data, OBSERVER, net.now)
    return _sent(net, of)


def _sent(net: Net, of: str) -> list[tuple[int, Message]]:
    replies = [one for one in net.gossip(of).drain() if isinstance(one, Datagram) and one.address == OBSERVER]
    return [(read_header(one.data).type, _opened(one.data)) for one in replies]


def _opened(data: bytes) -> Message:
    header = read_header(data)
    secret = {key_id(LOOK): LOOK, key_id(SECRET): SECRET}[header.key_id]
    return decode(header.type, open_body(data, derive(secret, SPACE)))


def test_an_observer_is_welcomed_under_its_own_key_and_asked_nothing() -> None:
    net = _observed()
    [(kind, welcome)] = _ask(net, _sealed(Type.HELLO, Hello(77)))
    assert kind == Type.WELCOME
    assert isinstance(welcome, Welcome)
    assert (welcome.echo, welcome.nonce, welcome.name) == (77, 0, "f0")
    assert {member.name for member in welcome.members} <= {"f0", "f1"}


def test_an_observer_reads_the_whole_table() -> None:
    net = _observed(count=5, targets=3)
    [(_, digest)] = _ask(net, _sealed(Type.SYNC, Sync(pack_hashes([0] * 64), b"")))
    assert isinstance(digest, Digest)
    entries = unpack_entries(digest.entries)
    assert {one.fid for one in entries} == {factory_id(f"f{number}") for number in range(5)}
    for one in entries:
        pull = Pull(pack_entries([Entry(one.fid, one.epoch, 0)]))
        [(_, rows)] = _ask(net, _sealed(Type.PULL, pull))
        assert isinstance(rows, RowsOf)
        assert {row.target for origin in rows.origins for row in origin.rows} == {
            "target-0",
            "target-1",
            "target-2",
        }


def test_a_page_that_does_not_fit_is_followed_by_asking_from_its_end() -> None:
    net = _observed(targets=60)
    got: set[str] = set()
    version = 0
    for _ in range(60):
        [(_, rows)] = _ask(net, _sealed(Type.PULL, Pull(pack_entries([Entry(factory_id("f1"), 1, version)]))))
        assert isinstance(rows, RowsOf)
        got |= {row.target for origin in rows.origins for row in origin.rows}
        version = rows.origins[-1].end
        if version == rows.origins[-1].latest:
            break
    assert got == {f"target-{number}" for number in range(60)}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Type.HELLO, Hello(77)),
        (Type.SYNC, Sync(bytes(512), b"")),
        (Type.PULL, Pull(pack_entries([Entry(factory_id("f1"), 1, 0)] * 4))),
        (Type.QUERY, Query(5, Topic.DETAILS)),
    ],
)
def test_no_answer_to_an_observer_is_longer_than_its_question(
    kind: Type, message: Hello | Sync | Pull | Query
) -> None:
    net = _observed(count=8, targets=20)
    for padding in (0, 10, 100, 300):
        question = _sealed(kind, msgspec.structs.replace(message, padding=bytes(padding)), full=False)
        net.gossip("f0").receive(question, OBSERVER, net.now)
        _answer_all(net)
        sent = [one for one in net.gossip("f0").drain() if isinstance(one, Datagram)]
        assert all(len(one.data) <= len(question) for one in sent if one.address == OBSERVER)
        assert len(sent) <= 1


def _answer_all(net: Net) -> None:
    for happening in net.gossip("f0").happened():
        if isinstance(happening, Asked):
            items = Items(details=tuple(Detail(f"d{n:02}", "x" * 200) for n in range(20)))
            net.gossip("f0").answer(happening.question, items, net.now)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Type.ANN, Announce(0, 1, 1, urgent=False, factory=None, rows=[])),
        (Type.BYE, Announce(0, 1, 1, urgent=False, factory=None, rows=[])),
        (Type.WELCOME, Welcome(5, name="f1")),
        (Type.DIGEST, Digest(bytes(8), whole=True, entries=b"", evidence=b"")),
        (Type.ROWS, RowsOf([])),
        (Type.ANSWER, Answer(1, 1, more=False)),
    ],
)
def test_what_an_observer_may_not_say_is_refused(kind: Type, message: Message) -> None:
    net = _observed()
    before = net.gossip("f0").counters.rejects[Reject.ROLE]
    assert _ask(net, _sealed(kind, message)) == []
    assert net.gossip("f0").counters.rejects[Reject.ROLE] == before + 1


@pytest.mark.parametrize("fid", [ME, factory_id("f1"), factory_id("f0")], ids=["own", "a member's", "mine"])
def test_an_observer_leaves_no_trace_whoever_it_says_it_is(fid: bytes) -> None:
    net = _observed(count=3)
    f0 = net.gossip("f0")
    before = f0.table.fingerprint(), net.live("f0"), f0.table.factories["f1"].counter
    questions: list[tuple[Type, Message]] = [
        (Type.HELLO, Hello(77, b"instance", "")),
        (Type.SYNC, Sync(bytes(512), b"")),
        (Type.PULL, Pull(b"")),
        (Type.QUERY, Query(5, Topic.MACHINES)),
    ]
    for kind, message in questions:
        data = _sealed(kind, message, fid=fid)
        _ask(net, data)
    assert (f0.table.fingerprint(), net.live("f0"), f0.table.factories["f1"].counter) == before
    assert not f0.conflicted(net.now)


def test_the_questions_of_one_address_are_bounded_and_leave_room_for_another() -> None:
    net = _observed()
    hello = _sealed(Type.HELLO, Hello(77))
    answered = sum(len(_ask(net, hello)) for _ in range(1000))
    assert answered == limits.QUESTIONS_PER_SECOND
    net.gossip("f0").receive(hello, ("10.9.9.10", 1), net.now + 0.01)  # and what leaves at once is, too
    assert len(net.gossip("f0").drain()) == 1


def test_a_query_becomes_a_question_and_its_answer_one_datagram() -> None:
    net = _observed()
    assert _ask(net, _sealed(Type.QUERY, Query(5, Topic.DETAILS, "b"))) == []
    [asked] = [one for one in net.gossip("f0").happened() if isinstance(one, Asked)]
    assert (asked.question.nonce, asked.question.after) == (5, "b")
    net.gossip("f0").answer(asked.question, Items(details=(Detail("c", "3"),)), net.now)
    [(kind, answer)] = _sent(net, "f0")
    assert kind == Type.ANSWER
    assert isinstance(answer, Answer)
    assert (answer.echo, answer.more, [(one.name, one.value) for one in answer.details]) == (
        5,
        False,
        [("c", "3")],
    )


def test_a_member_asks_by_query_under_the_member_key_and_need_not_be_known() -> None:
    net = _observed()
    assert _ask(net, _sealed(Type.QUERY, Query(5, Topic.MACHINES), SECRET)) == []
    assert len([one for one in net.gossip("f0").happened() if isinstance(one, Asked)]) == 1


def test_who_may_be_a_member_may_just_look_as_nobody() -> None:
    net = _observed()
    f0 = net.gossip("f0")
    before = f0.table.fingerprint(), net.live("f0")
    [(kind, welcome)] = _ask(net, _sealed(Type.HELLO, Hello(77), SECRET, NOBODY))
    assert isinstance(welcome, Welcome)
    assert (kind, welcome.nonce) == (Type.WELCOME, 0)
    [(kind, _)] = _ask(net, _sealed(Type.SYNC, Sync(pack_hashes([0] * 64), b""), SECRET, NOBODY))
    assert kind == Type.DIGEST
    news = Announce(0, 1, 1, urgent=False, factory=None, rows=[])
    assert _ask(net, _sealed(Type.ANN, news, SECRET, NOBODY)) == []
    assert f0.counters.rejects[Reject.ROLE] == 1
    assert (f0.table.fingerprint(), net.live("f0")) == before


def test_an_answer_that_was_not_asked_for_is_refused() -> None:
    net = _observed()
    _ask(net, _sealed(Type.ANSWER, Answer(1, 1, more=False), SECRET))
    assert net.gossip("f0").counters.rejects[Reject.ECHO] == 1


def test_an_answer_whose_key_is_gone_meanwhile_is_not_sent() -> None:
    net = _observed()
    _ask(net, _sealed(Type.QUERY, Query(5, Topic.DETAILS)))
    [asked] = [one for one in net.gossip("f0").happened() if isinstance(one, Asked)]
    net.gossip("f0").set_keys(KeyRing([("member", SECRET)], SPACE), net.now)
    net.gossip("f0").answer(asked.question, Items(details=(Detail("c", "3"),)), net.now)
    assert _sent(net, "f0") == []


def _machine(number: int = 1, message: str = "200 done") -> MachineItem:
    return MachineItem(
        id=f"{number:010}_atlas_01",
        name="vac01-01.example.org",
        uuid="12345678-1234-5678-1234-567812345678",
        target="atlas",
        kind="DC",
        state="running",
        processors=8,
        memory_bytes=2 << 30,
        created_at=100.0,
        started_at=101.5,
        deadline_at=900.0,
        cpu_seconds=12.5,
        efficiency=0.875,
        proven=True,
        ticket=3,
        outcome="ok",
        message=message,
    )


def test_a_machine_is_the_same_after_the_way() -> None:
    wire = answers.machine_to_wire(_machine(), 200.0)
    assert answers.machine_from_wire(wire, 200.0) == _machine()


def test_what_a_machine_wrote_cannot_move_the_cursor_of_who_asks() -> None:
    wire = answers.machine_to_wire(_machine(message="200 \x1b[2Jgone\n" + "é" * 500), 200.0)
    assert wire.message.startswith("200 ?[2Jgone?é")
    assert len(wire.message.encode()) <= limits.LINE_BYTES_MAX


def test_an_answer_holds_as_many_leading_items_as_fit_and_says_whether_there_are_more() -> None:
    question = Question(OBSERVER, key_id(LOOK), 7, Topic.MACHINES, "", limits.BODY_BYTES_MAX)
    items = Items(machines=tuple(_machine(number) for number in range(40)))
    body = answers.fitted(question, items, 200.0)
    answer = decode(Type.ANSWER, body)
    assert isinstance(answer, Answer)
    assert len(body) <= limits.BODY_BYTES_MAX
    assert answer.more
    assert [one.id for one in answer.machines] == [one.id for one in items.machines[: len(answer.machines)]]
    assert len(body) > limits.BODY_BYTES_MAX - 200


def test_the_longest_item_fits_into_a_full_query() -> None:
    question = Question(OBSERVER, key_id(LOOK), 7, Topic.MACHINES, "", limits.BODY_BYTES_MAX - 20)
    longest = MachineItem(
        id="i" * 128,
        name="n" * 253,
        uuid="12345678-1234-5678-1234-567812345678",
        target="t" * 63,
        kind="k" * 16,
        state="s" * 16,
        processors=1 << 32,
        memory_bytes=1 << 62,
        created_at=0.0,
        outcome="o" * 16,
        message="m" * 500,
    )
    answer = decode(Type.ANSWER, answers.fitted(question, Items(machines=(longest,)), 1e9))
    assert isinstance(answer, Answer)
    assert len(answer.machines) == 1
    assert not answer.more


def test_rows_set_later_are_told_by_the_next_pull() -> None:
    net = _observed()
    known = net.gossip("f0").table.me
    net.set_row("f0", row_of("later", net.now))
    pull = Pull(pack_entries([Entry(known.fid, 1, known.version - 1)]))
    [(_, rows)] = _ask(net, _sealed(Type.PULL, pull))
    assert isinstance(rows, RowsOf)
    assert [row.target for row in rows.origins[0].rows] == ["later"]
