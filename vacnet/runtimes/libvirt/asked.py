"""What an admin is told of virtual machines on this host before any is to run.

Rules of this file: for people who check their settings; nothing is made, nothing is kept.
"""

from __future__ import annotations

from vacnet.machines.runtime import NotNowError
from vacnet.runtimes.engine.faults import RefusalError
from vacnet.runtimes.libvirt import kvm
from vacnet.runtimes.libvirt.client import Client, Patience
from vacnet.runtimes.libvirt.host import look
from vacnet.runtimes.libvirt.runtime import uri_of
from vacnet.targets.model import LibvirtSettings


async def why_no_engine(settings: LibvirtSettings) -> str:
    """Return why virtual machines cannot be made, or not as they should be; empty: they can."""
    client = Client(uri_of(settings), Patience())
    try:
        facts = (await client.ask(look, client.patience.probe_seconds)).facts
    except NotNowError as error:
        return str(error)
    except RefusalError as refusal:
        return f"libvirt at {client.uri} refuses: {refusal.words}"
    finally:
        client.close()
    if settings.domain_type == kvm.QEMU:
        return kvm.unreadable(facts)
    words = kvm.trouble(facts)
    return (
        f'{words}; without it machines are emulated, much slower (domain_type = "qemu" says so)'
        if words
        else ""
    )
