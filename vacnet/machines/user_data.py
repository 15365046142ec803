"""Substitution in user_data templates: ``##user_data_...##`` becomes what this machine has to know.

Rules of this file: pure, bytes in and bytes out, whatever their encoding. All patterns are replaced in a
single pass over the template, so a value that itself contains a pattern stands as it is: who writes one
option cannot read another through it. A pattern nobody has a value for is removed, in any case of
letters, so that no machine takes it for a value.

Sources: HSF-TN-2016-04 section 3 and Vac 3, whose spellings of the three URLs differ
(``..._manager_machinefeatures_url##`` there, ``..._machinefeatures_url##`` here): both are given. Deviations
from Vac 3: `uuid` has a value (it was always blank), one pass instead of one for each pattern, upper
case leftovers are removed too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vacnet.machines.layout import JOBFEATURES, JOBOUTPUTS, LAYOUTS, MACHINEFEATURES
from vacnet.machines.spec import Spec
from vacnet.machines.surroundings import HostIdentity

_PATTERN = re.compile(rb"##user_data_([A-Za-z0-9_,]*)##")

_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a template may be told."""

    spec: Spec
    host: HostIdentity
    template_url: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Contents of the files that `user_data_file_XXX` options name, by XXX."""


def _place(name: str) -> Callable[[Context], str]:
    return lambda c: LAYOUTS[c.spec.target.machine_model].told(c.spec.directory)[name]


def _if_web(url: str) -> str:
    return url if url.startswith(_WEB) else ""


AUTOMATIC: Mapping[str, Callable[[Context], str]] = MappingProxyType(
    {
        "url": lambda c: _if_web(c.template_url),
        "space": lambda c: c.spec.space,
        "site": lambda c: c.host.site,
        "machinetype": lambda c: c.spec.target.name,
        "machine_hostname": lambda c: c.spec.name,
        "manager_version": lambda c: c.host.version,
        "manager_hostname": lambda c: c.spec.factory,
        "machinefeatures_url": _place(MACHINEFEATURES),
        "jobfeatures_url": _place(JOBFEATURES),
        "joboutputs_url": _place(JOBOUTPUTS),
        "manager_machinefeatures_url": _place(MACHINEFEATURES),
        "manager_jobfeatures_url": _place(JOBFEATURES),
        "manager_joboutputs_url": _place(JOBOUTPUTS),
        "root_image_url": lambda c: _if_web(c.spec.target.root_image),
        "uuid": lambda c: c.spec.uuid,
        # Deprecated spellings, still in templates of the field.
        "vmtype": lambda c: c.spec.target.name,
        "vm_hostname": lambda c: c.spec.name,
        "vmlm_version": lambda c: c.host.version,
        "vmlm_hostname": lambda c: c.spec.factory,
    }
)


def patterns(context: Context) -> dict[str, bytes]:
    """Return the value of every pattern, by its name without ``##user_data_``.

    A file is told under ``option_XXX`` and under the deprecated ``file_XXX``; an option of the same XXX
    stands above it in the former.
    """
    automatic = {name: value(context).encode() for name, value in AUTOMATIC.items()}
    files = {f"{kind}_{name}": body for name, body in context.files.items() for kind in ("option", "file")}
    options = {f"option_{name}": text.encode() for name, text in context.options.items()}
    return {**automatic, **files, **options}


def substitute(template: bytes, context: Context) -> bytes:
    """Return the template with every pattern replaced or removed."""
    values = patterns(context)
    return _PATTERN.sub(lambda found: values.get(found[1].decode(), b""), template)
