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


class Metadata(enum.StrEnum):
    """`metadata`: where a virtual machine finds what it is told."""

    HTTP = "http"
    SEED = "seed"


class Network(enum.StrEnum):
    """`network`: what a virtual machine is connected to."""

    NAT = "nat"
    NONE = "none"


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
    """Weight beside the other targets that can be started: what part of the processors it is due."""
    group: str = ""
    """`machinegroup`: shares are met between groups first, then within each; empty: a group of its own."""
    machine_model: Model = Model.DOCKER
    """What its machines are: virtual machines, containers or plain processes."""
    root_image: str = ""
    """Image of a container or virtual machine: `docker://NAME:TAG`, a path, or an address."""
    user_data: str = ""
    """What a machine runs or is told: an address, a path, or a file below `files_directory`."""
    container_command: str = "/user_data"
    """Program that a container or process runs; `/user_data` is the user_data itself."""
    cvmfs_repositories: tuple[str, ...] = ()
    """Repositories of CernVM-FS that a container needs; without them it is not started."""
    tmp_binds: tuple[str, ...] = ()
    """Paths inside a container that get an empty folder of the machine's own."""
    root_device: str = "vda"
    """Name that a virtual machine gives to its root disk."""
    scratch_device: str = "vdb"
    """Name that a virtual machine gives to its scratch disk."""
    metadata: Metadata = Metadata.HTTP
    """Where a virtual machine finds what it is told: `http`: a web server; `seed`: a CD-ROM of its own."""
    network: Network = Network.NAT
    """`nat`: a virtual machine gets out through its host; `none`: it has no network card, but a seed disk."""
    min_processors: int = 1
    """Processors that a machine needs at least."""
    max_processors: int = 1
    """Processors that a machine takes at most; it gets what is free between the two."""
    memory_bytes_per_processor: int = 2 * GIB
    """Memory of a machine for each of its processors; who takes more is killed and told."""
    disk_gb_per_processor: int = 0
    """Disk of a machine for each of its processors, in 10^9 bytes; 0: not limited."""
    gpus: int = 0
    """Whole GPUs of one machine, for itself alone."""
    allow_new_privileges: bool = False
    """Containers: whether set-user-id programs in it may give more than its payload has."""
    max_wallclock_seconds: int = 86400
    """How long a machine may live; it is told so, and ended then."""
    min_wallclock_seconds: int = 86400
    """None is started that has less time than this before the host's deadline."""
    backoff_seconds: int = 10
    """How long the whole space makes none after one that found no work."""
    backoff_max_seconds: int = 80
    """Back-off doubles each time that there is still no work, up to this."""
    fizzle_seconds: int = 600
    """A machine that ends earlier without a message has failed; one alive then has proved itself."""
    heartbeat_file: str = ""
    """File in joboutputs that a machine has to keep touching; empty: none is looked for."""
    heartbeat_seconds: int = 0
    """A machine whose heartbeat file is older is ended; 0: the file has to be there, no more."""
    proof: Proof = Proof.FIZZLE
    """What shows that a machine found work, beside its own `200` message."""
    proof_seconds: int = 0
    """How long one may take to prove itself; 0: twice the longest life of one without work, at most 2 h."""
    gain: int = 1
    """How many more machines each one that found work lets the space start."""
    claim_wait_seconds: float = 1.0
    """How long a factory waits for a better claim before it starts a probe."""
    exit_codes: Mapping[int, int] = MappingProxyType({})
    """What the exit codes of a payload that writes no message mean: `{ "0" = 200, "3" = 300 }`."""
    max_machines_running: int = 0
    """At most so many in the whole space; 0: no limit."""
    max_processors_running: int = 0
    """At most so many processors in the whole space; 0: no limit."""
    max_machines_per_factory: int = 0
    """At most so many on each factory; 0: no limit."""
    machines_dir_days: float = 3.0
    """How long the directory of an ended machine is kept; 0: for ever."""
    accounting_fqan: str = ""
    """VOMS group that the work is accounted to."""
    image_sha256: str = ""
    """SHA-256 that a virtual machine's image must have, as 64 hexadecimal digits; empty: any."""
    image_sha512: str = ""
    """SHA-512 that a virtual machine's image must have, as 128 hexadecimal digits; empty: any."""
    image_signing_dn: str = ""
    """Pattern of who must have signed a virtual machine's image, as CernVM's are; empty: nobody."""
    legacy_proxy: bool = False
    """Taken from pipes of Vac; this version makes nothing of it."""
    user_data_proxy: bool = False
    """Taken from pipes of Vac; this version makes nothing of it."""
    user_data_options: Mapping[str, str] = EMPTY
    """Text for `##user_data_option_NAME##` in user_data; `user_data_option_NAME` sets one."""
    user_data_files: Mapping[str, str] = EMPTY
    """File whose contents replace `##user_data_option_NAME##`; `user_data_file_NAME` sets one."""
    files_directory: str = ""
    """Where relative names of files are looked for; else `files/` beside `vacnet.toml`, by target."""
    origin: str = ""
    """`file:line` of the section, or the pipe's URL: for people, and never compared."""
    places: Mapping[str, Place] = MappingProxyType({})
    """Option to where its value stands; options not here have their built-in value. For people too."""

    @property
    def seeded(self) -> bool:
        """Tell whether its virtual machines get a seed disk: without a network there is no HTTP."""
        return self.metadata is Metadata.SEED or self.network is Network.NONE

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
    """Where the pipe is published: an address, or the path of a file."""
    target_share: float = 0.0
    """Weight of all its targets together, divided as the pipe says."""
    allow_machine_models: frozenset[Model] = frozenset(Model) - {Model.PROCESS}
    """Models that its targets may have; `process` only where it is named."""
    allow_images: tuple[str, ...] = ()
    """Patterns such as `docker://registry.example.org/*` of images it may name; empty: all."""
    options: Mapping[str, object] = MappingProxyType({})
    """Target options of the section, checked and converted: they stand above what the pipe says."""
    places: Mapping[str, Place] = MappingProxyType({})
    """Option to where its value stands."""
    place: Place = Place("")


class SpaceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[space]`: who the factory shares outcomes with."""

    name: str
    """Name of the space, the same on all its factories; it has none built in."""
    key_file: str
    """File with the secret keys of the space; else `space.key` beside `vacnet.toml`."""
    peers_file: str
    """File with factories to greet; else `peers.toml` beside `vacnet.toml`."""
    listen: tuple[str, ...]
    """`address:port` to bind for gossip, UDP; else port 8885 of all addresses (IPv4)."""
    advertise: str = ""
    """`address:port` that others should send to; empty: the address they see."""
    exclude: tuple[str, ...] = ()
    """Factories that are not listened to, whatever key they have."""


class FactorySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[factory]`: what this hypervisor gives."""

    name: str
    """Name of this factory, unlike any other of the space; else the kernel's node name."""
    processors: int
    """Processors that machines may have between them; else those of the host."""
    memory_bytes_per_processor: int = 2 * GIB
    """Memory that machines may have, for each of those processors."""
    disk_gb_per_processor: int = 0
    """Disk that machines may have, for each of those processors, in 10^9 bytes; 0: no limit."""
    gpus: int = 0
    """GPUs that machines may have between them."""
    processors_per_superslot: int = 1
    """Machines of so many processors share a deadline, so that they come free together; 1: each its own."""
    overload_per_processor: float = 1.25
    """Nothing starts while the load average is above this for each processor."""
    disk_free_bytes_min: int = GIB
    """Nothing starts while the state directory's disk has less free."""
    memory_free_bytes_min: int = GIB // 2
    """Nothing starts while the host has less memory to give."""
    shutdown_time: int = 0
    """Unix seconds by which all machines have to be gone; 0: none."""
    draining: bool = False
    """Start nothing new while it is true; `vacnet drain` does the same without an edit."""
    machine_name_pattern: str = "{host}-{number:02d}{domain}"
    """How machines are named, of the host, its domain and a number."""
    benchmark_name: str = ""
    """Benchmark of one processor and its score (HEPscore23 or HS06), for accounting and payloads."""
    benchmark_per_processor: float = 0.0
    """HEPscore23 or HS06 of one processor; 0: not told."""
    site: str = ""
    """Name of the site, for accounting and payloads."""
    machinefeatures_options: Mapping[str, str] = EMPTY
    """Further machine features that payloads can read, by name."""


class ProcessSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[runtimes.process]`."""

    process_user: str = ""
    """Who process machines run as when the factory is root; never root."""
    sandbox: str = "auto"
    """`bwrap`: machines see the host read-only; `none`: they do not; `auto`: where it works."""


class DockerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[runtimes.docker]`."""

    socket: str = "unix:///var/run/docker.sock"
    """Of the Engine API; Podman's socket works too."""
    pull_policy: PullPolicy = PullPolicy.MISSING
    """When an image is asked for at its registry: when it is missing here, always, never."""
    auth_file: str = ""
    """Credentials of registries in the format of Docker's config.json; empty: the factory user's own."""
    log_bytes_max: int = 10 << 20
    """What the engine keeps of a container's output."""
    pids_limit_per_processor: int = 4096
    """Processes and threads of a container, for each of its processors."""
    stop_grace_seconds: int = 10
    """What a container gets to end by itself when the engine is shut down or it is over its disk."""


class LibvirtSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[runtimes.libvirt]`."""

    uri: str = ""
    """Which libvirt; empty: `qemu:///system` as root, else `qemu:///session`."""
    domain_type: str = "auto"
    """`kvm`: the host's processors; `qemu`: emulated, much slower; `auto`: kvm where it works."""
    network: str = "auto"
    """`own`: a bridge of the factory's own; `user`: user-mode; `auto`: a bridge where one can be."""


class FetchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[fetch]`: how things are got over HTTP."""

    proxy: str = ""
    """Web proxy for pipes, user_data and images of virtual machines; empty: none."""
    ca_file: str = ""
    """Certificates to trust; empty: those of the system."""
    timeout_seconds: float = 30.0
    """How long a server may take to answer; of an image, how long nothing of it may come."""
    pipe_bytes_max: int = 1 << 20
    """A pipe that is longer is refused."""
    user_data_bytes_max: int = 1 << 20
    """A user_data that is longer is refused."""
    image_bytes_max: int = 64 * GIB
    """An image of a virtual machine that is larger is refused."""
    images_bytes_max: int = 200 * GIB
    """What all images in the cache may have; the one used longest ago goes first, one in use never."""


class ControlSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[control]`: the socket that commands talk to."""

    socket: str
    """Path of the control socket; else `/run/vacnet/control.sock`, or in a `state_directory` that is set."""
    group: str = "vacnet"
    """Group whose members may use all commands; the socket is root's alone where there is none."""


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[metrics]`: numbers for Prometheus."""

    listen: str = ""
    """`address:port` of the metrics (HTTP), `off` for none; else 127.0.0.1 and the port of gossip."""


class MetadataSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[metadata]`: what the site tells every virtual machine."""

    vendor_data_file: str = ""
    """cloud-config of the site, which a target's own user_data stands above; empty: none."""
    root_public_key: str = ""
    """File with the ssh key that may log in to virtual machines as root; empty: none."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one factory was told, checked and complete."""

    space: SpaceSettings
    factory: FactorySettings
    process: ProcessSettings
    docker: DockerSettings = DockerSettings()
    libvirt: LibvirtSettings = LibvirtSettings()
    fetch: FetchSettings
    control: ControlSettings
    metrics: MetricsSettings = MetricsSettings()
    metadata: MetadataSettings = MetadataSettings()
    state_directory: str
    """Where the record and the machines are, and the control socket if it is set; else `/var/lib/vacnet`."""
    targets: tuple[Target, ...] = ()
    """Targets of `[targets.NAME]` that no pipe prefix owns."""
    pipes: tuple[PipeSource, ...] = ()
    target_overrides: Mapping[str, Mapping[str, object]] = MappingProxyType({})
    """`[targets.PREFIX-SUFFIX]` of targets that come from pipes: they stand above all else."""
    defaults: Mapping[str, object] = MappingProxyType({})
    """`[defaults]`: below what a pipe says, above the built-in."""
    user_data_options: Mapping[str, str] = EMPTY
    """Text for `##user_data_option_NAME##` in the user_data of all targets."""
    user_data_files: Mapping[str, str] = EMPTY
    """File whose contents replace `##user_data_option_NAME##`, in the user_data of all targets."""
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
