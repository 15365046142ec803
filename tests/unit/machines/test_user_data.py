"""Substitution in user_data templates."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.unit.machines.samples import HOST, spec
from vacnet.machines.user_data import AUTOMATIC, Context, substitute
from vacnet.targets.model import Model

URL = "https://example.org/template"
MACHINE = spec()
CONTEXT = Context(spec=MACHINE, host=HOST, template_url=URL)


def _of(name: str, context: Context = CONTEXT) -> bytes:
    return substitute(f"<##user_data_{name}##>".encode(), context)[1:-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", URL),
        ("space", "vac.example.org"),
        ("site", "UKI-EXAMPLE"),
        ("machinetype", "grid-prod"),
        ("vmtype", "grid-prod"),
        ("machine_hostname", "wn01-03.example.org"),
        ("vm_hostname", "wn01-03.example.org"),
        ("manager_version", "vacnet 9.9"),
        ("vmlm_version", "vacnet 9.9"),
        ("manager_hostname", "wn01.example.org"),
        ("vmlm_hostname", "wn01.example.org"),
        ("uuid", MACHINE.uuid),
        ("machinefeatures_url", f"{MACHINE.directory}/machinefeatures"),
        ("manager_jobfeatures_url", f"{MACHINE.directory}/jobfeatures"),
        ("root_image_url", ""),
    ],
)
def test_automatic_patterns(name: str, value: str) -> None:
    assert _of(name) == value.encode()


@pytest.mark.parametrize(
    ("model", "features", "outputs"),
    [
        (Model.PROCESS, f"{MACHINE.directory}/machinefeatures", f"{MACHINE.directory}/joboutputs"),
        (Model.DOCKER, "/etc/machinefeatures", "/var/spool/joboutputs"),
        (Model.APPTAINER, "/tmp/machinefeatures", "/tmp/joboutputs"),  # noqa: S108 (inside the container)
        (Model.CERNVM3, "http://169.254.169.253/machinefeatures", "http://169.254.169.253/joboutputs"),
        (Model.VM, "http://169.254.169.253/machinefeatures", "http://169.254.169.253/joboutputs"),
    ],
)
def test_places_are_told_as_machines_of_the_model_see_them_in_both_spellings(
    model: Model, features: str, outputs: str
) -> None:
    context = replace(CONTEXT, spec=spec(model))
    assert (
        _of("machinefeatures_url", context)
        == _of("manager_machinefeatures_url", context)
        == features.encode()
    )
    assert _of("joboutputs_url", context) == _of("manager_joboutputs_url", context) == outputs.encode()


def test_addresses_are_told_only_if_a_machine_could_fetch_them() -> None:
    target = structs.replace(MACHINE.target, root_image="https://example.org/image.iso")
    fetched = replace(CONTEXT, spec=spec(target=target), template_url="/etc/vacnet/template")
    assert _of("url", fetched) == b""
    assert _of("root_image_url", fetched) == b"https://example.org/image.iso"


def test_options_and_files_are_told_under_their_names_files_under_both() -> None:
    context = replace(CONTEXT, options={"condor_host": "c.example.org"}, files={"hostkey": b"\x00\xffkey"})
    assert _of("option_condor_host", context) == b"c.example.org"
    assert _of("file_condor_host", context) == b""
    assert _of("option_hostkey", context) == _of("file_hostkey", context) == b"\x00\xffkey"


def test_a_value_that_contains_a_pattern_stands_as_it_is() -> None:
    options = {"a": "##user_data_option_password##", "password": "secret", "b": "##user_data_", "c": "uuid##"}
    context = replace(CONTEXT, options=options)
    assert _of("option_a", context) == b"##user_data_option_password##"
    joined = substitute(b"##user_data_option_b####user_data_option_c##", context)
    assert joined == b"##user_data_uuid##"


@pytest.mark.parametrize("name", ["option_unknown", "UUID", "Option_X", "heartbeat_machines_url", "", "a,b"])
def test_patterns_without_a_value_are_removed_in_any_case_of_letters(name: str) -> None:
    assert _of(name) == b""


def test_what_is_no_pattern_stays() -> None:
    for text in (b"# comment ## here", b"##other_uuid##", b"##user_data_not a name##", b"\xff\x00##"):
        assert substitute(text, CONTEXT) == text


@given(st.lists(st.binary(max_size=8) | st.sampled_from([f"##user_data_{n}##".encode() for n in AUTOMATIC])))
def test_no_template_keeps_a_pattern_that_it_had(pieces: list[bytes]) -> None:
    template = b"\n".join(pieces)
    done = substitute(template, replace(CONTEXT, spec=spec(Model.DOCKER)))
    assert re.search(rb"##user_data_[A-Za-z0-9_,]*##", done) is None
