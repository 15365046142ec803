"""What an engine can do and what it lacks, asked by the probe and told in words.

Rules of this file: an engine that answers is well, whatever it lacks; limits that the kernel of this host
does not hold are said once, because an admin would take them for held.
"""

from __future__ import annotations

from typing import Any

import structlog

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.docker.client import Client
from vacnet.runtimes.engine.faults import RefusalError

_LIMITS = {
    "MemoryLimit": "memory",
    "SwapLimit": "swap",
    "CpuCfsQuota": "processors",
    "PidsLimit": "processes",
}
log = structlog.get_logger(__name__)


class Means:
    """What one engine is, as far as it was asked."""

    def __init__(self, client: Client) -> None:
        """Ask nothing yet."""
        self._client = client
        self._asked = False
        self._words = ""

    def engine_unknown(self) -> None:
        """Take in that the engine may be another now."""
        self._asked = False

    async def ask(self) -> None:
        """Ask the engine whether it is there; say what it is when that is news.

        Raises:
            NotNowError: it is not, or it refuses; in an admin's words.
        """
        seconds = self._client.patience.probe_seconds
        try:
            await self._client.ask(lambda api: api.ping(), seconds)
            if not self._asked:
                self._say(await self._client.ask(lambda api: api.info(), seconds))
        except RefusalError as refusal:
            raise NotNowError(f"the engine at {self._client.path} refuses: {refusal.words}") from refusal

    def _say(self, info: dict[str, Any]) -> None:
        words, self._asked = words_of(info), True
        if words != self._words:
            self._words = words
            log.info("docker.means", socket=self._client.path, engine=words)


def words_of(info: dict[str, Any]) -> str:
    """Return what an engine is, and what it cannot hold."""
    version, driver = info.get("ServerVersion", "?"), info.get("Driver", "?")
    missing = [_LIMITS[key] for key in _LIMITS if info.get(key) is False]
    held = f"; the kernel does not hold limits of {', '.join(missing)}" if missing else ""
    cgroup = f"cgroup v{info.get('CgroupVersion', '1')} by {info.get('CgroupDriver', '?')}"
    return f"version {version}, layers by {driver}, {cgroup}{held}"
