"""`vacnet config check` on good settings: what this host lacks for them is told with what to do."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command, Done
from tools.guest.sector import disk
from vacnet.cli.exits import Exit

Checked = Callable[..., Done]

PROCESS = '[runtimes.process]\nprocess_user = "nobody"\n'


@pytest.fixture
def checked(vacnet: Command, tmp_path: Path) -> Checked:
    """Return a call that checks settings with these lines added."""
    directory = tmp_path / "etc"
    vacnet("config", "init", "--config", directory, "--space", "test.example")

    def check(lines: str = "", *more: str) -> Done:
        (directory / "conf.d").mkdir(exist_ok=True)
        (directory / "conf.d/more.toml").write_text(lines)
        return vacnet("config", "check", "--config", directory, *more)

    return check


def process(user_data: object) -> str:
    return f'{PROCESS}[targets.hello]\nmachine_model = "process"\nuser_data = "{user_data}"\n'


def test_where_nothing_is_missing_nothing_is_said(checked: Checked, tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    done = checked(process(tmp_path / "run.sh"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("good: factory ")


def test_a_key_that_every_user_may_read_is_told_with_the_line_to_type(
    checked: Checked, tmp_path: Path
) -> None:
    (tmp_path / "etc/space.key").chmod(0o644)
    done = checked()
    assert f"mode is 0644): chmod 600 {tmp_path}/etc/space.key" in done.stderr
    assert done.stdout.startswith("good, but with 1 warning: ")


def test_a_user_that_is_not_there_is_told_with_the_line_to_type(checked: Checked, tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    done = checked(process(tmp_path / "run.sh").replace('"nobody"', '"no-such-user"'))
    assert "more.toml:2: runtimes.process.process_user: " in done.stderr
    assert "useradd --system no-such-user" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.sh", None, "No such file"),
        ("words.sh", "echo hello\n", "words.sh does not begin with #!"),
        ("dos.sh", "#!/bin/sh\r\n", "line ends of Windows"),
    ],
)
def test_a_user_data_that_cannot_run_is_told_at_its_line(
    checked: Checked, tmp_path: Path, name: str, content: str | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content.encode())
    done = checked(process(tmp_path / name))
    assert "more.toml:5: targets.hello.user_data: " in done.stderr
    assert words in done.stderr
    assert done.returncode == 0


def test_a_first_line_that_is_filled_in_later_is_no_fault(checked: Checked, tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("##user_data_option_line##\n")
    assert checked(process(tmp_path / "run.sh")).stderr == ""


def test_a_model_that_is_not_made_is_told(checked: Checked) -> None:
    image = 'root_image = "https://example.org/x.sif"\nuser_data = "https://example.org/x"\n'
    done = checked(f'[targets.cern]\nmachine_model = "apptainer"\n{image}')
    words = "more.toml:2: targets.cern.machine_model: this version makes no machines of model apptainer"
    assert words in done.stderr


def test_a_host_without_libvirt_is_told_what_to_do_once_for_all_targets(
    checked: Checked, tmp_path: Path
) -> None:
    target = '[targets.{}]\nmachine_model = "vm"\nroot_image = "https://example.org/x.qcow2"\n'
    uri = f'[runtimes.libvirt]\nuri = "qemu+unix:///system?socket={tmp_path}/none"\n'
    done = checked(uri + target.format("one") + target.format("two"))
    assert done.stderr.count("warning: ") == 1
    assert "runtimes.libvirt.uri" in done.stderr
    # One or the other: not every host of developers has libvirt's library.
    assert "start it (systemctl start libvirtd)" in done.stderr or "tools/bootstrap vm" in done.stderr


def test_an_engine_that_is_not_there_is_told_once_for_all_targets(checked: Checked, tmp_path: Path) -> None:
    target = '[targets.{}]\nroot_image = "docker://debian:12"\ncontainer_command = "/bin/true"\n'
    socket = f'[runtimes.docker]\nsocket = "unix://{tmp_path}/none.sock"\n'
    done = checked(socket + target.format("one") + target.format("two"))
    assert done.stderr.count("warning: ") == 1
    assert f"there is no engine at {tmp_path}/none.sock" in done.stderr


@pytest.mark.parametrize("command", ["check", "show"])
def test_settings_are_named_by_the_option_that_all_commands_have(vacnet: Command, command: str) -> None:
    done = vacnet("config", command, "/elsewhere")
    assert done.returncode == Exit.WRONG_USE
    assert "--config names the settings" in done.stderr


def test_what_the_host_lacks_is_told_in_the_same_round_as_what_is_wrong(
    checked: Checked, tmp_path: Path
) -> None:
    (tmp_path / "run.sh").write_bytes(b"#!/bin/sh\r\n")
    done = checked(process(tmp_path / "run.sh") + "max_processors = 0\n")
    assert done.returncode == Exit.BAD_SETTINGS
    assert "targets.hello.max_processors: 0 is not" in done.stderr
    assert "warning: " in done.stderr
    assert "run.sh" in done.stderr.partition("warning: ")[2]


def vm(image: object, more: str = "") -> str:
    return f'[targets.grid]\nmachine_model = "vm"\nroot_image = "{image}"\n{more}\n'


def test_an_image_of_this_host_that_is_none_is_told_at_its_line(checked: Checked, tmp_path: Path) -> None:
    assert (
        "grid.root_image: /nowhere/disk: it cannot be read: No such file"
        in checked(vm("/nowhere/disk")).stderr
    )
    (tmp_path / "disk.gz").write_bytes(b"\x1f\x8b packed")
    told = checked(vm(tmp_path / "disk.gz")).stderr
    assert "more.toml:3: targets.grid.root_image" in told
    assert "it is packed by gzip; publish it unpacked" in told


def test_an_image_that_is_missing_is_told_once(checked: Checked) -> None:
    told = checked('[targets.grid]\nmachine_model = "vm"\n').stderr
    assert told.count("root_image: ") == 1, told


# Whoever is not root runs QEMU as himself, and an image that he could read is QEMU's to read too: there is no
# other user whom it could be closed to, so nothing to tell. Continuous integration is root.
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a QEMU that is another user's")
def test_an_image_that_qemus_user_cannot_have_is_told_with_what_lets_it(checked: Checked) -> None:
    with tempfile.TemporaryDirectory() as closed:  # not tmp_path, all of which is closed
        image = Path(closed) / "disk"
        image.write_bytes(disk("x", None))
        image.chmod(0o600)
        assert f"to read: chmod o+r {image}" in checked(vm(image)).stderr
        image.chmod(0o644)
        assert f"may not get to {image}: chmod o+x {closed}" in checked(vm(image)).stderr
        Path(closed).chmod(0o711)
        assert "QEMU's user" not in checked(vm(image)).stderr


def test_a_signature_that_nothing_here_can_check_is_told(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = vm("https://images.example.org/disk.iso", 'image_signing_dn = "/CN=somebody"')
    assert "image_signing_dn" not in checked(lines).stderr
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert "grid.image_signing_dn: image_signing_dn is set, and checking it takes" in checked(lines).stderr


def test_an_image_that_anybody_on_the_way_may_replace_is_told(checked: Checked) -> None:
    open_address = "http://images.example.org/disk.iso"
    assert "comes as whoever is on the way wants it" in checked(vm(open_address)).stderr
    pinned = vm(open_address, f'image_sha256 = "{"0" * 64}"')
    assert "on the way" not in checked(pinned).stderr
    assert "on the way" not in checked(vm("https://images.example.org/disk.iso")).stderr


def test_a_file_for_all_virtual_machines_that_is_not_there_is_told(checked: Checked) -> None:
    told = checked('[metadata]\nvendor_data_file = "/nowhere/site.yaml"\n').stderr
    assert "more.toml:2: metadata.vendor_data_file: /nowhere/site.yaml: it cannot be read: No such" in told
