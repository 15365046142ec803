"""What may be killed by a container's id in the path of a cgroup: a whole id's processes, and no others."""

from __future__ import annotations

import pytest

from vacnet.runtimes.docker.orphans import is_container_id

WHOLE = "0123456789abcdef" * 4


def test_a_whole_id_names_a_container() -> None:
    assert is_container_id(WHOLE)


@pytest.mark.parametrize("text", ["", "/", "a", "docker", WHOLE[:12], WHOLE[:-1], WHOLE + "0", WHOLE.upper()])
def test_anything_less_names_none_for_it_would_be_in_the_paths_of_strangers(text: str) -> None:
    assert not is_container_id(text)
