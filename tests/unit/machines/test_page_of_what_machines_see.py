"""docs/what-a-machine-sees.md tells what the code gives: no key more, none less."""

import re
from pathlib import Path

import pytest

from tests.unit.machines.samples import spec
from vacnet.machines.features import JOBFEATURES, MACHINEFEATURES
from vacnet.machines.layout import LAYOUTS
from vacnet.machines.user_data import AUTOMATIC
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
