"""Whatever happens to a result file, the reader says so in words and never falls over."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnfc.analysis.summary import summarise
from cnnfc.history.results import read_history
from cnnfc.records import Outcome

FEW = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,  # the same damage in every run of the suite
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

#: What a program that writes a file wrongly may put into the place of anything.
WRONG = st.sampled_from(
    [
        *(None, True, False, 0, -1, 3, 10**30, 10**400, 1.5, -2.5, math.nan, math.inf, -math.inf),
        *("", "x", "'", "\ud800", "\x00", "a" * 2000, "NaN", [], {}, [[]], [None], [[[1]]]),
        *({"a": 1}, [1, 2, 3], ["'x'", "'y'"], {"result": [1]}, [{"ci_99": 1}]),
    ]
)


@pytest.fixture
def sound(real, format1):
    """The bytes of a file of each format, to be damaged."""
    return {
        1: (format1 / "yew" / "0123abcd-py3.5-numpy1.9.json").read_bytes(),
        2: (real / "elm" / "96f3d5c1-virtualenv-py3.11.json").read_bytes(),
        "benchmarks": (real / "benchmarks.json").read_bytes(),
        "machine": (real / "elm" / "machine.json").read_bytes(),
    }


def check(folder, sound, kind, damaged):
    """A folder with one damaged file is read; what comes out is as promised."""
    machine = folder / "elm"
    machine.mkdir(parents=True, exist_ok=True)
    files = {
        machine / "machine.json": damaged if kind == "machine" else sound["machine"],
        machine / "result.json": damaged if kind in (1, 2) else sound[2],
        folder / "benchmarks.json": damaged if kind == "benchmarks" else sound["benchmarks"],
    }
    for path, content in files.items():
        path.write_bytes(content)
    history = read_history(folder)
    if not history.runs:
        assert history.problems
    for run in history.runs:
        for point in run.points:
            assert (point.value is not None) == (point.outcome is Outcome.MEASURED)
            assert point.value is None or math.isfinite(point.value)
            assert all(map(math.isfinite, point.samples))
            assert history.benchmarks[point.benchmark].name == point.benchmark
            assert (summarise(point) is not None) == (point.outcome is Outcome.MEASURED)
    for problem in history.problems:
        assert problem.reason
        assert problem.path.startswith("results/")
        assert len(problem.reason) < 5000
    str(history).encode("utf-8")


def paths(data, here=()):
    """Where every value is in nested data."""
    yield here
    items = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in items:
        yield from paths(value, (*here, key))


def replaced(data, path, value):
    if not path:
        return value
    data = dict(data) if isinstance(data, dict) else list(data)
    data[path[0]] = replaced(data[path[0]], path[1:], value)
    return data


kinds = st.sampled_from([1, 2, "benchmarks", "machine"])


@FEW
@given(kind=kinds, place=st.floats(0, 1))
def test_a_file_cut_anywhere_is_named(tmp_path, sound, kind, place):
    content = sound[kind]
    check(tmp_path / "results", sound, kind, content[: int(place * len(content))])


@FEW
@given(kind=kinds, flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1))
def test_a_file_with_flipped_bits_does_no_harm(tmp_path, sound, kind, flips):
    content = bytearray(sound[kind])
    for place, bit in flips:
        content[int(place * (len(content) - 1))] ^= 1 << bit
    check(tmp_path / "results", sound, kind, bytes(content))


@FEW
@given(kind=kinds, changes=st.lists(st.tuples(st.floats(0, 1), WRONG), min_size=1, max_size=3))
def test_a_wrong_value_anywhere_does_no_harm(tmp_path, sound, kind, changes):
    data = json.loads(sound[kind])
    for place, value in changes:
        found = list(paths(data))
        data = replaced(data, found[int(place * (len(found) - 1))], value)
    check(tmp_path / "results", sound, kind, json.dumps(data).encode())


@FEW
@given(kind=kinds, place=st.floats(0, 1))
def test_a_missing_key_or_entry_does_no_harm(tmp_path, sound, kind, place):
    data = json.loads(sound[kind])
    found = [path for path in paths(data) if path]
    *parents, last = found[int(place * (len(found) - 1))]
    inner = data
    for key in parents:
        inner = inner[key]
    del inner[last]
    check(tmp_path / "results", sound, kind, json.dumps(data).encode())
