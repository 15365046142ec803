"""What a process machine executes, looked at before anything is started.

Rules of this file: the kernel's own words for a bad script ("No such file or directory" when it is
the interpreter that is missing) have misled everybody once, so what can be told beforehand is told
in full. Nothing here is a shell's business: one program, no words split.

Source: execve(2), "Interpreter scripts".
"""

from __future__ import annotations

import os
from pathlib import Path

from vacnet.machines.runtime import StartFailedError

USER_DATA_COMMAND = "/user_data"
"""The default of `container_command`: the user_data itself is the program."""
INTERPRETER_BYTES_MAX = 255
"""BINPRM_BUF_SIZE - 1: the kernel looks no further."""
_ELF = b"\x7fELF"


def program(container_command: str, user_data: Path) -> Path:
    """Return the path of what is to be executed.

    Raises:
        StartFailedError: it is not there, or cannot be executed, and why.
    """
    if container_command == USER_DATA_COMMAND:
        check(user_data, "user_data")
        return user_data
    path = Path(container_command)
    if not path.is_absolute():
        raise StartFailedError(
            f"container_command is {container_command!r}: expected {USER_DATA_COMMAND} or an absolute path"
        )
    check(path, "container_command")
    if not os.access(path, os.X_OK):
        raise StartFailedError(f"container_command {path} is not executable: chmod a+x {path}")
    return path


def check(path: Path, what: str) -> None:
    """Make sure that a file can be executed as far as its contents go.

    Raises:
        StartFailedError: naming the file, what stands there and what was expected.
    """
    try:
        with path.open("rb") as file:
            start = file.read(INTERPRETER_BYTES_MAX + 1)
    except OSError as error:
        raise StartFailedError(f"{what} {path} cannot be read: {error.strerror}") from None
    if start.startswith(_ELF):
        return
    interpreter = interpreter_of(start)
    if interpreter is None:
        raise StartFailedError(
            f"{what} {path} does not begin with #! and the absolute path of an interpreter: "
            "expected a first line such as #!/bin/sh"
        )
    if not os.access(interpreter, os.X_OK) or not Path(interpreter).is_file():
        raise StartFailedError(
            f"{what} {path} names the interpreter {interpreter}, which is not an executable file on this "
            "host: install it or name another in the #! line"
        )


def interpreter_of(start: bytes) -> str | None:
    """Return the interpreter that a file's first bytes name; None when they name none."""
    line, _, _ = start.partition(b"\n")
    words = line.removeprefix(b"#!").split()
    if not line.startswith(b"#!") or not words or not words[0].startswith(b"/") or b"\0" in words[0]:
        return None
    return os.fsdecode(words[0])
