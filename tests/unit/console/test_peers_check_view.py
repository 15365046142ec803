"""What `vacnet peers check` and a rotation say of others: who is mute, and who may lack a key."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.console import goldens, scenes
from tests.unit.console.drawn import drawn
from vacnet.console.keys_view import may_lack
from vacnet.console.peers_check_view import LIKELY, Checked, CheckedPeer, check_view

GOOD = CheckedPeer(
    name="vac02.example.org",
    answers=True,
    address="192.0.2.12:8885",
    factory="vac02.example.org",
    round_trip_seconds=0.00042,
    words="",
)
MUTE = CheckedPeer(
    name="vac04.example.org",
    answers=False,
    address="192.0.2.14:8885",
    factory="",
    round_trip_seconds=None,
    words="nothing came back; this host's factory heard it 6m12s ago: it has ended since, or a firewall lets "
    "only some ports pass",
    mute=True,
)
REFUSED = msgspec.structs.replace(MUTE, name="vac05.example.org", words="nothing listens there", mute=False)
PEERS = {
    "healthy": (GOOD,),
    "one-silent": (GOOD, MUTE),
    "partitioned": (MUTE, msgspec.structs.replace(MUTE, name="vac02.example.org", address="192.0.2.12:8885")),
    "one-down": (GOOD, REFUSED),
}


@pytest.mark.parametrize("scene", PEERS)
@pytest.mark.parametrize("width", [80, 160])
def test_a_check_looks_as_it_did(scene: str, width: int) -> None:
    told = drawn(check_view(Checked(space="vac.example.org", peers=PEERS[scene])), width)
    goldens.check(f"peers-check-{scene}-{width}", told)
    assert (LIKELY[0][0] in told) == any(peer.mute for peer in PEERS[scene])


def test_who_never_spoke_under_a_key_may_lack_it_and_who_did_has_it() -> None:
    peers = scenes.PEERS["one-silent"]
    assert may_lack("3f00ab12", peers).startswith("vac05.example.org has not spoken under key 3f00ab12")
    assert may_lack("00000000", peers).startswith(
        "vac02.example.org, vac03.example.org, vac05.example.org have not"
    )
    assert may_lack("3f00ab12", scenes.PEERS["empty"]) == ""
