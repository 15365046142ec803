"""The peers file and the key file: small files that people edit by hand."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.targets.address import PORT_DEFAULT, endpoint, endpoint_text
from vacnet.targets.keys import KEYS_MAX, Key, format_key, read_keys
from vacnet.targets.peers import Peer, add_peer, read_peers, remove_peer
from vacnet.targets.sizes import size_bytes, size_text
from vacnet.targets.source import SourceFile

PEERS = """\
# our cluster
peers = [
  "f1.example.org",      # the old one
  "10.0.0.5:9000",
  # "f9.example.org",    gone for repair
  "[2001:db8::1]:9000",  # in the other hall
]
"""

ADDRESSES = [
    ("host", ("host", PORT_DEFAULT)),
    ("f1.example.org:9000", ("f1.example.org", 9000)),
    ("vac_net-1", ("vac_net-1", PORT_DEFAULT)),
    ("10.0.0.5", ("10.0.0.5", PORT_DEFAULT)),
    ("2001:db8::1", ("2001:db8::1", PORT_DEFAULT)),
    ("[2001:db8::1]", ("2001:db8::1", PORT_DEFAULT)),
    ("[2001:db8::1]:9000", ("2001:db8::1", 9000)),
    ("fe80::1%eth0.7", ("fe80::1%eth0.7", PORT_DEFAULT)),
    ("[fe80::1%eth0]:9000", ("fe80::1%eth0", 9000)),
]


@pytest.mark.parametrize(("text", "expected"), ADDRESSES)
def test_addresses_are_read_as_people_write_them(text: str, expected: tuple[str, int]) -> None:
    assert endpoint(text) == expected
    assert endpoint(endpoint_text(*expected)) == expected


BAD_ADDRESSES = [
    "",
    " ",
    "a b",
    "host:",
    "host:0",
    "host:65536",
    "host:x",
    "[::1",
    "::1]:9",
    "[host]:9",
    "[fe80::1%]:9",
    "[fe80::1%a b]:9",
    "-x",
    "a..b",
]


@pytest.mark.parametrize(
    "text", [*BAD_ADDRESSES, "10.0.0.256", "1.2.3", "x" * 64, "a/b", "http://x", "é", "x\n"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert endpoint(text) is None


def peers_of(text: str) -> list[str]:
    return [str(peer) for peer in read_peers(SourceFile("p", text.encode()))[0]]


def test_peers_are_read_in_the_order_of_their_lines() -> None:
    peers, problems = read_peers(SourceFile("p", PEERS.encode()))
    assert peers[0] == Peer("f1.example.org", "f1.example.org", PORT_DEFAULT)
    assert [str(peer) for peer in peers[1:]] == ["10.0.0.5:9000", "[2001:db8::1]:9000"]
    assert problems == ()


def test_a_bad_line_is_told_and_the_others_stand() -> None:
    text = 'peers = [\n  "a",\n  "b:99999",\n  3,\n  "a:8885",\n  "c",\n]\n'
    peers, problems = read_peers(SourceFile("p", text.encode()))
    assert [peer.host for peer in peers] == ["a", "c"]
    told = [str(problem) for problem in problems]
    assert told[0] == (
        'p:3: peers[1]: "b:99999" is not "host", "host:port" or "[IPv6]:port"; '
        "correct or remove the line, the others stand"
    )
    assert told[1].startswith("p:4: peers[2]: 3 is not ")
    assert not any(problem.fatal for problem in problems)


def test_a_file_that_is_no_list_of_peers_says_so() -> None:
    for text, expected in (
        ("peers = [", "p:1: is no TOML"),
        ("peers = 3", "p:1: peers: 3 is not a list; write peers = [ ... ]"),
        ("\npeer = []", "p:2: peer: no such key of the peers file; the nearest is peers"),
    ):
        _, problems = read_peers(SourceFile("p", text.encode()))
        assert str(problems[0]).startswith(expected)


def test_adding_and_removing_keep_comments_order_and_indent() -> None:
    added = add_peer(PEERS, "new.example.org")
    assert '\n  "new.example.org",\n' in added
    assert [line for line in added.splitlines() if "new" not in line] == PEERS.splitlines()
    removed = remove_peer(PEERS, "10.0.0.5:9000")
    assert removed == PEERS.replace('  "10.0.0.5:9000",\n', "")


def test_a_peer_is_the_same_however_its_port_is_written() -> None:
    assert add_peer(PEERS, f"f1.example.org:{PORT_DEFAULT}") == PEERS
    assert "f1.example.org" not in remove_peer(PEERS, f"f1.example.org:{PORT_DEFAULT}")
    assert remove_peer(PEERS, "absent") == PEERS
    doubled = f'peers = [\n  "a",\n  "b",\n  "a:{PORT_DEFAULT}",\n  "a",\n]\n'
    assert remove_peer(doubled, "a") == 'peers = [\n  "b",\n]\n'
    assert [peer.name_as_written for peer in read_peers(SourceFile("p", doubled.encode()))[0]] == ["a", "b"]


def test_a_peer_that_is_no_address_is_not_written() -> None:
    with pytest.raises(ValueError, match='"a b" is not "host"'):
        add_peer(PEERS, "a b")
    with pytest.raises(ValueError, match="peers = 3 is no list"):
        add_peer("peers = 3\n", "a")


HOSTS = st.sampled_from(["a", "b.example.org", "10.0.0.1", "[::1]:9", "c:70", "d"])
STYLES = [
    "",
    "peers = []\n",
    "# c\npeers = [\n]\n",
    'peers = ["z"]\n',
    'peers = [\n\t"z", # z\n\t# y\n]\n',
    PEERS,
]


@given(st.sampled_from(STYLES), st.lists(st.tuples(st.booleans(), HOSTS), max_size=8))
def test_any_run_of_edits_leaves_the_list_one_would_make(text: str, edits: list[tuple[bool, str]]) -> None:
    expected = peers_of(text)
    for is_added, host in edits:
        full = endpoint_text(*(endpoint(host) or ("", 0)))
        text = add_peer(text, host) if is_added else remove_peer(text, host)
        expected = [peer for peer in expected if peer != full or is_added]
        expected += [full] if is_added and full not in expected else []
        tomllib.loads(text)
        assert peers_of(text) == expected


ONE, TWO = bytes(range(32)), bytes(range(1, 33))


def test_keys_are_read_in_order_and_written_as_they_are_read() -> None:
    text = f"# ring\n{format_key(ONE)}\n\n  observe\t{TWO.hex().upper()}  # the wall\n"
    keys, problems = read_keys(SourceFile("k", text.encode()))
    assert (keys, problems) == ((Key("member", ONE), Key("observe", TWO)), ())


BAD_KEYS = [
    ("members " + TWO.hex(), "the line has 2 words and is not a role (member or observe)"),
    (TWO.hex(), "the line has 1 word and"),
    ("member " + TWO.hex()[:-1], "the key has 63 characters and is not 64 hexadecimal digits"),
    ("member " + TWO.hex()[:-1] + "g", "the key has 64 characters and is not 64 hexadecimal"),
    ("member " + TWO.hex() + " x", "the line has 3 words"),
    ("member " + "00" * 32, "the key is one byte repeated, which is an example and no secret"),
    ("observe " + ONE.hex(), "the key stands twice"),
    ("member " + "é" * 64, "is not 64 hexadecimal digits"),
]


@pytest.mark.parametrize(("line", "expected"), BAD_KEYS, ids=[expected for _, expected in BAD_KEYS])
def test_a_bad_line_is_told_without_its_key_and_the_others_stand(line: str, expected: str) -> None:
    keys, problems = read_keys(SourceFile("k", f"member {ONE.hex()}\n{line}\n".encode()))
    assert keys == (Key("member", ONE),)
    told = str(problems[0])
    assert told.startswith("k:2: ")
    assert expected in told
    assert TWO.hex()[:16] not in told
    assert "vacnet key new" in told


def test_no_key_is_ever_printed() -> None:
    assert ONE.hex() not in repr(Key("member", ONE))
    assert repr(ONE) not in repr(Key("member", ONE))


def test_of_a_file_that_is_something_else_the_first_line_is_told() -> None:
    keys, problems = read_keys(SourceFile("k", b"root:x:0:0\n" * 50))
    assert keys == ()
    assert [problem.place.line for problem in problems] == [1, 0]


def test_a_ring_without_a_member_key_is_fatal() -> None:
    _, problems = read_keys(SourceFile("k", f"observe {ONE.hex()}\n".encode()))
    assert [problem.fatal for problem in problems] == [True]
    assert "holds no member key, so nothing can be sent" in str(problems[0])


def test_a_ring_is_bounded() -> None:
    text = "\n".join(format_key(bytes([number]) + ONE[1:]) for number in range(1, KEYS_MAX + 2))
    keys, problems = read_keys(SourceFile("k", text.encode()))
    assert (len(keys), len(problems)) == (KEYS_MAX, 1)
    assert "a key file has one line a key" in str(read_keys(SourceFile("k", b"x" * 70_000))[1][0])


@given(st.binary(max_size=300))
def test_any_bytes_are_keys_or_problems(data: bytes) -> None:
    keys, problems = read_keys(SourceFile("k", data))
    assert keys or problems


def test_only_whole_keys_of_a_known_role_are_written() -> None:
    with pytest.raises(ValueError, match="not 31"):
        format_key(ONE[:31])
    with pytest.raises(ValueError, match="member, observe"):
        format_key(ONE, "admin")


SIZES = [("2 GiB", 2 << 30), ("500 MB", 500_000_000), ("1.5KiB", 1536), ("0 B", 0), ("1 TB", 10**12)]


@pytest.mark.parametrize(("text", "expected"), SIZES)
def test_amounts_are_read_with_their_unit(text: str, expected: int) -> None:
    assert size_bytes(text) == expected


@pytest.mark.parametrize(
    "text", ["", "2", "GiB", "2 gib", "-1 GiB", "2  GiB", "1e3 B", "2 iB", "٢ GiB", "2 GiB\n"]
)
def test_amounts_without_a_clear_unit_are_none(text: str) -> None:
    assert size_bytes(text) is None


@given(st.integers(0, 1 << 60))
def test_an_amount_written_is_read_back_equal(count: int) -> None:
    text = size_text(count)
    assert size_bytes(text) == count or len(text) > 17
