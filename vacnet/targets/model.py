"""What an admin sets and what a pipe offers: `Settings`, `Target`, `PipeSource`, as frozen values.

Rules of this file: it holds values only; every option keeps the name that the Vacuum Pipe or
Vac's configuration gave it; a name with a unit takes a number in that unit, a name without takes
text such as ``"2 GiB"`` in the files and stands here, converted, under a name with its unit.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from vacnet.targets.digest import digest_of

EMPTY: Mapping[str, str] = MappingProxyType({})

GIB = 1 << 30


class Model(enum.StrEnum):
    """`machine_model`: what kind of machine a target is made as."""

    CERNVM3 = "cernvm3"
    CERNVM4 = "cernvm4"
    VM_RAW = "vm-raw"
    VM = "vm"
    DOCKER = "docker"
    APPTAINER = "apptainer"
    PROCESS = "process"


KIND_OF_MODEL: Mapping[Model, str] = MappingProxyType(
    {
        Model.CERNVM3: "VM",
        Model.CERNVM4: "VM",
        Model.VM_RAW: "VM",
        Model.VM: "VM",
        Model.DOCKER: "DC",
        Model.APPTAINER: "SC",
        Model.PROCESS: "PR",
    }
)
"""The two letters that `vacnet machines` shows."""

MODEL_ALIASES: Mapping[str, Model] = MappingProxyType({"singularity": Model.APPTAINER})


class Proof(enum.StrEnum):
    """`proof`: what shows that a machine found work, besides its own 2xx message."""

    JOB_STARTED = "job_started"
    HEARTBEAT = "heartbeat"
    FIZZLE = "fizzle"


class PullPolicy(enum.StrEnum):
    """`pull_policy`: when a container image is asked for at its registry."""

    MISSING = "missing"
    ALWAYS = "always"
    NEVER = "never"


class Place(msgspec.Struct, frozen=True):
    """Where a value stands: a file (or a pipe's URL) and its line, 0 when no line is known."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        """Return ``file:line`` as editors and compilers write it."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with what was read: where, what stands there, what was expected, what to do."""

    place: Place
    key: str
    message: str
    """What is wrong, with the value, what was expected and what to do."""
    fatal: bool = True
    """False: this entry alone is left out (a pipe's entry, a target), everything else stands."""

    def __str__(self) -> str:
        """Return one line for a terminal or a log."""
        return f"{self.place}: {self.key}: {self.message}" if self.key else f"{self.place}: {self.message}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of machine that a site supports; Vac's machinetype. Options as in the Vacuum Pipe."""

    name: str
    target_share: float = 0.0
    group: str = ""
    """`machinegroup`: shares are met between groups first; empty means a group of its own."""
    machine_model: Model = Model.DOCKER
    root_image: str = ""
    user_data: str = ""
    container_command: str = "/user_data"
    cvmfs_repositories: tuple[str, ...] = ()
    tmp_binds: tuple[str, ...] = ()
    root_device: str = "vda"
    scratch_device: str = "vdb"
    min_processors: int = 1
    max_processors: int = 1
    memory_bytes_per_processor: int = 2 * GIB
    disk_gb_per_processor: int = 0
    """10^9 bytes; 0 means not limited."""
    gpus: int = 0
    """Whole GPUs of one machine, for itself alone."""
    allow_new_privileges: bool = False
    """Containers: whether set-user-id programs in it may give more than its payload has."""
    max_wallclock_seconds: int = 86400
    min_wallclock_seconds: int = 86400
    backoff_seconds: int = 10
    backoff_max_seconds: int = 80
    fizzle_seconds: int = 600
    heartbeat_file: str = ""
    heartbeat_seconds: int = 0
    proof: Proof = Proof.FIZZLE
    proof_seconds: int = 0
    """0: twice the longest life before a nowork seen, at least `fizzle_seconds`, at most 2 h."""
    gain: int = 1
    """Tickets that each proof opens beyond the one it used."""
    claim_wait_seconds: float = 1.0
    exit_codes: Mapping[int, int] = MappingProxyType({})
    max_machines_running: int = 0
    max_processors_running: int = 0
    max_machines_per_factory: int = 0
    """Caps, the first two over the whole space; 0 means none."""
    machines_dir_days: float = 3.0
    accounting_fqan: str = ""
    image_signing_dn: str = ""
    legacy_proxy: bool = False
    user_data_proxy: bool = False
    user_data_options: Mapping[str, str] = EMPTY
    user_data_files: Mapping[str, str] = EMPTY
    files_directory: str = ""
    """Where relative `user_data` and `user_data_file_XXX` names are looked for."""
    origin: str = ""
    """`file:line` of the section, or the pipe's URL: for people, and never compared."""
    places: Mapping[str, Place] = MappingProxyType({})
    """Option to where its value stands; options not here have their built-in value. For people too."""

    def digest(self) -> bytes:
        """Return 8 bytes that are equal on two factories if and only if the definitions are.

        `origin`, `places`, `files_directory` and `target_share` do not count: sites place files as
        they like and shares are told beside the digest.
        """
        aside = {"origin", "places", "files_directory", "target_share"}
        return digest_of(b"vacnet-target", _fields(self, aside))


class PipeSource(msgspec.Struct, frozen=True, kw_only=True):
    """A `[pipes.PREFIX]` section: where targets come from and what the site lets them be."""

    prefix: str
    vacuum_pipe_url: str
    target_share: float = 0.0
    allow_machine_models: frozenset[Model] = frozenset(Model) - {Model.PROCESS}
    allow_images: tuple[str, ...] = ()
    """Glob patterns of `root_image`; empty allows all."""
    options: Mapping[str, object] = MappingProxyType({})
    """Target options of the section, checked and converted: they stand above what the pipe says."""
    places: Mapping[str, Place] = MappingProxyType({})
    """Option to where its value stands."""
    place: Place = Place("")


class SpaceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[space]`: who the factory shares outcomes with."""

    name: str
    key_file: str
    peers_file: str
    listen: tuple[str, ...]
    """`address:port` to bind for gossip, UDP."""
    advertise: str = ""
    """`address:port` that others should send to; empty: the address they see."""
    exclude: tuple[str, ...] = ()


class FactorySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[factory]`: what this hypervisor gives."""

    name: str
    processors: int
    memory_bytes_per_processor: int = 2 * GIB
    disk_gb_per_processor: int = 0
    gpus: int = 0
    """GPUs that machines may have between them."""
    processors_per_superslot: int = 1
    overload_per_processor: float = 1.25
    disk_free_bytes_min: int = GIB
    memory_free_bytes_min: int = GIB // 2
    shutdown_time: int = 0
    """Unix seconds by which all machines have to be gone; 0: none."""
    draining: bool = False
    machine_name_pattern: str = "{host}-{number:02d}{domain}"
    benchmark_name: str = ""
    benchmark_per_processor: float = 0.0
    """HEPscore23 or HS06 of one processor; 0: not told."""
    site: str = ""
    machinefeatures_options: Mapping[str, str] = EMPTY


class ProcessSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[runtimes.process]`."""

    process_user: str = ""
    """Who process machines run as when the factory is root; never root."""
    sandbox: str = "auto"
    """`auto`, `bwrap` or `none`."""


class DockerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[runtimes.docker]`."""

    socket: str = "unix:///var/run/docker.sock"
    """Of the Engine API; Podman's socket works too."""
    pull_policy: PullPolicy = PullPolicy.MISSING
    auth_file: str = ""
    """Credentials of registries in the format of Docker's config.json; empty: the factory user's own."""
    log_bytes_max: int = 10 << 20
    """What the engine keeps of a container's output."""
    pids_limit_per_processor: int = 4096
    stop_grace_seconds: int = 10
    """What a container gets to end by itself when the engine is shut down or it is over its disk."""


class FetchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[fetch]`: how things are got over HTTP."""

    proxy: str = ""
    ca_file: str = ""
    timeout_seconds: float = 30.0
    pipe_bytes_max: int = 1 << 20
    user_data_bytes_max: int = 1 << 20


class ControlSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[control]`: the socket that commands talk to."""

    socket: str
    group: str = "vacnet"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one factory was told, checked and complete."""

    space: SpaceSettings
    factory: FactorySettings
    process: ProcessSettings
    docker: DockerSettings = DockerSettings()
    fetch: FetchSettings
    control: ControlSettings
    state_directory: str
    targets: tuple[Target, ...] = ()
    """Targets of `[targets.NAME]` that no pipe prefix owns."""
    pipes: tuple[PipeSource, ...] = ()
    target_overrides: Mapping[str, Mapping[str, object]] = MappingProxyType({})
    """`[targets.PREFIX-SUFFIX]` of targets that come from pipes: they stand above all else."""
    defaults: Mapping[str, object] = MappingProxyType({})
    """`[defaults]`: below what a pipe says, above the built-in."""
    user_data_options: Mapping[str, str] = EMPTY
    user_data_files: Mapping[str, str] = EMPTY
    sources: tuple[str, ...] = ()
    """The files read, in the order of their precedence, lowest first."""
    files_directory: str = ""
    """`files_directory` of a target is below it unless said: a folder of the target's name or prefix."""
    runs_as_root: bool = False
    """True when the factory is root: then process machines need a `process_user`."""
    override_active: bool = False
    """True while `/run/vacnet/override.toml` is in force."""
    places: Mapping[str, Place] = MappingProxyType({})
    """Dotted key to where its value stands; keys not here have their built-in value.

    Keys are canonical: `user_data_options.XXX` also where Vac's `user_data_option_XXX` is written.
    """

    @property
    def may_run_processes(self) -> bool:
        """Tell whether a process machine would run as somebody other than root."""
        return not self.runs_as_root or bool(self.process.process_user)

    def digest(self) -> bytes:
        """Return 8 bytes of what all factories of a site usually have in common (targets, pipes)."""
        common = {
            "targets": [(target.digest().hex(), target.target_share) for target in self.targets],
            "pipes": [_fields(pipe, {"places", "place"}) for pipe in self.pipes],
            "target_overrides": self.target_overrides,
            "defaults": self.defaults,
            "user_data_options": self.user_data_options,
        }
        return digest_of(b"vacnet-settings", common)


def _fields(value: msgspec.Struct, aside: set[str]) -> dict[str, object]:
    """Return the fields of a value by name, without those set aside."""
    return {name: getattr(value, name) for name in value.__struct_fields__ if name not in aside}
