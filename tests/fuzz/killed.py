"""Kills commands at random moments; ``killed.py COMMAND COUNT SEED FOLDER`` says how many were.

Everything is loaded once, and each command runs in a fork of this program that is killed without
warning.  After each kill the results are compared byte by byte, and the next command has to work.
Databases are opened in forks alone: their threads would not survive a fork.
"""

import io
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import duckdb  # noqa: F401 - loaded here, so that no fork has to

from cnnfc.commands import merge as merge_command
from cnnfc.commands import report as report_command
from cnnfc.commands.merge import MergeOptions
from cnnfc.history.index.index import open_index
from cnnfc.history.results import read_history
from cnnfc.machine.locked_files import sweep
from cnnfc.report.writing import assets, figures
from cnnfc.timeline.indexed.centres import Summaries
from cnnfc.timeline.indexed.tracks import Tracks

DATA = Path(__file__).parents[1] / "data" / "results" / "real"


def content(folder):
    """Every file below `folder` that is no part, lock or index, with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.parts)
    }


class Command:
    """What is killed, in a folder of its own."""

    def __init__(self, root):
        self.results = root / "results"
        shutil.copytree(DATA, self.results)
        self.root = root
        self.before = content(self.results)

    def prepare(self, chance):
        """Make the folder what it is before the command."""

    def check(self):
        """All is as it should be after a kill; the next command works."""
        assert content(self.results) == self.before
        assert len(read_history(self.results).runs) == 3


class IndexCommand(Command):
    """Reads what is new into the index and keeps something, on top of an old index or none."""

    def prepare(self, chance):
        if chance.random() < 0.3:
            shutil.rmtree(self.root / "index", ignore_errors=True)
        # Another inode for a file or all of them: read again, and some with other content.
        for path in self.results.glob("*/*-*.json"):
            if chance.random() < 0.7:
                text = path.read_text()
                path.unlink()
                path.write_text(text + " " * chance.randrange(3))
        self.before = content(self.results)

    def act(self):
        with self.index() as index:
            index.keep("a", {str(number): b"x" * 1000 for number in range(50)})

    def check(self):
        super().check()
        measured = sum(run.measured for run in read_history(self.results).runs)
        with self.index() as index:
            tracks = [one for group in index.groups for one in Tracks(index.series(group))]
            assert sum(len(one.centre) for one in tracks) == measured > 30
            assert index.problems == ()
            # Not even the index suffers: what a kill has left of a change is taken back.
            assert index.notes == ()
            assert len(index.kept("a")) in (0, 1, 50)
            index.keep("a", {"b": b"c"})
            assert index.kept("a") == {"b": b"c"}

    def index(self):
        return open_index(self.results, folder=self.root / "index", summarise=Summaries())


class MergeCommand(Command):
    """Merges two machines, of which the target has a part already."""

    def __init__(self, root):
        super().__init__(root)
        self.target = root / "all"
        self.half = root / "half" / "results"
        shutil.copytree(DATA / "elm", self.half / "elm")
        self._cut(self.half / "elm")
        # What comes of it, and what was there before, without a target and with half of one.
        self.states = []
        for there in (False, True):
            self._start(there=there)
            before = content(self.target) if there else {}
            self.act()
            self.states.append((before, content(self.target)))

    @staticmethod
    def _cut(folder):
        """Take half of the benchmarks out, so that files have to be united."""
        for path in folder.glob("*-*.json"):
            data = json.loads(path.read_text())
            for name in list(data["results"])[::2]:
                del data["results"][name]
            path.write_text(json.dumps(data))

    def _start(self, *, there):
        shutil.rmtree(self.target, ignore_errors=True)
        if there:
            shutil.copytree(self.half.parent, self.target)

    def prepare(self, chance):
        there = chance.random() < 0.7
        self._start(there=there)
        self.state = self.states[there]

    def act(self):
        options = MergeOptions((self.results.parent / "results",), into=self.target)
        return merge_command.merge(options, io.StringIO())

    def check(self):
        super().check()
        before, merged = self.state
        if self.target.exists():
            found = content(self.target)
            assert found.keys() >= before.keys()
            for name, one in found.items():
                assert one in (merged[name], before.get(name)), name
        assert self.act() == 0
        assert content(self.target) == merged
        for folder in (self.target, *(p for p in self.target.rglob("*") if p.is_dir())):
            sweep(folder)
        assert not list(self.target.rglob("*.tmp"))


class ReportCommand(Command):
    """Writes the report in the place of an old one, or of none; charts are of no interest here."""

    def __init__(self, root):
        super().__init__(root)
        # Few pages, so that kills meet all that is done with them.
        for path in self.results.glob("*/*-*.json"):
            data = json.loads(path.read_text())
            data["results"] = {"suite.Once.time_once": data["results"]["suite.Once.time_once"]}
            path.write_text(json.dumps(data))
        (self.results / "benchmarks.json").unlink()
        self.before = content(self.results)
        figures.render = lambda *_: '<svg viewBox="0 0 1 1"/>'
        assets.chart_library = lambda: ""
        self.out = root / "site"
        self.act()
        self.pages = set(content(self.out))

    def prepare(self, chance):
        if chance.random() < 0.3:
            shutil.rmtree(self.out, ignore_errors=True)

    def act(self):
        return report_command.write_report(results=self.results, out=self.out, stream=io.StringIO())

    def check(self):
        super().check()
        # A new site takes the place of the old one at once, so there is a whole one or none.
        assert not self.out.exists() or set(content(self.out)) == self.pages
        assert self.act() == 0
        assert set(content(self.out)) == self.pages
        assert {path.name for path in self.root.iterdir()} == {"results", "site"}


COMMANDS = {"index": IndexCommand, "merge": MergeCommand, "report": ReportCommand}


def in_fork(action):
    """Run `action` in a fork; gives the number of its process."""
    number = os.fork()
    if number:
        return number
    try:
        action()
    except SystemExit as end:
        os._exit(end.code)
    except BaseException:  # noqa: BLE001 - whatever it is, it is said
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def ended(number):
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def whole(action):
    """Run `action` in a fork to its end; gives its seconds."""
    started = time.monotonic()
    if ended(in_fork(action)) != 0:
        sys.exit("it failed without having been killed")
    return time.monotonic() - started


def kill(command, count, chance):
    """Kill the command `count` times; those that had ended already do not count."""
    usual = max(whole(command.act) for _ in range(3))
    killed = attempts = 0
    while killed < count:
        attempts += 1
        assert attempts < 10 * count, "it ends before it can be killed"
        command.prepare(chance)
        number = in_fork(command.act)
        time.sleep(chance.uniform(0, usual))
        os.kill(number, signal.SIGKILL)
        status = ended(number)
        assert status in (0, -signal.SIGKILL), status
        killed += status != 0
        whole(command.check)
    return {"killed": killed, "attempts": attempts, "usual": usual}


if __name__ == "__main__":
    name, count, seed, folder = sys.argv[1:]
    # In the user's name nothing is to be looked for or written.
    os.environ["HOME"] = os.environ["XDG_CACHE_HOME"] = folder
    root = Path(folder) / "root"
    root.mkdir()
    found = kill(COMMANDS[name](root), int(count), random.Random(int(seed)))  # noqa: S311
    sys.stdout.write(json.dumps(found))
