"""`vacnet support` beside a real factory: secrets are planted wherever one can be, and none is found."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.space import settings as of_space
from tools.space.member import CHECKOUT, Member
from tools.space.space import Space
from tools.space.waiting import until

PATIENCE_SECONDS = 30.0
COMMAND = (sys.executable, "-c", "from vacnet.cli import main; main()")

PLANTED = {
    "top": "planted-option-of-all",
    "defaults": "planted-default-7c1",
    "target": 'planted-"quoted"-\u00fc-of-target',
    "pipe": "planted-option-of-pipe",
    "override": "planted-override-2",
    "query": "planted-in-query",
    "file": "planted-line-of-a-file",
    "auth": "cGxhbnRlZDphdXRo",
    "message": "planted-in-message-only",
    "bearer": "planted.bearer.0123456789",
}

PAYLOAD = """\
#!/bin/sh
cat > "$JOBOUTPUTS/shutdown_message" <<'END'
500 {top} {target} {file} password={message} Authorization: Bearer {bearer} {auth}
END
"""

FRAGMENT = """
[user_data_options]
a = "{top}"
[defaults]
user_data_option_b = "{defaults}"
[runtimes.docker]
auth_file = "{auth_file}"
[pipes.vo]
vacuum_pipe_url = "http://127.0.0.1:9/x.pipe?token={query}"
target_share = 1
user_data_option_c = "{pipe}"
[targets.vo-x]
user_data_option_d = "{override}"
[targets.worker]
target_share = 1
machine_model = "process"
user_data = "{payload}"
memory_per_processor = "64 MiB"
max_machines_per_factory = 1
user_data_option_e = {target_toml}
user_data_file_f = "{file_path}"
"""


@pytest.fixture
def factory(directory: Path) -> Iterator[Member]:
    (directory / "payload").write_text(PAYLOAD.format(**PLANTED))
    (directory / "payload").chmod(0o755)
    (directory / "file").write_text(f"first line of it\n{PLANTED['file']}\n")
    (directory / "auth").write_text(
        json.dumps({"auths": {"registry.example.org": {"auth": PLANTED["auth"]}}})
    )
    space = Space.make(directory / "s", 1, processors=1)
    member = space.member(1)
    paths = {
        "payload": directory / "payload",
        "file_path": directory / "file",
        "auth_file": directory / "auth",
    }
    target_toml = json.dumps(PLANTED["target"], ensure_ascii=False)
    of_space.add(member, "planted", FRAGMENT.format(**PLANTED, **paths, target_toml=target_toml))
    try:
        space.start()
        yield member
    finally:
        space.down()


def _support(factory: Member, archive: Path, *more: str) -> dict[str, str]:
    """Make an archive; return its files by name."""
    words = [*COMMAND, "support", str(archive), "--config", str(factory.config), *more]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "VACNET_SECRET": "planted-in-environment"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(archive) as opened:
        members = {Path(one.name).name: opened.extractfile(one) for one in opened.getmembers()}
        return {name: file.read().decode() for name, file in members.items() if file}


def _secrets(factory: Member) -> list[str]:
    key = (factory.config / "space.key").read_text().split()[-1]
    return [*PLANTED.values(), json.dumps(PLANTED["target"])[1:-1], key, "planted"]


def test_no_planted_secret_is_in_it_and_all_else_is(factory: Member, directory: Path) -> None:
    def has_failed() -> bool:
        return any(one.message.startswith("500") for one in factory.client().machines(ended=5).machines)

    until(has_failed, PATIENCE_SECONDS, "a machine has told the secrets")
    assert any(PLANTED["top"] in one.message for one in factory.client().machines(ended=5).machines)
    files = _support(factory, directory / "a.tar.gz")
    for secret in _secrets(factory):
        shown = {name: text for name, text in files.items() if secret in text.replace(".d/planted.toml", "")}
        assert shown == {}, secret
    assert {name for name in files if "journal" not in name} == {
        "README.txt",
        "versions.json",
        "settings.txt",
        "doctor.json",
        "space.json",
        "machines.json",
        "peers.json",
        "health.json",
        "why.json",
        "events.json",
    }
    for name in (name for name in files if name.endswith(".json")):
        assert json.loads(files[name]), name
    assert "(not shown)" in files["machines.json"]
    assert "targets.worker.max_machines_per_factory = 1" in files["settings.txt"]
    assert any(event["name"] == "machine.ended" for event in json.loads(files["events.json"]))


def test_it_is_for_its_owner_alone_and_overwrites_nothing(factory: Member, directory: Path) -> None:
    factory.stop()
    archive = directory / "b.tar.gz"
    files = _support(factory, archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert "no factory answers" in files["space.error.txt"]
    before = archive.read_bytes()
    words = [*COMMAND, "support", str(archive), "--config", str(factory.config)]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, archive.read_bytes()) == (1, before)
    assert done.stderr.count("\n") <= 2
    assert "never overwritten" in done.stderr
