"""Every number of the protocol, each with its unit and where it comes from.

Rules of this file: constants and the two formulas over the size of the space; what paces an asker alone
stands with it. What is a bound is checked on receipt before memory is taken.
"""

from __future__ import annotations

from typing import Final

U32_MAX: Final = (1 << 32) - 1
"""The largest of MessagePack's 4-byte integers: epochs, versions and ages stay within them."""
U64_MAX: Final = (1 << 64) - 1
"""The largest integer that MessagePack has."""

# -- sizes of a datagram ---------------------------------------------------------------------------

DATAGRAM_BYTES_MAX: Final = 1200
"""UDP payload: RFC 9000 section 14's floor; IPv6's minimum of 1,280 leaves 1,232."""
HEADER_BYTES: Final = 28
"""Two magic bytes, version, type, key id, sender, epoch, sequence number: `seal`."""
TAG_BYTES: Final = 16
"""128 bits, as HMAC truncations of RFC 2104 section 5 and every AEAD of TLS 1.3."""
DATAGRAM_BYTES_MIN: Final = HEADER_BYTES + TAG_BYTES
"""Header and tag of an empty body."""
BODY_BYTES_MAX: Final = DATAGRAM_BYTES_MAX - HEADER_BYTES - TAG_BYTES
"""What header and tag leave of the largest datagram."""
BEAT_PADDING_BYTES: Final = 1
"""Makes a beat 54 bytes, the length of the shortest challenge: no answer is longer than what asked."""
HELLO_BYTES: Final = 400
"""A full HELLO is padded to this, so that a WELCOME with any name is no longer (RFC 9000 section 8.1)."""

# -- bounds of what is known -----------------------------------------------------------------------

FACTORIES_MAX: Final = 10_000
"""The largest space the protocol was computed for (gossip research, table of bytes per second)."""
TARGETS_MAX: Final = 256
"""Per factory; sites of Vac had 5 to 25."""
FACTORY_NAME_BYTES_MAX: Final = 253
"""RFC 1035: the longest host name in text."""
TARGET_NAME_BYTES_MAX: Final = 63
"""RFC 1035: one label, because target names enter host names and directories."""
DIGEST_BYTES_MAX: Final = 16
"""128 bits, as the tag: digests of settings are compared, never inverted."""
INSTANCE_BYTES: Final = 8
"""64 random bits, as a nonce has: no two starts of one name share them."""
TEXT_BYTES_MAX: Final = 64
"""Addresses and software versions; the longest `[IPv6%zone]:port` has 63."""
ITEM_KEY_BYTES_MAX: Final = 128
"""A machine's id (10 digits of its second, its target's 63 bytes, a serial) or the name of a detail."""
LINE_BYTES_MAX: Final = 128
"""The end of a machine in words, cut; `shutdown_message` itself is read up to 1 KiB."""
WORD_BYTES_MAX: Final = 16
"""One of a few words (a state, a kind, an outcome), none of which is longer than ten."""
DETAIL_BYTES_MAX: Final = 256
"""A sentence; memberlist gives all that a node says of itself 512 bytes."""
EPOCH_MAX: Final = U32_MAX - 1
"""One below u32's end: whatever epoch is told, there is one above it to jump to."""

# -- liveness --------------------------------------------------------------------------------------

LIVE_BEATS: Final = 3
"""Silence of three beats ends liveness; memberlist and Serf wait 4 x log10(N) probes of 1 s."""
FORGET_SECONDS: Final = 86_400.0
"""Serf reaps failed members after 24 h, chitchat forgets after 24 h."""
DEPARTED_COUNTED_SECONDS: Final = 600.0
"""What a factory ran when it said goodbye goes on counting for ten minutes: more than a reboot takes."""
RELAY_AGE_SECONDS: Final = 1.0
"""Added to relayed evidence: a hop of up to a second never makes a factory look younger."""
RETOLD_SECONDS: Final = 1.0
"""A time of a row that moved by less is the same time, told anew: decisions reckon in seconds."""

# -- timers ----------------------------------------------------------------------------------------

SYNC_SECONDS: Final = (0.9, 1.1)
"""Between two syncs: a second, as chitchat's interval and memberlist's probe."""
SYNC_SILENT_EVERY: Final = 10
"""One sync in ten goes to a silent factory: what heals a partition (Serf retries failed members so)."""
CHASE_SECONDS: Final = 0.1
"""The next sync with a peer that had news; half of memberlist's 200 ms between rounds of gossip."""
COALESCE_SECONDS: Final = 2.0
"""Changes that nobody waits for are gathered so long: from 1,000 factories at most 500 datagrams a second."""
REPEAT_SECONDS: Final = 10.0
"""How long an announcement is repeated with urgent ones: two beats have shown the gap by then."""
JITTER: Final = 0.1
"""Part by which beats and greetings are drawn apart, lest they fall into step (Floyd and Jacobson 1994)."""
SWEEP_SECONDS: Final = 1.0
"""Between two looks at who fell silent: a fifteenth of the shortest silence that ends liveness."""
HELLO_FIRST_SECONDS: Final = 1.0
"""Before a greeting is sent again: the first retransmission timeout of RFC 6298 section 2.1."""
HELLO_CEILING_SECONDS: Final = (3.0, 60.0)
"""Retries double up to as many seconds as there are silent contacts, within these: one HELLO a second."""
CHALLENGE_GAP_SECONDS: Final = 0.5
"""Between two challenges to one address: half of HELLO_FIRST_SECONDS, so that no retry is in vain."""
ECHO_SECONDS: Final = 30.0
"""How long a nonce may take to come back; STUN waits 39.5 s for an answer (RFC 8489 section 6.2.1)."""
GAP_WAIT_SECONDS: Final = 0.03
"""Before a gap is asked for: a burst is reordered by less; 9/8 of a round trip in RFC 9002 section 6.1.2."""
PULL_GAP_SECONDS: Final = 0.3
"""Between two pulls of one factory's rows: a round trip between continents, so relays of a gap ask once."""
RIVAL_WAIT_SECONDS: Final = (1.0, 60.0)
"""How long a twin has to answer, doubled with each jump: the least and the most of RFC 6298 section 2."""
JUMP_MAX: Final = 4096
"""How far a jump goes at most; an epoch is a second, so a restart is above it again within the hour."""
PAST_SECONDS: Final = 3.0
"""A life heard this long after I started is not my past: more than delay and rounding can add."""
CONFLICT_SECONDS: Final = 60.0
"""A conflict lasts this long after its last proof: six times that of RFC 3927 section 2.5."""
WARNING_SECONDS: Final = 10.0
"""Between two warnings of one kind: as between two defences of an address (RFC 3927)."""

