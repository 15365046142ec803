"""The messages: what stands between header and tag, as MessagePack arrays.

Rules of this file: shapes and bounds, no meaning. Everything is an array, never a map (2.7 times the
bytes), decoded in one pass into a typed Struct whose bounds are checked before anything is kept; untyped
decoding is not used anywhere, because nesting would then cost a stack. Fields are only ever added at the
end: an older receiver ignores what it does not know, a newer one has a default for what is missing. (What
is not known is skipped, and skipping recurses too: what is nested too deeply there is refused.)

Units: ages and lengths are deciseconds, rounded down. An age that travels is a lower bound of the true
one, and the way it takes only makes it more so; what has to be an upper bound adds its own margin. There
is no wall time on the wire. Quantities that are fractions travel as whole multiples of a stated step, so
that every factory holds the same value.

Digests, pulls and evidence are many small things of one shape: they travel as packed byte strings
(`Entry`, `Evidence`), a third of the bytes of arrays.

An observer keeps no link, so what it is sent is never longer than what it sent: its SYNC, PULL and QUERY
are padded to the length of the answer they want, and each brings one datagram at most. A QUERY is so of
anybody.

Sources: MessagePack specification; msgspec's array-like Structs; RFC 9000 section 8.1 (no answer longer
than what asked, while the asker has not shown that it receives).
"""

from __future__ import annotations

import enum
import struct
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from vacnet.space import limits
from vacnet.space.counters import Reject
from vacnet.space.seal import Rejected

U8 = Annotated[int, Meta(ge=0, le=255)]
U16 = Annotated[int, Meta(ge=0, le=limits.CODE_MAX)]
U32 = Annotated[int, Meta(ge=0, le=limits.U32_MAX)]
U64 = Annotated[int, Meta(ge=0)]  # MessagePack has no larger integer than 2^64 - 1
Epoch = Annotated[int, Meta(ge=0, le=limits.EPOCH_MAX)]
Version = Annotated[int, Meta(ge=1, le=limits.U32_MAX)]
Age = U32
"""Deciseconds since, rounded down."""
Claim = Annotated[int, Meta(ge=-2, le=63)]
Name = Annotated[str, Meta(max_length=limits.FACTORY_NAME_BYTES_MAX)]
TargetName = Annotated[str, Meta(min_length=1, max_length=limits.TARGET_NAME_BYTES_MAX)]
Text = Annotated[str, Meta(max_length=limits.TEXT_BYTES_MAX)]
DigestBytes = Annotated[bytes, Meta(max_length=limits.DIGEST_BYTES_MAX)]
Instance = Annotated[bytes, Meta(max_length=limits.INSTANCE_BYTES)]
ItemKey = Annotated[str, Meta(max_length=limits.ITEM_KEY_BYTES_MAX)]
Line = Annotated[str, Meta(max_length=limits.LINE_BYTES_MAX)]
Word = Annotated[str, Meta(max_length=limits.WORD_BYTES_MAX)]


class Type(enum.IntEnum):
    """The header's type byte."""

    ANN = 1
    SYNC = 2
    DIGEST = 3
    ROWS = 4
    PULL = 5
    HELLO = 6
    WELCOME = 7
    BYE = 8
    QUERY = 9
    ANSWER = 10


class Topic(enum.IntEnum):
    """What a QUERY asks for."""

    MACHINES = 1
    """Machines that have not ended, in ascending order of their ids."""
    ENDED = 2
    """Machines that ended, the last first: the record's order, in which `after` names the last one had."""
    DETAILS = 3
    """What the factory says of itself in names and words, in ascending order of the names."""


class WireWindow(Struct, array_like=True, frozen=True, gc=False):
    """A `Window`."""

    number: U32
    opener: Name
    age: Age
    length: Age
    streak: U32
    open: bool


class WireHold(Struct, array_like=True, frozen=True, gc=False):
    """A `Hold`."""

    number: U32
    author: Name
    age: Age
    held: bool
    reason: Text


class WireTarget(Struct, array_like=True, frozen=True, gc=False):
    """A `TargetRow` and the version at which its factory wrote it."""

    target: TargetName
    version: Version
    window: WireWindow
    gone: bool
    machines_running: U32
    machines_starting: U32
    processors_running: U32
    processors_starting: U32
    processors_claimed: U32
    can: U8
    unproven: U32
    proven_running: U32
    tickets: U64
    proofs: U32
    noworks: U32
    claim: Claim
    claim_age: Age | None
    message_code: U16
    message_age: Age | None
    proof_age: Age | None
    proof_started_age: Age | None
    uncontradicted: U32
    proof_at_age: Age
    nowork_life: Age
    error_code: U16
    error_age: Age | None
    verdict_age: Age | None
    tried_hundredths: U32
    failed_hundredths: U32
    share_millionths: U32
    digest: DigestBytes
    hold: WireHold | None = None


