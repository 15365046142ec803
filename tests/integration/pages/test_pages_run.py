"""The commands of the admins' pages do what the pages say, one after the other on a real factory."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.pages.blocks import Block, blocks_of
from tests.integration.pages.site_of_page import PageSite
from tests.integration.pages.space_of_page import PageSpace
from tools.space.member import CHECKOUT

DOCS = CHECKOUT / "docs"
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

MakeSite = Callable[..., PageSite]


@pytest.fixture
def home() -> Iterator[Path]:
    # Not below /tmp: a sandbox shows machines another one.
    made = Path(tempfile.mkdtemp(prefix="vn-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    """Where the pages' own files are served."""
    handler = functools.partial(_Quiet, directory=str(home / "etc" / "www"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def make_site(home: Path, address: str) -> Iterator[MakeSite]:
    sites: list[PageSite] = []

    def make(user: tuple[str, ...] = ()) -> PageSite:
        sites.append(PageSite(home, address, user))
        return sites[-1]

    yield make
    for site in sites:
        site.down()


@pytest.fixture
def space(home: Path, address: str) -> Iterator[PageSpace]:
    made = PageSpace(home, address, ("vac01", "vac02"))
    yield made
    made.down()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def _do(site: PageSite, page: str) -> list[tuple[Block, str]]:
    return [(block, site.do(block)) for block in blocks_of(DOCS / page)]


def test_a_first_site_is_installed_as_the_page_says(make_site: MakeSite) -> None:
    site = make_site()
    done = _do(site, "install.md")
    assert len(done) == 5
    told = "".join(printed for _, printed in done)
    assert "settings are good" in told or "vacnet.toml" in told
    site.do(Block("vacnet machines --ended 5", until="200 hello said"))


def test_a_first_site_is_installed_by_an_ordinary_user_too(make_site: MakeSite, home: Path) -> None:
    if os.geteuid() != 0:
        # Only root can become somebody else, and the same page was just run by one who is not root.
        pytest.skip("the test before this one ran as an ordinary user")
    program = [*AS_NOBODY, "sh", "-c", f"{sys.executable} -c 'import msgspec'"]
    if subprocess.run(program, capture_output=True, check=False).returncode:
        # Where the interpreter lies is the host's affair; a page run by root is no proof for this user.
        pytest.skip("this Python cannot be run by other users: it is installed below a closed directory")
    site = make_site(AS_NOBODY)
    for path in [home, *home.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    _do(site, "install.md")
    site.do(Block("vacnet machines --ended 5", until="200 hello said"))


def test_the_payload_and_the_pipe_of_the_page_do_what_it_says(make_site: MakeSite) -> None:
    site = make_site()
    site.do(Block("vacnet config init --space vac.example.org"))
    assert len(_do(site, "payloads-and-pipes.md")) == 9


def test_a_host_is_drained_and_undrained_as_the_page_says(make_site: MakeSite) -> None:
    site = make_site()
    _do(site, "install.md")
    site.do(Block("vacnet machines", until="running"))
    told = {block.text: printed for block, printed in _do(site, "drain.md")}
    assert len(told) == 5
    assert "new DIMMs" in told["vacnet space --once\nvacnet factories\n"]
    assert any("in place of: draining since" in printed for printed in told.values())
    assert any("nothing runs" in printed for text, printed in told.items() if "--wait" in text)
    site.do(Block("vacnet machines", until="running"))


def test_a_space_is_run_as_the_guide_says(space: PageSpace) -> None:
    told = {block.text: space.do(block) for block in blocks_of(DOCS / "guide.md")}
    found = {word: printed for text, printed in told.items() for word in text.split("\n") if printed}
    assert "nothing runs" in found["systemctl disable --now vacnet"]
    assert found["vacnet peers check"].count("● yes") == 1
    assert "hello on vac01.example.org: " in found["vacnet why hello"]
    assert "\nHere " in found["vacnet why hello"]
    assert "2 live" in next(printed for text, printed in told.items() if "--peer" in text)
    assert "2 running" in found["vacnet machines"]


def test_every_page_says_what_its_blocks_are_for() -> None:
    """A block with a mark that nothing understands would never be run."""
    for page in DOCS.glob("*.md"):
        marked = [line for line in page.read_text().splitlines() if line.startswith("```") and " " in line]
        assert len(marked) == len(list(blocks_of(page))), page.name
