"""`vacnet key`: the secrets that make a factory a member of a space, and their ring.

Rules of this file: a secret is never printed but by `new` on stdout, and never taken from the command line,
where others of the host would see it; commands name keys by their ids, which every datagram bears.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from vacnet.cli import key_next, output
from vacnet.cli.app import group
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, PLAIN, Asking, Plain

if TYPE_CHECKING:
    from vacnet.cli.rings import Entry, Ring
    from vacnet.factory.client import KeyState

app = group("key", "Make and change the secret keys of a space.")

KEY_BYTES = 32
STDIN = Path("-")


def fresh_line(role: Literal["member", "observe"] = "member") -> str:
    """Return the line of a new key, from the system's source of secrets."""
    import secrets  # late: most commands make no key

    from vacnet.targets.keys import format_key

    return format_key(secrets.token_bytes(KEY_BYTES), role)


@app.command
def new(
    file: Path | None = None,
    /,
    *,
    role: Literal["member", "observe"] = "member",
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Make a key; into a new FILE that its owner alone may read, or on stdout.

    Whoever has a member key can join the space and run work there; an observe key may only look.

    Example: vacnet key new /etc/vacnet/space.key

    Example: vacnet key new --role observe > observe.key

    Args:
        file: File to make; one that is there is never overwritten.
        role: What the key lets its owner do.
        as_json: Print the result as JSON with its `schema` number.
    """
    line = fresh_line(role)
    if file is not None:
        if not file.parent.exists():
            raise CommandError(f"{file}: there is no directory {file.parent}; make it first", Exit.NO_INPUT)
        _write(file, line)
    if as_json:
        from vacnet.cli.answers import KeyMade  # late: see output

        output.print_json(KeyMade(role=role, file=str(file) if file else None, line=None if file else line))
    else:
        print(f"wrote {file}: a key ({role}) that its owner alone may read" if file else line)
        _next(key_next.after_new(str(file)) if file else "")


@app.command(name="list")
def list_(*, file: Path | None = None, asking: Asking = DEFAULT) -> int:
    """List the keys of the key file: id, role, which one seals, and who speaks under each.

    Who speaks is known by a running factory alone, and so is whether it has read the file as it is now.
    It ends with 78 where a line of the file is no key.

    Example: vacnet key list

    Args:
        file: Key file; else that of the settings.
        asking: Whom to ask and how to print.
    """
    from vacnet.cli import rings  # late: it reads the settings
    from vacnet.cli.near_files import key_data
    from vacnet.console.keys_view import Listed, keys_view

    if file is not None:
        key_data(file)  # one that is named has to be there
    ring = rings.ring(file, asking.config)
    loaded = _loaded(asking)
    listed = Listed(file=str(ring.path), keys=rings.described(ring, loaded))
    output.show(listed, keys_view, asking)
    for words in ring.wrong:
        output.tell(f"vacnet: {words}")
    return Exit.BAD_SETTINGS if ring.wrong else Exit.OK


@app.command
def add(
    source: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    file: Path | None = None,
    config: Path | None = None,
    plain: Plain = PLAIN,
) -> None:
    """Add the keys of another file to the ring, behind those that are there. The first of a rotation's edits.

    A key that is added opens what others send; what this factory sends is still sealed with the first.

    Example: vacnet key add new.key

    Example: ssh vac01.example.org sudo cat new.key | vacnet key add -

    Args:
        source: File with one or more keys, made by `vacnet key new`; - is stdin.
        file: Key file to change; else that of the settings.
        config: Settings that name the key file; else /etc/vacnet.
        plain: How to print.
    """
    from vacnet.cli import rings  # late: it reads the settings
    from vacnet.cli.near_files import key_data

    data = sys.stdin.buffer.read(rings.FILE_BYTES_MAX + 1) if source == STDIN else key_data(source)
    keys = rings.keys_in(str(source), data)
    ring = rings.ring(file, config)
    changed = rings.add(ring, keys)
    ids = ", ".join(key.id for key in keys)
    _report(ring, ids, "added to" if changed else "is already in", plain, changed=changed)
    _next(key_next.after_add(keys, ring) if changed and not plain.json else "")


@app.command
def use(key: str, /, *, file: Path | None = None, asking: Asking = DEFAULT) -> None:
    """Put a member key first, so that what this factory sends is sealed with it. A rotation's second edit.

    Do it when all factories have the key: who has not cannot hear this one any more.

    Example: vacnet key use 3f00ab12

    Args:
        key: Id of the key, or its beginning, as `vacnet key list` shows it.
        file: Key file to change; else that of the settings.
        asking: Whom to ask who has it, and how to print.
    """
    from vacnet.cli import rings  # late: it reads the settings

    ring = rings.ring(file, asking.config)
    found = rings.find(ring, key)
    changed = rings.use(ring, found)
    _report(
        ring, found.id, "is used first in" if changed else "was first in", _plain(asking), changed=changed
    )
    if changed:
        _tell_who_may_lack(found.id, asking)
        _next("" if asking.json else key_next.after_use(found, ring))


@app.command
def drop(
    key: str,
    /,
    *,
    force: bool = False,
    file: Path | None = None,
    asking: Asking = DEFAULT,
) -> None:
    """Take a key out of the ring. The last of a rotation's edits.

    A key under which live factories still speak, or that seals here, is kept unless --force is given.

    Example: vacnet key drop 90c21177

    Args:
        key: Id of the key, or its beginning, as `vacnet key list` shows it.
        force: Take it out though others still speak under it, and are not heard any more.
        file: Key file to change; else that of the settings.
        asking: Whom to ask who speaks under it, and how to print.
    """
    from vacnet.cli import rings  # late: it reads the settings

    ring = rings.ring(file, asking.config)
    found = rings.find(ring, key)
    if not force:
        _refuse_in_use(ring, found, asking)
    changed = rings.drop(ring, found)
    _report(ring, found.id, "dropped from", _plain(asking), changed=changed)


def _next(words: str) -> None:
    if words:
        output.tell(f"next: {words}")


def _plain(asking: Asking) -> Plain:
    return Plain(json=asking.json, ascii=asking.ascii)


def _tell_who_may_lack(key: str, asking: Asking) -> None:
    """Say who has not spoken under a key that is used from now on: whether they have it is not known here."""
    from vacnet.console.keys_view import may_lack  # late: see output

    told = output.asked_or_told(
        lambda client: may_lack(key, client.peers()), asking, "who else has this key is not known"
    )
    if told:
        output.tell(f"vacnet: {told}")


def _refuse_in_use(ring: Ring, key: Entry, asking: Asking) -> None:
    from vacnet.cli import rings

    for one in rings.described(ring, _loaded(asking)):
        if one.id == key.id and (one.seals or one.peers):
            who = _speakers(one.peers) if one.peers else "it seals what is sent here"
            raise CommandError(
                f"key {one.id} is kept: {who}; `vacnet key use` another there first, or --force", Exit.FAILED
            )


def _speakers(names: tuple[str, ...]) -> str:
    return f"{', '.join(names)} still {'speaks' if len(names) == 1 else 'speak'} under it"


def _loaded(asking: Asking) -> tuple[KeyState, ...] | None:
    """Return the keys as the running factory has them, None (and a word on stderr) where none answers."""
    without = "who speaks under which key is not known"
    return output.asked_or_told(lambda client: client.peers().keys, asking, without)


def _write(file: Path, line: str) -> None:
    from vacnet.cli import files  # late: only here

    try:
        files.write_new(file, f"# made by vacnet key new\n{line}\n", files.MODE_SECRET)
    except FileExistsError as error:
        words = (
            f"{file} is there and never overwritten; to add a key to it: vacnet key new | vacnet key add -"
        )
        raise CommandError(words) from error


def _report(ring: Ring, ids: str, words: str, plain: Plain, *, changed: bool) -> None:
    if plain.json:
        from vacnet.cli.answers import KeysChanged  # late: see output

        output.print_json(KeysChanged(file=str(ring.path), key=ids, changed=changed))
    else:
        print(f"key {ids} {words} {ring.path}")
