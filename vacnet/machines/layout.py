"""Where a machine finds its files, by machine model: one table.

Rules of this file: the paths are an interface that payloads of the field rely on, so they are Vac 3's and
never change: containers see binds, VMs see HTTP, a process sees the directory itself. A second column
says what of the directory other users may need to reach, because a directory holds secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from vacnet.targets.model import Model

USER_DATA = "user_data"
MACHINEFEATURES = "machinefeatures"
JOBFEATURES = "jobfeatures"
JOBOUTPUTS = "joboutputs"
CONSOLE = "console.log"
SPEC = "spec.json"


@dataclass(frozen=True, slots=True)
class Layout:
    """How machines of a model see their directory."""

    machinefeatures: str
    jobfeatures: str
    joboutputs: str
    """Path or URL inside the machine; ``{directory}`` stands for the machine's directory on the host."""
    own_user: bool = False
    """It runs as the site's machine user: user_data and joboutputs belong to that user, and the way
    to them may be walked (not listed) by others."""

    def told(self, directory: Path) -> dict[str, str]:
        """Return the three places as the machine of `directory` is told them."""
        places = {
            MACHINEFEATURES: self.machinefeatures,
            JOBFEATURES: self.jobfeatures,
            JOBOUTPUTS: self.joboutputs,
        }
        return {key: place.replace("{directory}", str(directory)) for key, place in places.items()}


_SERVER = "http://169.254.169.253"

_VM = Layout(f"{_SERVER}/machinefeatures", f"{_SERVER}/jobfeatures", f"{_SERVER}/joboutputs")
_DOCKER = Layout("/etc/machinefeatures", "/etc/jobfeatures", "/var/spool/joboutputs")
_APPTAINER = Layout(
    "/tmp/machinefeatures",  # noqa: S108 (a path inside the container, Vac's)
    "/tmp/jobfeatures",  # noqa: S108 (the same)
    "/tmp/joboutputs",  # noqa: S108 (the same)
    own_user=True,
)
_PROCESS = Layout(
    "{directory}/machinefeatures",
    "{directory}/jobfeatures",
    "{directory}/joboutputs",
    own_user=True,
)

LAYOUTS: Mapping[Model, Layout] = MappingProxyType(
    {
        Model.CERNVM3: _VM,
        Model.CERNVM4: _VM,
        Model.VM_RAW: _VM,
        Model.VM: _VM,
        Model.DOCKER: _DOCKER,
        Model.APPTAINER: _APPTAINER,
        Model.PROCESS: _PROCESS,
    }
)
