"""Making a container: created under the machine's name, then started; whatever goes wrong, nothing is left.

Rules of this file: the engine's own refusals lead the way, so that a start costs two calls when all is well:
it says that the image is missing (then it is pulled, once for all who wait), that it cannot hold a layer to
a size (then it is not asked again), that the name is taken. A name belongs to this machine if the labels of
who has it say so: then a start was cut off before, and goes on where it was. Whoever else has it keeps it.

What may have been begun and cannot be undone, because the engine went away, is remembered as abandoned and
removed when it shows; after a restart of the factory, too, it is found by its labels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import structlog

from vacnet.machines.runtime import NotNowError
from vacnet.machines.spec import Spec
from vacnet.runtimes.docker import binds, cvmfs, gpus, orphans
from vacnet.runtimes.docker.client import Client
from vacnet.runtimes.docker.container import FACTORY_LABEL, Container, container_of, machine_of
from vacnet.runtimes.docker.creation import GPUS_LABEL, Plan
from vacnet.runtimes.docker.faults import CONFLICT, NO_SUCH, name_is_taken, start_failure
from vacnet.runtimes.docker.image import is_digest, reference_of
from vacnet.runtimes.docker.look import beneath, inspected
from vacnet.runtimes.docker.pull import Pulls
from vacnet.runtimes.engine.faults import AwayError, RefusalError
from vacnet.targets.model import DockerSettings, PullPolicy

TRIES = 4
"""Without a size, with the image, and once more if somebody removes that in between."""
_LIVING = ["created", "running", "paused", "restarting"]

log = structlog.get_logger(__name__)


class Maker:
    """Makes containers on one engine."""

    def __init__(self, client: Client, pulls: Pulls, settings: DockerSettings, cvmfs_tree: Path) -> None:
        """Make them as `settings` say; `cvmfs_tree` is what they see as /cvmfs."""
        self._client = client
        self._pulls = pulls
        self._settings = settings
        self._cvmfs = cvmfs_tree
        self._holds_layers = True
        """Until the engine says that it cannot."""
        self._choosing_gpus = asyncio.Lock()
        self.abandoned: set[str] = set()
        """Machines of which something may be left on an engine that went away."""

    async def make(self, spec: Spec) -> str:
        """Make a machine's container run and return its id.

        Raises:
            StartFailedError: the engine refused; nothing of it is left.
            NotNowError: engine, image or something of this host is not to be had; nothing of it is left.
        """
        await self._prepare(spec)
        try:
            found = await self._created(spec)
            if found.never_ran:
                await self._client.make(lambda api: api.start(found.id))
        except RefusalError as refusal:
            await self._undo(spec)
            raise start_failure(refusal) from refusal
        except AwayError:
            # The engine may do later what it did not answer to.
            self.abandoned.add(spec.id)
            await self._undo(spec)
            raise
        return found.id

    async def _prepare(self, spec: Spec) -> None:
        try:
            await asyncio.to_thread(binds.prepare, spec)
        except OSError as error:
            raise NotNowError(f"{error.filename} cannot be made ready: {error.strerror}") from error
        repositories = spec.target.cvmfs_repositories
        if repositories:
            await self._check_cvmfs(repositories)
        if self._settings.pull_policy is PullPolicy.ALWAYS:
            await self._pull(self._plan(spec))

    async def _check_cvmfs(self, repositories: tuple[str, ...]) -> None:
        """Look at /cvmfs on the engine's threads: one that hangs in a sick file system is one of few."""
        seconds = self._client.patience.ask_seconds
        try:
            await self._client.do(lambda: cvmfs.check(self._cvmfs, repositories), seconds)
        except TimeoutError:
            raise NotNowError(
                f"{self._cvmfs} did not answer within {seconds:g} s: see cvmfs_config probe, and whether "
                "this host reaches its proxies"
            ) from None

    # --- creating -----------------------------------------------------------------------------

    async def _created(self, spec: Spec) -> Container:
        """Create the container, or find the one that was created before.

        Raises:
            RefusalError: the engine does not, for a reason nothing here mends.
            NotNowError: image, GPUs or name are not to be had.
        """
        async with self._choosing_gpus if spec.target.gpus else nullcontext():
            chosen = await self._gpus(spec.target.gpus)
            for _ in range(TRIES):
                plan = self._plan(spec, chosen, await self._layer_bytes(spec))
                try:
                    return await self._create(plan)
                except RefusalError as refusal:
                    if name_is_taken(refusal):
                        return await self._namesake(spec)
                    await self._mend(plan, refusal)
        image = spec.target.root_image
        raise NotNowError(f"image {image} is removed from this host again and again after it is pulled")

    def _plan(self, spec: Spec, chosen: tuple[str, ...] = (), layer_bytes: int = 0) -> Plan:
        return Plan(
            spec=spec,
            settings=self._settings,
            cvmfs=self._cvmfs,
            gpus=chosen,
            layer_bytes=layer_bytes,
        )

    async def _layer_bytes(self, spec: Spec) -> int:
        """Return what the engine may be asked to hold the writable layer to; 0 where it cannot."""
        if not spec.disk_bytes or not self._holds_layers:
            return 0
        image = reference_of(spec.target.root_image)
        return spec.disk_bytes + await self._client.ask(lambda api: beneath(api, image))

    async def _create(self, plan: Plan) -> Container:
        body, spec = plan.body(), plan.spec
        made = await self._client.make(lambda api: api.create(body, spec.name))
        # When the start is on its way: it is not to wait for a line in a log.
        asyncio.get_running_loop().call_soon(_tell, plan, made)
        return Container(id=made["Id"], machine_id=spec.id, status="created")

    async def _mend(self, plan: Plan, refusal: RefusalError) -> None:
        """Do what makes another try worth while.

        Raises:
            RefusalError: nothing does.
            NotNowError: the image is not to be had.
        """
        if plan.layer_bytes and "storage-opt" in refusal.words:
            self._holds_layers = False
            log.info("docker.no-layer-sizes", engine_says=refusal.words, instead="they are measured")
        elif refusal.code == NO_SUCH:
            await self._pull(plan)
        else:
            raise refusal

    async def _pull(self, plan: Plan) -> None:
        image = plan.image
        if self._settings.pull_policy is PullPolicy.NEVER:
            raise NotNowError(
                f"image {image} is not on this host, and pull_policy in [runtimes.docker] is never: get it "
                f"there (docker pull {image}, docker load), or set pull_policy to missing"
            )
        here = is_digest(image) and await self._client.ask(lambda api: bool(api.images(image, quiet=True)))
        if not here:
            await self._pulls.have(image)

    async def _namesake(self, spec: Spec) -> Container:
        """Return the container that has our name, if it is this machine's.

        Raises:
            NotNowError: it is not, and what to do.
        """
        shown = await self._client.ask(lambda api: inspected(api, spec.name))
        if shown is None:
            raise NotNowError(
                f"the engine still holds the name {spec.name} for a container that it shows no more: it lets "
                "go of it in a moment; restart the engine if that lasts"
            )
        labels = (shown.get("Config") or {}).get("Labels") or {}
        if machine_of(labels, spec.factory) == spec.id:
            return container_of(shown, spec.id)
        raise NotNowError(_taken(spec, shown["Id"][:12], labels))

    async def _gpus(self, wanted: int) -> tuple[str, ...]:
        if not wanted:
            return ()
        asked = {"label": [GPUS_LABEL], "status": _LIVING}
        rows = await self._client.ask(lambda api: api.containers(all=True, filters=asked))
        return gpus.choose(wanted, gpus.present(), (row["Labels"][GPUS_LABEL] for row in rows))

    # --- undoing -----------------------------------------------------------------

    async def _undo(self, spec: Spec) -> None:
        """Leave nothing of a machine, now or when the engine is back."""
        try:
            shown = await self._client.ask(lambda api: inspected(api, spec.name))
            labels = ((shown or {}).get("Config") or {}).get("Labels")
            if shown is not None and machine_of(labels, spec.factory) == spec.id:
                await remove(self._client, container_of(shown, spec.id), force=True)
        except (AwayError, RefusalError) as error:
            self.abandoned.add(spec.id)
            log.warning("docker.abandoned", machine=spec.name, id=spec.id, why=str(error))

    async def remove_abandoned(self, found: Iterable[Container]) -> None:
        """Remove what of abandoned machines shows now."""
        for container in found:
            if container.machine_id not in self.abandoned:
                continue
            with suppress(RefusalError):
                await remove(self._client, container, force=True)
                log.info("docker.abandoned-removed", id=container.machine_id, container=container.id[:12])


