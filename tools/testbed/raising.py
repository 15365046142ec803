"""`up` and `down`: a testbed from nothing, by the first way that works here, and back to nothing."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence

from tools.testbed.containers import Containers, make_network
from tools.testbed.image import image
from tools.testbed.plan import Plan, TestbedError
from tools.testbed.settings import put
from tools.testbed.spaces import SUBNET, Spaces
from tools.testbed.testbed import CONFIG, FILE, KEY, Testbed, directory_of
from tools.testbed.ways import WAYS
from tools.testbed.work import FILES


def up(
    name: str,
    count: int,
    *,
    ways: Sequence[str] = tuple(WAYS),
    named_image: str = "",
    source: str = "",
    files: Mapping[str, str] = FILES,
    processors: int = 4,
    disk_mib: int = 0,
) -> Testbed:
    """Make a testbed and wait until all its nodes see each other.

    Args:
        name: of letters, digits and `-`; its directory has it, and all that is made.
        count: of nodes.
        ways: to keep nodes, of `WAYS`, in the order to try.
        named_image: for the nodes, instead of one made of what is at hand.
        source: of the image otherwise: `skeleton` or `debian`.
        files: that all get beside their settings, by their place there.
        processors: that each factory says it has.
        disk_mib: size of each node's disk, in memory; 0: a folder of the host's.

    Raises:
        TestbedError: there is one of that name, or no way works; the text has why.
    """
    directory = directory_of(name)
    if (directory / FILE).exists():
        raise TestbedError(f"there is a testbed {name}: end it with `down`, or take another --name")
    problems: dict[str, str] = {}
    for way in ways:
        testbed = Testbed(directory, Plan(name=name, way=way, processors=processors))
        try:
            _begin(testbed, named_image, source, files)
            testbed.add(count, disk_mib=disk_mib)
            testbed.wait_whole()
            return testbed
        except (TestbedError, TimeoutError) as error:
            if str(error) not in problems.values():  # four ways want the same engine
                sys.stderr.write(f"testbed: not as {WAYS[way].words}: {error}\n")
            problems[way] = str(error)
            down(name)
    raise TestbedError(
        "no way to keep nodes works here:\n" + "\n".join(f"{way}: {why}" for way, why in problems.items())
    )


def down(name: str) -> None:
    """Leave nothing of a testbed, by its name alone: also of one whose `up` was killed.

    Raises:
        TestbedError: containers may be left, for the engine that kept them does not answer.
    """
    try:
        way = Testbed.find(name).plan.way
    except TestbedError:
        way = ""
    Spaces(Plan(name=name, way="spaces")).clear()
    try:
        Containers(Plan(name=name, way=way)).clear()
    except TestbedError:
        # Without an engine no container can have been made, unless the plan says that some were.
        if way not in {"", "spaces"}:
            raise
    shutil.rmtree(directory_of(name), ignore_errors=True)


def _begin(testbed: Testbed, named_image: str, source: str, files: Mapping[str, str]) -> None:
    """Have directory, image and network, and write down what the nodes get."""
    name, directory = testbed.plan.name, testbed.directory
    directory.mkdir()
    directory.chmod(0o711)
    (directory / KEY).touch(mode=0o600)
    (directory / KEY).write_bytes(secrets.token_bytes(32))
    (directory / CONFIG).mkdir()
    for place, text in files.items():
        path = directory / CONFIG / place
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, text)
    if testbed.plan.way == "spaces":
        testbed.change(subnet=SUBNET)
    else:
        found, host_usr = image(named_image, source=source)
        testbed.change(subnet=make_network(name), image=found, host_usr=host_usr)
    testbed.keeper.prepare()