class WireFactory(Struct, array_like=True, frozen=True):
    """A `FactoryRow` and the version at which it was written; the name stands outside."""

    version: Version
    advertise: Text
    instance: Instance
    processors_total: U32
    processors_free: U32
    weight_thousandths: U32
    flags: U16
    deadline_in: Age | None
    rule_version: U16
    settings_digest: DigestBytes
    software_version: Text
    load_hundredths: U32
    memory_free_mib: U64
    disk_free_mib: U64
    departed_age: Age | None


Rows = Annotated[list[WireTarget], Meta(max_length=limits.ROWS_MAX)]


class Announce(Struct, array_like=True, frozen=True):
    """ANN and BYE: all of the sender's own rows whose version is in (`start`, `end`]."""

    start: U32
    end: U32
    latest: U32
    """The sender's version: more pages are on their way, or were lost, if it is above `end`."""
    urgent: bool
    factory: WireFactory | None
    rows: Rows
    padding: bytes = b""


class Origin(Struct, array_like=True, frozen=True):
    """A span of one factory's rows as another holds them, and what that one knows of its liveness."""

    name: Annotated[str, Meta(min_length=1, max_length=limits.FACTORY_NAME_BYTES_MAX)]
    epoch: Epoch
    start: U32
    end: U32
    latest: U32
    """The version up to which the teller has all rows."""
    counter: U64
    age: Age
    ip: Text
    port: U16
    factory: WireFactory | None
    rows: Rows


class RowsOf(Struct, array_like=True, frozen=True):
    """ROWS: answers a PULL or DIGEST, relays urgent rows."""

    origins: Annotated[list[Origin], Meta(max_length=limits.ROWS_MAX)]
    last: bool = False
    """True: all that is sent in answer has been sent; what is missing has to be asked for again."""


class Sync(Struct, array_like=True, frozen=True):
    """SYNC: 64 or 128 bucket hashes of 8 bytes, and packed ids of factories not heard of late."""

    hashes: Annotated[bytes, Meta(min_length=512, max_length=1024)]
    ask: Annotated[bytes, Meta(max_length=8 * limits.EVIDENCE_MAX)]
    padding: bytes = b""


class Digest(Struct, array_like=True, frozen=True):
    """DIGEST: what the answerer holds in buckets that differ; nothing in it means that none does."""

    buckets: Annotated[bytes, Meta(max_length=16)]
    """Bit b set: all it holds of bucket b is listed."""
    whole: bool
    """All buckets that differ are listed."""
    entries: Annotated[bytes, Meta(max_length=16 * limits.ENTRIES_MAX)]
    evidence: Annotated[bytes, Meta(max_length=24 * limits.EVIDENCE_MAX)]


class Pull(Struct, array_like=True, frozen=True):
    """PULL: packed entries; the version is the one up to which the asker has all rows."""

    wants: Annotated[bytes, Meta(max_length=16 * limits.ENTRIES_MAX)]
    padding: bytes = b""


class Rival(Struct, array_like=True, frozen=True):
    """The receiver's own name, known with an epoch no older than its own."""

    epoch: Epoch
    instance: Instance
    ip: Text
    port: U16
    age: Age
    """Since it was heard."""


class Hello(Struct, array_like=True, frozen=True):
    """HELLO: who are you, and do you receive at this address?"""

    nonce: U64
    instance: Instance = b""
    name: Name = ""
    version_min: U8 = 1
    version_max: U8 = 1
    rival: Rival | None = None
    padding: bytes = b""


class Member(Struct, array_like=True, frozen=True):
    """A live factory that may be greeted."""

    name: Name
    ip: Text
    port: U16


class Welcome(Struct, array_like=True, frozen=True):
    """WELCOME: the echo of a nonce, a nonce of its own (0: none), and what the asker should know."""

    echo: U64
    nonce: U64 = 0
    instance: Instance = b""
    name: Name = ""
    version_min: U8 = 1
    version_max: U8 = 1
    rival: Rival | None = None
    members: Annotated[list[Member], Meta(max_length=limits.MEMBERS_MAX)] = []


class Query(Struct, array_like=True, frozen=True):
    """QUERY: one page of what a factory alone knows; padded to the length of the ANSWER that is wanted."""

    nonce: U64
    topic: U8
    """A `Topic`; one that the receiver does not know is answered with nothing in it."""
    after: ItemKey = ""
    """The machine's id or the detail's name that came last; empty: from the first."""
    padding: bytes = b""


