from dataclasses import replace

from cnnfc.timeline.table.facts import Facts, facts_of
from testkit import histories as make


def test_a_record_says_what_a_number_depends_on():
    record = replace(
        make.record(9, torch="2.13.0"),
        path="/home/somebody/reports/hardware/oak/20260309T110000Z-00000009.json",
        dirty=False,
    )
    record = replace(
        record,
        identity={
            **record.identity,
            "threads": 4,
            "gpus": ["H200", "H200"],
            "detail": {"os": "Debian 12", "kernel": "6.1"},
        },
        state_before={"gpu_driver": {"version": "570.1", "cuda": "12.8"}},
        software={
            "python": {"version": "3.11.7"},
            "torch": {"torch": "2.13.0+cu126", "cuda": "12.6", "hip": None},
        },
    )
    assert facts_of(make.run(number=9), record) == Facts(
        python="3.11.7",
        torch="2.13.0+cu126",
        cuda="12.6",
        hip=None,
        driver="570.1",
        cpu="Oak 1",
        cores=2,
        threads=4,
        memory_bytes=8 * 2**30,
        gpus="H200, H200",
        system="Debian 12",
        kernel="6.1",
        profile="standard",
        dirty=False,
        hardware_file="hardware/oak/20260309T110000Z-00000009.json",
    )


def test_torch_is_known_from_its_package_too():
    assert facts_of(make.run(number=9), make.record(9, torch="2.12.0")).torch == "2.12.0"


def test_without_a_record_the_result_file_speaks():
    run = make.run(machine_facts={"cpu": "Elm", "ram": "8"}, requirements={"torch": "2.1"})
    assert facts_of(run, None) == Facts(python="3.11", torch="2.1", cpu="Elm")


def test_facts_of_a_wrong_type_are_not_known():
    record = replace(
        make.record(9),
        identity={"cores": "two", "threads": 2.5, "memory_bytes": 2**70, "gpus": "H200"},
        state_before={"gpu_driver": "570"},
        software={"python": [3], "packages": None},
    )
    found = facts_of(make.run(number=9), record)
    assert (found.cores, found.threads, found.memory_bytes, found.gpus) == (None,) * 4
    assert (found.driver, found.python, found.torch, found.cpu) == (None, "3.11", None, None)
