"""Pages for cloud-init's NoCloud, over HTTP or on a seed disk: the same four files either way.

A machine is told where they are by its SMBIOS serial, ``ds=nocloud-net;s=http://169.254.169.254/``
(releases from 24.1 know ``nocloud`` too), or has them on a disk with the label ``cidata`` (see `seed`).

Rules of this file: the files are YAML, written as JSON, which is YAML. A machine without a network is told
the values of its features in place of where they are, and to set no network up.

Sources: cloud-init, "NoCloud", "Networking config version 1" (``disabled``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from vacnet.machines.metadata.pages import OK, YAML, Answer, Told
from vacnet.targets.model import Network


def user_data(told: Told) -> Answer:
    """Return the machine's user_data, empty if it has none: the file has to be there."""
    return Answer(OK, told.user_data() or b"", YAML)


def meta_data(told: Told) -> Answer:
    """Return who the machine is."""
    spec, key = told.resident.spec, told.site().public_key
    return _yaml(
        {
            "instance-id": spec.uuid,
            "local-hostname": spec.name,
            "availability-zone": spec.factory,
            "public-keys": [key] if key else [],
            "vacnet": told.meta() if _has_network(told) else told.meta_alone(),
        }
    )


def vendor_data(told: Told) -> Answer:
    """Return the site's defaults."""
    return Answer(OK, told.site().vendor_data, YAML)


def network_config(told: Told) -> Answer:
    """Return how the network is set up, if there is one: the card that we know, or whichever, by DHCP."""
    if not _has_network(told):
        return _yaml({"version": 1, "config": "disabled"})
    mac = told.resident.mac
    match = {"macaddress": mac} if mac else {"name": "e*"}
    return _yaml({"version": 2, "ethernets": {"net0": {"match": match, "dhcp4": True}}})


def _has_network(told: Told) -> bool:
    return told.resident.spec.target.network is not Network.NONE


def _yaml(value: object) -> Answer:
    return Answer(OK, json.dumps(value, indent=1).encode() + b"\n", YAML)


FILES: Mapping[str, Callable[[Told], Answer]] = {
    "meta-data": meta_data,
    "network-config": network_config,
    "user-data": user_data,
    "vendor-data": vendor_data,
}
