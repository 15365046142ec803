"""What an admin is told of libvirt's trouble: words of libvirt 9 and QEMU 7, and what to do."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vacnet.machines.runtime import NotNowError, StartFailedError
from vacnet.runtimes.engine.faults import RefusalError, shorten
from vacnet.runtimes.libvirt import binding
from vacnet.runtimes.libvirt.client import Client, Patience
from vacnet.runtimes.libvirt.faults import is_away, start_failure

NOT_NOW = {
    "full disk": (
        "internal error: unable to write /var/lib/libvirt/qemu/x: No space left on device",
        "make room on the disk",
    ),
    "too much memory": (
        "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory",
        "lower memory_per_processor",
    ),
    "no kvm": (
        "qemu-system-x86_64: Could not access KVM kernel module: No such file or directory",
        'set domain_type = "qemu"',
    ),
    "unreadable directory": (
        "Cannot access storage file '/var/lib/vacnet/root.qcow2' (as uid:64055, gid:109): Permission denied",
        "chmod o+x",
    ),
    "no filters": (
        "Network filter not found: no nwfilter with matching name 'clean-traffic'",
        "libvirt-daemon-config-nwfilter",
    ),
    "no virtlogd": (
        "Failed to connect socket to '/run/libvirt/virtlogd-sock': Connection refused",
        "systemctl start virtlogd.socket",
    ),
    "busy": ("Timed out during operation: cannot acquire state change lock", "libvirt is busy"),
}


@pytest.mark.parametrize("name", NOT_NOW)
def test_what_another_try_or_a_hand_mends_is_no_outcome(name: str) -> None:
    words, remedy = NOT_NOW[name]
    found = start_failure(RefusalError(1, words))
    assert isinstance(found, NotNowError)
    assert remedy in str(found)
    assert words in str(found)


def test_anything_else_is_a_start_that_failed_in_qemus_words() -> None:
    found = start_failure(RefusalError(1, "internal error: qemu said\n  no"))
    assert isinstance(found, StartFailedError)
    assert str(found) == "internal error: qemu said no"


def test_pages_of_words_are_cut() -> None:
    assert len(shorten("word " * 1000)) < 700


@pytest.mark.parametrize(
    "words",
    [
        "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
        "internal error: client socket is closed",
        "End of file while reading data: Input/output error",
        "Cannot recv data: Connection reset by peer",
        "internal error: connection closed due to keepalive timeout",
    ],
)
def test_a_libvirt_that_is_away_is_known_by_its_words(words: str) -> None:
    assert is_away(words)
    assert not is_away("Domain not found: no domain with matching uuid")


@pytest.mark.parametrize(
    "words",
    [
        "Failed to connect socket to '/run/libvirt/virtlogd-sock': Connection refused",
        "Unable to read from monitor: Connection reset by peer",
        "failed to connect to monitor socket: Connection refused",
    ],
)
def test_who_tells_of_another_that_is_away_is_there(words: str) -> None:
    assert not is_away(words)


async def test_without_its_library_the_probe_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def none(name: str, *rest: Any, **more: Any) -> ModuleType:
        if name == "libvirt":
            raise ImportError("No module named 'libvirt'")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "libvirt", raising=False)
    monkeypatch.setattr(builtins, "__import__", none)
    client = Client("qemu:///system", Patience())
    with pytest.raises(
        NotNowError, match=r"cannot be imported .*tools/bootstrap vm, or pip install 'vacnet\[vm\]'"
    ):
        await client.ask(lambda connection: connection)
    client.close()


class _Silent(ModuleType):
    """A library whose daemon never answers."""

    libvirtError = RuntimeError  # noqa: N815 (the library's name)

    def open(self, _uri: str) -> object:
        raise RuntimeError("Failed to connect socket to '/run/none': No such file or directory")


async def test_a_libvirt_that_is_not_there_is_told_with_what_starts_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binding, "load", lambda: _Silent("libvirt"))
    client = Client(f"qemu+unix:///system?socket={tmp_path}/none", Patience())
    with pytest.raises(NotNowError, match=r"does not answer .*: start it \(systemctl start libvirtd\)"):
        await client.ask(lambda connection: connection)
    client.close()
