"""What words may say that come to an engine, a path or an address: the safety of DESIGN section 9.

Vac put a pipe's `container_command`, `tmp_binds` and image into a shell run by root; whoever held the
pipe, its TLS or its DNS held the site. Here nothing reaches a shell, and still each such value has one
closed form, written as a regular expression over ASCII, so that a mistake further in finds nothing to
work with:

- a *file name* is one path component: no ``/``, not ``.`` or ``..``;
- a *path* is absolute and normalised: no empty, ``.`` or ``..`` component;
- an *image* is a reference as the OCI distribution specification writes it (``docker://`` before it as
  Vac wrote it), a path below ``/cvmfs/``, an http(s) address, or a file name;
- an *address* has no credentials, no blank, no quote, no ``..`` component in its path.

The site's own files may say more: paths of their host. That is the only difference between the two
columns of `options`.
"""

from __future__ import annotations

from vacnet.targets.checks import Check, RefusedError, pattern

NAME_MAX = 255
"""Bytes of a file name on every file system in use (POSIX NAME_MAX)."""
URL_MAX = 2048
SOCKET_PATH_MAX = 107
"""Bytes of a Unix socket's path on Linux, less the end mark (unix(7))."""

_FILE_NAME = r"(?!\.{1,2}$)[A-Za-z0-9._+=@,-]{1,255}"
_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._+=@,~-]+"
_PATH = rf"(?:/{_PART})+"
_HOST_PATH = r"(?:/(?!\.{1,2}(?:/|$))[^/\x00-\x1f\x7f]+)+"
"""A path of the site's own choice: blanks and letters of all languages are fine."""
_RELATIVE = rf"{_PART}(?:/{_PART})*"
_DOTS = r"(?![^?]*/\.\.(?:/|\?|$))"
_URL = (
    rf"(?i:https?)://{_DOTS}(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?"
    r"(?:/[A-Za-z0-9._~/%+=:,@-]*)?(?:\?[A-Za-z0-9._~/%+=&?:,@-]*)?"
)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REGISTRY = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?/)?"
_TAG = r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
_REFERENCE = rf"{_REGISTRY}{_COMPONENT}(?:/{_COMPONENT})*{_TAG}(?:@sha256:[0-9a-f]{{64}})?"
_SHORT_REFERENCE = rf"{_COMPONENT}{_TAG}"
_CVMFS = r"/cvmfs(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._+=@,~:-]+)+"
"""With colons: images unpacked there are named ``.../centos:7``."""

RESERVED_PATHS = (
    "/bin",
    "/boot",
    "/cvmfs",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/user_data",
    "/usr",
    "/var/spool/jobfeatures",
    "/var/spool/joboutputs",
    "/var/spool/machinefeatures",
)
"""Where an empty directory over what is there would break the machine or hide what vacnet mounts."""

FILE_NAME = pattern("a file name without / and not ..", _FILE_NAME, longest=NAME_MAX)
HOST_PATH = pattern("an absolute path without . or .. in it", _HOST_PATH)
SOCKET_PATH = pattern(
    f"an absolute path of at most {SOCKET_PATH_MAX} characters", _HOST_PATH, longest=SOCKET_PATH_MAX
)
ENGINE_SOCKET = pattern(
    "an engine's Unix socket, such as unix:///var/run/docker.sock (a machine's files have to be on its host)",
    rf"unix://{_HOST_PATH}",
    longest=SOCKET_PATH_MAX + len("unix://"),
)
LIBVIRT_URI = pattern(
    "qemu:///system, qemu:///session or qemu+unix:///system?socket=PATH (libvirt of this host)",
    r"qemu:///(?:system|session)",
    rf"qemu\+unix:///(?:system|session)\?socket={_HOST_PATH}",
    longest=SOCKET_PATH_MAX + len("qemu+unix:///session?socket="),
)
_CLEAN_PATH = pattern("an absolute path without . or .. in it", _PATH)
WEB_ADDRESS = pattern("an http:// or https:// address without credentials or ..", _URL, longest=URL_MAX)
PIPE_ADDRESS = pattern(
    "an http://, https:// or file:// address (without credentials) or an absolute path",
    _URL,
    _HOST_PATH,
    rf"file://{_HOST_PATH}",
    longest=URL_MAX,
)

PIPE_IMAGE = pattern(
    "docker://NAME, /cvmfs/PATH, an http(s) address or a name without /",
    rf"docker://{_REFERENCE}",
    _CVMFS,
    _URL,
    _SHORT_REFERENCE,
    _FILE_NAME,
    longest=URL_MAX,
)
SITE_IMAGE = pattern(
    "docker://NAME, a container image's name, a path, or an http(s) address",
    rf"(?:docker://)?{_REFERENCE}",
    _HOST_PATH,
    _RELATIVE,
    _URL,
    longest=URL_MAX,
)
PIPE_USER_DATA = pattern("an http(s) address or a file name without /", _URL, _FILE_NAME, longest=URL_MAX)
SITE_USER_DATA = pattern(
    "an http(s) or file:// address, a path, or the name of a file below files_directory",
    _URL,
    rf"file://{_HOST_PATH}",
    _HOST_PATH,
    _RELATIVE,
    longest=URL_MAX,
)
SITE_FILE = pattern("a path, or the name of a file below files_directory", _HOST_PATH, _RELATIVE)
COMMAND = pattern(
    "one word of letters, digits and _./+@%=:,- (no blanks, no shell characters)",
    r"[A-Za-z0-9_./+@%=:,-]{1,255}",
)
REPOSITORY = pattern(
    "a CernVM-FS repository such as atlas.cern.ch",
    r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{0,252}",
    longest=NAME_MAX,
)
DEVICE = pattern("a device name such as vda", r"[a-z0-9]{1,16}")
NAME = pattern("lower-case letters, digits and - (1 to 63)", r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
USER = pattern("the name of a user other than root", r"(?!root$)[a-z_][a-z0-9_-]{0,31}")
GROUP = pattern("the name of a group", r"[a-z_][a-z0-9_-]{0,31}")
_MEMBER = r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}"
MEMBER = pattern("the name of a factory (letters, digits, . _ and -)", _MEMBER)
SPACE = pattern("the name of a space (letters, digits, . _ and -)", _MEMBER)


def _bind(value: object) -> str:
    path = _CLEAN_PATH(value)
    if not isinstance(path, str) or any(_meet(path, reserved) for reserved in RESERVED_PATHS):
        raise RefusedError
    return path


def _meet(one: str, other: str) -> bool:
    """Tell whether two paths are the same or one lies in the other."""
    return (one + "/").startswith(other + "/") or (other + "/").startswith(one + "/")


TMP_BIND = Check(
    "an absolute path without .. that is not / and neither holds nor lies in a directory of the system "
    "(/etc /usr /dev ...) or one that vacnet mounts",
    _bind,
)
