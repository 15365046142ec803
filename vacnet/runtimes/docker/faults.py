"""What an engine's refusal means: a fault of this machine's start, or something that is not to be had now.

Rules of this file: pure, and one table, first match wins. Engines tell their trouble in English sentences
under a status of a few digits, so sentences are what there is to go by; one that no row knows is a start
that failed (section 5 of the design: an error of this factory, in the engine's words). What another try,
another host or an admin's hand at the engine would mend is "not now": no outcome, a veto with a retry.

Sources: sentences of Docker 20.10 to 28 and of the registries' "Errors" (OCI distribution specification).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vacnet.machines.runtime import NotNowError, StartFailedError

NO_SUCH = 404
CONFLICT = 409
LONGEST_WORDS = 600
"""Characters of an engine's sentence that an admin is shown; runc's can be pages."""


class RefusalError(Exception):
    """The engine answered, and the answer is no."""

    def __init__(self, status: int, words: str) -> None:
        """Keep the HTTP status and the engine's sentence."""
        super().__init__(words)
        self.status = status
        self.words = shorten(words)

    @property
    def name_is_taken(self) -> bool:
        """Tell whether another container has the name; Podman says so under a status of 500."""
        return self.status == CONFLICT or "is already in use" in self.words


class AwayError(NotNowError):
    """The engine does not answer: nothing is known of what it did."""


def shorten(words: str) -> str:
    """Return an engine's words on one line, the middle left out if they are long."""
    line = " ".join(words.split())
    half = LONGEST_WORDS // 2
    return line if len(line) <= LONGEST_WORDS else f"{line[:half]} ... {line[-half:]}"


@dataclass(frozen=True, slots=True)
class _Row:
    """A sentence and what to do about it."""

    sign: re.Pattern[str]
    remedy: str


def _row(sign: str, remedy: str) -> _Row:
    return _Row(re.compile(sign, re.IGNORECASE), remedy)


_NOT_NOW = (
    _row("no space left on device|disk quota exceeded", "make room on the engine's disk (docker system df)"),
    _row(
        "not a shared or slave mount|not a shared mount",
        "mount --make-rshared on the mount it names, before the engine is started",
    ),
    _row(
        "could not select device driver|nvidia-container-cli",
        "install the NVIDIA container toolkit on this host, or leave targets with gpus to others",
    ),
    _row(
        "containerd.*(connect|closed|unavailable)|ttrpc: closed|server is shutting down|context canceled"
        "|is restarting|shim .*(died|disconnected)",
        "the engine is being stopped or started; see its log if that lasts",
    ),
    _row("toomanyrequests|rate limit", "wait, or give credentials by auth_file in [runtimes.docker]"),
)

_PULL = (
    *_NOT_NOW,
    _row(
        "unauthorized|authentication required|access denied|denied:|no basic auth|forbidden",
        "check the image's name; if it is not public, name a file with its credentials by auth_file in "
        "[runtimes.docker]",
    ),
    _row("manifest.* unknown|not found|no such image|does not exist", "check root_image: name and tag"),
    _row(
        "x509|certificate|server gave http response",
        "let the engine trust the registry (its certificate authority, or insecure-registries)",
    ),
    _row(
        "no such host|timeout|connection refused|no route|unreachable|dial tcp|request canceled|eof",
        "see whether this host reaches the registry (network, DNS, the engine's proxy settings)",
    ),
)


def start_failure(refusal: RefusalError) -> NotNowError | StartFailedError:
    """Return what an engine's refusal to create or start a container means for the machine."""
    for row in _NOT_NOW:
        if row.sign.search(refusal.words):
            return NotNowError(f"the engine says: {refusal.words}; {row.remedy}")
    return StartFailedError(refusal.words)


def pull_failure(image: str, registry: str, words: str) -> NotNowError:
    """Return why an image is not to be had, and what to do."""
    said = shorten(words)
    remedy = next((row.remedy for row in _PULL if row.sign.search(said)), "see the engine's log")
    return NotNowError(f"image {image} cannot be pulled from {registry}: {said}; {remedy}")
