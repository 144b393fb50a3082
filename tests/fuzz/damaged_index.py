"""Damages an index and its log; ``damaged_index.py COUNT SEED FOLDER`` says what came of it.

Whatever DuckDB makes of such a file, the next command has to say what the result files say.  Each
command runs in a fork, so that a crash of the database would be seen.
"""

import json
import os
import random
import shutil
import sys
from pathlib import Path

import duckdb  # noqa: F401 - loaded here, so that no fork has to
import killed
import mutations

from cnnfc.history.index.index import open_index
from cnnfc.history.results import read_history
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.tracks import Tracks

DATA = Path(__file__).parents[1] / "data" / "results" / "real"


def values(index):
    return {
        (group.machine, one.benchmark, one.parameters): one.centre.tolist()
        for group in index.groups
        for one in Tracks(index.series(group))
    }


class Indexed:
    """A results folder with an index, and what that says."""

    def __init__(self, root):
        self.results, self.folder = root / "results", root / "index"
        shutil.copytree(DATA, self.results)
        for path in self.results.rglob("*.json"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        self.problems = read_history(self.results).problems

    def opened(self):
        return open_index(self.results, folder=self.folder, summarise=Summaries())

    def make(self):
        with self.opened() as index:
            index.keep("a", {str(number): b"x" * 1000 for number in range(300)})

    def leave_a_log(self):
        with self.opened() as index:
            index.keep("a", {str(number): b"y" * 1000 for number in range(300)})
            os._exit(0)  # without closing it

    def check(self, expected):
        with self.opened() as index:
            assert values(index) == expected
            assert index.problems == self.problems
            kept = index.kept("a")
            assert all(value in (b"x" * 1000, b"y" * 1000) for value in kept.values())
            assert len(kept) in (0, 300)
            index.keep("b", {"c": b"d"})
            made_again = bool(index.notes)
        with self.opened() as index:
            assert index.notes == ()
            assert index.kept("b") == {"c": b"d"}
        sys.exit(77 if made_again else 0)


def damage(folder, sound, chance):
    """Put the `sound` files back, one of them damaged."""
    shutil.rmtree(folder)
    folder.mkdir()
    for name, content in sound.items():
        (folder / name).write_bytes(content)
    name = chance.choice(sorted(name for name in sound if not name.startswith(".")))
    ways = [mutations.flip_bits, mutations.cut, mutations.zero_a_block, mutations.splice]
    way = chance.choice([*ways, mutations.drop_a_piece])
    (folder / name).write_bytes(way(sound[name], chance.choice(list(sound.values())), chance))


def main(count, chance, root):
    indexed = Indexed(root)
    with open_index(indexed.results, folder=None, summarise=Summaries()) as index:
        expected = values(index)
    killed.whole(indexed.make)
    killed.whole(indexed.leave_a_log)
    sound = {path.name: path.read_bytes() for path in indexed.folder.iterdir()}
    assert any(name.endswith(".wal") for name in sound), list(sound)
    made_again = 0
    for _ in range(count):
        damage(indexed.folder, sound, chance)
        status = killed.ended(killed.in_fork(lambda: indexed.check(expected)))
        assert status in (0, 77), status
        made_again += status == 77
    return {"damaged": count, "made again": made_again}


if __name__ == "__main__":
    count, seed, folder = sys.argv[1:]
    found = main(int(count), random.Random(int(seed)), Path(folder) / "root")  # noqa: S311
    sys.stdout.write(json.dumps(found))
