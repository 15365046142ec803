"""Leaving secrets out: what is known goes wherever it stands, what has the form of a secret goes too."""

from __future__ import annotations

import pytest

from vacnet.cli.scrub import HIDDEN, Scrubber


@pytest.mark.parametrize(
    "text",
    [
        "http://user:xyzzy-1@host/a",
        "https://host/pipe?token=xyzzy-1&x=2",
        "password=xyzzy-1",
        "api_key: 'xyzzy-1'",
        '{"auth_token": "xyzzy-1"}',
        "Authorization: Bearer xyzzy-1",
        "authorization: basic xyzzy-1",
        "curl -H 'bearer xyzzy-1'",
        "-----BEGIN RSA PRIVATE KEY-----\nxyzzy-1\n-----END RSA PRIVATE KEY-----",
        "the value xyzzy-1 is known",
    ],
)
def test_a_secret_goes_and_is_said_to(text: str) -> None:
    known = ["xyzzy-1"] if "known" in text else []
    scrubbed = Scrubber(known).text(text)
    assert "xyzzy-1" not in scrubbed
    assert HIDDEN in scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "another key, or of another space",
        "a secret is never shown",
        "image@sha256:" + "0" * 64,
        "https://host/path and more",
        "tickets 4 of 9",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert Scrubber(["no", ""]).text(text) == text


def test_a_secret_within_another_does_not_save_the_rest_of_it() -> None:
    assert Scrubber(["abcd", "abcd-efgh"]).text("abcd-efgh") == HIDDEN


def test_a_key_of_a_space_goes_whoever_wrote_it() -> None:
    assert Scrubber(()).text("member " + "0aF1" * 16) == f"member {HIDDEN}"


def test_values_are_searched_to_the_bottom_names_too() -> None:
    value = {"a": [{"xyzzy": ("xyzzy", 1, None)}], "b": 2.5}
    assert Scrubber(["xyzzy"]).value(value) == {"a": [{HIDDEN: [HIDDEN, 1, None]}], "b": 2.5}
