"""The handshake: HELLO and WELCOME, by which two factories prove to each other that they are there.

    A                                       B
    HELLO   nonce a            ---->
                               <----        WELCOME echo a, nonce b      (A knows B: link)
    WELCOME echo b             ---->                                     (B knows A: link)

Rules of this file: a HELLO asks, a WELCOME answers with the nonce and, if its sender is not proved here,
asks back. Neither keeps state for a stranger but a nonce. An answer to somebody unproved is no longer
than what it answers; a full HELLO is padded for that, and where there is no room, trailing fields are
left away, down to the bare nonce. All of them share an allowance: a recorded HELLO, played again and
again, takes no part of the way out that news need. Both carry the sender's `instance`, 8 random bytes of
its present life, and, where the receiver's name is known with another life that is no older, that life
(`rival`): how a factory whose record was lost learns which epoch to jump over, and how two of one name
learn of each other. A WELCOME names a few live members, so that a newcomer reaches all without a list.

Whoever holds a member key may join: a good tag is admission, and either side's list suffices.

Sources: RFC 9000 section 8 (address validation, anti-amplification).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from vacnet.space import address as addresses
from vacnet.space import limits, namesake, versions
from vacnet.space.address import Address
from vacnet.space.allowance import Bucket
from vacnet.space.challenges import Sent
from vacnet.space.core import Core
from vacnet.space.counters import Reject
from vacnet.space.gate import Arrival
from vacnet.space.happenings import AddressGivenUp, OtherVersion
from vacnet.space.keyring import Key
from vacnet.space.membership import Membership
from vacnet.space.seal import Rejected, factory_id
from vacnet.space.table import Known, Liveness
from vacnet.space.twin import Twin
from vacnet.space.versions import VERSION_MAX, VERSION_MIN
from vacnet.space.wire import Hello, Member, Rival, Type, Welcome, encode, encode_within


class Handshake:
    """Greets, answers, and says who proved itself."""

    def __init__(
        self, core: Core, membership: Membership, twin: Twin, proved: Callable[[Known, bool], None]
    ) -> None:
        """Begin; `proved` is called with each factory that is newly linked, and whether it was unknown."""
        self._core = core
        self._membership = membership
        self._twin = twin
        self._proved = proved
        self._unproved = Bucket(limits.UNPROVED_PER_SECOND, limits.UNPROVED_PER_SECOND, core.now)
        self._told: dict[Address, float] = {}
        """When it was told that somebody speaks other versions."""

    def wake(self) -> None:
        """Greet the contacts whose turn it is."""
        contacts = self._core.contacts
        for address in contacts.due(self._core.now):
            self.greet(address)
        for address in contacts.given_up():
            self._core.happen(AddressGivenUp(address))

    def greet(self, address: Address, room: int = limits.BODY_BYTES_MAX, rival: Rival | None = None) -> None:
        """Send a HELLO with as many fields as there is room for."""
        core = self._core
        nonce = core.challenges.make(address, core.now)
        hello = Hello(nonce, core.me.row.instance, core.me.name, VERSION_MIN, VERSION_MAX, rival)
        short = limits.HELLO_BYTES - limits.DATAGRAM_BYTES_MIN - len(encode(hello))
        padded = msgspec.structs.replace(hello, padding=bytes(max(0, short)))
        if body := encode_within(padded, room):
            core.send_body(Type.HELLO, body, [address])

    def challenge(self, arrival: Arrival, instance: bytes = b"") -> None:
        """Ask an unproved sender, or one of another life, whether it is there, and tell it of the rival."""
        core = self._core
        if core.challenges.permits(arrival.address, core.now) and self._unproved.take(core.now):
            self.greet(arrival.address, arrival.room, self._rival(arrival, instance))

    def on_hello(self, arrival: Arrival, hello: Hello) -> None:
        """Answer; of an own greeting learn that the address is my own."""
        core = self._core
        self._check_name(arrival, hello.name)
        if self._is_me(arrival, hello.instance):
            self._met_myself(hello.nonce)
        if arrival.link is None and not self._unproved.take(core.now):
            raise Rejected(Reject.RATE)
        rival = self._rival(arrival, hello.instance)
        self._hear_rival(hello.rival, proved=arrival.link is not None)
        known = arrival.link or rival or not self._understands(arrival, hello)
        ask = 0 if known else core.challenges.make(arrival.address, core.now)
        self._welcome(arrival.address, hello.nonce, ask, rival, arrival.room)

    def answer(self, arrival: Arrival, nonce: int) -> None:
        """Answer somebody who is no factory, under its own key: an echo, and nothing asked back."""
        self._welcome(arrival.address, nonce, 0, None, arrival.own_room, arrival.key)

    def on_welcome(self, arrival: Arrival, welcome: Welcome) -> None:
        """Take the proof, and give mine if asked for."""
        core = self._core
        self._check_name(arrival, welcome.name)
        if (sent := core.challenges.take(welcome.echo, core.now)) is None:
            raise Rejected(Reject.ECHO)
        if not self._understands(arrival, welcome):
            raise Rejected(Reject.VERSION)
        rival = self._rival(arrival, welcome.instance)
        if welcome.nonce:
            room = limits.BODY_BYTES_MAX if sent.address == arrival.address else arrival.room
            self._welcome(arrival.address, welcome.nonce, 0, rival, room)
        if arrival.known is core.me:
            self._hear_twin(arrival, welcome)
        elif rival is not None:
            self._tell_both(arrival, welcome)
        else:
            self._prove(arrival, welcome, sent)

    def _understands(self, arrival: Arrival, greeting: Hello | Welcome) -> bool:
        """Return whether a version is common to both; if not, tell the admin now and then.

        The other end tells its own: a greeting is answered all the same, with the range spoken here.
        """
        if versions.common(greeting.version_min, greeting.version_max) is not None:
            return True
        core, address = self._core, arrival.address
        if core.now - self._told.get(address, -math.inf) >= limits.STRANGER_SECONDS:
            if len(self._told) >= limits.STRANGERS_MAX:
                del self._told[next(iter(self._told))]
            self._told[address] = core.now
            core.happen(OtherVersion(address, versions.words(greeting.version_min, greeting.version_max)))
        return False

    def _hear_rival(self, rival: Rival | None, *, proved: bool) -> None:
        self._twin.told(rival, proved=proved)
        for address in self._twin.to_ask():
            self.greet(address)

    def _hear_twin(self, arrival: Arrival, welcome: Welcome) -> None:
        if welcome.instance not in {b"", self._core.me.row.instance}:
            self._twin.answered(arrival.address)

    def _tell_both(self, arrival: Arrival, welcome: Welcome) -> None:
        """Tell two lives of one name of each other: this one is proved to run, the other is held for live."""
        core, known = self._core, arrival.known
        self.challenge(arrival, welcome.instance)
        if known is None or known.address is None or known.liveness(core.now) is not Liveness.LIVE:
            return
        known.namesake = namesake.met(known.namesake, arrival.address, core.now)
        if core.challenges.permits(known.address, core.now):
            here = Rival(arrival.header.epoch, welcome.instance, *arrival.address, 0)
            self.greet(known.address, rival=here)

    def _prove(self, arrival: Arrival, welcome: Welcome, sent: Sent) -> None:
        """Link the sender; after an answer that was cut short, ask again where there is room now."""
        core, known = self._core, arrival.known
        self._hear_rival(welcome.rival, proved=True)
        for member in welcome.members:
            self._meet(member)
        if not welcome.name:
            self.greet(sent.address)
            return
        fresh = known is None or known.link is None or known.epoch < arrival.header.epoch
        proved = self._membership.prove(welcome.name, arrival.header, sent.address, arrival.address)
        if proved is not None and proved.link is not None:
            proved.link.key_id = arrival.key.id
            proved.link.instance = welcome.instance
            proved.link.round_trip_seconds = core.now - sent.at
            if fresh:
                self._proved(proved, known is None)

    def _welcome(
        self, to: Address, echo: int, ask: int, rival: Rival | None, room: int, key: Key | None = None
    ) -> None:
        core = self._core
        bare = Welcome(echo, ask, core.me.row.instance, core.me.name, VERSION_MIN, VERSION_MAX, rival)
        left = min(room, limits.BODY_BYTES_MAX) - len(encode(bare))
        full = msgspec.structs.replace(bare, members=self._members(left))
        if body := encode_within(full, room):
            core.send_body(Type.WELCOME, body, [to], key=key)

    def _members(self, room: int) -> list[Member]:
        """Return a few live members that fit into the room, at a cost that does not grow with the space."""
        members: list[Member] = []
        for known in self._some():
            ip, port = known.address or ("", 0)
            member = Member(known.name, ip, port)
            room -= len(encode(member))
            if room < 0:
                break
            members.append(member)
        return members

    def _some(self) -> list[Known]:
        core = self._core
        names = list(core.table.factories)
        drawn = core.rng.sample(names, min(len(names), 2 * limits.MEMBERS_MAX))
        some = [core.table.factories[name] for name in drawn]
        live = [known for known in some if known.link and known.liveness(core.now) is Liveness.LIVE]
        return live[: limits.MEMBERS_MAX]

    def _meet(self, member: Member) -> None:
        address = addresses.checked(member.ip, member.port)
        if address is not None and factory_id(member.name) not in self._core.excluded:
            self._core.contacts.meet(address, self._core.now)

    def _check_name(self, arrival: Arrival, name: str) -> None:
        if name and factory_id(name) != arrival.header.fid:
            raise Rejected(Reject.NAME)

    def _is_me(self, arrival: Arrival, instance: bytes) -> bool:
        return arrival.known is self._core.me and instance == self._core.me.row.instance

    def _met_myself(self, nonce: int) -> None:
        """Never greet the address again at which I answered myself."""
        core = self._core
        if (sent := core.challenges.take(nonce, core.now)) is not None:
            core.contacts.answered(sent.address, core.me.fid, core.now)
            self._twin.was_me(sent.address)
        raise Rejected(Reject.ITSELF)

    def _rival(self, arrival: Arrival, instance: bytes) -> Rival | None:
        """Return the other life of the sender's name, if it is no older than the sender's."""
        known, header = arrival.known, arrival.header
        if known is None or known.itself or header.epoch > known.epoch:
            return None
        linked = known.link.instance if known.link else b""
        others = [life for life in (known.row.instance, linked) if life not in {b"", instance}]
        if header.epoch == known.epoch and not (instance and others):
            return None
        other = others[0] if others else b""
        ip, port = known.address or ("", 0)
        return Rival(known.epoch, other, ip, port, self._silence(known, other))

    def _silence(self, known: Known, life: bytes) -> int:
        """Return the deciseconds since a life was heard; long if it is not the one that is linked."""
        if known.link is not None and known.link.instance != life:
            return limits.U32_MAX
        return int(known.silence(self._core.now) * 10)
