"""What Docker's refusals mean: a fault of this machine's start, or something that is not to be had now.

Rules of this file: pure, and tables of sentences; see `vacnet.runtimes.engine.faults`.

Sources: sentences of Docker 20.10 to 28 and of the registries' "Errors" (OCI distribution specification).
"""

from __future__ import annotations

from vacnet.machines.runtime import NotNowError, StartFailedError
from vacnet.runtimes.engine import faults
from vacnet.runtimes.engine.faults import RefusalError, deed_for, remedy, shorten

NO_SUCH = 404
CONFLICT = 409

_NOT_NOW = (
    remedy(
        "no space left on device|disk quota exceeded", "make room on the engine's disk (docker system df)"
    ),
    remedy(
        "not a shared or slave mount|not a shared mount",
        "mount --make-rshared on the mount it names, before the engine is started",
    ),
    remedy(
        "could not select device driver|nvidia-container-cli",
        "install the NVIDIA container toolkit on this host, or leave targets with gpus to others",
    ),
    remedy(
        "containerd.*(connect|closed|unavailable)|ttrpc: closed|server is shutting down|context canceled"
        "|is restarting|shim .*(died|disconnected)",
        "the engine is being stopped or started; see its log if that lasts",
    ),
    remedy("toomanyrequests|rate limit", "wait, or give credentials by auth_file in [runtimes.docker]"),
)

_PULL = (
    *_NOT_NOW,
    remedy(
        "unauthorized|authentication required|access denied|denied:|no basic auth|forbidden",
        "check the image's name; if it is not public, name a file with its credentials by auth_file in "
        "[runtimes.docker]",
    ),
    remedy("manifest.* unknown|not found|no such image|does not exist", "check root_image: name and tag"),
    remedy(
        "x509|certificate|server gave http response",
        "let the engine trust the registry (its certificate authority, or insecure-registries)",
    ),
    remedy(
        "no such host|timeout|connection refused|no route|unreachable|dial tcp|request canceled|eof",
        "see whether this host reaches the registry (network, DNS, the engine's proxy settings)",
    ),
)


def name_is_taken(refusal: RefusalError) -> bool:
    """Tell whether another container has the name; Podman says so under a status of 500."""
    return refusal.code == CONFLICT or "is already in use" in refusal.words


def start_failure(refusal: RefusalError) -> NotNowError | StartFailedError:
    """Return what a refusal to create or start a container means for the machine."""
    return faults.start_failure("the engine", refusal, _NOT_NOW)


def pull_failure(image: str, registry: str, words: str) -> NotNowError:
    """Return why an image is not to be had, and what to do."""
    said = shorten(words)
    deed = deed_for(said, _PULL) or "see the engine's log"
    return NotNowError(f"image {image} cannot be pulled from {registry}: {said}; {deed}")
