"""What is not this factory's is never touched: containers of others, without labels, with false ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.integration.docker.docker_site import Site
from vacnet.machines.runtime import NotNowError
from vacnet.machines.spec import Spec

pytestmark = pytest.mark.engine("docker")


def _foreign(site: Site, name: str = "", **labels: str) -> str:
    """Start a container of somebody else; the site's label lets the test remove it in the end."""
    body = {
        "Image": site.image,
        "Cmd": ["sleep", "1000"],
        "Labels": {key.replace("_", "."): value for key, value in labels.items()},
    }
    made: dict[str, Any] = site.api.create_container_from_config(body, name or None)  # type: ignore[no-untyped-call] # stubs
    site.api.start(made["Id"])
    site.foreign.append(made["Id"])
    return str(made["Id"])


def _runs(site: Site, container: str) -> bool:
    return bool(site.inspect(container)["State"]["Running"])


async def test_a_name_that_a_strangers_container_has_is_left_to_it_in_clear_words(site: Site) -> None:
    runtime = site.runtime()
    spec = site.spec("exit 0")
    stranger = _foreign(site, spec.name)
    with pytest.raises(NotNowError) as told:
        await runtime.start(spec)
    assert str(told.value) == (
        f"the name {spec.name} is taken on this engine by container {stranger[:12]}, which is not of vacnet "
        f"and is left alone: rename it (docker rename {stranger[:12]} NAME), or set machine_name_pattern "
        "in [factory]"
    )
    await runtime.stop(spec.id, 0.0)
    await runtime.forget(spec.id)
    assert _runs(site, stranger)
    assert await runtime.seen() == {}


async def test_a_name_that_another_factory_has_is_left_to_it_too(site: Site) -> None:
    one, other = site.runtime("f1"), site.runtime("f2")
    spec = site.spec("exec sleep 1000")
    reference = await one.start(spec)
    rival = site.spec("exit 0", factory="f2")
    with pytest.raises(NotNowError, match=f"which is of the factory {site.factory('f1')} and is left alone"):
        await other.start(_named(rival, spec.name))
    assert _runs(site, reference)


def _named(spec: Spec, name: str) -> Spec:
    return replace(spec, name=name)


async def test_two_factories_on_one_engine_do_not_see_each_other(site: Site) -> None:
    runtimes = {name: site.runtime(name) for name in ("f1", "f2")}
    specs = {name: site.spec("exec sleep 1000", factory=name) for name in runtimes}
    for name, runtime in runtimes.items():
        await runtime.start(specs[name])
    for name, runtime in runtimes.items():
        assert set(await runtime.seen()) == {specs[name].id}
    await runtimes["f1"].stop(specs["f2"].id, 0.0)
    await runtimes["f1"].forget(specs["f2"].id)
    assert (await runtimes["f2"].seen())[specs["f2"].id].running


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"vacnet_machine": "1_t_00"},
        {"vacnet_factory": "{factory}"},
        {"vacnet_factory": "{factory}", "vacnet_machine": "../../etc"},
        {"vacnet_factory": "{factory}", "vacnet_machine": ""},
    ],
    ids=["none", "no factory", "no machine", "a path for a machine", "an empty machine"],
)
async def test_a_container_without_all_our_labels_is_not_seen_and_not_touched(
    site: Site, labels: dict[str, str]
) -> None:
    runtime = site.runtime()
    stranger = _foreign(
        site, **{key: value.format(factory=site.factory("f1")) for key, value in labels.items()}
    )
    ours = site.spec("exit 0")
    await site.run(ours, runtime)
    await runtime.forget(ours.id)
    for machine_id in ("1_t_00", "../../etc", ""):
        await runtime.stop(machine_id, 0.0)
    assert await runtime.seen() == {}
    assert _runs(site, stranger)


async def test_a_container_of_an_earlier_machine_that_still_has_the_name_is_waited_for(site: Site) -> None:
    runtime = site.runtime()
    earlier = site.spec("exit 3")
    await site.run(earlier, runtime)
    later = _named(site.spec("exit 0"), earlier.name)
    with pytest.raises(NotNowError, match="of an earlier machine still has the name"):
        await runtime.start(later)
    assert (await runtime.seen())[earlier.id].exit_code == 3
    await runtime.forget(earlier.id)
    await runtime.start(later)
