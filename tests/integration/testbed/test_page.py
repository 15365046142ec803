"""The commands of docs/testbed.md do what the page says, one after the other, on five real nodes."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Iterator

import pytest

from tests.integration.pages.blocks import Block, blocks_of
from tests.integration.testbed.stage import PATIENCE_SECONDS
from tools.space.member import CHECKOUT
from tools.space.waiting import until
from tools.testbed import Testbed, down

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(600), pytest.mark.xdist_group("testbed")]

COMMAND = "-m tools.testbed"


@pytest.fixture
def name() -> Iterator[str]:
    made = f"page-{secrets.token_hex(3)}"
    yield made
    down(made)


@pytest.mark.slow  # a testbed of its own, and a space that is waited for again and again
def test_vacnet_is_tried_on_five_hypervisors_as_the_page_says(name: str) -> None:
    told = [_do(block, name) for block in blocks_of(CHECKOUT / "docs" / "testbed.md")]
    assert len(told) == 10
    whole = "".join(told)
    assert "5 nodes see each other" in whole
    assert re.search(r"node3 .* ended", whole)
    assert f"nothing is left of the testbed {name}" in whole


def _do(block: Block, name: str) -> str:
    """Run a block, again until it prints what is expected; the testbed has a name of its own."""
    printed = [_run(block.text, name)]
    if block.until:
        until(
            lambda: re.search(block.until, _again(printed, block.text, name), re.DOTALL) is not None,
            PATIENCE_SECONDS,
            f"{block.until!r} is printed; last: {printed[-1]}",
        )
    return printed[-1]


def _again(printed: list[str], text: str, name: str) -> str:
    printed.append(_run(text, name))
    return printed[-1]


def _run(text: str, name: str) -> str:
    script = text.replace(COMMAND, f"{COMMAND} --name {name}")
    done = subprocess.run(
        ["sh", "-eu"], input=script, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}\n{_last_words(name)}"
    return done.stdout


def _last_words(name: str) -> str:
    return "\n".join(f"{node.name} {node.last_words()}" for node in Testbed.find(name).nodes)
