"""`vacnet gossip`: what a factory was told and said, written down, and lived through again elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from vacnet.cli import output
from vacnet.cli.app import group
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, PLAIN, Asking, Plain

if TYPE_CHECKING:
    from vacnet.cli.answers import Facts
    from vacnet.factory.client import SpaceState
    from vacnet.simulate.replay import Replayed

app = group("gossip", "Record what a factory is told and says, and live through it again.")

PIECE_BYTES = 1 << 16
SECONDS_MAX = 7 * 86_400


@app.command
def record(
    file: Path,
    /,
    *,
    seconds: Annotated[int, Parameter(validator=Number(gte=0, lte=SECONDS_MAX))] = 0,
    asking: Asking = DEFAULT,
) -> None:
    """Write all that this host's factory is told and sends into a new FILE, until Ctrl-C.

    The file holds datagrams and names of factories and targets; no key and no user_data is in it.

    Example: vacnet gossip record /tmp/at-three.vacnet --seconds 300

    Args:
        file: File to make; one that is there is never overwritten.
        seconds: End by itself after so long; 0 does not.
        asking: Whom to ask and how to print.
    """
    pieces = output.client_for(asking).recording(seconds)
    first = next(pieces, b"")  # whoever does not answer leaves no file behind
    written = len(first)
    with os.fdopen(_new(file), "wb") as out:
        output.tell(f"recording into {file}; {f'{seconds} s' if seconds else 'Ctrl-C'} ends it")
        with suppress(KeyboardInterrupt):
            out.write(first)
            for piece in pieces:
                out.write(piece)
                out.flush()
                written += len(piece)
    if asking.json:
        from vacnet.cli.answers import Recorded  # late: see output

        output.print_json(Recorded(file=str(file), bytes=written))
    else:
        print(f"wrote {file}: {written / 1024:.0f} KiB; live through it with: vacnet gossip replay {file}")


@app.command
def replay(
    file: Path,
    /,
    *,
    key: Path | None = None,
    until: Annotated[float, Parameter(validator=Number(gte=0))] = 0.0,
    plain: Plain = PLAIN,
) -> None:
    """Drive the recorded factory anew, compare each byte that it sends, and show the space as it saw it.

    Nothing is sent and nothing is started. Exit code 1 when it does something else than it did.

    Example: vacnet gossip replay /tmp/at-three.vacnet --until 120

    Args:
        file: A file of `vacnet gossip record`.
        key: Key file of its space; else the one of this host's settings.
        until: Stop so many seconds after its begin; 0 goes to the end.
        plain: How to print.
    """
    replayed = _replayed(file, key, until)
    state = _state(replayed)
    if plain.json:
        from vacnet.cli import answers  # late: see output

        output.print_json(answers.Replayed(replayed=_facts(replayed), space=state))
        return
    from vacnet.console.space_view import space_view  # late: see output

    output.tell(_words(replayed))
    output.print_view(space_view(state, state.time), plain)


def _new(file: Path) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _replayed(file: Path, key: Path | None, until: float) -> Replayed:
    from vacnet import __version__
    from vacnet.agent.frozen import ThawError  # late: it needs the whole agent
    from vacnet.agent.recording import RecordingError, entries
    from vacnet.simulate.replay import DivergedError
    from vacnet.simulate.replay import replay as drive

    try:
        return drive(entries(_pieces(file)), _secrets(key), __version__, until)
    except (RecordingError, ThawError, DivergedError) as error:
        words = "; name a file that holds it with --key" if "needs the key" in str(error) else ""
        raise CommandError(f"{file}: {error}{words}") from error


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(PIECE_BYTES):
            yield piece


def _secrets(key: Path | None) -> dict[bytes, bytes]:
    """Return the keys of a file, or of this host's settings, by id."""
    from vacnet.cli import near_files, settings_files  # late: it reads and checks settings
    from vacnet.space.seal import key_id
    from vacnet.targets.keys import read_keys
    from vacnet.targets.source import SourceFile

    if key is None:
        keys = settings_files.read(None).keys
    else:
        keys, problems = read_keys(SourceFile(str(key), near_files.key_data(key)))
        if not keys:
            raise CommandError(str(problems[0]) if problems else f"{key} holds no key", Exit.BAD_SETTINGS)
    return {key_id(one.secret): one.secret for one in keys}


def _state(replayed: Replayed) -> SpaceState:
    """Return what the factory would have answered then."""
    import msgspec  # late: see output

    from vacnet.factory.client import FactoryState, SpaceState, TargetState

    view = replayed.agent.view(replayed.now)
    return SpaceState(
        space=replayed.header.space,
        factory=replayed.header.factory,
        time=replayed.wall,
        version=replayed.header.version,
        factories=msgspec.convert(view.factories, tuple[FactoryState, ...], from_attributes=True),
        targets=msgspec.convert(view.targets, tuple[TargetState, ...], from_attributes=True),
        starts_last_minute=view.starts_last_minute,
        rule_version=view.rule_version,
        warnings=(),
    )


def _facts(replayed: Replayed) -> Facts:
    from vacnet.cli.answers import Facts  # late: see output

    header = replayed.header
    return Facts(
        factory=header.factory,
        space=header.space,
        version=header.version,
        begin=header.wall,
        seconds=replayed.seconds,
        **{name: replayed.counts[name] for name in ("datagrams", "events", "sent", "checks", "broken")},
    )


def _words(replayed: Replayed) -> str:
    counts = replayed.counts
    return (
        f"{replayed.header.factory}, {replayed.seconds:.0f} s: told {counts['datagrams']} datagrams and "
        f"{counts['events']} other events, sent {counts['sent']} datagrams, each as it was then"
    )
