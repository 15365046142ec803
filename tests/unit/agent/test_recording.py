"""Recordings: two agents talk, one is recorded; what is read from it knows no secret and can do no harm."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.agent import recording
from vacnet.agent.agent import Agent
from vacnet.agent.events import (
    AgentSettings,
    DatagramReceived,
    Event,
    HostChanged,
    HostFacts,
    KeysChanged,
    PeersChanged,
    SettingsChanged,
    Woke,
)
from vacnet.agent.frozen import ThawError, freeze, thaw
from vacnet.agent.recording import Entry, Header, RecordingError, entries
from vacnet.agent.restored import Restored
from vacnet.simulate.replay import DivergedError, Replayed, replay
from vacnet.space.seal import key_id
from vacnet.targets.model import Target

SECRET, OTHER = bytes(range(32)), bytes(range(1, 33))
SECRETS = {key_id(SECRET): SECRET, key_id(OTHER): OTHER}
SPACE = "vac.example.org"
HEADER = Header(version="1", factory="a", space=SPACE, wall=1.0)
ADDRESSES = {"a": ("127.0.0.1", 1), "b": ("127.0.0.1", 2)}
TARGET = Target(
    name="t",
    target_share=1.0,
    user_data="https://example.org/?token=geheim",
    user_data_options={"password": "geheim"},
)
WHISPERED = (SECRET, OTHER, b"geheim")


def _settings(name: str) -> AgentSettings:
    return AgentSettings(space=SPACE, factory=name, processors=4, targets=(TARGET,))


@dataclass
class Pair:
    """Two agents of one space, datagrams arriving at once; what `a` lives through is recorded."""

    agents: dict[str, Agent] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    now: float = 100.0

    def tell(self, name: str, event: Event) -> None:
        agent = self.agents[name]
        agent.handle(event, self.now)
        effects = agent.effects()
        if name == "a" and self.pieces:
            self.pieces.append(recording.told(event, effects, self.now))
        for data, address in recording.sends_of(effects):
            other = next(who for who, where in ADDRESSES.items() if where == address)
            self.tell(other, DatagramReceived(data, ADDRESSES[name]))

    def record(self) -> None:
        self.pieces += [recording.header(HEADER), recording.state(self.agents["a"], self.now)]

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := min(agent.next_timer() for agent in self.agents.values())) < until:
            self.now = max(due, self.now + 0.001)
            name = min(self.agents, key=lambda who: self.agents[who].next_timer())
            self.tell(name, Woke())
        self.now = until
        self.pieces.append(recording.check(self.agents["a"], self.now))


@pytest.fixture(scope="module")
def recorded() -> tuple[bytes, ...]:
    """Return the recording of a factory that meets another, changes its keys and offers less."""
    pair = Pair()
    for seed, name in enumerate(ADDRESSES):
        keys = KeysChanged((("member", SECRET), ("member", OTHER)))
        restored = _past(seed)
        pair.agents[name] = Agent(_settings(name), restored, keys, Random(seed), pair.now)
        pair.agents[name].effects()
    pair.record()
    pair.tell("a", PeersChanged((ADDRESSES["b"],)))
    pair.run(15)
    pair.tell("a", HostChanged(HostFacts(draining="new disk")))
    pair.tell("a", KeysChanged((("member", OTHER), ("member", SECRET))))
    pair.run(15)
    pair.tell("a", SettingsChanged(AgentSettings(space=SPACE, factory="a", processors=2)))
    pair.tell("a", DatagramReceived(b"junk", ADDRESSES["b"]))
    pair.run(15)
    return tuple(pair.pieces)


def _past(seed: int) -> Restored:
    return Restored(epoch=7 + seed, instance=bytes([seed] * 8))


def _replay(pieces: Iterator[bytes] | tuple[bytes, ...], until: float = 0.0) -> Replayed:
    return replay(entries(pieces), SECRETS, "1", until)


def test_an_agent_driven_anew_sends_and_knows_the_same(recorded: tuple[bytes, ...]) -> None:
    replayed = _replay(recorded)
    assert replayed.counts["checks"] == 3
    assert replayed.counts["datagrams"] > 20
    assert replayed.counts["sent"] > 20
    assert {one.name for one in replayed.agent.view(replayed.now).factories} == {"a", "b"}
    assert replayed.seconds == pytest.approx(45)


def test_it_ends_where_it_is_told_to(recorded: tuple[bytes, ...]) -> None:
    assert 14 < _replay(recorded, until=16).seconds <= 16


def test_nothing_secret_is_written(recorded: tuple[bytes, ...]) -> None:
    whole = b"".join(recorded)
    assert b"vac.example.org" in whole
    assert [secret for secret in WHISPERED if secret in whole or secret.hex().encode() in whole] == []


def test_the_digest_of_a_target_is_kept_though_its_secrets_are_not() -> None:
    thawed = thaw(freeze(SettingsChanged(_settings("a"))), SECRETS, SPACE)
    (target,) = thawed.settings.targets
    assert (target.user_data, target.digest()) == ("", TARGET.digest())
    again = thaw(freeze(thawed), SECRETS, SPACE)
    assert again.settings.targets[0].digest() == TARGET.digest()


def test_a_key_that_is_missing_is_named_by_its_id() -> None:
    with pytest.raises(ThawError, match=f"needs the key {key_id(OTHER).hex()} of the space {SPACE}"):
        thaw(freeze(KeysChanged((("member", OTHER),))), {}, SPACE)


@pytest.mark.parametrize("place", [2, -2])
def test_one_other_byte_sent_is_told_with_its_place(recorded: tuple[bytes, ...], place: int) -> None:
    pieces = list(recorded)
    number = next(n for n in range(len(pieces) - 1, 1, -1) if _sent(pieces[n]))
    kind, *fields, sent = msgpack.unpackb(pieces[number])
    sent[0][0] = sent[0][0][:-1] + bytes([sent[0][0][-1] ^ 1])
    pieces[number] = msgpack.packb([kind, *fields, sent])
    with pytest.raises(DivergedError, match=f"entry {number + 1}, .*datagram 0 was"):
        _replay(tuple(pieces))


def _sent(piece: bytes) -> list[object]:
    fields = msgpack.unpackb(piece)
    return list(fields[-1]) if isinstance(fields[-1], list) else []


def test_other_knowledge_is_found_by_the_next_check(recorded: tuple[bytes, ...]) -> None:
    pieces = list(recorded)
    number = max(n for n, piece in enumerate(pieces) if msgpack.unpackb(piece)[0] == "check")
    pieces[number] = msgpack.packb(["check", msgpack.unpackb(pieces[number])[1], bytes(16)])
    with pytest.raises(DivergedError, match="knows something else than then"):
        _replay(tuple(pieces))


def test_an_event_left_out_is_noticed(recorded: tuple[bytes, ...]) -> None:
    number = next(n for n, piece in enumerate(recorded) if n > 3 and _sent(piece))
    with pytest.raises(DivergedError):
        _replay(recorded[:number] + recorded[number + 1 :])


def test_what_broke_the_agent_then_breaks_it_again_and_it_goes_on(recorded: tuple[bytes, ...]) -> None:
    broken = recording.told(_past(0), [], 100.0)  # type: ignore[arg-type] # no agent takes this
    replayed = _replay((*recorded[:2], broken, *recorded[2:]))
    assert replayed.counts["broken"] == 1
    assert replayed.counts["checks"] == 3


def test_a_recording_may_end_anywhere(recorded: tuple[bytes, ...]) -> None:
    whole = b"".join(recorded)
    start = len(recorded[0]) + len(recorded[1])
    for end in range(start, len(whole), max(1, (len(whole) - start) // 20)):
        _replay((whole[:end],))


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((), "no recording of"),
        ((b"\xc1",), "damaged or no recording"),
        ((b"#!/bin/sh\n",), "no recording of"),
        ((msgpack.packb([recording.MAGIC, 2, "1", "a", "s", 0.0]),), "format 2; this vacnet reads format 1"),
        ((recording.header(HEADER),), "ends before it begins"),
        ((recording.header(HEADER), msgpack.packb(["state", 1.0, pickle.dumps(1)])), "holds no state"),
        ((recording.header(HEADER), msgpack.packb(["tea", 1])), "entry 2: 'tea' with 1 fields"),
        ((msgpack.packb([recording.MAGIC, 1, "0.9", "a", "s", 0.0]),), "made by vacnet 0.9 and only that"),
    ],
)
def test_what_is_no_recording_is_told_in_words(pieces: tuple[bytes, ...], words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        _replay(pieces)


def test_an_agent_in_the_midst_is_refused(recorded: tuple[bytes, ...]) -> None:
    with pytest.raises(RecordingError, match="a state in the midst of a recording"):
        _replay((*recorded[:2], recorded[1]))


# --- nothing that is read can do anything ---------------------------------------------------------


class _Reduced:
    def __init__(self, *made: object) -> None:
        self.made = made

    def __reduce__(self) -> tuple[object, ...]:
        return self.made


def _evil() -> Iterator[object]:
    yield _Reduced(os.system, ("true",))
    yield _Reduced(subprocess.Popen, (["true"],))
    yield _Reduced(eval, ("1",))
    yield _Reduced(getattr, (Agent, "handle"))
    yield _Reduced(freeze, (1,))
    yield _Reduced(__import__, ("os",))
    yield recording.digest_of


@pytest.mark.parametrize("evil", list(_evil()), ids=range(len(list(_evil()))))
def test_what_no_recording_holds_is_not_made(evil: object) -> None:
    with pytest.raises(ThawError):
        thaw(pickle.dumps(evil), SECRETS, SPACE)


@pytest.mark.parametrize("name", ["__init__", "__reduce__", "__class__", "settings", "no_such"])
def test_only_methods_of_the_agents_own_are_looked_up(name: str) -> None:
    buffer = io.BytesIO()

    class Owner(pickle.Pickler):
        def persistent_id(self, value: object) -> object:
            return ("method", b"bytes", name) if value == "here" else None

    Owner(buffer).dump("here")
    with pytest.raises(ThawError):
        thaw(buffer.getvalue(), SECRETS, SPACE)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_state_or_a_clear_error(data: bytes) -> None:
    with pytest.raises(ThawError):
        raise ThawError(str(thaw(data, SECRETS, SPACE)))


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_file_gives_entries_or_a_clear_error(pieces: list[bytes]) -> None:
    found: list[Entry] = []
    with suppress(RecordingError):
        found.extend(entries([recording.header(HEADER), *pieces]))
    assert all(isinstance(one, Entry) for one in found)
