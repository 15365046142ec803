"""Completion scripts of the three shells: commands and options, and names that a running factory knows.

Rules of this file: pure text from the tree that parses commands. What cyclopts makes has all that never
changes; behind it stands what asks the factory (`live_names`), in one table of places: behind an option,
or as an argument of a command. What an argument is called decides what it is completed to (`KINDS`).

Sources: bash(1) "Programmable Completion", zshcompsys(1), complete(1) of fish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cyclopts import App

from vacnet.cli.live_names import Kind
from vacnet.cli.man_page import arguments, pages

Shell = Literal["bash", "zsh", "fish"]

KINDS: Mapping[str, Kind] = {
    "TARGET": "targets",
    "--target": "targets",
    "MACHINE": "machines",
    "--machine": "machines",
    "--factory": "factories",
    "PEER": "peers",
    "--peer": "peers",
}
NEW_NAMES = frozenset({("peers", "add")})
"""Commands that take a name which is not there yet."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where names are completed."""

    words: tuple[str, ...]
    """Of the command."""
    option: str
    """Behind which they stand; empty: they are arguments of the command itself."""
    kind: Kind


def script(app: App, shell: Shell) -> str:
    """Return the whole script of a shell."""
    return app.generate_completion(shell=shell).rstrip() + "\n\n" + _LIVE[shell](app)


def places(app: App) -> tuple[Place, ...]:
    """Return every place where names of a running factory are completed."""
    return tuple(_places(app))


def _places(app: App) -> Iterator[Place]:
    for page in pages(app):
        for argument in arguments(page.app) if page.words not in NEW_NAMES else ():
            for name in argument.names:
                if name in KINDS:
                    yield Place(page.words, name if name.startswith("-") else "", KINDS[name])


def _with_values(app: App) -> list[str]:
    """Return all options behind which a value stands, which is no argument of the command."""
    found = (one for page in pages(app) for one in arguments(page.app) if one.token_count()[0])
    return sorted({name for one in found for name in one.names if name.startswith("-")})


def _groups(app: App) -> str:
    return "|".join(sorted({page.words[0] for page in pages(app) if len(page.words) > 1}))


def _cases(app: App) -> str:
    """Return the places as lines of a `case` that bash and zsh both read; `$at` is the command."""
    behind = [
        f'"{" ".join(one.words)} {one.option}") kind={one.kind} ;;' for one in places(app) if one.option
    ]
    plain = [f'"{" ".join(one.words)}") kind={one.kind} ;;' for one in places(app) if not one.option]
    others = "|".join(f"*\\ {option}" for option in _with_values(app))
    lines = [*behind, f"{others}) ;;", "*) case $at in", *(f"  {line}" for line in plain), "esac ;;"]
    return "\n".join(f"    {line}" for line in lines)


_BASH = """\
# Names that only a running factory knows: it has a third of a second to tell them.
_vacnet_names() {
  local -a asked=()
  local i
  for ((i = 2; i < COMP_CWORD - 1; i++)); do
    case ${COMP_WORDS[i]} in
      --socket|--config) asked+=("${COMP_WORDS[i]}" "${COMP_WORDS[i+1]/#\\~/$HOME}") ;;
    esac
  done
  "${COMP_WORDS[0]}" completion --names "$1" "${asked[@]}" 2>/dev/null
}

_vacnet_live() {
  _vacnet "$@"
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at=${COMP_WORDS[1]} deep=1 kind= name
  [[ $cur == = ]] && cur=
  [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
  case $at in @GROUPS@) at+=" ${COMP_WORDS[2]}" deep=2 ;; esac
  [[ $cur == -* || $COMP_CWORD -le $deep ]] && return
  case "$at $prev" in
@CASES@
  esac
  [[ $kind ]] || return
  while read -r name; do
    [[ $name == "$cur"* ]] && COMPREPLY+=("$name")
  done < <(_vacnet_names "$kind")
}

complete -F _vacnet_live vacnet
"""

_ZSH = """\
# Names that only a running factory knows: it has a third of a second to tell them.
_vacnet_names() {
  local -a asked
  local i
  for ((i = 3; i < CURRENT - 1; i++)); do
    case $words[i] in
      --socket|--config) asked+=("$words[i]" "${words[i+1]/#\\~/$HOME}") ;;
    esac
  done
  $words[1] completion --names $1 $asked 2>/dev/null
}

_vacnet_live() {
  local cur=$words[CURRENT] prev=$words[CURRENT-1] at=$words[2] deep=2 kind
  local -a names
  case $at in @GROUPS@) at+=" $words[3]" deep=3 ;; esac
  if [[ $cur == --*=* ]]; then
    prev=${cur%%=*} cur=${cur#*=}
  fi
  if [[ $cur != -* && $CURRENT -gt $deep ]]; then
    case "$at $prev" in
@CASES@
    esac
  fi
  if [[ -n $kind ]]; then
    names=(${(f)"$(_vacnet_names $kind)"})
    [[ $words[CURRENT] == --*=* ]] && compset -P '*='
    (( $#names )) && compadd -a names && return
  fi
  _cyclopts_vacnet "$@"
}

if [[ $funcstack[1] == _vacnet ]]; then
  _vacnet_live "$@"
else
  compdef _vacnet_live vacnet
fi
"""

_FISH = """\
# Names that only a running factory knows: it has a third of a second to tell them.
function __fish_vacnet_names
    set -l cmd (commandline -opc)
    set -l asked
    set -l take 0
    for word in $cmd[2..]
        if test $take -eq 1
            set -a asked (string replace -r '^~' $HOME -- $word)
            set take 0
        else if contains -- $word --socket --config
            set -a asked $word
            set take 1
        end
    end
    test $take -eq 1; and set -e asked[-1]
    $cmd[1] completion --names $argv[1] $asked 2>/dev/null
end

@CASES@
"""


def _filled(text: str) -> Callable[[App], str]:
    return lambda app: text.replace("@GROUPS@", _groups(app)).replace("@CASES@", _cases(app))


def _fish(app: App) -> str:
    lines = (
        f"complete -c vacnet -n '__fish_vacnet_using_command {' '.join(one.words)}' "
        f"{f'-l {one.option[2:]} -x' if one.option else '-f'} -a '(__fish_vacnet_names {one.kind})'"
        for one in places(app)
    )
    return _FISH.replace("@CASES@", "\n".join(lines))


_LIVE: Mapping[Shell, Callable[[App], str]] = {"bash": _filled(_BASH), "zsh": _filled(_ZSH), "fish": _fish}
