"""What libvirt's errors mean: it is away, a domain is not there, a start failed, or is not to be had now.

Rules of this file: pure, and tables of sentences; see `vacnet.runtimes.engine.faults`. libvirt gives a number
for each error, but QEMU's own trouble comes as its last words under one of them.

Source: libvirt, include/libvirt/virterror.h; sentences of libvirt 9 and QEMU 7.
"""

from __future__ import annotations

import re

from vacnet.machines.runtime import NotNowError, StartFailedError
from vacnet.runtimes.engine import faults
from vacnet.runtimes.engine.faults import RefusalError, remedy

NO_DOMAIN = 42
OPERATION_INVALID = 55
NO_METADATA = 80
ACCESS_DENIED = 88
_AWAY = re.compile(
    "failed to connect socket|client socket is closed|end of file while reading|connection reset|broken pipe"
    "|cannot recv data|cannot write data|disconnected from|keepalive|no connection driver"
    "|connection refused|internal error: received hangup|cannot find.*libvirt daemon|unable to connect",
    re.IGNORECASE,
)


_OF_OTHERS = re.compile(r"monitor|/virt(?!qemud)[a-z]+-sock")
"""In what libvirt says of its QEMU, or of a daemon beside it, that went from it: libvirt itself answers."""


def is_away(words: str) -> bool:
    """Tell whether an error says that nobody answered."""
    return _AWAY.search(words) is not None and _OF_OTHERS.search(words) is None


_NOT_NOW = (
    remedy(
        "no space left on device|disk quota exceeded",
        "make room on the disk of the state directory and of /var/lib/libvirt",
    ),
    remedy(
        "cannot set up guest memory|cannot allocate memory|unable to allocate memory",
        "the host has not that much memory to give: lower memory_per_processor of the target or of [factory]",
    ),
    remedy(
        "could not access kvm kernel module|failed to initialize kvm|could not open '?/dev/kvm"
        "|unable to find domain type kvm|does not support.*virt ?type.*kvm|no domain type kvm"
        "|invalid virttype"
        "|failed to set msr|emulator does not support virt type 'kvm'",
        'set domain_type = "qemu" in [runtimes.libvirt], or mend KVM (vacnet doctor says what is wrong)',
    ),
    remedy(
        "permission denied",
        "QEMU's user has to get to that file: chmod o+x each folder above it (namei -m FILE shows them)",
    ),
    remedy(
        "cannot get interface mtu|no network with matching name|network .* is not active"
        "|unable to add bridge",
        "the factory's own network is gone; it is made again at the next start",
    ),
    remedy(
        "no nwfilter with matching name|network filter not found",
        "install libvirt's filters (Enterprise Linux: libvirt-daemon-config-nwfilter)",
    ),
    remedy(
        "/virt[a-z]+-sock",
        "start the daemon of that socket (of virtlogd-sock: systemctl start virtlogd.socket)",
    ),
    remedy(
        "cannot acquire state change lock|timed out during operation|virtlogd",
        "libvirt is busy or being restarted; see its log if that lasts",
    ),
)


def start_failure(refusal: RefusalError) -> NotNowError | StartFailedError:
    """Return what a refusal to make or start a domain means for the machine."""
    return faults.start_failure("libvirt", refusal, _NOT_NOW)
