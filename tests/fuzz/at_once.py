"""Opens one index from several processes at once; ``at_once.py ROUNDS FOLDER`` ends well or not.

Some of them write, all of them read, and the results change in between.
"""

import os
import shutil
import sys
from pathlib import Path

import duckdb  # noqa: F401 - loaded here, so that no fork has to
import killed

from cnnfc.history.index.index import open_index
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.tracks import Tracks

DATA = Path(__file__).parents[1] / "data" / "results" / "real"
PROCESSES = 5


def ask(results, folder, patience):
    with open_index(results, folder=folder, summarise=Summaries(), patience=patience) as index:
        tracks = [one for group in index.groups for one in Tracks(index.series(group))]
        index.keep("a", {"b": os.urandom(1000)})
        assert len(index.kept("a")) == 1
        assert sum(len(one.centre) for one in tracks) == sum(r.head.measured for r in index.runs)
        assert len(index.runs) == 3
        for note in index.notes:
            assert note.startswith("another process uses") or note.endswith("made again"), note


def main(rounds, root):
    results, folder = root / "results", root / "index"
    shutil.copytree(DATA, results)
    for number in range(rounds):
        if number % 3 == 0:
            shutil.rmtree(folder, ignore_errors=True)
        elif number % 3 == 1:
            next(folder.glob("*.duckdb")).write_bytes(b"damaged")
        for path in results.glob("*/*-*.json"):
            path.write_text(path.read_text() + " ")
        # Some wait for the others, some do without the index.
        asked = [
            killed.in_fork(lambda patience=30.0 * (place % 2): ask(results, folder, patience))
            for place in range(PROCESSES)
        ]
        assert [killed.ended(one) for one in asked] == [0] * PROCESSES


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]) / "root")
