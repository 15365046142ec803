"""docs/what-a-machine-sees.md tells what the code gives: no key more, none less."""

import re
from pathlib import Path

import pytest

from tests.unit.machines.metadata_samples import SITE, resident
from tests.unit.machines.samples import spec
from vacnet.factory.metadata_rates import BURST, PER_SECOND
from vacnet.factory.metadata_server import SMALL_BYTES
from vacnet.machines.features import JOBFEATURES, MACHINEFEATURES
from vacnet.machines.layout import LAYOUTS
from vacnet.machines.metadata import outputs
from vacnet.machines.metadata.pages import Answer, Request
from vacnet.machines.metadata.reading import told_of
from vacnet.machines.metadata.router import respond
from vacnet.machines.metadata.tokens import Tokens
from vacnet.machines.user_data import AUTOMATIC
from vacnet.quantities import size
from vacnet.runtimes.process.prepare import environment
from vacnet.targets.model import Model

PAGE = (Path(__file__).parents[3] / "docs/what-a-machine-sees.md").read_text()


def section(title: str) -> set[str]:
    """Return the words in back quotes of a section that look like names of keys."""
    text = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    return set(re.findall(r"`([A-Za-z0-9_]+)`", text))


def test_features_are_those_of_the_page() -> None:
    assert section("Machine features") == set(MACHINEFEATURES)
    assert section("Job features") - {"hs06"} == set(JOBFEATURES)


def test_patterns_are_those_of_the_page() -> None:
    assert section("Patterns in user_data") - {"option_XXX"} == set(AUTOMATIC)


def test_the_environment_is_that_of_the_page() -> None:
    told = section("The environment of a process") - {"bwrap"}
    assert told == set(environment(spec(), sandboxed=False))


@pytest.mark.parametrize("model", [Model.DOCKER, Model.APPTAINER, Model.VM])
def test_paths_are_those_of_the_page(model: Model, tmp_path: Path) -> None:
    for place in LAYOUTS[model].told(tmp_path).values():
        assert f"`{place}`" in PAGE


def test_the_pages_of_a_virtual_machine_are_answered(tmp_path: Path) -> None:
    told = told_of(resident(tmp_path), lambda: SITE)
    text = PAGE.split("## A virtual machine\n")[1].split("\n## ")[0]
    paths = re.findall(r"`(/[a-z_./-]+)`", text)
    assert len(paths) >= 14
    for path in paths:
        answer = respond(Request("GET", path), told, Tokens(b""), 0.0)
        assert isinstance(answer, Answer)
        assert answer.status == 200, path


def test_the_bounds_of_what_it_puts_are_those_of_the_page() -> None:
    text = " ".join(PAGE.split("## A virtual machine\n")[1].split("\n## ")[0].split())
    assert f"at most {size(outputs.FILE_BYTES_MAX)}, all of them" in text
    assert f"all of them {outputs.TOTAL_BYTES_MAX >> 30} GiB, {outputs.FILES_MAX} names" in text
    assert (outputs.UPLOADS_MAX, "Four may come in at a time" in text) == (4, True)
    assert f"files of up to {SMALL_BYTES >> 10} KiB besides" in text
    assert f"{BURST:g} requests at once, then {PER_SECOND:g} a second" in text
