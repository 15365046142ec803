"""Machine/Job Features: every key of HSF-TN-2016-02 and Vac's deprecated ones."""

from dataclasses import replace

from tests.unit.machines.samples import HOST, spec
from vacnet.machines.features import jobfeatures, machinefeatures


def test_machinefeatures_of_a_machine_with_four_processors() -> None:
    assert machinefeatures(spec(), HOST) == {
        "total_cpu": "4",
        "shutdowntime": "1700003600",
        "grace_secs": "30",
        "phys_cores": "4",
        "log_cores": "4",
        "jobslots": "1",
    }


def test_jobfeatures_of_a_machine_with_four_processors() -> None:
    assert jobfeatures(spec(), HOST) == {
        "allocated_cpu": "4",
        "shutdowntime_job": "1700003600",
        "grace_secs_job": "30",
        "jobstart_secs": "1700000000",
        "job_id": "5b1c2d3e-0000-4000-8000-000000000001",
        "wall_limit_secs": "3600",
        "cpu_limit_secs": "14400",
        "max_rss_bytes": str(8 << 30),
        "max_swap_bytes": "0",
        "scratch_limit_bytes": "80000000000",
        "allocated_CPU": "4",
        "cpufactor_lrms": "1.0",
        "cpu_limit_secs_lrms": "14400",
        "wall_limit_secs_lrms": "3600",
        "mem_limit_MB": "8589",
    }


def test_the_benchmark_is_told_of_all_processors_where_the_site_has_one() -> None:
    host = replace(HOST, benchmark_name="HEPscore23", benchmark_per_processor=11.4)
    assert machinefeatures(spec(), host)["hs06"] == "45.6"
    assert jobfeatures(spec(), host)["hs06_job"] == "45.6"


def test_a_disk_without_limit_is_not_told_as_one() -> None:
    assert "scratch_limit_bytes" not in jobfeatures(spec(disk_bytes=0), HOST)


def test_options_of_the_site_are_keys_of_their_own_and_may_replace_ours() -> None:
    host = replace(HOST, machinefeatures_options={"rack": "7b", "jobslots": "2"})
    told = machinefeatures(spec(), host)
    assert (told["rack"], told["jobslots"]) == ("7b", "2")
