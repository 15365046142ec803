"""What a machine executes, as far as its first bytes tell: wrong there, it is wrong on every host.

Rules of this file: it looks at the form alone. Whether the interpreter that is named exists is a fact of this
host, or of an image, and the engine says it. What stands in the file is never told: it may be a secret.
Virtual machines read user_data as they like and are not looked at, nor is a container that runs a command of
its own.

Source: execve(2), "Interpreter scripts".
"""

from __future__ import annotations

from vacnet.machines.layout import USER_DATA
from vacnet.machines.runtime import NoProgramError
from vacnet.machines.spec import Spec
from vacnet.targets.model import KIND_OF_MODEL, Target

USER_DATA_COMMAND = "/user_data"
"""The default of `container_command`: the user_data itself is the program."""
START_BYTES = 256
"""BINPRM_BUF_SIZE: the kernel looks no further."""

_ELF = b"\x7fELF"
_REMEDY = "make its first line #!/bin/sh, or what else is to run it"


def executes_user_data(target: Target) -> bool:
    """Tell whether the machines of a target run their user_data as a program."""
    return KIND_OF_MODEL[target.machine_model] != "VM" and target.container_command == USER_DATA_COMMAND


def check(spec: Spec) -> None:
    """Make sure that the user_data of a machine is a program, if the machine executes it.

    Raises:
        NoProgramError: it is none, on this host or another.
    """
    path = spec.directory / USER_DATA
    if not executes_user_data(spec.target) or not path.exists():
        return
    with path.open("rb") as file:
        wrong = why_no_program(file.read(START_BYTES))
    if wrong:
        raise NoProgramError(f"{named(spec.target)} {wrong}")


def named(target: Target) -> str:
    """Return how the user_data of a target is called: with its file's path, never with an address."""
    return f"user_data {target.user_data}" if target.user_data.startswith("/") else "user_data"


def why_no_program(start: bytes) -> str:
    """Return what is wrong with the first bytes of a program and what to do, empty for nothing."""
    line = start.partition(b"\n")[0]
    if start.startswith(_ELF):
        return ""
    if not start.strip():
        return f"is empty: {_REMEDY}"
    words = line.removeprefix(b"#!").split()
    if not line.startswith(b"#!") or not words or not words[0].startswith(b"/"):
        return f"does not begin with #! and the path of an interpreter: {_REMEDY}"
    if line.endswith(b"\r"):
        return "has the line ends of Windows (CR LF), and no interpreter is called so: save it with LF alone"
    return ""
