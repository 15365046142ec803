"""What a virtual machine is told over HTTP, page by page, in the forms of EC2, OpenStack, NoCloud and Vac."""

import json
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.machines.metadata_samples import MAC, SITE, USER_DATA, resident
from tests.unit.machines.samples import HOST, spec
from vacnet.machines.directory import write_deadline
from vacnet.machines.metadata.pages import Answer, Request, Site, Told, Upload
from vacnet.machines.metadata.reading import site_of, told_of
from vacnet.machines.metadata.router import respond
from vacnet.machines.metadata.service import Resident
from vacnet.machines.metadata.tokens import TTL_HEADER, Tokens
from vacnet.targets.model import Model, Network

TOKENS = Tokens(b"secret of a test")
PARTS = (
    *("/", "//", "..", ".", "latest", "2009-04-04", "openstack", "meta-data", "user-data", "user_data"),
    *(
        "joboutputs",
        "machinefeatures",
        "jobfeatures",
        "api",
        "token",
        "public-keys",
        "0",
        "\n",
        "\x00",
        "%2e",
    ),
)
UUID = "5b1c2d3e-0000-4000-8000-000000000003"


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return told_of(resident(tmp_path), lambda: SITE)


def ask(
    told: Told, path: str, method: str = "GET", now: float = 0.0, headers: dict[str, str] | None = None
) -> Answer:
    answer = respond(Request(method, path, headers or {}), told, TOKENS, now)
    assert isinstance(answer, Answer)
    return answer


PAGES = {
    "/": b"1.0\n2007-01-19\n2009-04-04\n2016-09-02\n2018-09-24\n2021-03-23\nlatest",
    "/latest/": b"dynamic\nmeta-data\nuser-data",
    "/latest/user-data": USER_DATA,
    "/2009-04-04/user-data": USER_DATA,
    "//latest///user-data": USER_DATA,
    "/2009-04-04/meta-data/instance-id": UUID.encode(),
    "/2009-04-04/meta-data/ami-id": UUID.encode(),
    "/latest/meta-data/local-ipv4": b"169.254.169.3",
    "/latest/meta-data/mac": MAC.encode(),
    "/latest/meta-data/hostname": b"wn01-03.example.org",
    "/latest/meta-data/placement": b"availability-zone\nregion",
    "/latest/meta-data/placement/availability-zone": b"wn01.example.org",
    "/latest/meta-data/public-keys/": b"0=root",
    "/latest/meta-data/public-keys/0": b"openssh-key",
    "/latest/meta-data/public-keys/0/openssh-key": SITE.public_key.encode(),
    "/openstack": b"2012-08-10\n2013-04-04\n2013-10-17\n2015-10-15\n2016-06-30\n"
    b"2016-10-06\n2017-02-22\n2018-08-27\n2020-10-14\nlatest",
    "/openstack/latest": b"meta_data.json\nnetwork_data.json\nuser_data\nvendor_data.json\nvendor_data2.json",
    "/openstack/latest/user_data": USER_DATA,
    "/openstack/latest/user-data": USER_DATA,
    "/openstack/2013-10-17/meta-data/instance-id": UUID.encode(),
    "/user-data": USER_DATA,
    "/vendor-data": SITE.vendor_data,
    "/machinefeatures/total_cpu": b"4",
    "/jobfeatures/job_id": UUID.encode(),
    "/jobfeatures/allocated_CPU": b"4",
}


@pytest.mark.parametrize("path", PAGES)
def test_each_page_holds_what_it_should(told: Told, path: str) -> None:
    answer = ask(told, path)
    assert (answer.status, answer.body) == (200, PAGES[path])


@pytest.mark.parametrize("path", ["/openstack/latest/meta_data.json", "/latest/meta-data.json"])
def test_openstack_and_vac_tell_who_the_machine_is(told: Told, path: str) -> None:
    known = json.loads(ask(told, path).body)
    assert known["uuid"] == UUID
    assert known["name"] == known["hostname"] == "wn01-03.example.org"
    assert known["public_keys"] == {"0": SITE.public_key}
    assert known["meta"] == {
        "machinefeatures": "http://169.254.169.253/machinefeatures",
        "jobfeatures": "http://169.254.169.253/jobfeatures",
        "joboutputs": "http://169.254.169.253/joboutputs",
        "machinetype": "grid-prod",
    }


def test_the_site_s_defaults_are_vendor_data(told: Told) -> None:
    assert json.loads(ask(told, "/openstack/latest/vendor_data.json").body) == {
        "cloud-init": "#cloud-config\ntimezone: UTC\n"
    }
    assert ask(told, "/openstack/latest/vendor_data2.json").body == b"{}"


