"""Questions: what those ask who are no factory, and QUERY, which anybody with a key may ask.

    observer                                factory
    HELLO   nonce               ---->
                                <----       WELCOME echo, a few members
    SYNC    hashes              ---->
                                <----       DIGEST  what it holds where they differ
    PULL    what is lacking     ---->
                                <----       ROWS    as much as one datagram takes
    QUERY   nonce, topic, after ---->
                                <----       ANSWER  echo, the page behind `after`

Rules of this file: nothing is learnt from a question; who asks never enters the table, is never counted,
sent news, or remembered, beyond its allowance. So there is no link, and no proof that it receives where it
seems to: each question brings at most one datagram, never longer than the question, which is padded to the
length it wants back. The answer is sealed with the key that asked. An asker that misses an answer asks
again. What a QUERY asks for is not known in this room: the shell is told (`Asked`), and what it gathers
comes back by `answer`.

Sources: RFC 9000 section 8.1 (no answer longer than what asked, without any state).
"""

from __future__ import annotations

from itertools import chain

from vacnet.space import answers, limits, pages
from vacnet.space.allowance import Allowances
from vacnet.space.core import Core
from vacnet.space.counters import Reject
from vacnet.space.gate import Arrival
from vacnet.space.handshake import Handshake
from vacnet.space.happenings import Asked
from vacnet.space.items import Items, Question
from vacnet.space.repair import Repair
from vacnet.space.seal import Rejected
from vacnet.space.wire import Answer, Hello, Origin, Pull, Query, RowsOf, Sync, Type, encode

ROWS_HEAD_BYTES = limits.BODY_BYTES_MAX - pages.ANNOUNCE_ROOM
"""What a message of rows needs beside them, as `pages` leaves it."""


class Questions:
    """Answers observers, and takes what anybody asks of this factory alone."""

    def __init__(self, core: Core, handshake: Handshake, repair: Repair) -> None:
        """Begin with every allowance full."""
        self._core = core
        self._handshake = handshake
        self._repair = repair
        self._allowances = Allowances(core.now)

    def on_hello(self, arrival: Arrival, hello: Hello) -> None:
        """Say who is here and name a few members; nothing is asked back."""
        self._permit(arrival)
        self._handshake.answer(arrival, hello.nonce)

    def on_sync(self, arrival: Arrival, message: Sync) -> None:
        """Tell what is held where the hashes differ."""
        self._permit(arrival)
        self._send(arrival, Type.DIGEST, encode(self._repair.digest(message)))

    def on_pull(self, arrival: Arrival, message: Pull) -> None:
        """Give as much of what was asked for as fits."""
        self._permit(arrival)
        room = arrival.own_room - ROWS_HEAD_BYTES
        told: list[Origin] = []
        held = self._repair.held(message)[: limits.EVIDENCE_MAX]
        for origin in chain.from_iterable(self._repair.origins(known, start) for known, start in held):
            room -= len(encode(origin))
            if room < 0:
                break
            told.append(origin)
        if told:
            self._send(arrival, Type.ROWS, encode(RowsOf(told, last=True)))

    def on_query(self, arrival: Arrival, query: Query) -> None:
        """Tell the shell what is asked."""
        self._permit(arrival)
        who = arrival.address, arrival.key.id
        self._core.happen(Asked(Question(*who, query.nonce, query.topic, query.after, arrival.own_room)))

    def on_answer(self, _arrival: Arrival, _answer: Answer) -> None:
        """Refuse an answer: a factory asks nobody, its askers have sockets of their own."""
        raise Rejected(Reject.ECHO)

    def answer(self, question: Question, items: Items) -> None:
        """Send what the shell gathered, as much of it as fits; nothing if the key is gone meanwhile."""
        core = self._core
        key = core.keys.find(question.key_id)
        body = answers.fitted(question, items, core.now)
        if key is not None and len(body) <= question.room:
            core.send_body(Type.ANSWER, body, [question.address], key=key)

    def _permit(self, arrival: Arrival) -> None:
        if not self._allowances.permit(arrival.address, self._core.now):
            raise Rejected(Reject.RATE)

    def _send(self, arrival: Arrival, kind: Type, body: bytes) -> None:
        if len(body) <= arrival.own_room:
            self._core.send_body(kind, body, [arrival.address], key=arrival.key)
