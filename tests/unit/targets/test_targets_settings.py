"""From files to settings: what holds, what is refused, and in which words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vacnet.targets.digest import digest_of
from vacnet.targets.example import example_peers, example_settings
from vacnet.targets.model import GIB, Model, Place, PullPolicy, Settings, Target
from vacnet.targets.peers import read_peers
from vacnet.targets.settings import Host, Reading, SourceFile, read_settings
from vacnet.targets.show import effective

HOST = Host(
    node_name="f1.example.org",
    processors=4,
    state_directory="/var/lib/vacnet",
    runtime_directory="/run/vacnet",
    config_directory="/etc/vacnet",
)
SPACE = '[space]\nname = "vac01"\n'
OWN = 'root_image = "docker://debian:12"\nuser_data = "run.sh"\n'


def read(*texts: str, host: Host = HOST) -> Reading:
    return read_settings([SourceFile(f"{n}.toml", text.encode()) for n, text in enumerate(texts)], host)


def good(*texts: str, host: Host = HOST) -> Settings:
    reading = read(*texts, host=host)
    assert reading.settings is not None, [str(problem) for problem in reading.problems]
    return reading.settings


def words(*texts: str, host: Host = HOST) -> str:
    reading = read(*texts, host=host)
    assert reading.settings is None
    return "\n".join(str(problem) for problem in reading.problems)


def target(text: str, head: str = SPACE, host: Host = HOST) -> Target:
    return good(f"{head}[targets.own]\n{OWN}{text}", host=host).targets[0]


def test_a_name_of_a_space_is_all_that_a_factory_needs() -> None:
    settings = good(SPACE)
    assert settings.space.listen == ("0.0.0.0:8885",)
    assert settings.space.key_file == "/etc/vacnet/space.key"
    assert settings.space.peers_file == "/etc/vacnet/peers.toml"
    assert settings.control.socket == "/run/vacnet/control.sock"
    assert settings.state_directory == "/var/lib/vacnet"
    assert (settings.factory.name, settings.factory.processors) == ("f1.example.org", 4)


def test_a_missing_space_name_says_what_to_add_and_where() -> None:
    assert words("") == (
        "/etc/vacnet/vacnet.toml: space.name: is missing; "
        'add [space] with name = "..." (the same on all its factories)'
    )


def test_later_files_add_to_tables_and_replace_values_with_their_places() -> None:
    settings = good(
        SPACE + "[factory]\nprocessors = 2\nsite = 'A'\n",
        "[factory]\nprocessors = 8\n",
    )
    assert (settings.factory.processors, settings.factory.site) == (8, "A")
    assert settings.places["factory.processors"] == Place("1.toml", 2)
    assert settings.places["factory.site"] == Place("0.toml", 5)


def test_the_override_file_is_known_by_its_name() -> None:
    files = [SourceFile("vacnet.toml", SPACE.encode())]
    over = SourceFile("/run/vacnet/override.toml", b"[factory]\ndraining = true\n")
    before, after = read_settings(files, HOST).settings, read_settings([*files, over], HOST).settings
    assert before is not None
    assert after is not None
    assert (before.override_active, after.override_active, after.factory.draining) == (False, True, True)


def test_all_problems_of_all_files_are_told_at_once_in_the_order_of_the_lines() -> None:
    reading = read('[factory]\nprocesors = 1\ndraining = "yes"\n', "x = [\n", "[spce]\nname = 'x'\n")
    places = [str(problem.place) for problem in reading.problems]
    assert places == ["0.toml:2", "0.toml:3", "1.toml:2", "2.toml:1"]


REFUSED = [
    (
        "[factory]\nprocesors = 1",
        "4: factory.procesors: no such key of [factory]; the nearest is processors",
    ),
    (
        "[factory]\ntotal_processors = 1",
        "factory.total_processors: no such key of [factory]; what Vac called",
    ),
    (
        "[factory]\nstate_directory = '/srv/a'",
        "no such key of [factory]; state_directory belongs to the top of the file, above the first [section]",
    ),
    ("[factory]\nlisten = '[::]:1'", "listen belongs to [space] or [metrics]; move it there"),
    ("[factory]\nfizzle_seconds = 3", "fizzle_seconds belongs to [targets.NAME]; move it there"),
    ("[machinetype.x]\na = 1", "3: machinetype: no such section or key; what Vac called machinetype is here"),
    (
        "[factory]\nprocessors = '8'",
        '4: factory.processors: "8" is not a whole number from 1 to 4096; correct',
    ),
    ("[factory]\nprocessors = true", "4: factory.processors: true is not a whole number"),
    ("[factory]\nprocessors = 0", "4: factory.processors: 0 is not a whole number from 1 to 4096"),
    (
        "[factory]\noverload_per_processor = inf",
        "4: factory.overload_per_processor: Infinity is not a number",
    ),
    ("[factory]\nmemory_per_processor = 2048", '2048 is not an amount with its unit, such as "2 GiB"'),
    ("[factory]\nmemory_per_processor = '2 GiBi'", '"2 GiBi" is not an amount with its unit'),
    (
        "[factory]\nshutdown_time = 2030-01-01T00:00:00",
        "is not Unix seconds, or a date and time with its zone",
    ),
    ("[factory]\nbenchmark = { SPEC = 1.0 }", "is not a table of one benchmark and its score"),
    ("[factory]\nmachine_name_pattern = '{number:0999999999d}'", "factory.machine_name_pattern"),
    ("[factory]\nmachine_name_pattern = '{host.__class__}{number}'", "factory.machine_name_pattern"),
    ("[factory]\nmachine_name_pattern = 'same'", "with {number}, such as {host}-{number:02d}{domain}"),
    ("[runtimes.process]\nprocess_user = 'root'", '"root" is not the name of a user other than root'),
    ("[runtimes.dcoker]\na = 1", "runtimes.dcoker: no such runtime with settings; the nearest is docker"),
    (
        "[runtimes.docker]\nsocket = 'tcp://10.0.0.1:2375'",
        '"tcp://10.0.0.1:2375" is not an engine\'s Unix socket, such as unix:///var/run/docker.sock',
    ),
    ("[runtimes.docker]\npull_policy = 'newest'", '"newest" is not one of missing, always, never'),
    ("[runtimes.docker]\nlog_max = 10", "runtimes.docker.log_max: 10 is not an amount with its unit"),
    ("[control]\nsocket = '/" + "x" * 107 + "'", "is not an absolute path of at most 107 characters"),
    ("[fetch]\nca_file = '/etc/../x'", '"/etc/../x" is not an absolute path without . or .. in it'),
    ("[defaults]\nroot_image = 'a b'", "4: defaults.root_image:"),
    ("factory = 3", "a table; write [factory] and its keys below it"),
    ("pipes = 3", "a table; write [pipes] and its keys below it"),
    ("[pipes]\nx = 3", "a table; write [pipes.x] and its keys below it"),
    ("[targets.Own]\n", '"Own" as a target\'s name is not lower-case letters, digits and - (1 to 63)'),
    ("[pipes.vo]\ntarget_share = 1", "3: pipes.vo: has no vacuum_pipe_url; add vacuum_pipe_url ="),
    ("[pipes.vo]\nvacuum_pipe_url = 'ftp://x'", 'pipes.vo.vacuum_pipe_url: "ftp://x" is not an http://'),
    ("[pipes.vo]\nvacuum_pipe_url = '/x'\ntarget_share = -1", "-1 is not a number from 0 to 1e+06"),
    (
        "[pipes.vo]\nvacuum_pipe_url = '/x'\nallow_machine_models = ['qemu']",
        '["qemu"] is not a list of at most',
    ),
    (
        "[pipes.a]\nvacuum_pipe_url = '/x'\n[pipes.a-b]\nvacuum_pipe_url = '/y'",
        "5: pipes.a-b: names targets that [pipes.a] could name too; choose another prefix for one",
    ),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED, ids=[text for text, _ in REFUSED])
def test_a_mistake_is_refused_with_its_line_its_value_and_what_was_expected(text: str, expected: str) -> None:
    assert expected in words(SPACE + text if text.startswith("[") else f"{text}\n{SPACE}")


def test_a_password_in_an_address_is_not_repeated() -> None:
    told = words(SPACE + "[pipes.vo]\nvacuum_pipe_url = 'https://me:hunter2@vo.example.org/p'\n")
    assert "hunter2" not in told
    assert "https://***@vo.example.org/p" in told


def test_the_value_of_a_user_data_option_is_not_repeated() -> None:
    told = words(f'{SPACE}[targets.own]\n{OWN}user_data_option_password = "hunter2\\u0000"\n')
    assert "hunter2" not in told
    assert (
        "0.toml:6: targets.own.user_data_option_password: the value (kept out of this message) is not" in told
    )


def test_a_problem_of_a_later_file_leaves_no_settings_at_all() -> None:
    assert read(SPACE, "[fetch]\nproxi = 1\n").settings is None


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    reading = read_settings([SourceFile("a", b"[space]\nname = '\xff'\n")], HOST)
    assert "a:2: is no UTF-8 text at byte 16; save it as UTF-8" in [
        str(problem) for problem in reading.problems
    ]


def test_a_file_too_large_is_refused_unread() -> None:
    assert "at most 1048576 are read" in words("#" * (1 << 20) + "\n")


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake() -> None:
    assert (
        good("\ufeff" + SPACE.replace("\n", "\r\n") + "[factory]\r\nprocessors = 3\r\n").factory.processors
        == 3
    )


def test_sizes_times_and_benchmarks_are_converted() -> None:
    factory = good(
        SPACE
        + '[factory]\nmemory_per_processor = "1.5 GiB"\ndisk_free_min = "500 MB"\n'
        + "shutdown_time = 2030-01-01T01:00:00+01:00\nbenchmark = { HS06 = 10 }\n"
    ).factory
    assert factory.memory_bytes_per_processor == 3 * GIB // 2
    assert factory.disk_free_bytes_min == 500_000_000
    assert factory.shutdown_time == 1893456000
    assert (factory.benchmark_name, factory.benchmark_per_processor) == ("HS06", 10.0)


def test_docker_is_asked_as_the_site_says() -> None:
    docker = good(
        SPACE
        + '[runtimes.docker]\nsocket = "unix:///run/podman/podman.sock"\npull_policy = "never"\n'
        + 'auth_file = "/etc/vacnet/auth.json"\nlog_max = "20 MiB"\npids_limit_per_processor = 100\n'
    ).docker
    assert docker.socket == "unix:///run/podman/podman.sock"
    assert (docker.pull_policy, docker.auth_file) == (PullPolicy.NEVER, "/etc/vacnet/auth.json")
    assert (docker.log_bytes_max, docker.pids_limit_per_processor) == (20 << 20, 100)
    assert good(SPACE).docker.socket == "unix:///var/run/docker.sock"


def test_a_factory_of_any_name_that_the_protocol_takes_can_be_excluded() -> None:
    settings = good('[space]\nname = "s"\nexclude = ["old host/2", "haus-ä"]\n')
    assert settings.space.exclude == ("old host/2", "haus-ä")


def test_addresses_to_listen_on_get_the_default_port_and_keep_ipv6() -> None:
    settings = good('[space]\nname = "s"\nlisten = ["0.0.0.0:9000", "2001:db8::1", "[::]:9000"]\n')
    assert settings.space.listen == ("0.0.0.0:9000", "[2001:db8::1]:8885", "[::]:9000")


def test_vacs_flat_spelling_and_the_table_are_the_same_option() -> None:
    flat = target('user_data_option_a = "1"\nuser_data_file_b = "x.pem"\n')
    table = target('user_data_options = { a = "1" }\nuser_data_files = { b = "x.pem" }\n')
    assert flat.digest() == table.digest()
    assert flat.user_data_options == {"a": "1"}
    assert flat.places["user_data_options.a"] == Place("0.toml", 6)


def test_user_data_of_the_site_stands_below_that_of_the_target() -> None:
    own = target('user_data_option_a = "own"\n', SPACE + '[user_data_options]\na = "site"\nb = "site"\n')
    assert own.user_data_options == {"a": "own", "b": "site"}


def test_a_file_of_a_name_replaces_an_option_of_that_name_from_below() -> None:
    own = target('user_data_file_a = "a.pem"\n', SPACE + '[user_data_options]\na = "site"\n')
    assert (dict(own.user_data_options), dict(own.user_data_files)) == ({}, {"a": "a.pem"})


def test_defaults_stand_below_the_target_and_above_the_built_in() -> None:
    own = target("fizzle_seconds = 7\n", SPACE + "[defaults]\nfizzle_seconds = 5\nbackoff_seconds = 30\n")
    assert (own.fizzle_seconds, own.backoff_seconds, own.backoff_max_seconds) == (7, 30, 240)


def test_the_least_alone_raises_the_most() -> None:
    own = target("min_processors = 8\nmin_wallclock_seconds = 100000\n")
    assert (own.max_processors, own.max_wallclock_seconds) == (8, 100000)
    below = target("min_processors = 8\n", SPACE + "[defaults]\nmax_processors = 4\n")
    assert below.max_processors == 8


def test_the_longest_life_alone_is_the_shortest_too() -> None:
    assert target("max_wallclock_seconds = 3600\n").min_wallclock_seconds == 3600


def test_the_group_is_the_fqan_unless_named() -> None:
    assert target('accounting_fqan = "/atlas"\n').group == "/atlas"
    assert target('accounting_fqan = "/atlas"\nmachinegroup = "g"\n').group == "g"


ALONE = "machine_model = 'vm'\nnetwork = 'none'\n"
CONTRADICTIONS = [
    (
        "min_processors = 4\nmax_processors = 2",
        "targets.own.max_processors: 2 is less than min_processors, 4",
    ),
    ("min_wallclock_seconds = 90\nmax_wallclock_seconds = 60", "90 is more than max_wallclock_seconds, 60"),
    ("backoff_seconds = 9\nbackoff_max_seconds = 5", "5 is less than backoff_seconds, 9; raise it or"),
    ("machine_model = 'vm'", "is a container's image, machine_model is vm; set machine_model to docker"),
    ("proof = 'heartbeat'", "is heartbeat, and no heartbeat_file is named; set heartbeat_file or another"),
    (
        "machine_model = 'cernvm4'\nmetadata = 'seed'",
        "metadata: is seed, and machine_model cernvm4 boots",
    ),
    ("machine_model = 'cernvm3'\nnetwork = 'none'", "network: is none, and machines of model cernvm3 have"),
    ("network = 'none'", "network: is none, and machines of model docker have one: only those of vm and"),
    (ALONE + "heartbeat_file = 'beat'", "heartbeat_file: is named, and network is none: such a machine can"),
    (ALONE + "proof = 'job_started'", "proof: is job_started, and network is none: such a machine can"),
]


@pytest.mark.parametrize(("text", "expected"), CONTRADICTIONS, ids=[text for text, _ in CONTRADICTIONS])
def test_options_that_contradict_each_other_are_refused(text: str, expected: str) -> None:
    assert expected in words(f"{SPACE}[targets.own]\n{OWN}{text}\n")


def test_only_virtual_machines_of_clouds_are_told_by_a_disk() -> None:
    disk = "[targets.own]\nmachine_model = 'vm'\nroot_image = 'https://images.example.org/disk'\n"
    assert not good(SPACE + disk).targets[0].seeded
    assert good(SPACE + disk + "metadata = 'seed'\nheartbeat_file = 'beat'\n").targets[0].seeded
    assert good(SPACE + disk + "network = 'none'\n").targets[0].seeded, "without a network there is no HTTP"
    assert target("metadata = 'seed'\n").machine_model is Model.DOCKER, "as a root_device: it is of machines"


def test_a_target_without_image_or_anything_to_run_is_refused() -> None:
    assert "root_image: is missing, and machine_model docker needs an image" in words(
        SPACE + "[targets.own]\n"
    )
    told = words(SPACE + "[targets.own]\nroot_image = 'debian'\n")
    assert "user_data: is missing, so a machine of model docker has nothing to run; set user_data" in told


def test_processes_never_run_as_root() -> None:
    root = Host(
        node_name="f1",
        processors=1,
        state_directory="/s",
        runtime_directory="/r",
        config_directory="/c",
        runs_as_root=True,
    )
    text = f"{SPACE}[targets.own]\nmachine_model = 'process'\nuser_data = 'run.sh'\n"
    assert "runs as root without a process_user: payloads would be root; set process_user" in words(
        text, host=root
    )
    user = "[runtimes.process]\nprocess_user = 'vacwork'\n"
    assert good(text + user, host=root).targets[0].machine_model is Model.PROCESS
    assert good(text).targets[0].machine_model is Model.PROCESS


def test_sections_of_a_pipes_targets_are_kept_for_the_pipe() -> None:
    settings = good(
        SPACE
        + "[pipes.vo]\nvacuum_pipe_url = 'https://vo.example.org/p'\ngain = 2\n"
        + f"[targets.vo-a]\nfizzle_seconds = 5\n[targets.vogue]\n{OWN}"
    )
    assert [own.name for own in settings.targets] == ["vogue"]
    assert settings.target_overrides == {"vo-a": {"fizzle_seconds": 5}}
    assert settings.pipes[0].options == {"gain": 2}
    assert Model.PROCESS not in settings.pipes[0].allow_machine_models


def test_paths_of_the_site_may_have_blanks() -> None:
    assert good('state_directory = "/srv/my state/é"\n' + SPACE).state_directory == "/srv/my state/é"


def test_digests_tell_definitions_apart_and_nothing_else() -> None:
    own = target("gain = 2\n")
    same = target("gain = 2\ntarget_share = 7\nfiles_directory = '/srv/files'\n", "\n\n" + SPACE)
    assert own.digest() == same.digest() != target("gain = 3\n").digest()
    assert len(own.digest()) == 8
    assert good(SPACE).digest() != good(SPACE + f"[targets.own]\n{OWN}").digest()
    assert good(SPACE).digest() == good(SPACE + "[factory]\nprocessors = 9\n").digest()


def test_digests_do_not_see_the_order_of_a_table() -> None:
    one, other = ({"x": 1, "y": frozenset({"b", "a"})}, {"y": frozenset({"a", "b"}), "x": 1})
    assert digest_of(b"test", one) == digest_of(b"test", other) != digest_of(b"other", one)


def test_a_mistake_in_the_defaults_is_told_once_and_not_again_by_each_target() -> None:
    told = words(SPACE + "[defaults]\nuser_data = 'a b'\n[targets.own]\nroot_image = 'debian'\n")
    assert told.startswith('0.toml:4: defaults.user_data: "a b" is not an http')
    assert told.count("\n") == 0


def test_the_example_is_in_force_as_written_and_with_every_line_uncommented() -> None:
    text = example_settings(HOST)
    assert good(text).factory.processors == 4
    bare = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    settings = good(bare)
    assert [own.name for own in settings.targets] == ["hello"]
    assert (settings.pipes[0].prefix, settings.factory.draining) == ("example", True)
    assert max(len(line) for line in text.splitlines()) <= 110


def test_the_example_of_peers_is_an_empty_list_whose_comments_are_peers() -> None:
    assert read_peers(SourceFile("p", example_peers().encode())) == ((), ())
    bare = re.sub(r'^    # (?=")', "    ", example_peers(), flags=re.MULTILINE)
    peers, problems = read_peers(SourceFile("p", bare.encode()))
    assert (len(peers), problems) == (3, ())


def test_what_is_shown_says_who_said_it() -> None:
    settings = good(
        SPACE
        + '[user_data_options]\nmy_secret = "hunter2"\n[factory]\nmemory_per_processor = "3 GiB"\n'
        + f"[targets.own]\n{OWN}min_processors = 2\nuser_data_option_a = '1'\n"
    )
    rows = {row.key: (row.value, row.place) for row in effective(settings, settings.targets)}
    assert rows["space.name"] == ('"vac01"', "0.toml:2")
    assert rows["factory.memory_per_processor"] == ('"3 GiB"', "0.toml:6")
    assert rows["fetch.timeout_seconds"] == ("30.0", "built-in")
    assert rows["targets.own.max_processors"] == ("2", "follows from min_processors")
    assert rows["targets.own.user_data_options.a"] == ('"1"', "0.toml:11")
    assert rows["targets.own.user_data_options.my_secret"] == ("(not shown)", "0.toml:4")
    assert rows["user_data_options.my_secret"] == ("(not shown)", "0.toml:4")


@given(st.text("[]{}=.\"'#\\\n \tabcspacenametargets019-_:Tu+e", max_size=60))
def test_any_text_gives_settings_or_problems_and_never_both(text: str) -> None:
    reading = read(SPACE, text)
    assert (reading.settings is None) == bool(reading.problems)
    assert all(problem.message and problem.place.file for problem in reading.problems)


SECTION_NAMES = [
    "space",
    "factory",
    "runtimes",
    "fetch",
    "control",
    "metrics",
    "metadata",
    "defaults",
    "targets",
    "pipes",
    "state_directory",
]
KEYS = [
    "name",
    "own",
    "listen",
    "processors",
    "process",
    "user_data_options",
    "user_data_option_x",
    "exit_codes",
    "0",
]
VALUES = st.recursive(
    st.sampled_from(["1", "-1", "nan", '""', '"a"', '"\\u0000"', "true", "1979-05-27", "9" * 40, "[]", "{}"]),
    lambda inner: (
        st.builds("[{}, {}]".format, inner, inner)
        | st.builds("{{ {} = {} }}".format, st.sampled_from(KEYS), inner)
    ),
    max_leaves=4,
)


@given(st.sampled_from(SECTION_NAMES), st.sampled_from(KEYS), VALUES)
def test_any_value_under_any_key_gives_settings_or_problems(name: str, key: str, value: str) -> None:
    for text in (f"{name} = {value}\n", f"{name}.{key} = {value}\n", f"{name}.{key}.{key} = {value}\n"):
        reading = read(text, SPACE)
        assert (reading.settings is None) == bool(reading.problems)
        assert all(str(problem).isprintable() for problem in reading.problems)


def test_a_target_with_a_fault_is_told_what_else_it_lacks_in_the_same_round() -> None:
    told = words(f'{SPACE}[targets.own]\nmax_processors = "two"\nnonsense = 1\nproof = "heartbeat"\n')
    for part in ("max_processors: ", "nonsense: no such", "root_image: is missing", "user_data: is missing"):
        assert part in told
    assert "proof: is heartbeat, and no heartbeat_file" in told


def test_what_follows_from_a_refused_value_alone_is_not_told() -> None:
    assert "is missing" not in words(f"{SPACE}[targets.own]\nroot_image = 3\nuser_data = 4\n")
    assert "is missing" not in words(f"{SPACE}[defaults]\nroot_image = 3\nuser_data = 4\n[targets.own]\n")
    root = _as_root('process_user = "root"\n')
    assert "without a process_user" not in root


def _as_root(line: str) -> str:
    own = f'{SPACE}[runtimes.process]\n{line}[targets.own]\nmachine_model = "process"\nuser_data = "x"\n'
    return words(own, host=replace(HOST, runs_as_root=True))


def test_a_bad_value_is_a_mistake_also_where_a_later_file_overrides_it() -> None:
    bad = '[runtimes.process]\nprocess_user = "root"\n'
    told = words(SPACE, bad, '[runtimes.process]\nprocess_user = "nobody"\n')
    assert told.startswith('1.toml:2: runtimes.process.process_user: "root" is not')
    assert len(told.splitlines()) == 1


def test_a_bad_value_is_told_once_in_one_of_several_files() -> None:
    assert len(words(SPACE, "[factory]\nprocessors = 0\nnone = 1\n[targets.A_B]\n").splitlines()) == 3


def test_what_has_no_default_is_not_told_to_be_left_to_it() -> None:
    assert words('[space]\nname = "a b"\n').endswith("correct the value; it has no default")