def test_networks_are_set_up_by_dhcp(told: Told) -> None:
    known = json.loads(ask(told, "/openstack/latest/network_data.json").body)
    assert known["links"][0]["ethernet_mac_address"] == MAC
    assert known["networks"][0]["type"] == "ipv4_dhcp"
    nocloud = json.loads(ask(told, "/network-config").body)
    assert nocloud["ethernets"]["net0"] == {"match": {"macaddress": MAC}, "dhcp4": True}


def test_a_machine_without_a_network_is_told_its_features_and_to_set_none_up(tmp_path: Path) -> None:
    served = resident(tmp_path)
    target = msgspec.structs.replace(served.spec.target, network=Network.NONE)
    told = told_of(replace(served, spec=replace(served.spec, target=target), mac=""), lambda: SITE)
    assert json.loads(ask(told, "/network-config").body) == {"version": 1, "config": "disabled"}
    known = json.loads(ask(told, "/meta-data").body)["vacnet"]
    assert known.keys() == {"machinefeatures", "jobfeatures", "machinetype"}
    assert known["jobfeatures"]["job_id"] == served.spec.uuid
    assert known["jobfeatures"].keys() == {
        one.name for one in (served.spec.directory / "jobfeatures").iterdir()
    }


def test_a_machine_without_user_data_key_or_known_card_gets_the_rest(tmp_path: Path) -> None:
    bare = replace(resident(tmp_path, user_data=None), mac="", address="")
    told = told_of(bare, Site)
    assert ask(told, "/latest/user-data").status == 404
    assert ask(told, "/openstack/latest/user_data").status == 404
    assert ask(told, "/openstack/latest/network_data.json").status == 404
    assert (ask(told, "/user-data").status, ask(told, "/user-data").body) == (200, b"")
    assert ask(told, "/openstack/latest/vendor_data.json").body == b"{}"
    assert b"public-keys" not in ask(told, "/latest/meta-data/").body
    assert b"local-ipv4" not in ask(told, "/latest/meta-data/").body


def test_where_the_service_has_a_port_user_data_and_metadata_tell_it(tmp_path: Path) -> None:
    script = b"curl -T x http://169.254.169.253/joboutputs/ # and http://169.254.169.253/machinefeatures\n"
    told = told_of(resident(tmp_path, user_data=script), Site, "http://169.254.169.254:18080")
    moved = b"curl -T x http://169.254.169.254:18080/joboutputs/ # and http://169.254.169.254:18080/machinefeatures\n"
    assert ask(told, "/user-data").body == ask(told, "/latest/user-data").body == moved
    places = json.loads(ask(told, "/meta-data").body)["vacnet"]
    assert places["jobfeatures"] == "http://169.254.169.254:18080/jobfeatures"


def test_every_listed_leaf_of_ec2_is_there(told: Told) -> None:
    left, leaves = [""], 0
    while left:
        at = left.pop()
        for name in ask(told, f"/latest/meta-data/{at}").body.decode().split("\n"):
            if name.endswith("/"):
                left.append(at + name)
            elif "=" not in name:
                assert ask(told, f"/latest/meta-data/{at}{name}").status == 200, name
                leaves += 1
    assert leaves >= 10


def test_features_are_told_as_they_stand_now(told: Told) -> None:
    assert ask(told, "/machinefeatures/shutdowntime").body == b"1700003600"
    lowered = replace(told.resident.spec, deadline_wall=1_700_001_000)
    write_deadline(lowered, HOST)
    assert ask(told, "/machinefeatures/shutdowntime").body == b"1700001000"
    assert ask(told, "/jobfeatures/shutdowntime_job").body == b"1700001000"


def test_features_are_listed_as_links(told: Told) -> None:
    listing = ask(told, "/machinefeatures/")
    assert listing.content_type == "text/html"
    assert b'<li><a href="/machinefeatures/total_cpu">total_cpu</a></li>' in listing.body
    assert listing == ask(told, "/machinefeatures")


@pytest.mark.parametrize(
    "path",
    [
        *("/latest/../machinefeatures/total_cpu", "/machinefeatures/../user_data", "/machinefeatures/.."),
        *("/jobfeatures/a/b", "/user_data", "/latest/meta-data/nothing", "/latest/meta-data/hostname/more"),
        *(
            "/user-data/",
            "/../user-data",
            "/latest/user-data/",
            "/joboutputs/",
            "/joboutputs/heartbeat",
        ),
        *("/latest/meta-data/../../x", "/machinefeatures/total_cpu\x00", "/latest/dynamic/x", "", "*"),
    ],
)
def test_what_is_no_page_is_not_there(told: Told, path: str) -> None:
    assert ask(told, path).status == 404


