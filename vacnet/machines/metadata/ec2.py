"""Pages in the form of Amazon EC2's instance metadata, which nearly every image looks for.

Rules of this file: one tree of values; a page is a leaf, a listing a branch, by one look-up. A key whose
value is not known is left out. `instance-id` is the machine's uuid, as Vac's was.

Source: AWS, "Instance metadata categories"; Vac 3 for `ami-id` and the key's place.
"""

from __future__ import annotations

from collections.abc import Mapping

from vacnet.machines.metadata.pages import BYTES, OK, Answer, Told, as_json, missing, text

VERSIONS = ("1.0", "2007-01-19", "2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest")
"""Told in the listing; any date is answered."""
TOP = "dynamic\nmeta-data\nuser-data"

Tree = Mapping[str, "str | Tree"]


def versions(_told: Told) -> Answer:
    """Return the listing at the top."""
    return text("\n".join(VERSIONS))


def top(_told: Told) -> Answer:
    """Return the listing of a version."""
    return text(TOP)


def user_data(told: Told) -> Answer:
    """Return the machine's user_data."""
    found = told.user_data()
    return missing("this machine has no user_data") if found is None else Answer(OK, found, BYTES)


def identity(told: Told) -> Answer:
    """Return what EC2 would sign: who the machine is."""
    resident = told.resident
    spec = resident.spec
    document = {
        "version": "2017-09-30",
        "instanceId": spec.uuid,
        "imageId": spec.target.root_image,
        "instanceType": spec.target.name,
        "region": spec.space,
        "availabilityZone": spec.factory,
        "privateIp": resident.address,
    }
    return as_json({key: value for key, value in document.items() if value})


def meta_data(told: Told, path: str) -> Answer:
    """Return a leaf or the listing of a branch; `path` is what stands behind ``meta-data/``."""
    found: str | Tree = tree(told)
    for part in filter(None, path.split("/")):
        if isinstance(found, str) or part not in found:
            return missing()
        found = found[part]
    return text(found if isinstance(found, str) else _listing(found))


def tree(told: Told) -> Tree:
    """Return all there is to know."""
    resident, key = told.resident, told.site().public_key
    spec = resident.spec
    leaves = {
        "ami-id": spec.uuid,
        "ami-launch-index": "0",
        "hostname": spec.name,
        "instance-id": spec.uuid,
        "instance-type": spec.target.name,
        "local-hostname": spec.name,
        "local-ipv4": resident.address,
        "mac": resident.mac,
    }
    branches: dict[str, Tree] = {"placement": {"availability-zone": spec.factory, "region": spec.space}}
    if key:
        branches["public-keys"] = {"0": {"openssh-key": key}}
    return {name: leaf for name, leaf in leaves.items() if leaf} | branches


def _listing(branch: Tree) -> str:
    if set(branch) == {"0"}:
        return "0=root"  # keys are listed with a name, as nothing else is
    return "\n".join(name if isinstance(value, str) else f"{name}/" for name, value in branch.items())
