"""What libvirt's errors mean: it is away, a domain is not there, a start failed, or is not to be had now.

Rules of this file: pure, and two tables, first match wins. libvirt gives a number for each error, but QEMU's
own trouble comes as its last words under one of them, so sentences are what there is to go by there.

Source: libvirt, include/libvirt/virterror.h; sentences of libvirt 9 and QEMU 7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vacnet.machines.runtime import NotNowError, StartFailedError

LONGEST_WORDS = 600

NO_DOMAIN = 42
OPERATION_INVALID = 55
_AWAY = re.compile(
    "failed to connect socket|client socket is closed|end of file while reading|connection reset|broken pipe"
    "|cannot recv data|cannot write data|disconnected from|keepalive|no connection driver"
    "|connection refused|internal error: received hangup|cannot find.*libvirt daemon|unable to connect",
    re.IGNORECASE,
)


class AwayError(NotNowError):
    """libvirt does not answer: nothing is known of what it did."""


class RefusalError(Exception):
    """libvirt answered, and the answer is no."""

    def __init__(self, code: int, words: str) -> None:
        """Keep libvirt's number of the error and its words."""
        super().__init__(words)
        self.code = code
        self.words = shorten(words)


def is_away(words: str) -> bool:
    """Tell whether an error says that nobody answered."""
    return _AWAY.search(words) is not None


def shorten(words: str) -> str:
    """Return words on one line, the middle left out if they are long."""
    line = " ".join(words.split())
    half = LONGEST_WORDS // 2
    return line if len(line) <= LONGEST_WORDS else f"{line[:half]} ... {line[-half:]}"


@dataclass(frozen=True, slots=True)
class _Row:
    """A sentence and what to do about it."""

    sign: re.Pattern[str]
    remedy: str


def _row(sign: str, remedy: str) -> _Row:
    return _Row(re.compile(sign, re.IGNORECASE), remedy)


_NOT_NOW = (
    _row(
        "no space left on device|disk quota exceeded",
        "make room on the disk of the state directory and of /var/lib/libvirt",
    ),
    _row(
        "cannot set up guest memory|cannot allocate memory|unable to allocate memory",
        "the host has not that much memory to give: lower memory_per_processor of the target or of [factory]",
    ),
    _row(
        "could not access kvm kernel module|failed to initialize kvm|could not open '?/dev/kvm"
        "|unable to find domain type kvm|does not support.*virt ?type.*kvm|no domain type kvm"
        "|invalid virttype"
        "|failed to set msr|emulator does not support virt type 'kvm'",
        'set domain_type = "qemu" in [runtimes.libvirt], or mend KVM (vacnet doctor says what is wrong)',
    ),
    _row(
        "permission denied",
        "QEMU's user has to get to the state directory: chmod o+x it and what is above it",
    ),
    _row(
        "cannot get interface mtu|no network with matching name|network .* is not active"
        "|unable to add bridge",
        "the factory's own network is gone; it is made again at the next start",
    ),
    _row(
        "no nwfilter with matching name|network filter not found",
        "install libvirt's filters (Enterprise Linux: libvirt-daemon-config-nwfilter)",
    ),
    _row(
        "cannot acquire state change lock|timed out during operation|virtlogd|virtlogd-sock",
        "libvirt is busy or being restarted; see its log if that lasts",
    ),
)


def start_failure(refusal: RefusalError) -> NotNowError | StartFailedError:
    """Return what a refusal to make or start a domain means for the machine."""
    for row in _NOT_NOW:
        if row.sign.search(refusal.words):
            return NotNowError(f"libvirt says: {refusal.words}; {row.remedy}")
    return StartFailedError(refusal.words)
