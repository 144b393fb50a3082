"""Small asv projects in temporary folders, with the fake asv of ``fake_asv.py`` to measure them."""

import json
import sys
from pathlib import Path

from cnnfc.harness.process import Asv
from testkit import repositories

FAKE = Path(__file__).with_name("fake_asv.py")
ENVIRONMENT = "virtualenv-py3.11"
#: A commit's time, so that hashes are the same in every run of a test.
DATE = "2024-05-06T07:08:09Z"


def literals(values):
    return [repr(value) for value in values]


def benchmark(name, cases=None, devices=("cpu-1", "cpu-2"), *, rounds=1, version="1"):
    """An entry of ``benchmarks.json``; without `cases` a benchmark that has no parameters."""
    return {
        "name": name,
        "params": [] if cases is None else [literals(cases), literals(devices)],
        "param_names": [] if cases is None else ["case", "device"],
        "rounds": rounds,
        "version": version,
        "type": "time",
        "warmup_time": 0.1,
        "sample_time": 0.01,
    }


def suite(*benchmarks):
    return {entry["name"]: entry for entry in benchmarks}


#: 2 layers on 2 devices, and a canary on them.
SUITE = suite(
    benchmark("dense.Forward.time_layer", ["dense.2-3", "dense.4-5"]),
    benchmark("hardware.CanaryGemm.track_flops", ["gemm.2048"]),
)


def git(root, *words):
    """Run git at `DATE`; see `repositories.git`."""
    return repositories.git(root, *words, GIT_AUTHOR_DATE=DATE, GIT_COMMITTER_DATE=DATE)


class Project:
    """An asv project called ``p`` with one commit, and what the fake asv is to do with it."""

    def __init__(self, root, benchmarks=SUITE):
        self.root = root
        self.write("asv.conf.json", '{"version": 1, "project": "p", "repo": "."}')
        self.write(".gitignore", "reports/\nresults/\nfake.json\ncalls.jsonl\n*.tmp\n")
        self.write("benchmarks/__init__.py", "")
        self.write("p/__init__.py", "")
        git(root, "init", "-q", "-b", "main")
        self.first = self.commit("first")
        self.fake = {"benchmarks": benchmarks, "environments": [ENVIRONMENT]}
        self.tell()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def commit(self, message):
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", message)
        return git(self.root, "rev-parse", "HEAD")

    def tell(self, **what):
        """What the fake asv does from now on, beside what it was told before."""
        self.fake.update(what)
        self.write("fake.json", json.dumps(self.fake))

    def asv(self, root=None, log=None, kept_open=()):
        root = root or self.root
        program = (sys.executable, "-S", "-E", str(FAKE))
        return Asv(root, log or root / "asv.log", tuple(kept_open), program=program)

    def calls(self):
        """Every call of asv so far, those that only list the suite left out."""
        path = self.root / "calls.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        calls = [json.loads(line) for line in lines]
        return [call for call in calls if "just-discover" not in call["arguments"]]

    def results(self):
        return sorted(
            path for path in self.root.glob("results/*/*-*.json") if path.name != "machine.json"
        )
