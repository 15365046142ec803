"""A `Spec` as bytes: in the record and in each machine's directory, to find it again after anything.

Rules of this file: JSON, because an admin may have to read it when all else is lost. `user_data_options` are
left out: their values may be secrets, and a machine once made never needs them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from vacnet.machines.spec import Spec
from vacnet.targets.model import EMPTY


def encode_spec(spec: Spec) -> bytes:
    """Return a spec as JSON."""
    target = msgspec.structs.replace(spec.target, user_data_options=EMPTY)
    fields = {name: getattr(spec, name) for name in Spec.__dataclass_fields__}
    return msgspec.json.encode({**fields, "target": target}, enc_hook=_encode)


def decode_spec(raw: bytes) -> Spec | None:
    """Return the spec that `encode_spec` wrote; None when these bytes are none of a version we know."""
    try:
        return msgspec.json.decode(raw, type=Spec, dec_hook=_decode)
    except msgspec.MsgspecError:
        return None


def _encode(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _decode(kind: type, value: object) -> object:
    if kind is not Path or not isinstance(value, str):
        raise NotImplementedError(f"no field of a spec is a {kind}")
    return Path(value)
