"""Hosts for a page that is about several: each a site of its own, which reaches the others by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.integration.pages.blocks import Block
from tests.integration.pages.site_of_page import PageSite

DOMAIN = "example.org"


class PageSpace:
    """The hosts of a page; `vac01` of a block is `vac01.example.org`."""

    def __init__(self, home: Path, address: str, hosts: Sequence[str]) -> None:
        self._ids: list[str] = []
        self.sites = {
            host: PageSite(home / f"{host}.{DOMAIN}", address, (), f"{host}.{DOMAIN}") for host in hosts
        }
        for site in self.sites.values():
            for other in self.sites.values():
                for before in ("peers add", "--peer"):
                    site.words[f"{before} {other.name}"] = f"{before} 127.0.0.1:{other.port}"

    def do(self, block: Block) -> str:
        """Write or run a block on its host; return what it printed."""
        site = self.sites[block.host]
        if " NEW" in block.text or " OLD" in block.text:
            self._ids = self._ids or self._member_keys(site)
            old, new = self._ids
            site.words |= {"key use NEW": f"key use {new}", "key drop OLD": f"key drop {old}"}
        return site.do(block)

    def _member_keys(self, site: PageSite) -> list[str]:
        """Return the ids of the member keys: until another is used, the old one stands first."""
        told = json.loads(site.do(Block("vacnet key list --json")))
        return [key["id"] for key in told["keys"] if key["role"] == "member"]

    def down(self) -> None:
        """End the factories and their machines."""
        for site in self.sites.values():
            site.down()
