"""Stories: datagrams that reach one receiver one after the other, and what it makes of each.

Rules of this file: `expect` is the reason for which a datagram is refused, empty where it is taken. Here
stand the reasons; what becomes of rows stands in `spans`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from tools.vectors import scene, spans
from tools.vectors.scene import Speaker
from tools.vectors.story import BEAT, NEW, PEER, TAKEN, Step, Story, after_proof, row
from tools.vectors.values import SHAPES, least
from vacnet.space.counters import Reject
from vacnet.space.limits import BODY_BYTES_MAX, DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MIN, ECHO_SECONDS
from vacnet.space.seal import VERSION
from vacnet.space.wire import Type


def stories() -> list[Story]:
    """Return all of them."""
    told = (_frames(), _permissions(), _lives(), _sequences(), _proofs(), _greetings(), _bodies())
    return [*chain(*told), *spans.stories()]


def _frames() -> Iterator[Story]:
    good = PEER.says(Type.ANN, NEW, BEAT)
    long = PEER.says(Type.ANN, NEW, bytes(BODY_BYTES_MAX + 1))
    yield after_proof("a beat of a proved peer is taken", Step(good, TAKEN))
    yield after_proof("nothing at all", Step(b"", Reject.LENGTH))
    yield after_proof("one byte too short", Step(good[: DATAGRAM_BYTES_MIN - 1], Reject.LENGTH))
    yield after_proof("one byte too long", Step(long, Reject.LENGTH))
    yield after_proof("as long as may be", Step(long[:DATAGRAM_BYTES_MAX], Reject.TAG))
    yield after_proof("another protocol", Step(b"XX" + good[2:], Reject.MAGIC))
    yield after_proof("a later frame", Step(good[:2] + bytes([VERSION + 1]) + good[3:], Reject.VERSION))
    strange = Speaker(secret=scene.STRANGE).says(Type.ANN, NEW, BEAT)
    yield after_proof("a key that is not in the ring", Step(strange, Reject.KEY))
    yield after_proof("a bit flipped in the body", Step(_flipped(good, 28), Reject.TAG))
    yield after_proof("a bit flipped in the tag", Step(_flipped(good, len(good) - 1), Reject.TAG))
    yield after_proof("the last byte cut off", Step(good[:-1], Reject.TAG))
    elsewhere = Speaker(space="vac02.example.org").says(Type.ANN, NEW, BEAT)
    yield after_proof("of another space under the same secret", Step(elsewhere, Reject.TAG))


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _permissions() -> Iterator[Story]:
    other = Speaker(secret=scene.NEXT).says(Type.ANN, NEW, BEAT)
    yield after_proof("sealed with the second member key: a rotation", Step(other, TAKEN))
    yield after_proof("a type of a later release", Step(PEER.says(77, NEW, b"\x90"), Reject.TYPE))
    looks = Speaker(secret=scene.OBSERVE).says(Type.ANN, NEW, BEAT)
    yield after_proof("an observer announces", Step(looks, Reject.ROLE))
    banned = Speaker(name=scene.EXCLUDED).says(Type.HELLO, 1, [5])
    yield Story("an excluded factory greets", (Step(banned, Reject.EXCLUDED),))
    mine = Speaker(name=scene.RECEIVER, epoch=scene.RECEIVER_EPOCH).says(Type.ANN, 1, BEAT)
    yield Story("the receiver's own name announces", (Step(mine, Reject.ITSELF),))
    hello = [5, scene.RECEIVER_INSTANCE, scene.RECEIVER]
    met = Speaker(name=scene.RECEIVER, epoch=scene.RECEIVER_EPOCH).says(Type.HELLO, 1, hello)
    yield Story("the receiver greets itself", (Step(met, Reject.ITSELF),))


def _lives() -> Iterator[Story]:
    older = Speaker(epoch=scene.SENDER_EPOCH - 1).says(Type.ANN, NEW, BEAT)
    yield after_proof("of an earlier life", Step(older, Reject.EPOCH))
    later = Speaker(epoch=scene.SENDER_EPOCH + 1).says(Type.ANN, 1, BEAT)
    yield after_proof("of a later life that has not proved itself", Step(later, Reject.UNPROVEN))
    last = Speaker(epoch=(1 << 32) - 1).says(Type.HELLO, 1, [5])
    yield after_proof("an epoch with none above it", Step(last, Reject.EPOCH))


def _sequences() -> Iterator[Story]:
    def said(ahead: int) -> bytes:
        return PEER.says(Type.ANN, scene.FIRST_SEQUENCE + ahead, BEAT)

    yield after_proof("the same datagram twice", Step(said(1), TAKEN), Step(said(1), Reject.SEQUENCE))
    yield after_proof("overtaken", Step(said(5), TAKEN), Step(said(2), TAKEN), Step(said(2), Reject.SEQUENCE))
    yield after_proof("the number of the proof", Step(said(0), Reject.SEQUENCE))
    yield after_proof("a number from before the proof", Step(said(-3), Reject.SEQUENCE))
    yield after_proof("128 behind", Step(said(200), TAKEN), Step(said(72), Reject.SEQUENCE))
    yield after_proof("127 behind", Step(said(200), TAKEN), Step(said(73), TAKEN))


def _proofs() -> Iterator[Story]:
    beat = PEER.says(Type.ANN, NEW, BEAT)
    yield Story("a stranger announces", (Step(beat, Reject.UNPROVEN),))
    elsewhere = Step(beat, Reject.UNPROVEN, source=scene.OTHER_ADDRESS)
    yield after_proof("from an address that was not proved, then from its own", elsewhere, Step(beat, TAKEN))


def _greetings() -> Iterator[Story]:
    def welcome(echo: int, sequence: int, name: str = scene.SENDER) -> bytes:
        return PEER.says(Type.WELCOME, sequence, [echo, 0, scene.SENDER_INSTANCE, name])

    first = scene.NONCES[0]
    yield Story("a greeting of a stranger", (Step(PEER.says(Type.HELLO, 1, [5]), TAKEN),))
    yield Story("an echo that was never asked for", (Step(welcome(5, 1), Reject.ECHO),))
    late = Step(welcome(first, 1), Reject.ECHO, at=ECHO_SECONDS + 0.5)
    yield Story("an echo that took too long", (late,))
    twice = Step(welcome(first, NEW), TAKEN), Step(welcome(first, NEW + 1), Reject.ECHO)
    yield Story("the same echo twice", twice)
    later = [first, 0, scene.SENDER_INSTANCE, scene.SENDER, VERSION + 1, VERSION + 2]
    beat = Step(PEER.says(Type.ANN, NEW + 1, BEAT), Reject.UNPROVEN)
    nothing_common = Step(PEER.says(Type.WELCOME, NEW, later), Reject.VERSION)
    yield Story("a welcome from who speaks later versions only: no link", (nothing_common, beat))
    asks = PEER.says(Type.HELLO, 1, [5, scene.SENDER_INSTANCE, scene.SENDER, VERSION + 1, VERSION + 2])
    yield Story("a greeting from who speaks later versions only is answered", (Step(asks, TAKEN),))
    wrong = PEER.says(Type.HELLO, 1, [5, b"", "factory3.example.org"])
    yield Story("a name that is not its sender's", (Step(wrong, Reject.NAME),))


def _bodies() -> Iterator[Story]:
    for name, kind, body in _refused_bodies():
        yield after_proof(name, Step(PEER.says(kind, NEW, body), Reject.DECODE))
    for name, kind, body in _taken_bodies():
        yield after_proof(name, Step(PEER.says(kind, NEW, body), TAKEN))


def _refused_bodies() -> Iterator[tuple[str, Type, bytes | list[Any]]]:
    yield "no body", Type.ANN, b""
    yield "a byte that MessagePack does not know", Type.ANN, b"\xc1"
    yield "a map instead of an array", Type.PULL, b"\x81\x00\xc4\x00"
    yield "a field is missing", Type.ANN, BEAT[:-1]
    yield "bytes behind the array", Type.PULL, b"\x91\xc4\x00\x00"
    yield "a float for an integer", Type.ANN, [1.0, *BEAT[1:]]
    yield "an integer for a boolean", Type.ANN, [1, 1, 1, 0, None, []]
    yield "nil for an integer", Type.ANN, [None, *BEAT[1:]]
    yield "a negative version", Type.ANN, [-1, *BEAT[1:]]
    yield "a version beyond 32 bits", Type.ANN, [1, 1 << 32, 1 << 32, False, None, []]
    yield "text for bytes", Type.PULL, [""]
    yield "bytes for text", Type.HELLO, [5, b"", b"factory2.example.org"]
    yield "text that is no UTF-8", Type.HELLO, b"\x93\x05\xc4\x00\xa2\xff\xfe"
    yield (
        "an array that says it has 4294967295 elements",
        Type.ANN,
        b"\x96\x01\x01\x01\xc2\xc0\xdd\xff\xff\xff\xff",
    )
    yield "65 rows", Type.ANN, [*BEAT[:5], [[]] * 65]
    yield "a target's name of 64 characters", Type.ANN, _announce(target="t" * 64)
    yield "a target without a name", Type.ANN, _announce(target="")
    yield "a claim of ticket 64", Type.ANN, _announce(claim=64)
    yield "75 bucket hashes", Type.SYNC, [bytes(600), b""]
    yield "57 entries", Type.PULL, [bytes(16 * 57)]
    yield "a row beyond its span", Type.ANN, [6, 7, 8, False, None, [row(version=8)]]
    yield "a row below its span", Type.ANN, [6, 7, 8, False, None, [row(version=6)]]
    yield "a span that ends before it starts", Type.ANN, [7, 6, 8, False, None, []]
    yield "a span beyond the latest version", Type.ANN, [6, 7, 6, False, None, []]
    yield "a name that moves the cursor", Type.ANN, _announce(target="a\x1b[2J")
    yield "63 characters of 126 bytes", Type.ANN, _announce(target="\u00e4" * 63)
    yield "an origin of an epoch with none above it", Type.ROWS, [[_origin((1 << 32) - 1)]]


def _taken_bodies() -> Iterator[tuple[str, Type, bytes | list[Any]]]:
    yield "fields of a later release", Type.ANN, [*BEAT, b"", "later", {"more": [1, 2]}, None]
    yield (
        "integers and lengths in their longest forms",
        Type.PULL,
        b"\xdd\x00\x00\x00\x01\xc6\x00\x00\x00\x00",
    )
    yield "a row in its span", Type.ANN, [0, 7, 7, False, None, [row(version=7)]]
    yield "an entry and a torn rest", Type.PULL, [bytes(16) + b"torn"]


def _announce(**fields: Any) -> list[Any]:
    return [0, 7, 7, False, None, [row(**fields)]]


def _origin(epoch: int) -> list[Any]:
    values = least(SHAPES["Origin"])
    return [values[0], epoch, *values[2:]]
