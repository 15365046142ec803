"""Datagrams on loopback as the kernel shows them, and files of them that tshark reads."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterable
from pathlib import Path

ETH_P_ALL = 3
ETHERNET_BYTES = 14
LINKTYPE_RAW = 101
ADDRESS = bytes([192, 0, 2, 1])


class Capture:
    """What goes to and from some UDP ports of loopback, from now until it is closed.

    Raises:
        PermissionError: it takes root, or the capability to open raw sockets.
    """

    def __init__(self, ports: Iterable[int]) -> None:
        self._ports = frozenset(ports)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("lo", 0))
        self._socket.settimeout(0.1)
        self.datagrams: list[bytes] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                frame, place = self._socket.recvfrom(65_535)
            except TimeoutError:
                continue
            if place[2] != socket.PACKET_OUTGOING:  # loopback shows each twice
                self._take(frame[ETHERNET_BYTES:])

    def _take(self, packet: bytes) -> None:
        head = 4 * (packet[0] & 15)
        if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_UDP:
            return
        ports = {int.from_bytes(packet[head + at : head + at + 2], "big") for at in (0, 2)}
        if ports & self._ports:
            self.datagrams.append(packet[head + 8 :])


def write(path: Path, datagrams: Iterable[bytes]) -> None:
    """Write datagrams as a capture, each in a packet of its own."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, LINKTYPE_RAW))
        for second, datagram in enumerate(datagrams):
            packet = _packet(datagram)
            file.write(struct.pack("<IIII", second, 0, len(packet), len(packet)) + packet)


def _packet(datagram: bytes) -> bytes:
    udp = struct.pack(">HHHH", 8885, 8885, 8 + len(datagram), 0) + datagram
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, ADDRESS, ADDRESS)
    return head + udp
