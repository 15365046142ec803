"""`vacnet support`: one archive for a bug report, with secrets left out."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vacnet.cli import output
from vacnet.cli.options import DEFAULT, Asking
from vacnet.cli.patience import Waiting

if TYPE_CHECKING:
    from vacnet.cli.scrub import Scrubber


def support(file: Path | None = None, /, *, asking: Asking = DEFAULT) -> None:
    """Write one archive for a bug report: settings, versions, status, events, the doctor's findings.

    Keys, user_data and its options, credentials and what machines wrote to their consoles are left out;
    look through it before you send it. It works without a running factory, with less in it.

    Example: vacnet support vacnet-support.tar.gz

    Args:
        file: The archive, which must not be there yet; else one named after host and time, here.
        asking: Whom to ask and how to print.
    """
    from vacnet.cli.scrub import Scrubber, secrets_of  # late: it reads the settings
    from vacnet.cli.settings_files import read
    from vacnet.cli.support_files import Case, gather

    found = read(asking.config)
    known = secrets_of(found.draft, found.keys) if found.draft else ()
    path = file or Path(
        f"vacnet-support-{os.uname().nodename}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.tar.gz"
    )
    scrubber = Scrubber(known)
    with Waiting("reading the settings") as wait:
        bodies = {name: _body(scrubber, told) for name, told in gather(Case(found, asking), wait)}
    names = _write(path, bodies)
    if asking.json:
        from vacnet.cli.answers import ArchiveMade  # late: see output

        output.print_json(ArchiveMade(file=str(path), members=tuple(names)))
    else:
        print(f"{path}: {', '.join(names)}\nLook through it before you send it: `tar xzf {path}`")


def _body(scrubber: Scrubber, told: object) -> bytes:
    import msgspec  # late: see output

    if isinstance(told, str):
        return scrubber.text(told).encode(errors="replace")
    return msgspec.json.format(msgspec.json.encode(scrubber.value(told)), indent=1)


def _write(path: Path, bodies: dict[str, bytes]) -> list[str]:
    """Write a new archive that its owner alone may read, in a folder of its own name."""
    folder = path.name.removesuffix(".gz").removesuffix(".tar")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, body in bodies.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size, member.mode, member.mtime = len(body), 0o600, int(time.time())
            archive.addfile(member, io.BytesIO(body))
    return list(bodies)
