"""Suites of a few lines, listed by real workers."""

from dataclasses import replace
from pathlib import Path

import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.measuring.listing import Listed, list_both, unfold

TWO = """
def time_a():
    pass

class S:
    params = ["x", "y"]

    def time_c(self, n):
        pass
"""
#: A module that the contender's package is too new for.
ON_THE_BASELINE_ALONE = """
import tiny
if tiny.ROLE == "contender":
    raise ImportError("tiny has lost it")
"""


def presences(listed):
    return {one.id: one.presence for one in listed}


def listed_as(name, **fields):
    return Listed(name, name, (), 0, "both", "time", "seconds", 60.0, **fields)


def test_the_same_files_on_both_sides_have_everything_on_both(make_setting):
    setting = make_setting(TWO)
    # The baseline's worker, which there is no need for, could not even be started.
    nobody = replace(setting.sides.baseline, python=Path("/nonexistent"))
    listed = list_both(replace(setting, sides=replace(setting.sides, baseline=nobody)))
    assert presences(listed) == dict.fromkeys(
        ("it.time_a", "it.S.time_c[x]", "it.S.time_c[y]"), "both"
    )
    assert [(one.index, one.params) for one in listed[1:]] == [(0, ("'x'",)), (1, ("'y'",))]


def test_what_one_side_alone_declares_is_new_or_missing(make_setting):
    own = "def time_a(): pass\ndef time_old(): pass\n"
    listed = list_both(make_setting("def time_a(): pass\ndef time_young(): pass\n", own=own))
    assert presences(listed) == {
        "it.time_a": "both",
        "it.time_young": "new",
        "it.time_old": "missing",
    }
    assert listed[-1].error is None


def test_a_parameter_that_one_side_alone_has_is_new(make_setting):
    own = TWO.replace('["x", "y"]', '["x"]')
    assert presences(list_both(make_setting(TWO, own=own)))["it.S.time_c[y]"] == "new"


def test_nothing_is_new_to_a_baseline_that_is_older_than_the_suite(make_setting):
    assert set(presences(list_both(make_setting(TWO, own=None))).values()) == {"both"}


@pytest.mark.parametrize("own", ["the same", None])
def test_a_module_that_the_contender_cannot_import_is_missing_with_the_reason(make_setting, own):
    suite = {
        "fine.py": "def time_a(): pass\n",
        "lost.py": ON_THE_BASELINE_ALONE + TWO,
        "inner/__init__.py": "",
        "inner/lost.py": ON_THE_BASELINE_ALONE + "def time_b(): pass\n",
    }
    notes = []
    listed = list_both(make_setting(suite, own=own), notes.append)
    assert presences(listed) == {
        "fine.time_a": "both",
        "lost.time_a": "missing",
        "lost.S.time_c[x]": "missing",
        "lost.S.time_c[y]": "missing",
        "inner.lost.time_b": "missing",
    }
    assert {one.error for one in listed[1:]} == {"ImportError: tiny has lost it"}
    assert {one.file for one in listed} == {"fine.py", "lost.py", "inner/lost.py"}
    assert notes == []


def test_a_package_that_the_contender_cannot_import_takes_its_modules_along(make_setting):
    suite = {"inner/__init__.py": ON_THE_BASELINE_ALONE, "inner/it.py": TWO}
    listed = list_both(make_setting(suite))
    assert {(one.presence, one.error) for one in listed} == {
        ("missing", "ImportError: tiny has lost it")
    }


def test_a_whole_suite_that_the_contender_cannot_import_is_missing_with_the_reason(make_setting):
    listed = list_both(make_setting({"__init__.py": ON_THE_BASELINE_ALONE, "it.py": TWO}))
    assert len(listed) == 3
    assert {one.error for one in listed} == {"ImportError: tiny has lost it"}


def test_a_module_that_nobody_can_import_is_noted(make_setting):
    notes = []
    suite = {"it.py": TWO, "lacks.py": "import a_module_that_is_not_there\n"}
    assert len(list_both(make_setting(suite), notes.append)) == 3
    (note,) = notes
    assert note == (
        "benchmarks.lacks cannot be imported, so its benchmarks are not gated: "
        "ModuleNotFoundError: No module named 'a_module_that_is_not_there'"
    )


@pytest.mark.parametrize("own", ["the same", "import this_is_not_there\n", None])
def test_a_suite_without_benchmarks_is_refused(make_setting, own):
    with pytest.raises(UsageError, match=r"^benchmarks of contender declares no benchmark$"):
        list_both(make_setting("def helper(): pass\n", own=own))


def test_a_suite_without_a_module_that_works_says_what_fails(make_setting):
    with pytest.raises(UsageError, match=r"no benchmark; benchmarks\.it: ZeroDivisionError"):
        list_both(make_setting("1 / 0\n"))


def test_a_suite_that_ends_the_process_is_refused_with_its_last_words(make_setting):
    suite = "import os, sys\nprint('I leave now', flush=True)\nos._exit(3)\n"
    with pytest.raises(UsageError) as refused:
        list_both(make_setting(suite))
    said = str(refused.value)
    assert said.startswith("the benchmarks of contender cannot be listed: the worker")
    assert "exit code 3" in said
    assert said.endswith("\n  I leave now")


def test_a_suite_that_prints_forks_and_exits_is_listed(make_setting):
    suite = {
        "it.py": "import os\nprint('{}')\nif os.fork() == 0: os._exit(0)\n" + TWO,
        "script.py": "raise SystemExit('usage: script')\n",
    }
    notes = []
    assert len(list_both(make_setting(suite), notes.append)) == 3
    assert "SystemExit: usage: script" in notes[0]


def test_what_is_declared_is_what_is_listed(make_setting):
    suite = """
class Loss:
    def track_it(self):
        return 1.0
    track_it.unit = "apples"
    track_it.higher_is_better = True

    def peakmem_it(self):
        pass

class Cached:
    timeout = 7

    def setup_cache(self):
        return 1

    def time_it(self, one):
        pass
"""
    found = {one.name: one for one in list_both(make_setting(suite))}
    track = found["it.Loss.track_it"]
    assert (track.kind, track.unit, track.higher_is_better) == ("track", "apples", True)
    peak = found["it.Loss.peakmem_it"]
    assert (peak.kind, peak.unit, peak.higher_is_better) == ("peakmem", "bytes", False)
    cached = found["it.Cached.time_it"]
    assert (cached.kind, cached.timeout) == ("time", 7.0)
    assert cached.cache is not None
    assert track.cache is None


def test_parameters_that_look_alike_get_names_of_their_own():
    described = {"name": "it.time_a", "type": "time", "params": [["'a+'", "'a*'"]]}
    listed = unfold([described], Path("/suite"))
    assert [one.id for one in listed] == ["it.time_a[a]", "it.time_a[a-1]"]
    assert [one.timeout for one in listed] == [60.0, 60.0]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("conv.Forward.time_layer", "conv.py"),
        ("passes.conv.Forward.time_layer", "passes/conv.py"),
        ("conv.time_layer", "conv.py"),
        ("Forward.time_layer", "__init__.py"),
        ("time_layer", "__init__.py"),
    ],
)
def test_the_file_of_a_benchmark_is_guessed_if_nobody_says_it(name, file):
    assert listed_as(name).file == file
    assert listed_as(name, path="there.py").file == "there.py"
