"""With which key a command asks the space."""

from __future__ import annotations

from pathlib import Path

from vacnet.cli.remote import key_of
from vacnet.space.keyring import Role

MEMBER, OBSERVE = f"member {bytes(range(32)).hex()}\n", f"observe {bytes(range(1, 33)).hex()}\n"


def test_a_member_key_is_asked_with_for_every_factory_has_it(tmp_path: Path) -> None:
    for text in (MEMBER + OBSERVE, OBSERVE + MEMBER):
        (tmp_path / "space.key").write_text(text)
        assert key_of(tmp_path / "space.key", "vac.example.org").role is Role.MEMBER


def test_who_has_an_observe_key_alone_asks_with_that(tmp_path: Path) -> None:
    (tmp_path / "space.key").write_text(OBSERVE)
    assert key_of(tmp_path / "space.key", "vac.example.org").role is Role.OBSERVE