# -- questions of observers, and QUERY -------------------------------------------------------------

QUESTIONS_PER_SECOND: Final = 200.0
"""Of one address, with as many at once: a table of 1,000 factories (500 datagrams) in three seconds."""
QUESTIONS_PER_SECOND_ALL: Final = 500.0
"""Of all addresses: a quarter of the normal allowance, so that those who only look never crowd out news."""
UNPROVED_PER_SECOND: Final = 1_000.0
"""Answers to greetings of who is not linked: half the normal allowance, so that replayed ones delay none."""
ASKERS_MAX: Final = 256
"""Addresses whose allowance is remembered; BIND's response rate limiting begins with 500 entries."""

# -- queues and pages ------------------------------------------------------------------------------

REPLAY_BITS: Final = 128
"""RFC 6479's window, in its smallest useful size: one sender's datagrams overtake each other rarely."""
NONCES_MAX: Final = 16_384
"""More than FACTORIES_MAX: all may be greeted at once."""
STRANGER_SECONDS: Final = 300.0
"""A warning of one address and reason: a factory with a wrong key sends a datagram a second for days."""
STRANGER_PATIENCE_SECONDS: Final = 10.0
"""Before an address that is no contact is told: whoever asks once is gone, a factory greets on and on."""
STRANGER_SHOWN_SECONDS: Final = 150.0
"""After its last datagram: two of the longest waits between greetings, and a lost one."""
STRANGERS_GAP_SECONDS: Final = 1.0
"""Between two warnings of strangers: who forges addresses makes no more news than one a second."""
STRANGERS_MAX: Final = 64
"""Addresses that are warned of one by one: more than a screen shows."""
CHALLENGED_MAX: Final = 1_024
"""Strangers whose last challenge is remembered: twice BIND's 500 entries of response rate limiting."""
MEMBERS_KEPT: Final = 256
"""Factories met that a record keeps for the next start: one that answers names all others."""
CONTACTS_MAX: Final = 2 * FACTORIES_MAX
"""Each factory may have an address that was configured and one that it told."""
SOURCES_MAX: Final = 4
"""Addresses of one factory from which its datagrams are taken: two families, two interfaces."""
HELD_MAX: Final = 256
"""Spans that wait for the one before: 300 kB, two answers of ROWS_PAGES_MAX and more."""
BUCKETS: Final = 64
"""512 bytes of hashes in a SYNC; one of 1,000 factories in 16 to a bucket (gossip research 4.5)."""
BUCKETS_LARGE: Final = 128
"""1,024 bytes of hashes: as many as a datagram takes."""
BUCKETS_LARGE_ABOVE: Final = 2_000
"""From here on 64 buckets would hold more than half of ENTRIES_MAX each."""
ENTRIES_MAX: Final = 56
"""Entries of one DIGEST or PULL, 16 bytes each; beside them a DIGEST has room for its evidence."""
EVIDENCE_MAX: Final = 8
"""Factories not heard of late that a SYNC asks for; 24 bytes each in the DIGEST that answers."""
ROWS_MAX: Final = 64
"""Rows or origins of one datagram; by bytes hardly 25 fit."""
CODE_MAX: Final = 65_535
"""The largest of MessagePack's 2-byte integers: codes, flags, rule versions."""
ASK_AFTER_BEATS: Final = 1.5
"""Who was not heard for this long is asked after: half of what ends liveness."""
RELAYS: Final = 2
"""Three datagrams per factory and urgent row; 99 % know in 50 ms at 1,000 with 1 % loss (measured)."""
ROWS_PAGES_MAX: Final = 64
"""Datagrams in answer to one PULL: all of 256 long rows, and under the 92 of a default receive buffer."""
MEMBERS_MAX: Final = 16
"""Members that a WELCOME names: with names of 50 bytes they fill a datagram."""
URGENT_PER_SECOND: Final = 20_000.0
"""A tenth of what a sender manages at 4 to 5 us a datagram (measured)."""
NORMAL_PER_SECOND: Final = 2_000.0
"""A tenth of the urgent allowance: what can wait never holds up what cannot."""
QUEUE_MAX: Final = 2 * FACTORIES_MAX
"""Datagrams waiting for their turn; the oldest go first when it is full, sync repairs."""


def beat_seconds(factories: int) -> float:
    """Return the beat H of a space: clamp(N / 50, 5, 60) seconds."""
    return min(60.0, max(5.0, factories / 50))


def bucket_count(factories: int) -> int:
    """Return how many bucket hashes a SYNC carries."""
    return BUCKETS_LARGE if factories > BUCKETS_LARGE_ABOVE else BUCKETS
