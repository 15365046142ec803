"""What an admin may order, and what is answered to that: what holds from then on."""

from __future__ import annotations

import msgspec

from vacnet.factory.messages.schema import SCHEMA


class DrainOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/drain`."""

    reason: str
    by: float | None = None
    """When the last machine has to be gone, in Unix seconds."""
    now: bool = False
    """End all machines."""
    until_reboot: bool = False
    who: str = ""
    """Who asks, as root says (sudo); anybody else is who the kernel says."""


class DrainState(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/drain`, and the answer to both orders: what drains this factory and what is left."""

    schema: int = SCHEMA
    factory: str
    time: float
    draining: bool
    """By an order or by the settings."""
    words: str
    """The order that holds, in full; empty: none."""
    reason: str
    who: str
    since: float | None
    by: float | None
    now: bool
    until_reboot: bool
    in_settings: str
    """What of the settings drains it besides; empty: nothing."""
    before: str
    """Of the answer to an order: the drain that it replaced or ended; empty: there was none."""
    left: tuple[str, ...]
    """Ids of machines that an engine shows running, or whose end is not dealt with."""
    last_deadline: float | None
    """When the last of them is ended at the latest; None: there is none, or not known."""
    unknown: str
    """Which engines do not answer, so that nobody can say what runs on them; empty: all answer."""


class UndrainOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/undrain`."""

    who: str = ""


class StopOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/machines/{name or id}/stop`."""

    reason: str
    who: str = ""


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a `StopOrder`: the machine is being ended, and will end neutral with the reason."""

    schema: int = SCHEMA
    factory: str
    time: float
    name: str
    id: str
    state: str
    """Its state when the order came."""
    grace_seconds: float
    """What it has from the asking to the killing."""


class HoldOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/targets/{target}/hold`."""

    held: bool
    """False: it is let go of."""
    space: bool = False
    """In the whole space, not only on this host."""
    reason: str = ""
    who: str = ""


class HoldState(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a `HoldOrder`: what holds the target from now on."""

    schema: int = SCHEMA
    factory: str
    time: float
    target: str
    here: str
    """The hold of this host, in full; empty: none."""
    space: str
    """That of the whole space."""
    before: str
    """What was replaced or ended; empty: nothing."""
    changed: bool
    """False: there was nothing to let go of."""
    in_space: bool = False
    """Whether the order was about the whole space."""