@pytest.mark.parametrize("name", ["shutdown_message", "heartbeat", ".x", "a+b@c=d,e-f_G.tar.gz", "x" * 255])
def test_a_plain_name_may_be_put(told: Told, name: str) -> None:
    assert respond(Request("PUT", f"/joboutputs/{name}"), told, TOKENS, 0.0) == Upload(name)
    assert respond(Request("PUT", f"//joboutputs//{name}"), told, TOKENS, 0.0) == Upload(name)


@pytest.mark.parametrize(
    "path",
    [
        *("/joboutputs/../../x", "/joboutputs/..", "/joboutputs/.", "/joboutputs/", "/joboutputs/a/b", "/x"),
        *("/joboutputs/" + "x" * 256, "/joboutputs/a\nb", "/joboutputs/\u00e4", "/user_data", "/joboutputs"),
    ],
)
def test_no_other_name_may_be_put(told: Told, path: str) -> None:
    assert ask(told, path, "PUT").status == 403


def test_other_methods_are_refused(told: Told) -> None:
    for method in ("POST", "DELETE", "OPTIONS", "PATCH"):
        assert ask(told, "/latest/user-data", method).status == 405


def test_a_token_is_good_for_its_machine_and_its_time(told: Told, tmp_path: Path) -> None:
    given = ask(told, "/latest/api/token", "PUT", now=100.0, headers={TTL_HEADER: "60"})
    assert (given.status, given.headers[TTL_HEADER]) == (200, "60")
    shown = {"x-aws-ec2-metadata-token": given.body.decode()}
    assert ask(told, "/latest/user-data", now=159.0, headers=shown).status == 200
    assert ask(told, "/latest/user-data", now=161.0, headers=shown).status == 401
    other = told_of(resident(tmp_path, 4), lambda: SITE)
    assert ask(other, "/latest/user-data", now=101.0, headers=shown).status == 401


@pytest.mark.parametrize("ttl", ["", "0", "-1", "21601", "1e3", "\u0661", "9" * 400])
def test_a_time_to_live_that_is_none_is_refused(told: Told, ttl: str) -> None:
    assert ask(told, "/latest/api/token", "PUT", headers={TTL_HEADER: ttl}).status == 400


def test_no_token_is_given_through_a_proxy(told: Told) -> None:
    answer = ask(told, "/latest/api/token", "PUT", headers={TTL_HEADER: "60", "x-forwarded-for": "10.0.0.1"})
    assert answer.status == 403


@pytest.mark.parametrize("token", ["", "x", "\u00e4", "A" * 32, "A" * 5000])
def test_a_bad_token_is_refused(told: Told, token: str) -> None:
    assert ask(told, "/latest/user-data", headers={"x-aws-ec2-metadata-token": token}).status == 401


def test_the_site_s_files_are_read_and_missing_ones_tell_nothing(tmp_path: Path) -> None:
    vendor, key = tmp_path / "vendor", tmp_path / "key.pub"
    vendor.write_bytes(b"#cloud-config\n")
    key.write_text("ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n")
    assert site_of(str(vendor), str(key)) == Site(
        vendor_data=b"#cloud-config\n", public_key="ssh-ed25519 AAAA one"
    )
    with structlog.testing.capture_logs() as told:
        for _ in range(3):
            assert site_of("", f"{key}.gone") == Site()
    assert [(line["event"], line["file"]) for line in told] == [("metadata.site-unreadable", f"{key}.gone")]


def test_a_pipe_in_the_place_of_a_site_s_file_holds_up_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "vendor")
    with structlog.testing.capture_logs() as told:
        assert site_of(str(tmp_path / "vendor"), "") == Site()
    assert [line["why"][:27] for line in told] == ["it is not an ordinary file;"]


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "x"]),
    path=st.one_of(st.text(), st.lists(st.sampled_from(PARTS)).map("".join)),
    headers=st.dictionaries(
        st.sampled_from([TTL_HEADER, "x-aws-ec2-metadata-token", "x-forwarded-for"]), st.text()
    ),
)
def test_whatever_is_asked_is_answered(method: str, path: str, headers: dict[str, str]) -> None:
    """No machine makes the service fail, gets what is not in its own pages, or names a file outside."""
    told = Told(resident=Resident(spec=spec(Model.VM)))
    answer = respond(Request(method, path, headers), told, TOKENS, 0.0)
    if isinstance(answer, Upload):
        assert "/" not in answer.name
        assert answer.name not in {"", ".", ".."}
    else:
        assert answer.status in {200, 400, 401, 403, 404, 405}
