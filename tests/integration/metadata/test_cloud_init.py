"""Unmodified cloud-init takes its user_data from each of the three sources, and what it PUTs is a proof.

The package is Debian's; what is set is what a kernel, a firmware or an image's builder would say: which
source there is. The service is on a host's network, cloud-init in a machine's, with the real addresses.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.metadata.two_networks import HOST, Networks, two_networks
from tests.unit.machines.metadata_samples import resident
from tools.engines.cloud_init import VARIABLE, chroot_of
from vacnet.machines.message import read_message
from vacnet.machines.proof import shows_proof

pytestmark = pytest.mark.engine("cloud-init")

USER_DATA = """#cloud-config
bootcmd:
- - /usr/bin/python3
  - -c
  - |
    from urllib.request import Request, urlopen
    job = urlopen("http://169.254.169.253/jobfeatures/job_id").read()
    urlopen(Request("http://169.254.169.253/joboutputs/job_started", data=job, method="PUT"))
"""

CONFIG = """datasource_list: [%s]
datasource: {Ec2: {strict_id: false}}
cloud_init_modules: [bootcmd, write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
"""
"""The source that there is, as an image's builder names it, and the modules that the tests look at."""

SOURCES = {
    "Ec2": "",
    "OpenStack": "",
    "NoCloud": "ds=nocloud-net;s=http://169.254.169.254/",
}
"""Source to what the kernel's line says of it: these hosts have no SMBIOS to say it by."""

SHOWN = "cloud-init init && cat /run/cloud-init/instance-data.json /run/site 2>/dev/null; cloud-id"


WHOLE_BOOT = "cloud-init init && cloud-init modules --mode config && cloud-init modules --mode final"
PAGE = Path(__file__).parents[3] / "docs/images.md"


@contextmanager
def serving(networks: Networks, home: Path, user_data: str) -> Iterator[None]:
    (home / "user_data").write_text(user_data)
    words = [sys.executable, "-m", "tests.integration.metadata.served", str(home), *HOST]
    with subprocess.Popen(networks.on_host(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield
        server.communicate(timeout=20)


def run(home: Path, source: str, user_data: str, program: str) -> subprocess.CompletedProcess[str]:
    """Run cloud-init in a machine whose metadata is served, with one source."""
    over = home / "over"
    over.mkdir()
    line = SOURCES[source]
    # The line stands among the words too: in a container cloud-init reads those of the first process.
    words = chroot_of(
        Path(os.environ[VARIABLE]), over, ["sh", "-c", program, line], f"quiet {line}", CONFIG % source
    )
    with two_networks() as networks, serving(networks, home, user_data):
        return subprocess.run(
            networks.in_machine(words),
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "product_name": "OpenStack Nova"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.mark.parametrize("source", SOURCES)
def test_it_takes_its_user_data_and_what_it_puts_is_a_proof(tmp_path: Path, source: str) -> None:
    ran = run(tmp_path, source, USER_DATA, SHOWN)
    machine = resident(tmp_path).spec
    assert shows_proof(machine), ran.stdout + ran.stderr
    assert (machine.directory / "joboutputs/job_started").read_text() == machine.uuid
    assert f'"instance_id": "{machine.uuid}"' in ran.stdout
    assert f'"local_hostname": "{machine.name.partition(".")[0]}"' in ran.stdout
    assert "ssh-ed25519 AAAA root@site" in ran.stdout
    assert ("of the site" in ran.stdout) == (source != "Ec2"), "EC2 knows no vendor data"


def test_the_user_data_of_the_page_of_images_does_what_it_says(tmp_path: Path) -> None:
    user_data = PAGE.read_text().split("```yaml\n")[1].split("```")[0]
    ran = run(tmp_path, "NoCloud", user_data, WHOLE_BOOT)
    machine = resident(tmp_path).spec
    assert shows_proof(machine), ran.stdout + ran.stderr
    message = read_message(machine.directory / "joboutputs")
    assert message is not None
    assert re.fullmatch(rb"200 had -?[0-9]+ seconds left\n", message)
