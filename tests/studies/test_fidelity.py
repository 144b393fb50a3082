import json
import subprocess
import sys

import pytest

from cnnfc.errors import CaseError, UsageError
from cnnfc.names import Device
from cnnfc.studies import fidelity
from cnnfc.studies.fidelity import Fidelity
from cnnfc.studies.fidelity_table import QUANTITIES, tabulate
from cnnfc.studies.study import Request

SETTINGS = {"devices": ["cpu-1"], "cases": ["dense.64-64", "dense.1024-512"]}


def request_for(root, **options):
    return Request(root, root / "benchmarks", **options)


def point(suite, same=1.0, plain=1.0, n=6):
    return {"suite": [suite] * n, "same": [same] * n, "plain": [plain] * n}


def test_every_case_on_every_device_is_a_step(pytestconfig):
    study = Fidelity(request_for(pytestconfig.rootpath, devices=("cpu-1",), cases=("dense.64-64",)))
    assert [step.key for step in study.steps()] == ["cpu-1 dense.64-64"]


def test_at_least_twenty_cases_are_compared_unless_others_are_named(pytestconfig):
    study = Fidelity(request_for(pytestconfig.rootpath, devices=("cpu-1", "cpu-2")))
    assert len(study.steps()) == 2 * len(fidelity.CASES) >= 40


def test_accelerators_are_also_timed_by_events(pytestconfig):
    study = Fidelity(
        request_for(
            pytestconfig.rootpath, devices=("cuda-0",), cases=("dense.64-64", "dense.1024-512")
        )
    )
    assert [step.key for step in study.steps()] == [
        "cuda-0 dense.64-64",
        "cuda-0 dense.1024-512",
        "cuda-0 dense.1024-512 events",
    ]


@pytest.mark.parametrize(("devices", "cases"), [(("gpu",), ()), (("cpu-1",), ("dense.x",))])
def test_unknown_devices_and_cases_are_refused(pytestconfig, devices, cases):
    with pytest.raises((UsageError, CaseError)):
        Fidelity(request_for(pytestconfig.rootpath, devices=devices, cases=cases))


def test_a_step_gives_a_value_a_pair_of_the_suite_and_both_references(pytestconfig):
    # In a process of its own, as a study is: torch.utils.benchmark imports setuptools, which does
    # not bear that anything has imported distutils before.
    program = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from cnnfc.studies import fidelity\n"
        "from cnnfc.studies.study import Request\n"
        "fidelity.PAIRS = 2\n"
        "root = Path(sys.argv[1])\n"
        "request = Request(root, root / 'benchmarks', ('cpu-1',), ('dense.64-64',))\n"
        "study = fidelity.Fidelity(request)\n"
        "print(json.dumps(study.measure(study.steps()[0])))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(pytestconfig.rootpath)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    lengths = {side: len(values) for side, values in found.items()}
    assert lengths == {"suite": 2, "same": 2, "plain": 2}
    assert all(1e-7 < value < 1e-1 for values in found.values() for value in values)


def test_an_accelerator_that_is_not_here_is_said_and_not_timed(pytestconfig):
    from cnnfc.errors import CannotMeasure
    from cnnfc.measure.devices import why_absent

    if why_absent(Device.parse("cuda-0")) is None:
        pytest.skip("there is a GPU here")
    study = Fidelity(
        request_for(pytestconfig.rootpath, devices=("cuda-0",), cases=("dense.1024-512",))
    )
    for step in study.steps():
        with pytest.raises(CannotMeasure, match="no cuda device"):
            study.measure(step)


def test_the_table_says_ratio_and_interval_of_each_case():
    points = {
        "cpu-1 dense.64-64": point(2.0, same=2.0, plain=1.0),
        "cpu-1 dense.1024-512": point(1.005),
    }
    lines = tabulate(SETTINGS, points)
    row = next(line for line in lines if line.startswith("dense.64-64"))
    assert row.split() == [
        *("dense.64-64", "2", "s"),
        *("1.0000", "1.0000", "to", "1.0000"),
        *("2.0000", "2.0000", "to", "2.0000"),
    ]


def test_the_verdict_counts_what_is_within_one_percent_and_what_is_surely_not():
    points = {
        "cpu-1 dense.64-64": point(2.0, same=2.0, plain=1.0),
        "cpu-1 dense.1024-512": point(1.005),
    }
    same, plain = [line for line in tabulate(SETTINGS, points) if line.startswith("suite against")]
    assert "2 of 2 cases within 1%, 0 farther with their whole interval" in same
    assert "1 of 2 cases within 1%, 1 farther with their whole interval" in plain
    assert "the farthest 2.0000" in plain


def test_a_device_that_could_not_be_measured_is_named_once_with_the_reason():
    skipped = {"skipped": "no such device"}
    points = {"cpu-1 dense.64-64": skipped, "cpu-1 dense.1024-512": skipped}
    assert tabulate(SETTINGS, points) == ["cpu-1: not measured, no such device"]


def test_the_numbers_of_an_accelerator_stand_in_a_table_of_their_own():
    settings = {"devices": ["cuda-0"], "cases": ["dense.1024-512"]}
    pair = {"suite": [1.0] * 6, "reference": [2.0] * 6}
    points = {
        "cuda-0 dense.1024-512": point(1.0),
        "cuda-0 dense.1024-512 events": dict.fromkeys(QUANTITIES, pair),
    }
    lines = tabulate(settings, points)
    rows = lines[lines.index("cuda-0, by events") + 3 :][:3]
    assert [row.split()[1] for row in rows] == ["device", "throughput", "host"]
    assert all("0.5000  0.5000 to 0.5000" in row for row in rows)
