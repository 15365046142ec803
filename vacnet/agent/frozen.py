"""A whole agent, or one of its events, as bytes and back again: what a recording begins with.

An agent is pure, so all that it will ever do follows from its state and from what it is told; both are
values, and values can be written down. pickle walks them; what it may not do is held here.

Rules of this file:

1. Nothing secret is written. Keys stand as their ids, and whoever thaws brings the keys; of a target's
   definition, what goes into its user_data stands as nothing, and its digest is kept beside it, because
   rows carry that.
2. Nothing that is read can do anything. Only classes of the pure rooms and a few containers are made
   (`_CONTAINERS`); functions, modules and names with a dot in them are refused. A class of a pure room
   can do nothing but compute, which is what pure means.
3. Methods stand as their object and name, and are looked up in the object's class again.

Bytes are good for the vacnet that wrote them and for no other; a recording names its version.

Sources: Python's documentation of `pickle`, "Restricting Globals" and "Persistence of External Objects".
"""

from __future__ import annotations

import io
import pickle
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType, MethodType
from typing import Any, Final

import msgspec

from vacnet.agent.events import KeysChanged
from vacnet.space.keyring import KeyRing
from vacnet.space.seal import key_id
from vacnet.targets.model import Target

_ROOMS: Final = ("vacnet.agent.", "vacnet.decide.", "vacnet.space.", "vacnet.targets.", "vacnet.outcomes")
_CONTAINERS: Final = {
    (made.__module__, made.__qualname__): made
    for made in (Counter, OrderedDict, Random, bytearray, defaultdict, deque, dict, frozenset, list, set)
}
_UNTOLD: Final[Mapping[str, Any]] = MappingProxyType(
    {"user_data": "", "user_data_options": {}, "user_data_files": {}, "places": {}}
)
"""Fields of a target that may hold secrets, or that nobody who replays needs."""

_Named = Sequence[tuple[str, bytes]]
"""Role and id of keys."""

Secrets = Mapping[bytes, bytes]
"""Key id to the 32 bytes of the key."""


class ThawError(ValueError):
    """Bytes are not what `freeze` made; the text says what was found."""


class RecordedTarget(Target, frozen=True, kw_only=True):
    """A target of a recording: its digest is the one of the definition that it was made from."""

    known_digest: bytes = b""

    def digest(self) -> bytes:
        """Return the digest of the definition that was recorded."""
        return self.known_digest


def freeze(value: object) -> bytes:
    """Return an agent or an event as bytes."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def thaw(data: bytes, secrets: Secrets, space: str) -> Any:
    """Return what was frozen by a factory of `space`.

    Raises:
        ThawError: the bytes are damaged, would make something that no recording holds, or need a key
            that is not among `secrets`.
    """
    try:
        return _Unpickler(io.BytesIO(data), secrets, space).load()
    except ThawError:
        raise
    except Exception as error:
        raise ThawError(f"no state of an agent of this vacnet: {error}") from error


class _Pickler(pickle.Pickler):
    """Writes what pickle alone cannot or must not as a tag and values."""

    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file, protocol)
        self._numbers: dict[int, int] = {}
        self._kept: list[Target] = []  # an id is an object's only for as long as it lives

    def persistent_id(self, value: object) -> tuple[Any, ...] | None:
        """Return what stands for a value that pickle is not to walk; None: it may."""
        if written := _WRITTEN.get(type(value)):
            return written(self, value)
        if isinstance(value, msgspec.Struct):
            return ("struct", type(value), msgspec.structs.asdict(value))
        return None

    def _ring(self, ring: KeyRing) -> tuple[Any, ...]:
        return ("ring", [(str(key.role), key.id) for key in ring.keys])

    def _keys(self, keys: KeysChanged) -> tuple[Any, ...]:
        return ("keys", [(role, key_id(secret)) for role, secret in keys.keys])

    def _method(self, method: MethodType) -> tuple[Any, ...]:
        return ("method", method.__self__, method.__name__)

    def _mapping(self, mapping: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
        return ("mapping", dict(mapping))

    def _target(self, target: Target) -> tuple[Any, ...]:
        if id(target) in self._numbers:
            return ("target", self._numbers[id(target)], None)
        number = self._numbers[id(target)] = len(self._numbers)
        self._kept.append(target)
        told = {name: getattr(target, name) for name in Target.__struct_fields__}
        return ("target", number, {**told, **_UNTOLD, "known_digest": target.digest()})


class _Unpickler(pickle.Unpickler):
    """Makes what `_Pickler` wrote and nothing else."""

    def __init__(self, file: io.BytesIO, secrets: Secrets, space: str) -> None:
        super().__init__(file)
        self._secrets = secrets
        self._space = space
        self._targets: dict[int, RecordedTarget] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of the pure rooms or a container."""
        if container := _CONTAINERS.get((module, name)):
            return container
        found = getattr(sys.modules.get(module), name, None) if module.startswith(_ROOMS) else None
        if not isinstance(found, type) or found.__module__ != module:
            raise ThawError(f"{module}.{name} is nothing that a recording holds")
        return found

    def persistent_load(self, pid: tuple[Any, ...]) -> Any:
        """Return what a tag stands for."""
        tag, *values = pid
        return _MADE[tag](self, *values)

    def _ring(self, named: _Named) -> KeyRing:
        return KeyRing(self._found(named), self._space)

    def _keys(self, named: _Named) -> KeysChanged:
        return KeysChanged(tuple(self._found(named)))

    def _found(self, named: _Named) -> list[tuple[str, bytes]]:
        missing = [key.hex() for _, key in named if key not in self._secrets]
        if missing:
            raise ThawError(f"needs the key {', '.join(missing)} of the space {self._space}")
        return [(role, self._secrets[key]) for role, key in named]

    def _method(self, owner: object, name: str) -> MethodType:
        function = vars(type(owner)).get(name)
        if not type(owner).__module__.startswith(_ROOMS) or not callable(function):
            raise ThawError(f"{name!r} of {type(owner).__name__} is no method of an agent's")
        return MethodType(function, owner)

    def _mapping(self, values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
        return MappingProxyType(values)

    def _struct(self, kind: Any, fields: Mapping[str, Any]) -> msgspec.Struct:
        made: msgspec.Struct = kind(**fields)  # whatever it is, `find_class` let it in
        return made

    def _target(self, number: int, fields: Mapping[str, Any] | None) -> RecordedTarget:
        if fields is not None:
            self._targets[number] = RecordedTarget(**fields)
        return self._targets[number]


_WRITTEN: Final[Mapping[type, Callable[..., tuple[Any, ...]]]] = {
    KeyRing: _Pickler._ring,  # noqa: SLF001 (the table is the class's own)
    KeysChanged: _Pickler._keys,  # noqa: SLF001
    MethodType: _Pickler._method,  # noqa: SLF001
    MappingProxyType: _Pickler._mapping,  # noqa: SLF001
    Target: _Pickler._target,  # noqa: SLF001
    RecordedTarget: _Pickler._target,  # noqa: SLF001
}
_MADE: Final[Mapping[str, Callable[..., Any]]] = {
    "ring": _Unpickler._ring,  # noqa: SLF001
    "keys": _Unpickler._keys,  # noqa: SLF001
    "method": _Unpickler._method,  # noqa: SLF001
    "struct": _Unpickler._struct,  # noqa: SLF001
    "mapping": _Unpickler._mapping,  # noqa: SLF001
    "target": _Unpickler._target,  # noqa: SLF001
}
