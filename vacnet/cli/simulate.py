"""`vacnet simulate`: what would become of a site, by the real agents in simulated time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from vacnet.cli import output
from vacnet.cli.exits import CommandError, Exit
from vacnet.cli.options import DEFAULT, Asking

if TYPE_CHECKING:
    from vacnet.simulate.whatif.site import Site
    from vacnet.targets.source import SourceFile

Rule = Literal["vacnet", "vac3"]


def simulate(
    scenario: Path | None = None,
    /,
    *,
    from_live: bool = False,
    changes: Annotated[tuple[str, ...], Parameter(name="--set")] = (),
    add_factories: int = 0,
    compare: bool = False,
    rule: Rule = "vacnet",
    seed: int = 0,
    asking: Asking = DEFAULT,
) -> None:
    """Show what would become of a site: shares got, machines wasted, processors idle.

    Each factory is the real agent; time, network and machines are simulated.
    docs/simulate.md tells what a scenario can say and what a simulation cannot.

    Example: vacnet simulate conf/scenarios/shares.toml --rule vac3

    Example: vacnet simulate --from-live --set targets.X.target_share=30

    Args:
        scenario: A TOML file with factories, targets, payloads and network.
        from_live: Take factories, targets and shares of the running factory instead.
        changes: KEY=VALUE on top of that, such as targets.lhcb.target_share=30; may be repeated.
        add_factories: So many more, of the kind that there is most of.
        compare: Run it without these changes, too, and show what each target got before.
        rule: Whose decision: vacnet, or vac3 for Vac's poll and race.
        seed: Of everything that is drawn: the same seed gives the same result.
        asking: Whom to ask and how to print.
    """
    from msgspec.structs import replace  # late: see output

    from vacnet.cli.simulate_progress import Progress
    from vacnet.console.simulate_view import simulate_view
    from vacnet.simulate.whatif.result import result_of
    from vacnet.simulate.whatif.rules import RULES

    files, assumed = _files(scenario, asking, from_live=from_live)
    said = (*changes, *([f"{add_factories} more factories"] if add_factories else []))
    site = site_of_files([*files, *_changed(changes)], add_factories)
    sites = [(site, said), *([(_for_as_long(site_of_files(files, 0), site), ())] if compare else [])]
    with Progress(len(sites)) as progress:
        after, *before = (
            result_of(one, RULES[rule](one, seed, progress), rule, seed, changes=made, assumed=assumed)
            for one, made in sites
        )
    output.show(replace(after, before=next(iter(before), None)), simulate_view, asking)


def _for_as_long(site: Site, other: Site) -> Site:
    """Return a site to be run for as long as another: the time is no change to a site."""
    import dataclasses  # late: only here

    return dataclasses.replace(site, seconds=other.seconds)


def _files(
    scenario: Path | None, asking: Asking, *, from_live: bool
) -> tuple[list[SourceFile], tuple[str, ...]]:
    """Return what is to be read, and what had to be assumed."""
    from vacnet.targets.source import SourceFile  # late: see output

    if (scenario is None) is not from_live:
        raise CommandError("name a scenario, or give --from-live, and not both", Exit.WRONG_USE)
    if scenario is not None:
        return [SourceFile(str(scenario), scenario.read_bytes())], ()
    from vacnet.cli.simulate_live import live_scenario

    return live_scenario(asking)


def _changed(changes: tuple[str, ...]) -> list[SourceFile]:
    """Return what `--set` says, as a file on top of the others."""
    from vacnet.targets.source import SourceFile  # late: see output

    lines = "".join(f"{_line(change)}\n" for change in changes)
    return [SourceFile("--set", lines.encode())] if changes else []


def _line(change: str) -> str:
    """Return KEY=VALUE as TOML; a value that is none is taken as a text."""
    import json  # late: only here
    import tomllib

    key, equals, value = (part.strip() for part in change.partition("="))
    if not key or not equals or not value or "\n" in change:
        words = f"--set {change!r} is not KEY=VALUE, such as targets.lhcb.target_share=30"
        raise CommandError(words, Exit.WRONG_USE)
    try:
        tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        value = json.dumps(value)
    return f"{key} = {value}"


def site_of_files(files: list[SourceFile], more: int) -> Site:
    """Return the site that the files describe; whatever is wrong with them is told, a line each."""
    from vacnet.simulate.whatif.reading import FACTORIES_MAX, read_site  # late: see output

    reading = read_site(files)
    if reading.site is None:
        *rest, last = reading.problems
        for problem in rest:
            output.tell(f"vacnet: {problem}")
        raise CommandError(str(last), Exit.BAD_SETTINGS)
    if not 0 <= more <= FACTORIES_MAX - reading.site.factories:
        expected = f"a whole number from 0 to {FACTORIES_MAX - reading.site.factories}"
        words = f"--add-factories {more} is not {expected}: a simulation takes {FACTORIES_MAX} factories"
        raise CommandError(words, Exit.WRONG_USE)
    return reading.site.with_more(more) if more else reading.site
