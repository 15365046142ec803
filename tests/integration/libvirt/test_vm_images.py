"""A virtual machine of an image that comes over HTTP: fetched once, booted, and let go with the machine."""

from __future__ import annotations

import pytest

from tests.integration.libvirt.vm_site import MIB, Site
from tests.unit.fetch.fetch_samples import Wall, new_fetcher
from tests.unit.fetch.fetch_servers import serving
from tests.unit.fetch.image_samples import Source, sha256
from tools.guest.sector import disk
from vacnet.agent.effects import Notify
from vacnet.fetch import ImageCache
from vacnet.machines.images import ROOT_IMAGE

pytestmark = [pytest.mark.engine("libvirt"), pytest.mark.timeout(180)]

ENDS_AFTER_SECONDS = 0.5


async def test_two_machines_boot_from_one_download_and_the_last_lets_it_go(site: Site) -> None:
    body = disk("begun", ENDS_AFTER_SECONDS).ljust(MIB, b"\0")
    told: list[Notify] = []
    fetcher = new_fetcher(site.root / "fetch", Wall())
    cache = ImageCache(fetcher, site.root / "images", told.append)
    site.images = cache  # type: ignore[assignment] # in place of one that only knows files of this host
    async with serving(Source(body)) as server:
        runtime = site.runtime(network="user")
        url = server.url("/disk.raw")
        specs = [site.spec(url, number=number, image_sha256=sha256(body)) for number in range(2)]
        for spec in specs:
            await runtime.start(spec)
            await site.ended(runtime, spec)
            assert "begun" in site.console(spec)
        (kept,) = (site.root / "images").glob("*.image")
        assert (len(server.requests), kept.stat().st_nlink) == (1, 3)
        for spec in specs:
            await runtime.forget(spec.id)
            assert not (spec.directory / ROOT_IMAGE).exists()
        assert (kept.read_bytes() == body, kept.stat().st_nlink) == (True, 1)
    await cache.close()
    await fetcher.close()
    assert [notice.name for notice in told] == ["image.fetched"]
