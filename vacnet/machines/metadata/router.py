"""From a request and a machine to an answer: one table of paths, and the rules that hold for all of them.

Rules of this file: pure. Nothing in a path names a machine. Paths are compared whole, after double slashes
are folded (Vac's rule: its URLs were put together by hand), so a path with ``..`` is just one that is not
in the table. The first row that fits stands. Which host an absolute address names says nothing (RFC 9112
section 3.2.2 wants such requests answered).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from vacnet.machines.layout import JOBFEATURES, MACHINEFEATURES
from vacnet.machines.metadata import ec2, features, nocloud, openstack
from vacnet.machines.metadata.pages import OK, Answer, Request, Told, Upload, missing
from vacnet.machines.metadata.tokens import FORWARDED, TOKEN_HEADER, TTL_HEADER, TTL_MAX, Tokens, wanted_ttl

READING = frozenset({"GET", "HEAD"})
_VERSION = r"(?:latest|1\.0|\d{4}-\d\d-\d\d)"
_NAME = r"(?!\.{1,2}$)[A-Za-z0-9._+=@,-]{1,255}"
"""One path component, as `targets.safe` has file names."""

Page = Callable[[Told, re.Match[str]], Answer]


def _page(make: Callable[[Told], Answer]) -> Page:
    return lambda told, _found: make(told)


PAGES: tuple[tuple[str, Page], ...] = (
    (r"/", _page(ec2.versions)),
    (rf"/{_VERSION}/?", _page(ec2.top)),
    (rf"(?:/openstack)?/{_VERSION}/user-data", _page(ec2.user_data)),
    (rf"(?:/openstack)?/{_VERSION}/meta-data\.json", _page(openstack.meta_data)),
    (rf"(?:/openstack)?/{_VERSION}/meta-data(?:/([a-z0-9/-]*))?", lambda t, f: ec2.meta_data(t, f[1] or "")),
    (rf"/{_VERSION}/dynamic/?", lambda _t, _f: Answer(OK, b"instance-identity/")),
    (rf"/{_VERSION}/dynamic/instance-identity/?", lambda _t, _f: Answer(OK, b"document")),
    (rf"/{_VERSION}/dynamic/instance-identity/document", _page(ec2.identity)),
    (r"/openstack/?", _page(openstack.versions)),
    (rf"/openstack/{_VERSION}/?", _page(openstack.files)),
    (rf"/openstack/{_VERSION}/meta_data\.json", _page(openstack.meta_data)),
    (rf"/openstack/{_VERSION}/user_data", _page(ec2.user_data)),
    (rf"/openstack/{_VERSION}/vendor_data\.json", _page(openstack.vendor_data)),
    (rf"/openstack/{_VERSION}/vendor_data2\.json", _page(openstack.no_vendor_data)),
    (
        rf"/openstack/{_VERSION}/network_data\.json",
        lambda t, _f: openstack.network_data(t) if t.resident.mac else missing(),
    ),
    (
        r"/(meta-data|network-config|user-data|vendor-data)",
        lambda t, f: nocloud.FILES[f[1]](t),
    ),
    (rf"/({MACHINEFEATURES}|{JOBFEATURES})/?", lambda t, f: features.listing(t, f[1])),
    (
        rf"/({MACHINEFEATURES}|{JOBFEATURES})/([A-Za-z0-9_]{{1,64}})",
        lambda t, f: features.value(t, f[1], f[2]),
    ),
)
"""Path to page. Those with ``meta-data`` and ``user-data`` below ``/openstack`` are Vac's."""

_ROWS = tuple((re.compile(pattern, re.ASCII), page) for pattern, page in PAGES)
_OUTPUT = re.compile(rf"/joboutputs/({_NAME})", re.ASCII)
_TOKEN = "/latest/api/token"  # noqa: S105 (a path)
_SLASHES = re.compile("/{2,}")
_HOST = re.compile(r"\Ahttps?://[^/]*", re.ASCII | re.IGNORECASE)
_PART = "content-range"


def respond(request: Request, told: Told, tokens: Tokens, now: float) -> Answer | Upload:
    """Return what a machine's request is answered with, or that its body is to be taken in.

    Args:
        request: what is asked.
        told: who asks, and what it may be told.
        tokens: of this factory.
        now: seconds of any clock that does not step back.
    """
    path = _SLASHES.sub("/", _HOST.sub("/", request.path))
    if request.method in READING:
        return _read(path, request, told, tokens, now)
    if request.method != "PUT":
        return Answer(405, b"only GET, HEAD and PUT are answered\n", headers={"Allow": "GET, HEAD, PUT"})
    if path == _TOKEN:
        return _token(request, told, tokens, now)
    found = _OUTPUT.fullmatch(path)
    if not found:
        return Answer(403, b"files are put below /joboutputs/ by a plain name\n")
    if _PART in request.headers:  # RFC 9110 section 14.5: the part would pass for the whole
        return Answer(400, b"a file is put whole: Content-Range is not taken\n")
    return Upload(found[1])


def _read(path: str, request: Request, told: Told, tokens: Tokens, now: float) -> Answer:
    token = request.headers.get(TOKEN_HEADER)
    if token is not None and not tokens.knows(token, told.resident.spec.id, now):
        return Answer(401, b"the token is not valid, or no longer\n")
    for row, page in _ROWS:
        found = row.fullmatch(path)
        if found:
            return page(told, found)
    return missing()


def _token(request: Request, told: Told, tokens: Tokens, now: float) -> Answer:
    if FORWARDED in request.headers:
        return Answer(403, b"no token is given through a proxy\n")
    ttl = wanted_ttl(request.headers.get(TTL_HEADER, ""))
    if ttl is None:
        return Answer(400, f"{TTL_HEADER} has to be 1 to {TTL_MAX}\n".encode())
    token = tokens.give(told.resident.spec.id, ttl, now)
    return Answer(OK, token.encode(), headers={TTL_HEADER: str(ttl)})
