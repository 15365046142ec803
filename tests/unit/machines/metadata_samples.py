"""A machine as the metadata service has it, with its directory made as the factory makes it."""

from dataclasses import replace
from pathlib import Path

from tests.unit.machines.samples import HOST, spec
from vacnet.machines.directory import prepare
from vacnet.machines.metadata.pages import Site
from vacnet.machines.metadata.service import Resident
from vacnet.targets.model import Model

USER_DATA = b"#cloud-config\nruncmd: [[poweroff]]\n\xff\x00"
SITE = Site(vendor_data=b"#cloud-config\ntimezone: UTC\n", public_key="ssh-ed25519 AAAA root@wn01")
MAC = "56:4d:a9:fe:a9:03"


def resident(
    home: Path, number: int = 3, *, address: str = "169.254.169.3", user_data: bytes | None = USER_DATA
) -> Resident:
    machine_id = f"1700000000_grid-prod_{number:02d}"
    made = replace(
        spec(Model.VM),
        id=machine_id,
        uuid=f"5b1c2d3e-0000-4000-8000-{number:012d}",
        number=number,
        name=f"wn01-{number:02d}.example.org",
        directory=home / machine_id,
    )
    prepare(made, HOST, user_data)
    return Resident(spec=made, address=address, mac=MAC)
