"""A site that somebody watches while it is simulated: `vacnet space --simulate`.

Up to `agents.FACTORIES_MAX` factories it is the real agents, as in `vacnet simulate`; beyond, where agents
that all speak to each other cost more than a machine has, a sketch: the same shares, windows and payloads,
decided in one place that knows everything at once.
"""
