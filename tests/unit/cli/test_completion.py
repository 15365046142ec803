"""Completion and manual pages are whole: every command and every option of the tree stands in each."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cyclopts import App, Parameter

from tests.unit.cli.conftest import Command
from vacnet.cli.app import build
from vacnet.cli.completing import script as script_of
from vacnet.cli.man_page import Page, pages

SHELLS = ("bash", "zsh", "fish")
APP = build(whole=True)
PAGES = pages(APP)
CHECKS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "-n"]}


def _leaves(app: App, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], App]:
    """Return every command with its words, found without the code under test."""
    names = [name for name in app if not name.startswith("-")]
    found = {words: app} if not names else {}
    for name in names:
        found |= _leaves(app[name], (*words, name))
    return found


LEAVES = _leaves(APP)


def _options(app: App) -> set[str]:
    found = app.assemble_argument_collection(default_parameter=Parameter(negative=""))
    return {name for one in found if one.show for name in one.names if name.startswith("--")}


@pytest.fixture(scope="module", params=SHELLS)
def script(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param, script_of(APP, request.param)


def test_every_command_and_option_is_completed(script: tuple[str, str]) -> None:
    _, text = script
    assert len(LEAVES) > 25
    for words, app in LEAVES.items():
        for word in words:
            assert re.search(rf"\b{re.escape(word)}\b", text), words
        for option in _options(app):
            assert re.search(rf"{re.escape(option.removeprefix('--'))}\b", text), (words, option)
    assert "--no-json" not in text


# A host need not have all three shells, and vacnet needs none of them: each that is there reads its script.
# That no command and no option is missing from any of the three is held above, with or without the shell.
@pytest.mark.parametrize(
    "shell",
    [
        pytest.param(one, marks=pytest.mark.skipif(not shutil.which(one), reason=f"needs {one}"))
        for one in SHELLS
    ],
)
def test_the_shell_itself_finds_no_fault_in_it(shell: str, vacnet: Command, tmp_path: Path) -> None:
    done = vacnet("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "script").write_text(done.stdout)
    checked = subprocess.run(
        [*CHECKS[shell], tmp_path / "script"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["mach"], {"machines"}),
        (["key", ""], {"new", "list", "add", "use", "drop"}),
        (["machines", "--js"], {"--json"}),
        (["completion", ""], set(SHELLS)),
    ],
)
def test_bash_completes_what_is_typed(typed: list[str], expected: set[str], tmp_path: Path) -> None:
    (tmp_path / "script").write_text(script_of(APP, "bash"))
    words = " ".join(f"'{word}'" for word in ["vacnet", *typed])
    program = f"""
source {tmp_path / "script"}
COMP_WORDS=({words}); COMP_CWORD={len(typed)}
_vacnet; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert {line.strip() for line in done.stdout.split()} == expected


# --- manual pages ---------------------------------------------------------------------------------


def test_every_command_has_a_page_with_all_its_options_and_examples() -> None:
    by_words = {page.words: page for page in PAGES}
    assert set(by_words) >= {(), *LEAVES}
    for words, app in LEAVES.items():
        text = by_words[words].roff(PAGES).replace("\\-", "-")
        assert _options(app) <= set(re.findall(r"--[a-z-]+", text)), words
        assert ".SH EXAMPLES" in text, words


def test_an_option_stands_with_what_is_typed_behind_it() -> None:
    by_words = {page.words: page.roff(PAGES).replace("\\-", "-") for page in PAGES}
    assert ".B --reason STR\n" in by_words["drain",]
    assert ".B --timeout FLOAT\n" in by_words["drain",]
    assert ".B --wait\n" in by_words["drain",]
    assert ".B --config PATH\n" in by_words["config", "show"]
    assert ".B --by CHOICE\n" in by_words["history",]
    assert ".B --ended INT\n" in by_words["machines",]


def test_the_programs_page_leads_to_all_commands() -> None:
    text = PAGES[0].roff(PAGES).replace("\\-", "-")
    assert {words[0] for words in LEAVES} <= set(re.findall(r"^\.B (\S+)$", text, re.MULTILINE))


# Only groff can find fault with its own macros, and vacnet does not need it: pages are shown by whatever a
# host has. That each command has a page with all that its help says is held above, with or without it.
@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_groff_finds_no_fault_in_any_page() -> None:
    text = "".join(page.roff(PAGES) for page in PAGES)
    words = ["groff", "-man", "-Tutf8", "-ww", "-z"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_pages_are_printed_and_written(vacnet: Command, tmp_path: Path) -> None:
    assert vacnet("man", "key", "list").stdout.startswith('.TH "VACNET-KEY-LIST" "1"')
    assert vacnet("man", "--directory", str(tmp_path)).returncode == 0
    assert {path.name for path in tmp_path.glob("*.1")} == {f"{page.name}.1" for page in PAGES}


def test_a_command_with_exit_codes_of_its_own_says_so(vacnet: Command) -> None:
    assert "monitoring plugins" in vacnet("man", "health").stdout.partition(".SH EXIT STATUS")[2]
    assert ".B 69" in vacnet("man", "machines").stdout.partition(".SH EXIT STATUS")[2]


def test_a_page_of_no_command_is_wrong_use(vacnet: Command) -> None:
    done = vacnet("man", "no", "such")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such" in done.stderr


def test_a_line_that_looks_like_a_request_is_text() -> None:
    app = App(name="x", help=".Dd is no request\n\n'nor is this \\ one")
    text = Page(("x",), app).roff(())
    assert "\\&.Dd is no request" in text
    assert "\\&'nor is this \\e one" in text
