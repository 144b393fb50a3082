from cnnfc.machine.text import describe, summary


def lines(facts, **options):
    return [" ".join(line.split()) for line in describe(facts, **options)]


def test_units_come_from_the_keys_and_leave_the_label():
    assert lines(
        {
            "memory_bytes": 24 * 2**30,
            "frequency_hz": 2596000000,
            "steal_seconds": 0.25,
            "power_watts": 650.5,
            "temperature_celsius": 61,
            "pressure_percent": 12.5,
            "context_switches": 123456,
        }
    ) == [
        "memory 24 GiB",
        "frequency 2.6 GHz",
        "steal 250 ms",
        "power 650 W",
        "temperature 61 °C",
        "pressure 12.5 %",
        "context switches 123,456",
    ]


def test_truth_lists_and_acronyms_are_written_for_people():
    assert lines({"smt": True, "sm_clock_hz": 1e9, "gpus": ["a", "b"], "pcie_width": 8}) == [
        "SMT yes",
        "SM clock 1 GHz",
        "GPUs a, b",
        "PCIe width 8",
    ]


def test_groups_are_indented_and_numbered():
    facts = {"cpu": {"usable": 2}, "gpus": [{"ecc": False}, {"ecc": True}]}
    assert list(describe(facts)) == [
        "  CPU",
        "    usable                    2",
        "  GPUs 0",
        "    ECC                       no",
        "  GPUs 1",
        "    ECC                       yes",
    ]


def test_names_of_variables_and_packages_stay_as_they_are():
    facts = {"environment": {"OMP_NUM_THREADS": "2"}, "packages": {"asv_runner": "0.3"}}
    assert lines(facts) == ["environment", "OMP_NUM_THREADS 2", "packages", "asv_runner 0.3"]


def test_what_is_empty_is_left_out():
    assert lines({"gpus": [], "temperatures": {}, "turbo": None}) == []


def test_long_values_wrap_and_control_characters_do_not_reach_the_terminal():
    wrapped = list(describe({"instruction_sets": ["avx512_something"] * 12, "bad": "a\x1b[2J\nb"}))
    assert max(len(line) for line in wrapped) <= 100
    assert wrapped[1].startswith(" " * 30 + "avx512")
    assert "\x1b" not in "".join(wrapped)
    assert [line.strip() for line in wrapped[-2:]] == ["bad                         a [2J", "b"]


def test_caches_and_nodes_are_one_line_each():
    identity = {
        "name": "n",
        "cores": 2,
        "gpus": [],
        "detail": {
            "caches": [
                {"level": 1, "type": "data", "bytes": 32768, "instances": 2, "cpus": 1},
                {"level": 3, "type": "unified", "bytes": 33554432, "instances": 1, "cpus": 2},
                {"level": 4, "type": "unified", "bytes": 33554432},
            ],
            "numa": [{"cpus": "0-1", "memory_bytes": 2**30}, {"cpus": ""}],
        },
    }
    assert [" ".join(line.split()) for line in summary(identity)] == [
        "cores 2",
        "GPUs none found (asked NVIDIA's driver)",
        "caches L1 data 32 KiB × 2, L3 32 MiB, L4 32 MiB",
        "NUMA node 0 CPUs 0-1, 1 GiB",
        "NUMA node 1 no CPUs",
    ]
