"""Orders over the control socket: POST with a small JSON body, answered with what holds from then on.

Rules of this file: it reads orders and carries them, `orders` obeys. Bodies are bounded, unknown fields
refused. Who asks is what the kernel says of the other end of the socket (SO_PEERCRED, unix(7)); only
root may name somebody else, for that is who sudo ran the command for.
"""

from __future__ import annotations

import pwd
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec
from aiohttp import web

from vacnet.factory.messages.orders import (
    DrainOrder,
    DrainState,
    HoldOrder,
    HoldState,
    StopOrder,
    Stopped,
    UndrainOrder,
)

ORDER_BYTES_MAX = 4096
WHO_CHARACTERS_MAX = 64
WRONG = 400

_CREDENTIALS = struct.Struct("3i")
"""pid, uid, gid: struct ucred of unix(7)."""

_Order = TypeVar("_Order", DrainOrder, UndrainOrder, StopOrder, HoldOrder)
Answer = Callable[[web.Request], Awaitable[msgspec.Struct]]


class OrderError(Exception):
    """An order that cannot be read; the text says what was expected."""


class Orders(Protocol):
    """What can be ordered; each raises `control.RefusedError` where it cannot be done."""

    async def drain(self, order: DrainOrder, who: str) -> DrainState:
        """Answer POST /v1/drain."""
        ...

    async def undrain(self, who: str) -> DrainState:
        """Answer POST /v1/undrain."""
        ...

    async def drain_state(self) -> DrainState:
        """Answer GET /v1/drain."""
        ...

    async def stop(self, machine: str, order: StopOrder, who: str) -> Stopped:
        """Answer POST /v1/machines/{machine}/stop."""
        ...

    async def hold(self, target: str, order: HoldOrder, who: str) -> HoldState:
        """Answer POST /v1/targets/{target}/hold."""
        ...


def posts(orders: Orders) -> dict[str, Answer]:
    """Return what answers each path that takes an order."""

    async def drain(request: web.Request) -> msgspec.Struct:
        order = await _order(request, DrainOrder)
        return await orders.drain(order, who(request, order.who))

    async def undrain(request: web.Request) -> msgspec.Struct:
        order = await _order(request, UndrainOrder)
        return await orders.undrain(who(request, order.who))

    async def stop(request: web.Request) -> msgspec.Struct:
        order = await _order(request, StopOrder)
        return await orders.stop(request.match_info["machine"], order, who(request, order.who))

    async def hold(request: web.Request) -> msgspec.Struct:
        order = await _order(request, HoldOrder)
        return await orders.hold(request.match_info["target"], order, who(request, order.who))

    return {
        "/v1/drain": drain,
        "/v1/undrain": undrain,
        "/v1/machines/{machine}/stop": stop,
        "/v1/targets/{target}/hold": hold,
    }


async def _order(request: web.Request, kind: type[_Order]) -> _Order:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.MsgspecError as error:
        raise OrderError(
            f"POST {request.path}: {error}; expected a JSON object of {_fields(kind)}"
        ) from error


def _fields(kind: type[msgspec.Struct]) -> str:
    return ", ".join(kind.__struct_fields__)


def who(request: web.Request, named: str) -> str:
    """Return who asks; `named` is what the asker says of himself."""
    transport = request.transport
    other = transport.get_extra_info("socket") if transport else None
    if other is None:
        return "unknown"
    told = other.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(told)
    if uid == 0 and named.isprintable() and named.strip():
        return named.strip()[:WHO_CHARACTERS_MAX]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
