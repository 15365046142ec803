"""docs/images.md says what the code does: its target is good as it stands, and so are its figures."""

import re
from pathlib import Path

from vacnet.fetch.image_download import LEAST_BYTES_PER_SECOND, UNMARKED_SECONDS
from vacnet.fetch.image_signature import AUTHORITIES
from vacnet.fetch.image_store import SPARE_BYTES
from vacnet.fetch.images import CONFIRM_SECONDS, DOWNLOADS_MAX
from vacnet.machines.features import GRACE_SECONDS
from vacnet.quantities import size
from vacnet.targets.settings import Host, SourceFile, read_settings

PAGE = (Path(__file__).parents[3] / "docs/images.md").read_text()
HOST = Host(
    node_name="wn01.example.org",
    processors=8,
    state_directory="/var/lib/vacnet",
    runtime_directory="/run/vacnet",
    config_directory="/etc/vacnet",
    runs_as_root=True,
)


def test_the_target_is_good_as_it_stands() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    space = '[space]\nname = "vac.example.org"\n'
    reading = read_settings([SourceFile("vacnet.toml", (space + shown).encode())], HOST)
    assert reading.problems == ()
    assert reading.settings is not None
    (target,) = reading.settings.targets
    assert target.image_sha256.startswith("5b1c2d3e")


def test_figures_and_places_are_those_of_the_code() -> None:
    assert ("once a minute at most" in PAGE, CONFIRM_SECONDS) == (True, 60)
    assert ("got anew once a day" in PAGE, UNMARKED_SECONDS) == (True, 86400)
    assert f"slower than {size(LEAST_BYTES_PER_SECOND).replace('.0', '')} a second" in PAGE
    assert (f"and {size(SPARE_BYTES)} of the disk stay free" in PAGE, DOWNLOADS_MAX) == (True, 2)
    assert f"after {GRACE_SECONDS} seconds it is switched off" in PAGE
    assert f"`{AUTHORITIES}`" in PAGE
