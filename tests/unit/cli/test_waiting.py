"""Waiting for a drain: what is said when it was not over in time fits what was ordered and what is left."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.unit.cli.states import DRAIN
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.waiting import wait_until_over
from vacnet.factory.client import Client, DrainState

UNKNOWN = replace(DRAIN, draining=True, left=(), unknown="docker: connection refused")


class _Answering(Client):
    """A factory that always answers the same."""

    def __init__(self, state: DrainState) -> None:
        super().__init__()
        self._state = state

    def drain_state(self) -> DrainState:
        return self._state


@pytest.mark.parametrize(
    ("state", "hinted"),
    [
        (replace(DRAIN, draining=True, left=("a",), unknown="", now=False), True),
        (replace(DRAIN, draining=True, left=("a",), unknown="", now=True), False),
        (UNKNOWN, False),
    ],
    ids=["machines are left", "they are ended already", "an engine is away"],
)
def test_now_is_named_where_it_would_end_something(state: DrainState, *, hinted: bool) -> None:
    with pytest.raises(CommandError) as failed:
        wait_until_over(_Answering(state), 0.0, "")
    assert failed.value.code == Exit.TOO_SLOW
    assert ("`vacnet drain --now`" in failed.value.words) is hinted
