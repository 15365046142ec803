"""The metadata service with one machine, in a process of its own, so that it can be in a network of its own.

`python -m tests.integration.metadata.served HOME ADDRESS...` makes the machine's directory below HOME,
with HOME's `user_data`, serves it at each address until stdin ends, and says `ready` first.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.unit.machines.metadata_samples import resident
from vacnet.factory.metadata_server import MetadataServer
from vacnet.machines.metadata.pages import Site

MACHINE = "169.254.169.3"
VENDOR_DATA = b"#cloud-config\nwrite_files: [{path: /run/site, content: of the site}]\n"


async def serve(home: Path, addresses: list[str]) -> None:
    server = MetadataServer(lambda: Site(vendor_data=VENDOR_DATA, public_key="ssh-ed25519 AAAA root@site"))
    server.admit(resident(home, address=MACHINE, user_data=(home / "user_data").read_bytes()))
    for address in addresses:
        await server.listen(address)
    print("ready", flush=True)  # noqa: T201 (who waits for it reads it)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2:]))
