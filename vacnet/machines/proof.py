"""Files that prove that a machine found work.

Rules of this file: a `job_started` file in joboutputs always proves; the heartbeat file proves only where
the target's `proof` says so, since real payloads beat while they wait for work. Proofs by age are the
agent's. Source: section 5 of the design.
"""

from __future__ import annotations

from vacnet.machines.layout import JOBOUTPUTS
from vacnet.machines.message import JOB_STARTED, time_stamp
from vacnet.machines.spec import Spec
from vacnet.targets.model import Proof, Target


def proof_files(target: Target) -> tuple[str, ...]:
    """Return the names of the files in joboutputs of which any one is a proof."""
    beats = target.proof is Proof.HEARTBEAT and target.heartbeat_file
    return (JOB_STARTED, target.heartbeat_file) if beats else (JOB_STARTED,)


def shows_proof(spec: Spec) -> bool:
    """Tell whether the machine has written a file that proves that it found work."""
    outputs = spec.directory / JOBOUTPUTS
    return any(time_stamp(outputs, name) is not None for name in proof_files(spec.target))
