"""What of the host decides how domains are made: KVM, and the user that QEMU runs as.

Rules of this file: asked anew for each connection: a libvirt that was started again may have other settings.
The user is libvirt's own word for the owner that it gives to a machine's files.

Source: libvirt, "Driver capabilities XML format" (`secmodel`, `baselabel`).
"""

from __future__ import annotations

import grp
import pwd
import re
from contextlib import suppress
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from vacnet.runtimes.libvirt import kvm
from vacnet.runtimes.libvirt.binding import Connection
from vacnet.runtimes.libvirt.kvm import Facts

_OWNER = re.compile(r"\+(\d+):\+(\d+)")


@dataclass(frozen=True, slots=True)
class Host:
    """What was found."""

    version: str
    user: str
    """QEMU's, in words; empty where libvirt gives no files away (sessions)."""
    facts: Facts


def look(connection: Connection) -> Host:
    """Ask a libvirt and the host; blocking."""
    owner = owner_of(connection.getCapabilities())
    uid, gid = owner or (None, None)
    user = "" if uid is None else _name(uid)
    facts = kvm.gather(uid, _groups(user, gid), user)
    number = connection.getLibVersion()
    return Host(f"{number // 10**6}.{number // 1000 % 1000}.{number % 1000}", user, facts)


def owner_of(capabilities: str) -> tuple[int, int] | None:
    """Return the numbers of QEMU's user and group from libvirt's capabilities; None: not told."""
    for model in ET.fromstring(capabilities).iter("secmodel"):  # noqa: S314 (libvirt's own)
        if model.findtext("model") == "dac":
            found = _OWNER.search(model.findtext("baselabel") or "")
            return (int(found[1]), int(found[2])) if found else None
    return None


def _name(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _groups(user: str, gid: int | None) -> frozenset[int]:
    own = set() if gid is None else {gid}
    with suppress(KeyError):
        own |= {one.gr_gid for one in grp.getgrall() if user in one.gr_mem}
    return frozenset(own)
