"""`vacnet peers check` against real factories: who answers, and what it says of those that do not."""

from __future__ import annotations

import json
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.factory.test_looking import vacnet
from tools.space.member import Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.targets.keys import format_key

MakeSpace = Callable[[int], Space]
Answer = dict[str, object]


def _check(member: Member, *words: object) -> tuple[int, dict[str, Answer]]:
    done = vacnet("peers", "check", "--json", "--config", member.config, "--socket", member.socket, *words)
    assert done.stdout, done.stderr
    return done.returncode, {str(one["name"]): one for one in json.loads(done.stdout)["peers"]}


def _list(member: Member, *peers: str) -> None:
    lines = "".join(f'    "{peer}",\n' for peer in peers)
    (member.config / "peers.toml").write_text(f"peers = [\n{lines}]\n")


@contextmanager
def _deaf() -> Iterator[int]:
    """Yield a port at which datagrams arrive and nothing is answered, as behind a firewall."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _closed() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def test_peers_that_run_answer_and_so_do_those_met(make_space: MakeSpace) -> None:
    space = make_space(3)
    space.start()
    first, second, third = space.members
    _list(second, f"127.0.0.1:{first.port}")
    code, peers = _check(second)
    assert code == 0
    assert {one["factory"] for one in peers.values()} == {first.name, third.name}
    assert all(one["answers"] and not one["words"] for one in peers.values())


def test_each_that_does_not_answer_is_told_apart(make_space: MakeSpace) -> None:
    space = make_space(2)
    space.start()
    first, second = space.members
    closed = f"127.0.0.1:{_closed()}"
    with _deaf() as port:
        deaf, nowhere = f"127.0.0.1:{port}", "no-such-host.invalid"
        _list(second, f"127.0.0.1:{first.port}", closed, deaf, nowhere)
        code, peers = _check(second)
    assert code == 1
    assert peers[f"127.0.0.1:{first.port}"]["answers"]
    assert "nothing listens there" in str(peers[closed]["words"])
    assert (peers[deaf]["mute"], peers[closed]["mute"]) == (True, False)
    assert re.search("not known to DNS|name service of this host", str(peers[nowhere]["words"]))


def test_a_peers_file_that_cannot_be_read_is_marked_above_the_list_until_it_is_mended(
    make_space: MakeSpace,
) -> None:
    space = make_space(1)
    space.start()
    member, file = space.member(1), space.member(1).config / "peers.toml"
    good = file.read_text()

    def warned() -> bool:
        return any("is no TOML" in line for line in member.client().peers().warnings)

    file.write_text("peers [\n")
    until(warned, 30.0, "it is told")
    told = " ".join(vacnet("peers", "list", "--socket", member.socket).stdout.split())
    assert f"! {file}:1: is no TOML" in told
    file.write_text(good)
    until(lambda: not warned(), 30.0, "it is told no more")


def test_one_with_another_key_is_told_as_such_once_it_has_been_heard(
    make_space: MakeSpace, directory: Path
) -> None:
    space = make_space(2)
    first, second = space.members
    (first.config / "space.key").write_text(format_key(secrets.token_bytes(32)) + "\n")
    _list(first, f"127.0.0.1:{second.port}")
    for member in space.members:
        member.start()
    _wait_for_warning(second)
    code, peers = _check(second)
    assert code == 1
    assert "under a key that this factory does not have" in str(peers[f"127.0.0.1:{first.port}"]["words"])


def _wait_for_warning(member: Member) -> None:
    from vacnet.factory.client import ClientError

    def warned() -> bool:
        try:
            return any("is taken" in line for line in member.client().peers().warnings)
        except ClientError:
            return False

    until(warned, 30.0, "it has heard the other")
