"""Makes `docs/events.md`: the name of every event of the log, with what it means.

Rules of this file: names are found in the source, by how they are told; what each means stands in one
table. A test holds the two equal, so no event goes without words and no words without their event.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from vacnet.factory.metrics.seen import TOPICS
from vacnet.factory.news import CALM

ROOT = Path(__file__).parent.parent
ROOMS = ("agent", "factory", "fetch", "machines", "runtimes")
TELLERS = frozenset(
    {"Notify", "note", "complain", "tell", "tell_failure", "_tell", "info", "warning", "debug", "_change"}
)
"""What is called with the name of an event first, or second after `self`'s own state."""
_NAME = re.compile(r"[a-z]+(\.[a-z]+(-[a-z]+)*)+")

TROUBLES = tuple(topic for topic in TOPICS if topic not in CALM)

WORDS: Mapping[str, str] = {
    "control.failed": "a question on the control socket met a fault of vacnet; with its traceback",
    "datagram.broke": "a datagram broke the agent and was dropped; with its traceback",
    "docker.abandoned": "a container could not be finished and is to be removed",
    "docker.abandoned-removed": "it was removed",
    "docker.console-later": "the output of a container could not be read now",
    "docker.console-lost": "some of the output of a container is lost",
    "docker.by-hand": "the line that makes the same container by hand",
    "docker.create": "a container is made",
    "docker.create-warning": "the engine warned when it made one",
    "docker.disk-later": "what a container has on disk could not be measured now",
    "docker.means": "what the engine is and can do",
    "docker.no-layer-sizes": "the engine does not tell the sizes of layers; they are measured",
    "docker.orphans-ended": "processes that a container left behind were ended",
    "docker.over-disk": "a container is over its disk and is ended",
    "docker.over-disk-later": "one that is over its disk could not be ended now",
    "docker.pull": "an image is asked for at its registry",
    "docker.pull-failed": "it cannot be had",
    "docker.pulled": "it is here",
    "docker.pulling": "how far that is",
    "engine.away": "an engine does not answer",
    "engine.back": "it answers again",
    "factory.close": "not all was let go of at the end; the kernel does it",
    "factory.conflict": "another running factory has the name of this one; both start nothing",
    "factory.conflict-over": "it has been silent for a minute",
    "factory.departed": "a factory said goodbye",
    "factory.drain-unreadable": "the drain that was kept cannot be read and is forgotten",
    "factory.drained-by-order": "somebody had this host drain",
    "factory.failed": "a fault of vacnet ended the daemon; machines go on; with its traceback",
    "factory.holds-unreadable": "the holds that were kept cannot be read and are forgotten",
    "factory.live": "a factory is heard",
    "factory.silent": "a factory is not heard any more",
    "factory.started": "the daemon is ready; with where everything is",
    "factory.stopped": "the daemon ends; machines go on",
    "factory.undrained": "the drain was taken back, or ended with a reboot",
    "gossip.dropped": "the kernel dropped datagrams that were not taken in time",
    "gossip.other-version": "a factory speaks no version of the protocol that this one speaks",
    "gossip.small-buffer": "the kernel grants a smaller receive buffer than was asked for",
    "gossip.wrong-key": "somebody speaks under another key or of another space",
    "image.failed": "an image of a virtual machine cannot be had, and none of its address is here",
    "image.fetched": "it is here, whole",
    "image.fetching": "how far that is",
    "image.stale": "its source cannot be asked; the image that is here is used",
    "image.thrown-out": "one that nobody uses made room in the cache",
    "keeper.round-failed": "a look at all machines failed; the next one follows",
    "loop.stalled": "the daemon was not given the processor for over two seconds",
    "libvirt.abandoned": "a virtual machine could not be finished and is to be removed",
    "libvirt.abandoned-removed": "it was removed",
    "libvirt.define": "a virtual machine is made; its XML is told at level debug",
    "libvirt.kvm-unreadable": "QEMU's user may not open /dev/kvm; with what to do",
    "libvirt.means": "which libvirt it is, and whether there is KVM",
    "libvirt.network": "the factory's own network was made, started, or made anew",
    "libvirt.stuck": "a virtual machine cannot go on and is ended; with why",
    "libvirt.unmeasured": "what virtual machines use could not be asked now",
    "libvirt.unserved": "a virtual machine of before cannot be answered by the metadata service now",
    "libvirt.user-network": "machines get user-mode networking; with why",
    "libvirt.xml": "the XML of a virtual machine, as libvirt is given it",
    "machine.adopted": "a machine without a record was found and is looked after from now on",
    "machine.broken": "a fault of vacnet in what it does about one machine; it is tried again",
    "machine.console-untrimmed": "the console log of a machine cannot be kept short",
    "machine.ended": "a machine ended; with its outcome",
    "machine.not-made": "a machine was wanted and cannot be made; nobody is blamed",
    "machine.proved": "a machine found work",
    "machine.started": "the engine has started it",
    "machine.starting": "a machine is to be made; with what it gets",
    "machine.step-failed": "a step of a machine's life failed; with what follows",
    "machine.stop-ordered": "somebody had one machine ended",
    "machine.unread": "an engine shows a machine of ours of which nothing can be made; it is looked at again",
    "metadata.failed": "a virtual machine's question met a fault of vacnet; with its traceback",
    "metadata.site-unreadable": "a file of `[metadata]` cannot be read; machines are told nothing of it",
    "metrics.failed": "a scrape met a fault of vacnet; with its traceback",
    "process.by-hand": "the line that runs the same program by hand",
    "process.create": "a process machine is made",
    "process.over-limit": "a process machine is over a limit that cgroups do not hold here, and is ended",
    "process.means": "user, cgroups and sandbox of process machines",
    "query.failed": "a question of another factory met a fault of vacnet; with its traceback",
    "record.no-pictures": "the pictures of the past cannot be kept; `why` says why, and all else goes on",
    "recording.failed": "a recording of gossip ended early; with its traceback",
    "target.held": "somebody held a target, here or in the space",
    "target.released": "somebody let go of it",
    "override.gone": "no override is in force any more",
    "override.in-force": "an override of the settings is in force until the next reboot",
    "settings.waiting": "an edit takes effect when the factory is restarted; `why` names it",
    "settings.waits-no-more": "it was taken back",
    **{f"{topic}.bad": f"something is wrong with the {topic}; `why` has the line" for topic in TROUBLES},
    **{f"{topic}.good": f"nothing is wrong with the {topic} any more" for topic in TROUBLES},
}

