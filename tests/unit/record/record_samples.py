"""Clocks set by hand, machines and ends to put into a record."""

from pathlib import Path

from vacnet.record import Finish, MachineRecord, Record

BOOT_ID = "7f1f3d1e-0000-4000-8000-000000000001"


class Clocks:
    """Both clocks of a host, set by hand."""

    def __init__(self) -> None:
        self.wall = 1_800_000_000.0
        self.boot = 5_000.0
        self.boot_id = BOOT_ID

    async def open(self, path: Path, factory: str = "node1.example.org") -> Record:
        return await Record.open(
            path, factory=factory, wall=lambda: self.wall, boottime=lambda: self.boot, boot_id=self.boot_id
        )


def machine(number: int = 1, **changes: object) -> MachineRecord:
    values: dict[str, object] = {
        "id": f"1800000000_mandelbrot_{number:02d}",
        "uuid": f"00000000-0000-4000-8000-{number:012d}",
        "name": f"node1-{number:02d}.example.org",
        "number": number,
        "target": "mandelbrot",
        "model": "process",
        "kind": "PR",
        "processors": 2,
        "memory_bytes": 4 << 30,
        "disk_bytes": 0,
        "accounting_fqan": "/example/Role=pilot",
        "benchmark_name": "HEPscore23",
        "benchmark_per_processor": 15.3,
        "created_wall": 1_800_000_000.0,
        "created_boot": 5_000.0,
        "boot_id": BOOT_ID,
        "deadline_boot": 91_400.0,
        "deadline_wall": 1_800_086_400.0,
        "ticket_number": 0,
        "window_number": 3,
        "window_opener": "node2.example.org",
        "spec": b'{"opaque": true}',
    }
    return MachineRecord(**{**values, **changes})  # type: ignore[arg-type]


def finish(ended_wall: float = 1_800_000_100.0, code: int = 200) -> Finish:
    return Finish(
        ended_wall=ended_wall,
        outcome_kind="ok",
        outcome_blame="nobody",
        message_code=code,
        message_text="success",
        by_vacnet=False,
        cpu_seconds=150.0,
        memory_peak_bytes=1 << 30,
        exit_code=0,
    )
