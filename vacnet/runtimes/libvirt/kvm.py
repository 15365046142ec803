"""Whether machines can have the host's processors (KVM) or have to be emulated (about 20 times slower).

Rules of this file: the truth, which libvirt does not tell: it asks QEMU, and QEMU asks whether ``/dev/kvm``
answers, which it also does where the processor has no virtualisation to give (nested ones of some clouds),
and a guest then hangs for ever. So the processor has to say that it has it, and the user that QEMU runs as
has to be able to open the device. Where libvirt can open it and QEMU's user cannot, libvirt asks QEMU all
over again at every start, which takes most of a minute; so that is told even where nobody wants KVM.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

KVM, QEMU, AUTO = "kvm", "qemu", "auto"
_FLAGS = re.compile(r"^(?:flags|Features)\s*:.*\b(?:vmx|svm)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What of the host decides."""

    processor: bool
    """It has virtualisation to give."""
    device: bool
    """There is a /dev/kvm."""
    opens: bool
    """QEMU's user may open it."""
    user: str = ""
    """QEMU's, in words."""


def gather(uid: int | None, groups: frozenset[int], user: str, root: Path = Path("/")) -> Facts:
    """Look at the host; `uid` and `groups` are those of QEMU, None: not known (then it may all)."""
    try:
        shown = (root / "proc/cpuinfo").read_text()
    except OSError:
        shown = ""
    device = root / "dev/kvm"
    return Facts(
        processor=_FLAGS.search(shown) is not None,
        device=device.exists(),
        opens=device.exists() and (uid is None or _may_open(device.stat(), uid, groups)),
        user=user,
    )


def _may_open(found: os.stat_result, uid: int, groups: frozenset[int]) -> bool:
    wanted = stat.S_IROTH | stat.S_IWOTH
    if uid == found.st_uid:
        wanted = stat.S_IRUSR | stat.S_IWUSR
    elif found.st_gid in groups:
        wanted = stat.S_IRGRP | stat.S_IWGRP
    return uid == 0 or found.st_mode & wanted == wanted


def domain_type(wanted: str, facts: Facts) -> str:
    """Return what domains are made as: `kvm` or `qemu`."""
    if wanted != AUTO:
        return wanted
    return QEMU if trouble(facts) else KVM


def trouble(facts: Facts) -> str:
    """Return why there is no KVM here and what to do, empty where there is."""
    if not facts.processor:
        return (
            "no KVM: the processor shows neither vmx nor svm (switch virtualisation on in the BIOS; inside a "
            "virtual machine, ask for nested virtualisation)"
        )
    if not facts.device:
        return "no KVM: there is no /dev/kvm (modprobe kvm_intel or kvm_amd)"
    return "" if facts.opens else f"no KVM: {unreadable(facts)}"


def unreadable(facts: Facts) -> str:
    """Return that QEMU's user may not open a /dev/kvm that is there, and what to do; empty if it may."""
    if not facts.device or facts.opens:
        return ""
    return (
        f"the user of QEMU ({facts.user}) may not open /dev/kvm, and every start takes most of a minute for "
        "it: chgrp kvm /dev/kvm; chmod 660 /dev/kvm (a udev rule does it at each boot)"
    )
