import json
import math

import pytest

from cnnfc.history.results import read_history
from cnnfc.studies.programs import call
from cnnfc.studies.scale.generate import generate
from cnnfc.studies.scale.sizes import SERIES, SIZES, Size

SMALL = Size("small", 2, 3)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("project"), SMALL)


def test_the_sizes_are_what_their_names_say():
    assert {name: size.values for name, size in SIZES.items()} == {
        "1e5": 100_000,
        "1e6": 1_000_000,
        "1e7": 10_000_000,
    }


def test_every_machine_has_measured_every_commit_but_one(project):
    history = read_history(project.results)
    assert history.problems == ()
    runs = {(run.machine, run.commit) for run in history.runs}
    assert len(project.commits) == 3
    expected = {(f"machine-{m:02}", commit) for m in range(2) for commit in project.commits}
    assert runs == expected - {("machine-01", project.commits[-1])}
    assert project.files == len(history.runs) == 5
    assert all(run.measured == SERIES for run in history.runs)


def test_commits_are_those_of_the_repository_in_the_order_of_their_dates(project):
    listed = call("git", ["git", "log", "--format=%H %ct", "--reverse"], project.root).split("\n")
    hashes, dates = zip(*(line.split() for line in listed if line), strict=True)
    assert hashes == project.commits
    history = read_history(project.results)
    by_commit = {run.commit: run.commit_date.timestamp() for run in history.runs}
    assert [by_commit[commit] for commit in hashes] == [float(date) for date in dates]


def test_asv_itself_reads_the_files(project):
    from asv.benchmarks import Benchmarks
    from asv.config import Config
    from asv.results import iter_results

    configuration = Config.load(str(project.root / "asv.conf.json"))
    configuration.results_dir = str(project.results)
    benchmarks = Benchmarks.load(configuration)
    assert len(benchmarks) == 25
    for result in iter_results(str(project.results)):
        for name in result.get_result_keys(benchmarks):
            params = benchmarks[name]["params"]
            values = result.get_result_value(name, params)
            stats = result.get_result_stats(name, params)
            assert all(map(math.isfinite, values))
            assert all(
                s["ci_99_a"] < value < s["ci_99_b"] for value, s in zip(values, stats, strict=True)
            )


def test_the_same_size_gives_the_same_files_and_each_can_be_written_again(project, tmp_path):
    again = generate(tmp_path, SMALL)
    assert again.commits == project.commits
    files = sorted(path.relative_to(project.results) for path in project.results.rglob("*.json"))
    for name in files:
        assert (again.results / name).read_bytes() == (project.results / name).read_bytes()
    path = again.write_run(0, 1)
    assert path.read_bytes() == (project.results / path.relative_to(again.results)).read_bytes()


def test_the_last_file_is_written_when_it_is_wanted(tmp_path):
    project = generate(tmp_path, SMALL)
    path = project.write_run(1, 2)
    assert json.loads(path.read_text())["commit_hash"] == project.commits[2]
    assert len(read_history(project.results).runs) == 6
