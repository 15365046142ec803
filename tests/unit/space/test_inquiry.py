"""Inquiries: pages are asked for one after the other, over loss, and each answer counts once."""

from __future__ import annotations

from random import Random

import pytest

from vacnet.space import answers
from vacnet.space.core import Core, GossipConfig
from vacnet.space.gate import admit
from vacnet.space.inquiry import Inquiry
from vacnet.space.items import Detail, Items, Question
from vacnet.space.keyring import KeyRing
from vacnet.space.rows import FactoryRow
from vacnet.space.seal import Header, Rejected, factory_id, seal
from vacnet.space.wire import Answer, Query, Topic, Type, decode, encode

RING = KeyRing([("member", b"m" * 32), ("observe", b"o" * 32)], "test")
LOOK = RING.keys[1]
THERE, HERE = ("10.0.0.1", 8885), ("10.9.9.9", 4000)
ALL = tuple(Detail(f"name.{number:03}", "v" * 100) for number in range(60))


class Asked:
    """A factory that answers, an inquiry that asks, and a loss between them."""

    def __init__(self, loss: float = 0.0) -> None:
        row = FactoryRow(name="f0")
        self.core = Core(GossipConfig("test", "f0"), 1, RING, row, Random(1), 0.0)
        self.inquiry = Inquiry(LOOK, Topic.DETAILS, THERE, Random(2), 0.0)
        self.rng, self.loss, self.now, self.questions = Random(3), loss, 0.0, 0
        self.replies: list[bytes] = []

    def run(self, seconds: float) -> None:
        while not self.inquiry.done and self.now < seconds:
            self.now = max(self.now + 0.01, min(self.inquiry.next_timer(), self.now + 0.5))
            self.inquiry.wake(self.now)
            for datagram in self.inquiry.drain():
                self.questions += 1
                if self.rng.random() >= self.loss:
                    self._answer(datagram.data)

    def _answer(self, data: bytes) -> None:
        arrival, body = admit(self.core, data, HERE)
        query = decode(arrival.header.type, body)
        assert isinstance(query, Query)
        question = Question(HERE, LOOK.id, query.nonce, query.topic, query.after, arrival.own_room)
        left = tuple(item for item in ALL if item.name > query.after)
        reply = self.sealed(answers.fitted(question, Items(details=left), self.now))
        assert len(reply) <= len(data)
        self.replies.append(reply)
        if self.rng.random() >= self.loss:
            self.inquiry.receive(reply, self.now)

    def sealed(self, body: bytes) -> bytes:
        return seal(Header(Type.ANSWER, LOOK.id, factory_id("f0"), 1, 1), body, LOOK.secret)


@pytest.mark.parametrize("loss", [0.0, 0.4])
def test_all_pages_come_in_order_and_once(loss: float) -> None:
    asked = Asked(loss)
    asked.run(120.0)
    assert tuple(asked.inquiry.details) == ALL
    assert loss or asked.questions == len(asked.replies) < 12


def test_an_answer_that_comes_twice_counts_once() -> None:
    asked = Asked()
    asked.run(120.0)
    for reply in asked.replies:
        with pytest.raises(Rejected):
            asked.inquiry.receive(reply, asked.now)
    assert tuple(asked.inquiry.details) == ALL


def test_an_answer_that_says_more_and_holds_nothing_ends_it() -> None:
    asked = Asked(loss=1.0)
    asked.run(0.1)
    empty = Answer(asked.inquiry._nonce, Topic.DETAILS, more=True)
    asked.inquiry.receive(asked.sealed(encode(empty)), 1.0)
    assert asked.inquiry.done
