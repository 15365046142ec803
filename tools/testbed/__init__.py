"""The testbed: hypervisors of toy size on this host, each with an engine inside and one factory.

A node is a container that has its own Docker engine (or, where containers cannot nest, a set of name
spaces with one), a factory, a host name, a disk, a network card and settings. What a site would do to a
hypervisor is done to a node: cut it off, lose its packets, pause it, kill it, upgrade it, take its disk.

Rules of this package: the paths of a node are the same inside and outside, so nobody translates; what is
to be (nodes, faults) stands in one file, and every command makes the nodes so (a fault outlives a restart of
its node); whatever the testbed made bears its name, and `down` finds it by that name alone, so it cleans up
after a command that was killed; nothing of the host is changed: no bridge, no rule, no route of its own.
"""

from tools.testbed.node import Node
from tools.testbed.plan import TestbedError
from tools.testbed.raising import down, up
from tools.testbed.testbed import Testbed

__all__ = ["Node", "Testbed", "TestbedError", "down", "up"]
