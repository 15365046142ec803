"""What the machines of the fault points' stories are, as options of a target.

Most are a disk of one sector, which lives for a second or a few. What has to speak to the factory boots
Linux: a proof is a file that is PUT into joboutputs, and a last one is PUT when the power button is heard.
One image is of a kind that no QEMU knows yet, so that its start is refused.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from tests.integration.faults.payloads import MISSING
from tests.integration.faults.stories import Story
from tests.integration.libvirt.vm_space import BEGUN, sector

SHORT, LONG, LONGEST = 0.5, 4.0, 12.0
"""Seconds of a life: it ends at once, has something done to it, or is there when a second factory comes."""
NO_PROGRAM = "no-program"
"""The payload of the story in which the engine refuses a start."""
_TELLS = f"""#!/bin/busybox sh
echo {BEGUN}
tell() {{
    # The factory may be dead for a while, and a PUT to nobody waits for ever.
    until echo "$1" | timeout 5 put shutdown_message | grep ' 20'; do sleep 1; done
}}
"""
_PROVES = f"""{_TELLS}
: | put job_started
sleep {LONG:g}
tell '200 done'
"""
_FAREWELL = f"""{_TELLS}
: | put ready
button=$(grep -A 4 LNXPWRBN /proc/bus/input/devices | grep -o 'event[0-9]*')
head -c 24 /dev/input/$button >/dev/null  # one event
: | put job_started
sleep 2
tell '100 bye'
"""
_INCOMPATIBLE_AT = 72
"""Of a QCOW2 header: features without which an image cannot be read."""


def options_of(story: Story, home: Path) -> str:
    """Return the options of a target with the machine of a story; its files are made in `home`.

    What ends while no factory runs has nobody to PUT anything to, a proof neither.
    """
    kind = _sector if story.ends_between else _KINDS.get(story.payload, _sector)
    return kind(story, home)


def _sector(story: Story, home: Path) -> str:
    if story.ends or story.crowd:
        return sector(home, SHORT)
    return sector(home, LONGEST if story.before and not story.ends_between else LONG)


def _missing(story: Story, home: Path) -> str:
    return f'{_sector(story, home)}user_data = "{home}/none"\n'


def _refused(_story: Story, home: Path) -> str:
    image = home / "unknown.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(image), "1M"], check=True)
    with image.open("r+b") as file:
        file.seek(_INCOMPATIBLE_AT)
        file.write(b"\x80")
    image.chmod(0o644)
    return f'root_image = "{image}"\nmemory_per_processor = "16 MiB"\n'


def _linux(script: str) -> Callable[[Story, Path], str]:
    def options(_story: Story, home: Path) -> str:
        user_data = home / "user_data"
        user_data.write_text(script)
        image = os.environ["VACNET_TEST_GUEST"]
        return f'root_image = "{image}"\nuser_data = "{user_data}"\nmemory_per_processor = "96 MiB"\n'

    return options


_KINDS: Mapping[str, Callable[[Story, Path], str]] = MappingProxyType(
    {
        MISSING: _missing,
        NO_PROGRAM: _refused,
        "proves": _linux(_PROVES),
        "farewell": _linux(_FAREWELL),
    }
)
"""By payload of the story; all others are a disk of one sector."""