class WireMachine(Struct, array_like=True, frozen=True):
    """A machine as its factory tells of it."""

    id: Annotated[str, Meta(min_length=1, max_length=limits.ITEM_KEY_BYTES_MAX)]
    name: Name
    uuid: Annotated[bytes, Meta(max_length=16)]
    target: TargetName
    kind: Word
    """`VM`, `DC`, `SC` or `PR`."""
    state: Word
    processors: U32
    memory_mib: U64
    created_age: Age
    started_age: Age | None
    ended_age: Age | None
    deadline_in: Age | None
    """None: it is over."""
    cpu_deciseconds: U64
    efficiency_thousandths: U32 | None
    """CPU time by wall time and processors, over its life."""
    recent_thousandths: U32 | None
    """The same over the last minutes."""
    proven: bool
    ticket: Claim
    """-1: started without one."""
    outcome: Word
    message: Line
    """The code and the words of its end, or why it is being stopped."""
    by_vacnet: bool
    """The message is the factory's own and not the machine's."""


class WireDetail(Struct, array_like=True, frozen=True):
    """One thing that a factory says of itself, in words; names are of dotted words and are only added."""

    name: Annotated[str, Meta(min_length=1, max_length=limits.ITEM_KEY_BYTES_MAX)]
    value: Annotated[str, Meta(max_length=limits.DETAIL_BYTES_MAX)]


class Answer(Struct, array_like=True, frozen=True):
    """ANSWER: as many items behind `after` as fit into the length of the QUERY."""

    echo: U64
    topic: U8
    more: bool
    """There are items behind the last; without any item: the QUERY was too short for the next one."""
    machines: Annotated[list[WireMachine], Meta(max_length=limits.ROWS_MAX)] = []
    details: Annotated[list[WireDetail], Meta(max_length=limits.ROWS_MAX)] = []


Message = Announce | RowsOf | Sync | Digest | Pull | Hello | Welcome | Query | Answer

SHAPES: Final[dict[int, type[Message]]] = {
    Type.ANN: Announce,
    Type.SYNC: Sync,
    Type.DIGEST: Digest,
    Type.ROWS: RowsOf,
    Type.PULL: Pull,
    Type.HELLO: Hello,
    Type.WELCOME: Welcome,
    Type.BYE: Announce,
    Type.QUERY: Query,
    Type.ANSWER: Answer,
}
_encoder = msgspec.msgpack.Encoder()
_decoders = {kind: msgspec.msgpack.Decoder(shape) for kind, shape in SHAPES.items()}

encode = _encoder.encode


def decode(kind: int, body: bytes) -> Message:
    """Return the message of a known type.

    Raises:
        Rejected: it is none, or beyond the bounds.
    """
    try:
        return _decoders[kind].decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected(Reject.DECODE) from error


def encode_within(message: Hello | Welcome, room: int) -> bytes:
    """Return as many leading fields as fit into `room` bytes; empty when not even the first does."""
    fields = msgspec.structs.astuple(message)
    for count in range(len(fields), 0, -1):
        body = _encoder.encode(fields[:count])
        if len(body) <= room:
            return body
    return b""


def plain(text: str, most: int) -> bool:
    """Return whether a text from outside has at most so many bytes and nothing that moves a cursor."""
    return len(text.encode()) <= most and text.isprintable()


class Entry(NamedTuple):
    """A factory, its epoch, and a version of its rows; 16 bytes."""

    fid: bytes
    epoch: int
    version: int


class Evidence(NamedTuple):
    """That a factory lived: its counter, and how long ago it was heard in deciseconds; 24 bytes."""

    fid: bytes
    epoch: int
    counter: int
    age: int


_ENTRY: Final = struct.Struct(">8sII")
_EVIDENCE: Final = struct.Struct(">8sIQI")


def pack_entries(entries: list[Entry]) -> bytes:
    """Return the entries as 16 bytes each."""
    return b"".join(_ENTRY.pack(*entry) for entry in entries)


def unpack_entries(data: bytes) -> list[Entry]:
    """Return the entries; a rest shorter than one is none."""
    whole = len(data) - len(data) % _ENTRY.size
    return [Entry(*fields) for fields in _ENTRY.iter_unpack(data[:whole])]


def pack_evidence(evidence: list[Evidence]) -> bytes:
    """Return the evidence as 24 bytes each."""
    return b"".join(_EVIDENCE.pack(*one) for one in evidence)


def unpack_evidence(data: bytes) -> list[Evidence]:
    """Return the evidence; a rest shorter than one is none."""
    whole = len(data) - len(data) % _EVIDENCE.size
    return [Evidence(*fields) for fields in _EVIDENCE.iter_unpack(data[:whole])]
