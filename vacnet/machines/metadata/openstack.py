"""Pages in the form of OpenStack's metadata service.

Rules of this file: the names are OpenStack's, with ``_``; Vac's spellings with ``-`` are in the router's
table. The site's defaults are vendor data, so a target's own user_data stands above them.

Sources: OpenStack Nova, "Metadata service", "Vendordata"; cloud-init, "OpenStack" (`vendor_data.json` holds
cloud-config under the key ``cloud-init``).
"""

from __future__ import annotations

from vacnet.machines.metadata.pages import Answer, Told, as_json, text

VERSIONS = (
    *("2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30"),
    *("2016-10-06", "2017-02-22", "2018-08-27", "2020-10-14", "latest"),
)
FILES = ("meta_data.json", "network_data.json", "user_data", "vendor_data.json", "vendor_data2.json")


def versions(_told: Told) -> Answer:
    """Return the listing at the top."""
    return text("\n".join(VERSIONS))


def files(_told: Told) -> Answer:
    """Return the listing of a version."""
    return text("\n".join(FILES))


def meta_data(told: Told) -> Answer:
    """Return who the machine is, with Vac's `meta`."""
    spec, key = told.resident.spec, told.site().public_key
    return as_json(
        {
            "uuid": spec.uuid,
            "name": spec.name,
            "hostname": spec.name,
            "availability_zone": spec.factory,
            "launch_index": 0,
            "public_keys": {"0": key} if key else {},
            "keys": [{"name": "0", "type": "ssh", "data": key}] if key else [],
            "meta": told.meta(),
        }
    )


def vendor_data(told: Told) -> Answer:
    """Return the site's defaults."""
    site = told.site()
    return as_json({"cloud-init": site.vendor_data.decode(errors="replace")} if site.vendor_data else {})


def no_vendor_data(_told: Told) -> Answer:
    """Return that there is no dynamic vendor data."""
    return as_json({})


def network_data(told: Told) -> Answer:
    """Return how the machine's network is set up: one card, its address by DHCP."""
    link = {"id": "net0", "type": "phy", "ethernet_mac_address": told.resident.mac, "mtu": None}
    network = {"id": "network0", "link": "net0", "network_id": "vacnet", "type": "ipv4_dhcp"}
    return as_json({"links": [link], "networks": [network], "services": []})
