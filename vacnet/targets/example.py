"""The commented `vacnet.toml` and `peers.toml` that `vacnet config init` writes.

Rules of this file: short enough to be read whole, every line explained, and in force as written: a
test reads it with `settings.read_settings`. What most sites never change is left out; `vacnet config
show` names every key there is.
"""

from __future__ import annotations

from vacnet.targets.address import PORT_DEFAULT
from vacnet.targets.settings import Host

_SETTINGS = """\
# vacnet.toml: what this factory gives and which targets it supports.
# Files of conf.d/*.toml beside it are added to it; `vacnet config check` tells what is wrong, with the
# line, and `vacnet config show` every value in force and where it comes from. Changes are seen at once.

# Its memory. Each of several factories on one host has its own, with listen and name below of its own:
# state_directory = "/var/lib/vacnet"

[space]
# The name is the same on all factories that work together. Some of them are named in
# {config}/peers.toml, one is enough; their common key is in {config}/space.key.
name = "{space}"
# listen = "0.0.0.0:{port}"           # UDP: open it between the factories; "[::]:{port}" for IPv6

[factory]
# Its name is the host's unless set:
# name = "{node}"
processors = {processors}
memory_per_processor = "2 GiB"      # what a machine gets with each of these processors
# benchmark = {{ HEPscore23 = 17.2 }} # score of one processor, for accounting
# site = "UKI-EXAMPLE"              # name in GOCDB, for accounting
# draining = true                   # start nothing new; what runs ends in its own time

# [metrics]
# listen = "0.0.0.0:{port}"           # for Prometheus, else on 127.0.0.1 alone; "off" for none

# A pipe: a virtual organisation publishes what to run, you say how much of the space it may have.
# [pipes.example]
# vacuum_pipe_url = "https://vo.example.org/vac/example.pipe"
# target_share = 10                 # its weight beside other pipes and targets
# user_data_option_cvmfs_proxy = "http://squid.example.org:3128"

# A target of your own: here containers that run the script {config}/files/hello/hello.sh.
# [targets.hello]
# target_share = 1
# machine_model = "docker"          # or cernvm4, vm, apptainer, process ...
# root_image = "docker://debian:12"
# user_data = "hello.sh"
# max_wallclock_seconds = 3600      # the longest that one may live
# backoff_seconds = 60              # how long all factories wait after one that found no work
"""

_PEERS = """\
# peers.toml: other factories of the space, one a line. Those they know are found by themselves, and it
# suffices that one of two factories has the other in its list. Seen within seconds of an edit;
# `vacnet peers add HOST` writes here too.
peers = [
    # "factory1.example.org",       # port {port} unless written
    # "10.0.0.5:{port}",
    # "[2001:db8::1]:{port}",
]
"""


def example_settings(host: Host, space: str = "vac.example.org") -> str:
    """Return a `vacnet.toml` to start from.

    Args:
        host: Of the factory it is for.
        space: The space's name.
    """
    return _SETTINGS.format(
        space=space,
        config=host.config_directory,
        node=host.node_name,
        processors=host.processors,
        port=PORT_DEFAULT,
    )


def example_peers() -> str:
    """Return a `peers.toml` to start from."""
    return _PEERS.format(port=PORT_DEFAULT)