async def remove(client: Client, container: Container, *, force: bool = False) -> None:
    """Remove a container, the volumes made for it and what runs in it unknown to its engine.

    Nothing happens if it is gone or going.

    Raises:
        AwayError: the engine does not answer.
        RefusalError: it cannot remove it.
    """
    try:
        await client.make(lambda api: api.remove_container(container.id, v=True, force=force))
    except RefusalError as refusal:
        going = refusal.code == CONFLICT and "in progress" in refusal.words
        if refusal.code != NO_SUCH and not going:
            raise
    if container.never_ran and (ended := await asyncio.to_thread(orphans.end, container.id)):
        log.warning("docker.orphans-ended", id=container.machine_id, processes=ended)


def _tell(plan: Plan, made: dict[str, Any]) -> None:
    """Log all that is needed to make the container by hand."""
    spec = plan.spec
    log.info("docker.create", machine=spec.name, id=spec.id, container=made["Id"][:12])
    log.debug("docker.by-hand", machine=spec.name, id=spec.id, command=plan.line())
    for warning in made.get("Warnings") or ():
        log.warning("docker.create-warning", machine=spec.name, warning=warning)


def _taken(spec: Spec, container: str, labels: dict[str, str]) -> str:
    owner = labels.get(FACTORY_LABEL, "")
    if owner == spec.factory:
        return (
            f"container {container} of an earlier machine still has the name {spec.name}; it is being removed"
        )
    whose = f"of the factory {owner}" if owner else "not of vacnet"
    return (
        f"the name {spec.name} is taken on this engine by container {container}, which is {whose} and is "
        f"left alone: rename it (docker rename {container} NAME), or set machine_name_pattern in [factory]"
    )
