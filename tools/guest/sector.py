"""A disk of one sector that is a whole guest: it says a line on the console, waits, and powers off.

It takes a second from start to end, so tests can have hundreds of machines that are real to libvirt and QEMU.
It hears the power button as a guest with ACPI does. What it cannot do is speak to the network.

Sources: the boot signature and the timer count at 0x46c of a PC's BIOS; ACPI specification, "PM1 event and
control registers"; QEMU's machine `pc` has them at port 0x600.
"""

from __future__ import annotations

import struct

SECTOR = 512
TICKS_PER_SECOND = 18.2
_FOR_EVER = 0xFFFFFFFF
_LOADED_AT = 0x7C00
_CODE = bytes.fromhex(
    "fa 31c0 8ed8 8ed0 bc007c"  # no interrupts; segments and stack
    "e4a1 0c02 e6a1"  # the interrupt of ACPI is not to reach the BIOS
    "ba0206 b80001 ef fb"  # the power button is to be told in the status register
    "668b1e6c04"  # when it began
    "baf803 be517c ac 84c0 7403 ee ebf8"  # the words, byte by byte, to the first serial port
    "f4"  # wait for the next tick:
    "ba0006 ed f6c401 750e"  # the button was pressed: off
    "66a16c04 6629d8 663b064d7c 72e8"  # not yet: wait again
    "ba0406 b80020 ef f4 ebfd"  # off
)
"""Assembled 16-bit code; behind it stand the ticks to wait (four bytes) and the words, ended by a zero."""


def disk(words: str, seconds: float | None) -> bytes:
    """Return a raw disk whose guest says `words` and powers off after `seconds`; None: when it is told to.

    Raises:
        ValueError: the words do not fit.
    """
    ticks = _FOR_EVER if seconds is None else round(seconds * TICKS_PER_SECOND)
    made = _CODE + struct.pack("<I", ticks) + words.encode("ascii") + b"\r\n\0"
    if len(made) > SECTOR - 2:
        raise ValueError(f"{len(words)} bytes of words: a sector has room for {SECTOR - 2 - len(made)} less")
    return made.ljust(SECTOR - 2, b"\0") + b"\x55\xaa"
