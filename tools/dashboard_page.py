"""Makes `docs/dashboard.md`: the screen of `vacnet space`, with its keys from the table that it obeys."""

from __future__ import annotations

from vacnet.console.dashboard.asking import FACTORIES_ASKED_MAX
from vacnet.console.dashboard.grammar import KEYS, Key
from vacnet.record.pictures import BYTES_MAX, INTERVAL_SECONDS_MIN, KEPT_SECONDS
from vacnet.simulate.watched.agents import FACTORIES_MAX

MIB = 1 << 20
DAY_SECONDS = 86_400

_PAGE = """# `vacnet space`: the whole site on one screen

Made from the table of keys in `vacnet/console/dashboard/grammar.py` by `python -m tools.pages`.

```
vacnet space                          # on any host with a factory
vacnet space --peer vac01.example.org --key observe.key --name example    # from a desk, as an observer
vacnet space --simulate conf/scenarios/queue-empties.toml --pace 60       # of a site that need not exist
vacnet space --web                    # in a browser of this host: http://127.0.0.1:8884
```

![The dashboard: targets, factories, machines and events](pictures/dashboard.svg)

From above: the header, with the moment that is shown, who is live, draining or silent, how many processors
are used, how fast machines start, how long news take (`gossip`), and whatever is not as it should be, with
a `!`. Then **targets** (share against what they got, the last outcomes of the whole space, the state in
words), **factories**, **machines** of the factory or target that was gone into, and **decisions and
events** of the factory that answers. A low screen shows the first two; `3` and `4` go to the others. The
line above the keys tells in full what is chosen, also what a narrow pane had to cut.

Whatever is not of now says so. A factory that was not heard for long is dimmed and its numbers bear a `?`;
the machines of another factory are asked from it over the network, and the heading says how old the answer
is. When the factory that is asked does not answer, the last picture stays and says how old it is and why.
For the machines of a target at most {asked} factories that run it are asked, and the heading says how many
were not.

## Keys

| key | what it does | where |
| --- | --- | --- |
{keys}

In the past `w` shows the last decision that had been made by then. A filter is words: each has to stand in
the line, `!word` must not. The mouse chooses, a second click goes in, the wheel scrolls.

## Orders

The screen only reads. With `--write` it holds and releases targets, drains and undrains this host's factory
and stops its machines, and asks for a reason that everybody will see. Without `--write`, and for another
host's factory, the same key shows the command to run there.

## The past

A factory keeps a picture of the space as it saw it, with its own machines, in `pictures.db` beside its
record: one each {interval} s in a small space, fewer in a large one, so that {days} days fit into {size}
MiB; the oldest go first. The file may be deleted; nothing else stands in it. `t` goes into it from now, `g`
to a time.

## A simulated site

`--simulate` drives this screen from [a scenario](simulate.md), at `--pace` simulated seconds a second, for
as long as the scenario says. `vacnet simulate` runs a scenario to its end as fast as it can and prints
figures. Up to {agents} factories each is the real agent, as there, seen through the eyes of the first; why
a target is made or not can be asked. Of more it is a sketch: the same shares, windows and payloads, decided
in one place that knows everything at once, without delays, claims or reasons.

## In a browser

`--web` needs the extra `web` (`pip install 'vacnet[web]'`). Each visitor has a process of their own, eight
at most. It gives no orders. It listens on this host alone unless `--listen` says otherwise, and whoever
reaches the address needs no password: put a proxy with one before it. A visit under another name than that
address, or by a page of another site, is refused.
"""


def dashboard_page() -> str:
    """Return `docs/dashboard.md`."""
    return _PAGE.format(
        keys="\n".join(_row(key) for key in KEYS),
        asked=FACTORIES_ASKED_MAX,
        interval=f"{INTERVAL_SECONDS_MIN:g}",
        days=f"{KEPT_SECONDS / DAY_SECONDS:g}",
        size=BYTES_MAX // MIB,
        agents=FACTORIES_MAX,
    )


def _row(key: Key) -> str:
    shown = " ".join(f"`{part}`" for part in key.shown.split())
    return f"| {shown} | {key.words} | {_where(key)} |"


def _where(key: Key) -> str:
    when = {True: "in the past", False: "now", None: ""}[key.past]
    orders = "with `--write`" if key.orders else ""
    return ", ".join(filter(None, (" and ".join(key.panes), when, orders)))
