import signal
import sys

import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.studies import sampler
from cnnfc.studies.resident import NICE
from cnnfc.studies.sampler import ResidentEnded, Sampler

FORWARD = "dense.Forward.time_layer"


@pytest.fixture(scope="module")
def resident(request):
    with Sampler(request.config.rootpath / "benchmarks", {}) as running:
        yield running


def test_a_sample_is_what_one_process_of_the_suite_measures(resident):
    values = resident.take(FORWARD, "dense.64-64", "cpu-1")
    assert 3 <= len(values) <= 5
    assert all(1e-7 < value < 1e-2 for value in values)


def test_another_protocol_takes_the_place_of_the_suites(pytestconfig):
    from cnnfc.studies import sampling

    folder = pytestconfig.rootpath / "benchmarks"
    long = sampling.take(folder, FORWARD, "dense.64-64", "cpu-1")
    short = sampling.take(folder, FORWARD, "dense.64-64", "cpu-1", protocol={"sample_time": 0.0005})
    assert short.number < long.number


def test_what_the_suite_skips_is_said_with_its_reason_and_the_next_is_measured(resident):
    with pytest.raises(CannotMeasure, match="128 threads asked for"):
        resident.take(FORWARD, "dense.64-64", "cpu-128")
    assert resident.take(FORWARD, "dense.64-64", "cpu-1")


def test_a_benchmark_that_the_suite_lacks_is_said(pytestconfig):
    with (
        Sampler(pytestconfig.rootpath / "benchmarks", {}) as running,
        pytest.raises(ResidentEnded, match=r"has no benchmark dense\.Nothing"),
    ):
        running.take("dense.Nothing.time_layer", "dense.64-64", "cpu-1")


@pytest.fixture
def replaced(tmp_path, monkeypatch):
    """Puts a program of a few lines in the place of the resident."""

    def replace(text, **environment):
        package = tmp_path / "cnnfc" / "studies"
        package.mkdir(parents=True)
        for folder in (package, package.parent):
            (folder / "__init__.py").touch()
        (package / "resident.py").write_text(text)
        path = {"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"}
        return Sampler(tmp_path, {**path, **environment})

    return replace


def test_a_resident_that_dies_is_reported_with_its_last_words(replaced):
    with (
        replaced("import sys; input(); sys.exit('not allowed')") as running,
        pytest.raises(ResidentEnded, match="not allowed"),
    ):
        running.take(FORWARD, "dense.64-64", "cpu-1")


def test_a_resident_that_hangs_is_stopped(replaced, monkeypatch):
    monkeypatch.setattr(sampler, "TIMEOUT", 0.2)
    with (
        replaced("input(); import time; time.sleep(60)") as running,
        pytest.raises(ResidentEnded, match="the process that takes samples ended"),
    ):
        running.take(FORWARD, "dense.64-64", "cpu-1")
    assert running._talk.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="priorities are numbers on POSIX")
def test_the_environment_of_a_condition_reaches_the_process(replaced):
    program = f"import os; input(); print('{{\"values\": [' + os.environ['{NICE}'] + ']}}')"
    with replaced(program, **{NICE: "7"}) as running:
        assert running.take(FORWARD, "dense.64-64", "cpu-1") == [7.0]
