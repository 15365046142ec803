"""What the metrics tell of a running factory: put together at the moment they are asked for."""

from __future__ import annotations

from vacnet.factory.answers import FactoryAnswers
from vacnet.factory.factory import Factory
from vacnet.factory.metrics.seen import TOPICS, Seen
from vacnet.factory.metrics.server import MetricsError, MetricsServer, address_of

_UDP_GOOD = frozenset({"sent", "received"})


async def see(factory: Factory, answers: FactoryAnswers) -> Seen:
    """Look at a factory: what the commands are told, and what was counted."""
    udp = factory.endpoint.counters
    return Seen(
        space=await answers.space(),
        machines=(await answers.machines(0)).machines,
        restricted=bool(factory.restricted()),
        record_trouble=bool(factory.record.trouble),
        problems={topic: factory.warned.count(topic) for topic in TOPICS},
        gossip=factory.agent.gossip.counters,
        kernel_dropped=factory.endpoint.dropped_by_kernel(),
        receive_buffer_bytes=factory.endpoint.receive_buffer_bytes(),
        broken_datagrams=factory.driver.counters["datagrams_broke_the_agent"],
        udp_errors=sum(count for name, count in udp.items() if name not in _UDP_GOOD),
        counts=await factory.counts.look(),
        tally=factory.tally,
        decisions=factory.decisions,
    )


async def serve_metrics(factory: Factory, answers: FactoryAnswers) -> MetricsServer:
    """Serve the metrics where the settings say; where that cannot be, it is a warning."""
    server = MetricsServer(lambda: see(factory, answers))
    address = address_of(factory.settings.metrics.listen, factory.endpoint.addresses()[0][1])
    if address is not None:
        try:
            await server.start(address)
        except MetricsError as error:
            factory.warned.replace("metrics", (str(error),))
    return server
