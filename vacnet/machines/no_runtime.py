"""The runtime of a machine whose model no runtime of this factory makes (any more).

Rules of this file: it starts nothing and concludes nothing, so that machines of an engine that was taken
out of the settings stay in the record until it is back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from vacnet.machines.runtime import NotNowError, Seen, Usage
from vacnet.machines.spec import Spec
from vacnet.targets.model import Model


class NoRuntime:
    """Stands where an engine is missing."""

    name = "none"
    models: frozenset[Model] = frozenset()

    async def probe(self) -> str:
        """Say that there is none."""
        return "no runtime of this factory makes machines of this machine_model"

    async def start(self, spec: Spec) -> str:
        """Refuse.

        Raises:
            NotNowError: always.
        """
        raise NotNowError(
            f"no runtime of this factory makes machine_model = {str(spec.target.machine_model)!r}: set its "
            "engine up here, or leave the target to factories that have it"
        )

    async def stop(self, machine_id: str, _grace_seconds: float) -> None:
        """Refuse.

        Raises:
            NotNowError: always.
        """
        raise NotNowError(f"{machine_id} cannot be ended: {await self.probe()}")

    async def forget(self, _machine_id: str) -> None:
        """Do nothing."""

    async def seen(self) -> Mapping[str, Seen]:
        """Conclude nothing.

        Raises:
            NotNowError: always.
        """
        raise NotNowError(await self.probe())

    async def changes(self) -> AsyncIterator[str]:
        """Yield nothing."""
        nothing: tuple[str, ...] = ()
        for machine_id in nothing:
            yield machine_id

    async def usage(self, _machine_id: str) -> Usage:
        """Return zeros."""
        return Usage()
