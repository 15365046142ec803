"""A spec and a host that tests change where they need to."""

from dataclasses import replace
from pathlib import Path

from vacnet.machines.spec import Spec
from vacnet.machines.surroundings import HostIdentity
from vacnet.targets.model import Model, Target

HOST = HostIdentity(
    factory="wn01.example.org",
    space="vac.example.org",
    boot_id="boot-1",
    host="wn01",
    domain=".example.org",
    site="UKI-EXAMPLE",
    version="vacnet 9.9",
)


def spec(model: Model = Model.PROCESS, **changes: object) -> Spec:
    made = Spec(
        id="1700000000_grid-prod_03",
        uuid="5b1c2d3e-0000-4000-8000-000000000001",
        name="wn01-03.example.org",
        number=3,
        factory=HOST.factory,
        space=HOST.space,
        target=Target(name="grid-prod", machine_model=model),
        processors=4,
        memory_bytes=8 << 30,
        disk_bytes=80_000_000_000,
        directory=Path("/var/lib/vacnet/machines/1700000000_grid-prod_03"),
        created_wall=1_700_000_000,
        deadline_at=4600.0,
        deadline_wall=1_700_003_600,
        ticket_number=5,
        window_number=9,
        window_opener="wn02.example.org",
    )
    return replace(made, **changes)  # type: ignore[arg-type]
