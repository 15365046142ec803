"""Engine objects of ours that no running machine answers for: left over, or never written down.

Rules of this file: an object is ours only if its labels name this factory; anything else is never
touched. One whose record says *ended* is left over from a kill and goes. So does one that accounting has (its
engine could not forget it until its row had expired), and one that no record has and that never ran. Any
other was made by us before the record was lost: it is adopted from the `spec.json` of its directory, else
from its labels, with a warning, and its deadline then ends it like any other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from vacnet.machines import directory
from vacnet.machines.lifecycle import State
from vacnet.machines.machine import Machine, Now
from vacnet.machines.names import parse_machine_id
from vacnet.machines.rows import machine_of
from vacnet.machines.runtime import Runtime, Seen
from vacnet.machines.spec import LABEL_PREFIX, Spec
from vacnet.machines.tools import Tools
from vacnet.record.rows import ENDED
from vacnet.targets.model import Target

_NUMBER = re.compile(r"[0-9]{1,12}")


async def machine_of_object(seen: Seen, runtime: Runtime, tools: Tools) -> Machine | None:
    """Return the machine that an engine's object is of; None when it is not ours to touch."""
    if seen.labels.get(f"{LABEL_PREFIX}factory") != tools.host.factory:
        return None
    if parse_machine_id(seen.machine_id) is None:
        return None
    row = await tools.record.machine(seen.machine_id)
    if row is None and (_never_ran(seen) or await tools.record.accounted(seen.machine_id)):
        return _without_record(seen, runtime, tools, State.ENDED)
    if row is None:
        return _adopted(seen, runtime, tools)
    if row.state != ENDED:
        return None
    return machine_of(row, tools.machines_directory / row.id, tools.host, tools.now())


def _never_ran(seen: Seen) -> bool:
    return not seen.running and not seen.began


def _adopted(seen: Seen, runtime: Runtime, tools: Tools) -> Machine | None:
    machine = _without_record(seen, runtime, tools, State.ABSENT)
    if machine is not None:
        machine.begun(seen, tools.now())
        tools.note("machine.adopted", machine, warning=True, engine=runtime.name, reference=seen.reference)
    return machine


def _without_record(seen: Seen, runtime: Runtime, tools: Tools, state: State) -> Machine | None:
    home, now = tools.machines_directory / seen.machine_id, tools.now()
    kept = directory.read_spec(home)
    spec = kept if kept and kept.id == seen.machine_id else spec_of_labels(seen, runtime, home, tools)
    if spec is None:
        return None
    created_at = min(now.at(spec.created_wall), now.boot)
    spec = replace(spec, directory=home, deadline_at=now.at(spec.deadline_wall))
    return Machine(
        spec=spec,
        untold=True,
        state=state,
        created_at=created_at,
        earlier_boot=created_at < 0.0 and not seen.running,
        reference=seen.reference,
        known=False,
    )


def spec_of_labels(seen: Seen, runtime: Runtime, home: Path, tools: Tools) -> Spec | None:
    """Return what an object's labels say of its machine; None when they do not say enough."""
    labels = {key.removeprefix(LABEL_PREFIX): value for key, value in seen.labels.items()}
    found = parse_machine_id(seen.machine_id)
    model = min(runtime.models, default=None)
    if found is None or model is None:
        return None
    try:
        window, ticket, opener = labels["ticket"].split(":", 2)
        return Spec(
            id=seen.machine_id,
            uuid=labels["uuid"],
            name=labels["name"],
            number=found.number,
            factory=labels["factory"],
            space=labels["space"],
            target=Target(name=labels["target"], machine_model=model),
            processors=_whole(labels["processors"]),
            memory_bytes=seen.memory_limit_bytes,
            disk_bytes=0,
            directory=home,
            created_wall=_whole(labels["created"]),
            deadline_at=Now.at(tools.now(), _whole(labels["deadline"])),
            deadline_wall=_whole(labels["deadline"]),
            ticket_number=_whole(ticket),
            window_number=_whole(window),
            window_opener=opener,
        )
    except (KeyError, ValueError):
        return None


def _whole(label: str) -> int:
    """Return a label's number; bounded, for what makes labels may lie.

    Raises:
        ValueError: it is none that we would have written.
    """
    if _NUMBER.fullmatch(label) is None:
        raise ValueError(label)
    return int(label)
