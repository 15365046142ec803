"""Pipes: what virtual organisations publish, honest and hostile."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.targets.model import GIB, Model, Settings, Target
from vacnet.targets.pipe import ENTRIES_MAX, PipeReading, read_pipe
from vacnet.targets.settings import Host, SourceFile, read_settings

URL = "https://vo.example.org/vo.pipe"
ENTRY: dict[str, object] = {
    "suffix": "a",
    "target_share": 1,
    "machine_model": "docker",
    "root_image": "docker://registry.example.org/vo/worker:1",
    "user_data": "https://vo.example.org/user_data",
}


def settings(text: str = "", *, runs_as_root: bool = False, top: str = "") -> Settings:
    """Return settings with a pipe `vo`, whose section goes on with `text`."""
    host = Host(
        node_name="f1",
        processors=4,
        state_directory="/s",
        runtime_directory="/r",
        config_directory="/c",
        runs_as_root=runs_as_root,
    )
    toml = f'{top}\n[space]\nname = "s"\n[pipes.vo]\nvacuum_pipe_url = "{URL}"\ntarget_share = 8\n{text}\n'
    reading = read_settings([SourceFile("t", toml.encode())], host)
    assert reading.settings is not None, [str(problem) for problem in reading.problems]
    return reading.settings


def read(*entries: object, told: Settings | None = None, **document: object) -> PipeReading:
    held = told or settings()
    data = json.dumps({"machinetypes": list(entries), **document}).encode()
    return read_pipe(held.pipes[0], data, held)


def one(told: Settings | None = None, **options: object) -> Target:
    reading = read({**ENTRY, **options}, told=told)
    assert [str(problem) for problem in reading.quarantined] == []
    return reading.targets[0]


def refusal(told: Settings | None = None, **options: object) -> str:
    """Return why an entry is left out, having seen that its neighbour stands."""
    neighbour = {**ENTRY, "suffix": "good"}
    reading = read({**ENTRY, **options}, neighbour, told=told)
    assert [target.name for target in reading.targets] == ["vo-good"]
    assert reading.left_out == ("vo-a",)
    assert not any(problem.fatal for problem in reading.quarantined)
    return "\n".join(str(problem) for problem in reading.quarantined)


def test_a_target_is_named_by_prefix_and_suffix_and_says_where_it_is_from() -> None:
    target = one()
    assert (target.name, target.origin, target.machine_model) == ("vo-a", URL, Model.DOCKER)
    assert target.files_directory == "/c/files/vo"


def test_the_sections_share_is_divided_as_the_entries_say() -> None:
    shares = [{**ENTRY, "suffix": name, "target_share": share} for name, share in (("a", 3), ("b", "1"))]
    reading = read(*shares, {key: ENTRY[key] for key in ENTRY if key != "target_share"} | {"suffix": "c"})
    assert [target.target_share for target in reading.targets] == [6.0, 2.0, 0.0]


def test_an_entry_left_out_keeps_its_part_of_the_share() -> None:
    reading = read(ENTRY, {**ENTRY, "suffix": "b", "machine_model": "qemu"})
    assert [target.target_share for target in reading.targets] == [4.0]


def test_numbers_and_truths_may_be_text_as_in_real_pipes() -> None:
    target = one(max_processors="8", user_data_proxy="true", legacy_proxy="False", backoff_seconds=" 600 ")
    assert (target.max_processors, target.user_data_proxy, target.legacy_proxy) == (8, True, False)
    assert (target.backoff_seconds, target.backoff_max_seconds) == (600, 4800)


def test_lists_may_be_words_between_blanks() -> None:
    target = one(cvmfs_repositories="atlas.cern.ch grid.cern.ch", tmp_binds=["/scratch", "/data"])
    assert target.cvmfs_repositories == ("atlas.cern.ch", "grid.cern.ch")
    assert target.tmp_binds == ("/scratch", "/data")


def test_an_entry_without_machine_model_is_cernvm3_as_it_always_was() -> None:
    entry = {**ENTRY, "root_image": "https://cernvm.example.org/ucernvm.iso"}
    del entry["machine_model"]
    told = settings()
    assert read(entry, told=told).targets[0].machine_model is Model.CERNVM3


def test_singularity_is_apptainer() -> None:
    assert one(machine_model="singularity").machine_model is Model.APPTAINER


def test_the_site_stands_above_the_pipe_and_the_pipe_above_the_defaults() -> None:
    told = settings(
        'fizzle_seconds = 2\nuser_data_option_b = "section"\nmemory_per_processor = "4 GiB"\n'
        '[targets.vo-a]\nfizzle_seconds = 1\nuser_data_option_c = "target"\n'
        "[defaults]\nfizzle_seconds = 4\nheartbeat_seconds = 4\ngain = 4\n"
        '[user_data_options]\na = "site"\nb = "site"\nc = "site"\nd = "site"\n'
    )
    options = {f"user_data_option_{name}": "pipe" for name in "abc"}
    target = one(told, fizzle_seconds=3, heartbeat_seconds=3, memory_per_processor="1 GiB", **options)
    assert (target.fizzle_seconds, target.heartbeat_seconds, target.gain) == (1, 3, 4)
    assert target.memory_bytes_per_processor == 4 * GIB
    assert target.user_data_options == {"a": "pipe", "b": "section", "c": "target", "d": "site"}
    places = {
        option: str(target.places[option]) for option in ("fizzle_seconds", "heartbeat_seconds", "gain")
    }
    assert places == {"fizzle_seconds": "t:11", "heartbeat_seconds": URL, "gain": "t:16"}


def test_the_site_sets_the_share_of_one_target_outright() -> None:
    assert one(settings("[targets.vo-a]\ntarget_share = 0.5")).target_share == 0.5


def test_the_least_of_a_pipe_does_not_lift_the_most_of_the_site() -> None:
    assert "vo-a.max_processors: 4 is less than min_processors, 8" in refusal(
        settings("[targets.vo-a]\nmax_processors = 4"), min_processors=8
    )
    assert one(settings("[defaults]\nmax_processors = 4"), min_processors=8).max_processors == 8


def test_a_group_comes_from_the_site_alone() -> None:
    assert one(accounting_fqan="/vo").group == ""
    assert one(settings('accounting_fqan = "/vo"')).group == "/vo"
    reading = read({**ENTRY, "group": "atlas"})
    assert reading.targets[0].group == ""
    assert "vo-a.group: may be set by the site only; ignored" in str(reading.quarantined[0])


ONLY_THE_SITES = [
    "group",
    "machinegroup",
    "max_machines_running",
    "max_processors_running",
    "max_machines_per_factory",
    "files_directory",
    "claim_wait_seconds",
    "machines_dir_days",
    "process_user",
    "vacuum_pipe_url",
    "allow_machine_models",
    "gpus",
    "allow_new_privileges",
    "network",
]


@pytest.mark.parametrize("key", ONLY_THE_SITES)
def test_what_only_the_site_may_say_changes_nothing_in_a_pipe(key: str) -> None:
    reading = read({**ENTRY, key: "/etc"})
    assert reading.targets[0].digest() == one().digest()
    assert reading.targets[0].files_directory == one().files_directory
    assert [problem.key for problem in reading.quarantined] == [f"vo-a.{key}"]


def test_an_unknown_key_is_told_and_the_entry_stands() -> None:
    reading = read({**ENTRY, "fizle_seconds": 3})
    assert reading.targets[0].fizzle_seconds == 600
    assert str(reading.quarantined[0]) == (
        f"{URL}: vo-a.fizle_seconds: no such option; the nearest is fizzle_seconds; "
        "the key is ignored, the entry stands"
    )


HOSTILE: list[tuple[str, object]] = [
    ("machine_model", "qemu"),
    ("target_share", -1),
    ("target_share", "nan"),
    ("target_share", 1e300),
    ("min_processors", 0),
    ("max_processors", 10**9),
    ("max_processors", 1.5),
    ("max_processors", True),
    ("max_wallclock_seconds", "9" * 400),
    ("backoff_seconds", 0),
    ("user_data_proxy", 1),
    ("container_command", "/bin/sh -c id"),
    ("container_command", "/user_data;id"),
    ("container_command", "$(id)"),
    ("container_command", "a\nb"),
    ("tmp_binds", "/"),
    ("tmp_binds", ["/a", "/etc/cron.d"]),
    ("tmp_binds", "/a/../etc"),
    ("tmp_binds", "//etc"),
    ("tmp_binds", "/var"),
    ("tmp_binds", "/var/spool/joboutputs"),
    ("tmp_binds", "/user_data"),
    ("tmp_binds", "/proc/self"),
    ("tmp_binds", "/a:/b"),
    ("tmp_binds", "relative"),
    ("tmp_binds", [f"/t{number}" for number in range(17)]),
    ("tmp_binds", {"/a": 1}),
    ("root_image", "docker://a;cmd #"),
    ("root_image", "docker://--privileged"),
    ("root_image", "docker://a/../b"),
    ("root_image", "docker://a b"),
    ("root_image", "/etc/passwd"),
    ("root_image", "/cvmfs/../etc/passwd"),
    ("root_image", "/cvmfs/.."),
    ("root_image", "file:///etc/passwd"),
    ("root_image", "http://u:p@host/x"),
    ("root_image", "http://host/../x"),
    ("root_image", "http://host/$(id)"),
    ("root_image", "../image"),
    ("root_image", "-v/etc"),
    ("user_data", "/etc/shadow"),
    ("user_data", ".."),
    ("user_data", "a/b"),
    ("user_data", "file:///etc/shadow"),
    ("user_data", "http://host/a b"),
    ("user_data", "http://host/" + "x" * 3000),
    ("user_data_file_key", "../../etc/shadow"),
    ("user_data_file_key", "/etc/shadow"),
    ("user_data_option_A", "x"),
    ("user_data_option_a", "line\nline"),
    ("user_data_option_a", "\u202e"),
    ("user_data_option_a", "x" * 5000),
    ("user_data_options", {f"n{number}": "x" for number in range(300)}),
    ("cvmfs_repositories", "a/b"),
    ("cvmfs_repositories", "a..b"),
    ("heartbeat_file", ".."),
    ("heartbeat_file", "a/b"),
    ("heartbeat_file", "a\x00"),
    ("root_device", "vda'/>"),
    ("accounting_fqan", "/a b"),
    ("exit_codes", {"0": 1000}),
    ("exit_codes", {"256": 200}),
    ("gain", 1000),
    ("suffix", "UPPER"),
    ("suffix", "a/b"),
    ("suffix", "x" * 61),
    ("suffix", 7),
]


@pytest.mark.parametrize(("key", "value"), HOSTILE, ids=[f"{key}={value!r:.30}" for key, value in HOSTILE])
def test_a_bad_value_leaves_out_its_own_entry_with_the_reason(key: str, value: object) -> None:
    reading = read({**ENTRY, key: value}, {**ENTRY, "suffix": "good"})
    assert [target.name for target in reading.targets] == ["vo-good"]
    assert len(reading.quarantined) == 1
    told = str(reading.quarantined[0])
    assert key in told
    assert "is not" in told
    assert told.isprintable()
    assert len(told) < 600


def test_the_reason_of_an_unknown_model_names_those_that_are_known() -> None:
    assert refusal(machine_model="qemu") == (
        f'{URL}: vo-a.machine_model: "qemu" is not one of cernvm3, cernvm4, vm-raw, vm, docker, apptainer, '
        "process, singularity; the entry is left out until whoever publishes the pipe corrects it"
    )


GOOD: list[tuple[str, object]] = [
    ("root_image", "docker://debian"),
    ("root_image", "docker://gitlab-registry.cern.ch:5000/a_b/c.d-e:v1.2_3"),
    ("root_image", "docker://a/b@sha256:" + "0" * 64),
    ("root_image", "/cvmfs/unpacked.cern.ch/registry/library/centos:7"),
    ("root_image", "image.sif"),
    ("root_image", "https://[2001:db8::1]:8443/a/b.img?v=1&w=2"),
    ("user_data", "user_data_v2"),
    ("container_command", "/opt/run.sh"),
    ("heartbeat_file", "vm-heartbeat"),
    ("user_data_option_cvmfs_proxy", "http://a:3128;http://b:3128|DIRECT"),
    ("user_data_option_n", 5),
    ("exit_codes", {"0": 200, "3": 300}),
    ("accounting_fqan", "/vo.example.org/Role=production/Capability=NULL"),
]


@pytest.mark.parametrize(("key", "value"), GOOD, ids=[f"{key}={value!r:.40}" for key, value in GOOD])
def test_what_real_pipes_say_is_taken(key: str, value: object) -> None:
    reading = read({**ENTRY, key: value})
    assert [str(problem) for problem in reading.quarantined] == []
    assert len(reading.targets) == 1


def test_exit_codes_are_numbers_in_the_end() -> None:
    assert one(exit_codes={"0": 200, "13": 300}).exit_codes == {0: 200, 13: 300}


ALLOWED = 'allow_machine_models = ["process", "docker"]\n'
USER = '[runtimes.process]\nprocess_user = "vacwork"\n'


def test_processes_need_to_be_named_by_the_site() -> None:
    entry = {key: ENTRY[key] for key in ENTRY if key != "root_image"} | {"machine_model": "process"}
    reading = read(entry)
    assert reading.targets == ()
    assert str(reading.quarantined[0]) == (
        f'{URL}: vo-a.machine_model: "process" is not allowed; '
        "left out unless allow_machine_models of [pipes.vo] names it"
    )
    assert read(entry, told=settings(ALLOWED)).targets[0].machine_model is Model.PROCESS


def test_processes_of_a_factory_that_is_root_need_a_user_besides() -> None:
    entry = {key: ENTRY[key] for key in ENTRY if key != "root_image"} | {"machine_model": "process"}
    reading = read(entry, told=settings(ALLOWED, runs_as_root=True))
    assert "runs as root without a process_user" in str(reading.quarantined[0])
    assert not reading.quarantined[0].fatal
    assert read(entry, told=settings(ALLOWED + USER, runs_as_root=True)).targets != ()


def test_an_entry_that_leaves_files_is_left_out_where_the_site_gives_it_no_network() -> None:
    told = settings('network = "none"')
    vm = {"machine_model": "vm", "root_image": "https://images.example.org/disk"}
    assert one(told, **vm).seeded
    beating = read({**ENTRY, **vm, "heartbeat_file": "beat"}, told=told)
    assert "vo-a.heartbeat_file: is named, and network is none" in str(beating.quarantined[0])
    assert beating.left_out == ("vo-a",)


def test_images_are_taken_from_where_the_site_allows() -> None:
    told = settings('allow_images = ["registry.example.org/vo/*"]')
    assert one(told).root_image.endswith("worker:1")
    assert (
        f'{URL}: vo-a.root_image: "docker://elsewhere/worker" matches nothing in allow_images of [pipes.vo]; '
        "left out unless that allows it"
    ) == refusal(told, root_image="docker://elsewhere/worker")


NO_PIPES = [
    (b"<!DOCTYPE html><html>login</html>", "answers with a web page, not a pipe; check the address"),
    (b"  \n<html>", "answers with a web page"),
    (b"x" * (1 << 20) + b"x", "has more than 1048576 bytes; check the address, or raise pipe_bytes_max"),
    (b"", "is not JSON"),
    (b'{"machinetypes": [', "is not JSON"),
    (b"[" * 200_000, "is not JSON"),
    (b"\xff\xfe", "is not JSON"),
    (b"[]", 'is JSON but no pipe: there is no list "machinetypes"'),
    (b'{"machinetypes": {}}', "is JSON but no pipe"),
    (b"null", "is JSON but no pipe"),
    (b'{"machinetypes": [{"suffix": "\\ud800"}]}', "is not JSON"),
]


@pytest.mark.parametrize(("data", "expected"), NO_PIPES, ids=[text for _, text in NO_PIPES])
def test_a_document_that_is_no_pipe_says_what_it_is_instead(data: bytes, expected: str) -> None:
    held = settings()
    reading = read_pipe(held.pipes[0], data, held)
    assert reading.problem.startswith(f'"{URL}" {expected}')
    assert (reading.targets, reading.quarantined) == ((), ())


def test_how_long_a_pipe_may_be_kept_is_bounded() -> None:
    assert read(ENTRY).cache_seconds == 3600
    assert read(ENTRY, cache_seconds="60").cache_seconds == 60
    assert read(ENTRY, cache_seconds=0).cache_seconds == 5
    reading = read(ENTRY, cache_seconds="soon")
    assert (reading.cache_seconds, len(reading.targets)) == (3600, 1)
    assert 'cache_seconds: "soon" is not a whole number' in str(reading.quarantined[0])


def test_entries_without_a_suffix_of_their_own_are_left_out() -> None:
    reading = read(ENTRY, {**ENTRY, "gain": 2}, {"target_share": 1}, "text", None)
    assert [target.gain for target in reading.targets] == [1]
    assert [problem.key for problem in reading.quarantined] == [
        f"machinetypes[{n}].suffix" for n in range(1, 5)
    ]


def test_no_more_entries_are_read_than_any_site_could_want() -> None:
    reading = read(*({**ENTRY, "suffix": f"s{number}"} for number in range(ENTRIES_MAX + 1)))
    assert len(reading.targets) == ENTRIES_MAX
    assert "has 201 entries; only the first 200 are read" in str(reading.quarantined[0])


def test_a_section_for_a_suffix_that_the_pipe_lacks_is_told() -> None:
    reading = read(ENTRY, told=settings("[targets.vo-typo]\ngain = 2"))
    assert str(reading.quarantined[0]) == (
        f't:7: targets.vo-typo: the pipe "{URL}" has no entry of this suffix; '
        "correct the name or remove the section"
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*ENTRY, "tmp_binds", "exit_codes", "user_data_option_x", "gain", "proof"]), JSON)
def test_any_value_of_an_option_gives_a_target_or_a_reason(key: str, value: object) -> None:
    reading = read({**ENTRY, key: value})
    assert len(reading.targets) + len(reading.quarantined) >= 1
    assert all(str(problem).isprintable() for problem in reading.quarantined)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_reading(data: bytes) -> None:
    held = settings()
    assert read_pipe(held.pipes[0], data, held).targets == ()
