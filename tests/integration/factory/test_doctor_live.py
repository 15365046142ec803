"""`vacnet doctor` beside real factories: what it says of a space that is well, and of one that is not."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable

from tools.space.member import CHECKOUT, Member
from tools.space.space import Space
from tools.space.waiting import until
from vacnet.factory.client import ClientError

PATIENCE_SECONDS = 30.0
COMMAND = (sys.executable, "-c", "from vacnet.cli import main; main()", "doctor", "--json", "--config")

Findings = list[tuple[str, str, str]]


def _doctor(factory: Member) -> tuple[int, Findings]:
    """Return the exit code, and of each finding what it is about, its verdict and its words."""
    done = subprocess.run(
        [*COMMAND, factory.config], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    told = json.loads(done.stdout)["findings"]
    return done.returncode, [
        (one["about"], one["verdict"], f"{one['words']} {one['remedy']}") for one in told
    ]


def _of(findings: Findings, about: str) -> list[tuple[str, str]]:
    return [(verdict, words) for name, verdict, words in findings if name == about]


def test_a_space_that_is_well_and_then_loses_a_factory(make_space: Callable[[int], Space]) -> None:
    space = make_space(2)
    space.start()
    first, second = space.members
    code, findings = _doctor(second)
    assert _of(findings, "factory") == [("good", f"{second.name} 0.1.0 is ready ")]
    assert [verdict for verdict, _ in _of(findings, "peers")] == ["good"]
    assert first.name in _of(findings, "peers")[0][1]
    assert code == int(any(verdict == "bad" for _, verdict, _ in findings))
    first.stop()
    code, findings = _doctor(second)
    ((verdict, words),) = _of(findings, "peers")
    assert (code, verdict) == (1, "bad")
    assert "does not answer" in words
    assert "vacnet" in words.partition("does not answer")[2]


def test_a_port_of_metrics_that_is_taken_stops_no_factory_and_is_told(
    make_space: Callable[[int], Space],
) -> None:
    (factory,) = make_space(1).members

    def answers() -> bool:
        try:
            return factory.client().health().state == "ready"
        except ClientError:
            return False

    with socket.create_server(("127.0.0.1", factory.port)):
        factory.start()
        until(answers, PATIENCE_SECONDS, "the factory is ready all the same")
    _, findings = _doctor(factory)
    assert any(
        verdict == "warning" and "[metrics] listen" in words for verdict, words in _of(findings, "factory")
    )


def test_without_a_factory_its_port_is_tried(make_space: Callable[[int], Space]) -> None:
    (factory,) = make_space(1).members
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", factory.port))
        code, findings = _doctor(factory)
    ((verdict, words),) = _of(findings, "sockets")
    assert (code, verdict) == (1, "bad")
    assert f"ss -ulpn 'sport = :{factory.port}'" in words