_HEAD = """# The log

Made from the source by `python -m tools.pages`.

`vacnet run` writes one line an event to stderr, which systemd hands to the journal: for people as they
read them, or with `--log json` one JSON object a line for programs. Each has `timestamp` (ISO 8601,
UTC), `level` (`debug`, `info`, `warning`, `error`), `event`, and the fields of that event; those of a
machine have `machine`, `id` and `target`. What a library says comes as `library`, with its name in the
field of that name. `vacnet events` shows the same events from the record, by name, target, machine, level and
time (`vacnet events 'machine.*' --target NAME --since 2h`), with `--json` as JSON.

Lines of level `debug` are left out unless the daemon has `VACNET_LOG_LEVEL=debug` in its environment
(`systemctl edit vacnet`: `[Service]`, `Environment=VACNET_LOG_LEVEL=debug`, then a restart); `warning` leaves
out all that is no warning. Among them are the lines that make a machine by hand, to see why one fails.

Names never change. These there are:

| event | what happened |
| --- | --- |
"""


def events_page() -> str:
    """Return `docs/events.md`."""
    return _HEAD + "".join(f"| `{name}` | {WORDS[name]} |\n" for name in sorted(WORDS))


def names_in_source() -> set[str]:
    """Return the names of all events that the source tells."""
    trees = [ast.parse(path.read_text()) for room in ROOMS for path in (ROOT / "vacnet" / room).rglob("*.py")]
    constants = {name: value for tree in trees for name, value in _constants(tree)}
    found = {name for tree in trees for node in _first_words(tree) for name in _named(node, constants)}
    told = {f"{topic}.{end}" for topic in TROUBLES for end in ("bad", "good")}
    return found | told.union(*CALM.values())


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield every name that is given an event's name, wherever that is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _texts(node.value):
            yield node.targets[0].id, node.value


def _first_words(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in TELLERS:
            yield from node.args[:2]


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _named(node: ast.expr, constants: Mapping[str, ast.expr]) -> set[str]:
    if isinstance(node, ast.Name) and node.id in constants:
        return _texts(constants[node.id])
    return _texts(node)


def _texts(node: ast.expr) -> set[str]:
    """Return the names that an expression gives: a text, or one of two."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    text = node.value if isinstance(node, ast.Constant) else None
    return {text} if isinstance(text, str) and _NAME.fullmatch(text) else set()
