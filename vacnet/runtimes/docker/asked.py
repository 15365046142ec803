"""Whether images can be had, asked before anything is to run: nothing is pulled, nothing is kept.

Rules of this file: for people who check their settings. An image that is here can be had; of another the
engine asks the registry for its manifest (Docker Engine API 1.41, "Get image information from the registry").
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.client import Client, Patience
from vacnet.runtimes.docker.faults import NO_SUCH, pull_failure
from vacnet.runtimes.docker.image import reference_of, registry_of
from vacnet.runtimes.engine.faults import RefusalError
from vacnet.targets.model import DockerSettings, PullPolicy

REGISTRY_SECONDS = 15.0
"""A registry answers within a second or two; people wait here."""
_UNKNOWN = "page not found"
"""What an engine says that does not know the question, as Podman: then nothing is known against the image."""


async def why_no_engine(settings: DockerSettings) -> str:
    """Return why the engine does not answer, in an admin's words; empty: it does."""
    client = Client(settings.socket, Patience())
    try:
        await client.ask(lambda api: api.ping(), client.patience.probe_seconds)
    except NotNowError as error:
        return str(error)
    except RefusalError as refusal:
        return f"the engine at {client.path} refuses: {refusal.words}"
    finally:
        client.close()
    return ""


async def why_not_had(settings: DockerSettings, root_images: Collection[str]) -> Mapping[str, str]:
    """Return for each image that cannot be had now why; the engine has to answer."""
    client = Client(settings.socket, Patience())
    try:
        answers = await asyncio.gather(*(_why_not(client, settings, image) for image in root_images))
    finally:
        client.close()
    return {image: words for image, words in zip(root_images, answers, strict=True) if words}


async def _why_not(client: Client, settings: DockerSettings, root_image: str) -> str:
    image = reference_of(root_image)
    try:
        if await _is_here(client, image) and settings.pull_policy is not PullPolicy.ALWAYS:
            return ""
        if settings.pull_policy is PullPolicy.NEVER:
            return f"image {image} is not on the engine, and pull_policy is never: docker pull {image}"
        await client.ask(lambda api: api.manifest(image, settings.auth_file), REGISTRY_SECONDS)
    except NotNowError as error:
        return str(error)
    except RefusalError as refusal:
        return (
            "" if _UNKNOWN in refusal.words else str(pull_failure(image, registry_of(image), refusal.words))
        )
    return ""


async def _is_here(client: Client, image: str) -> bool:
    try:
        await client.ask(lambda api: api.image(image))
    except RefusalError as refusal:
        if refusal.code == NO_SUCH:
            return False
        raise
    return True
