"""The factories for other programs: targets for Prometheus to scrape, an access list for Squid.

Rules of this file: pure functions of the answer. A factory is told by the address at which it is heard; this
one does not know its own and is told by its name, a peer never heard by what stands in the peers file. Who
has stopped in order is left out: nobody is to be woken for it. An order that does not change with time keeps
files from changing for nothing.

Sources: Prometheus, `<file_sd_config>` and `<http_sd_config>` (a JSON list of `targets` and `labels`; labels
that begin with `__meta_` are for relabelling and go); Squid, `acl NAME src` of squid.conf.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from vacnet.console import words
from vacnet.console.space_view import by_name
from vacnet.factory.client import FactoryState, SpaceState
from vacnet.targets.address import PORT_DEFAULT, endpoint, endpoint_text

DEPARTED = "departed"
NEVER_HEARD = "unknown"
ACL = "vacnet"
"""The name of the list, for `http_access allow vacnet`."""


def prometheus_targets(state: SpaceState, port: int = 0) -> list[dict[str, object]]:
    """Return a group for each factory; its metrics are at `port`, 0: at the number that its gossip has."""
    return [
        {
            "targets": [endpoint_text(host, port or number)],
            "labels": {
                "instance": factory.name,
                "space": state.space,
                "__meta_vacnet_state": factory.state,
                "__meta_vacnet_version": factory.version,
            },
        }
        for factory, (host, number) in _places(state)
    ]


def squid_lines(state: SpaceState) -> list[str]:
    """Return lines of squid.conf: the access list of all factories, one address a line.

    A name that was never heard is left out: one that is misspelt would keep Squid from its start.
    """
    found: dict[str, str] = {}
    for factory, (host, _) in _places(state):
        if factory.state != NEVER_HEARD or "/" in _mask(host):
            found.setdefault(_mask(host), words.clean(factory.name))
    named = words.clean(state.space)
    head = f"# factories of space {named}, by `vacnet factories --format squid`"
    # Squid promises comments only at the beginning of a line.
    return [head, *(line for host, name in found.items() for line in (f"# {name}", f"acl {ACL} src {host}"))]


def placeless(state: SpaceState) -> list[str]:
    """Return the names of factories of which neither address nor name leads to them."""
    placed = {factory.name for factory, _ in _places(state)}
    return [
        one.name for one in by_name(state.factories) if one.state != "departed" and one.name not in placed
    ]


def _places(state: SpaceState) -> Iterator[tuple[FactoryState, tuple[str, int]]]:
    for factory in by_name(state.factories):
        place = endpoint(factory.address or factory.name, PORT_DEFAULT)
        if factory.state != DEPARTED and place is not None:
            yield factory, place


def _mask(host: str) -> str:
    """Return an address as a net of one, a name as it is: Squid looks it up when it starts."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return f"{address}/{address.max_prefixlen}"
