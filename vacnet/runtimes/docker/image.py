"""Names of container images: what a target says, and what an engine and a registry understand.

Rules of this file: pure. What may stand in `root_image` at all is checked where settings and pipes are read.

Source: the OCI distribution specification, and Docker's reference grammar for what is left out of a name
(registry docker.io, tag latest).
"""

from __future__ import annotations

SCHEME = "docker://"
DEFAULT_REGISTRY = "docker.io"


def reference_of(root_image: str) -> str:
    """Return the name that an engine takes: without ``docker://``, as Vac's pipes write it."""
    return root_image.removeprefix(SCHEME)


def registry_of(reference: str) -> str:
    """Return the registry that an image comes from: a first part that looks like a host."""
    first, slash, _ = reference.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return first if is_host else DEFAULT_REGISTRY


def is_digest(reference: str) -> bool:
    """Tell whether the name says which bytes are meant: what is here under it never changes."""
    return "@" in reference
