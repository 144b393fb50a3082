"""Feeds damaged result files to the readers; ``feed.py SEED COUNT FOLDER`` prints what came of it.

Every file has to come out as a run or as a problem with a reason, the index has to say the same as
the reader, and memory has to stay what it is.
"""

import json
import math
import random
import shutil
import sys
import time
from pathlib import Path

from mutations import mutate

from cnnfc.history.index.index import open_index
from cnnfc.history.results import read_history
from cnnfc.records import Outcome
from cnnfc.studies.scale.memory import own_peak
from cnnfc.timeline.indexed.centres import Summaries

#: So many files in a folder, among them one damaged description of the suite and of the machine.
BATCH = 400
DATA = Path(__file__).parents[1] / "data" / "results"


def feed(chance, count, folder):
    """Feed `count` files in batches; gives how many were read whole or in part, and left out."""
    sound = [path.read_bytes() for path in sorted(DATA.glob("*/*/*-*.json"))]
    suite = (DATA / "real" / "benchmarks.json").read_bytes()
    machine = (DATA / "real" / "elm" / "machine.json").read_bytes()
    tally = {"files": 0, "read": 0, "left out": 0, "slowest": 0.0}
    while tally["files"] < count:
        results = folder / "results"
        (results / "elm").mkdir(parents=True)
        names = [f"{number:04}-e.json" for number in range(BATCH)]
        for name in names:
            damaged = mutate(chance.choice(sound), chance.choice(sound), chance)
            (results / "elm" / name).write_bytes(damaged)
        (results / "benchmarks.json").write_bytes(mutate(suite, machine, chance))
        (results / "elm" / "machine.json").write_bytes(mutate(machine, suite, chance))
        started = time.monotonic()
        read, left_out = check(results, names)
        tally["slowest"] = max(tally["slowest"], time.monotonic() - started)
        tally["files"] += BATCH
        tally["read"] += read
        tally["left out"] += left_out
        shutil.rmtree(results)
    return tally


def check(results, names):
    history = read_history(results)
    read = {run.path for run in history.runs}
    named = {problem.path for problem in history.problems}
    files = {f"results/elm/{name}" for name in names}
    assert read | named >= files, files - read - named
    for problem in history.problems:
        assert problem.reason, problem
        assert len(problem.reason) < 5000, problem
        assert str(folder_of(results)) not in problem.reason, problem
        problem.reason.encode("utf-8")
    for run in history.runs:
        check_run(run, history)
    with open_index(results, folder=None, summarise=Summaries()) as index:
        assert index.problems == history.problems
        assert index.benchmarks == history.benchmarks
        counts = [(run.head.run.path, run.head.measured, run.head.failed) for run in index.runs]
        assert counts == [(run.path, run.measured, run.failed) for run in history.runs]
        for group in index.groups:
            for one in index.series(group):
                assert len(one) > 0
    return len(read), len(files - read)


def folder_of(results):
    return results.parent


def check_run(run, history):
    for point in run.points:
        assert (point.value is not None) == (point.outcome is Outcome.MEASURED)
        assert point.value is None or math.isfinite(point.value)
        assert all(map(math.isfinite, point.samples))
        assert history.benchmarks[point.benchmark].name == point.benchmark


if __name__ == "__main__":
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    done = feed(random.Random(seed), count, folder)  # noqa: S311
    sys.stdout.write(json.dumps({**done, "peak": own_peak()}))
