"""A project with a history of its machine, and an asv in its place that says what it is told."""

import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cnnfc.commands.check import measuring, plan
from cnnfc.harness.devices import Devices
from cnnfc.harness.process import Asv
from cnnfc.machine.identity import Identity
from cnnfc.machine.schema import HardwareRecord
from testkit import projects
from testkit.results_on_disk import file_content

GIB = 2**30
ENVIRONMENT = projects.ENVIRONMENT
GEMM = "hardware.CanaryGemm.track_flops"
DENSE = "dense.Forward.time_layer"
#: What the fake asv measures of everything.
MEASURED = 1.5
#: A canary and a layer on two devices, and a layer that no check looks at.
SUITE = projects.suite(
    projects.benchmark(DENSE, ["dense.1024-512", "dense.2-3"]),
    projects.benchmark(GEMM, ["gemm.2048"]),
)
OAK = Identity("Oak 1", 1, 2, 2, 8 * GIB, detail={"architecture": "x86_64"})
FIRST_RUN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(**changes):
    """A hardware record of OAK in its environment; `changes` replace parts of its state."""
    cpu = {"usable": 2, "frequency_hz": 3_400_000_000, "governor": "performance"}
    state = {
        "cpu": cpu | changes.pop("cpu", {}),
        "memory": {"available_bytes": 6 * GIB} | changes.pop("memory", {}),
        "temperatures": changes.pop("temperatures", {}),
    }
    return HardwareRecord(
        **{
            "machine": OAK.name,
            "started_at": FIRST_RUN,
            "profile": "standard",
            "identity": OAK.as_dict(),
            "state_before": state,
            "state_after": state,
            "software": {"packages": {"torch": changes.pop("torch", "2.13.0")}},
            "asv": {},
            "environment": ENVIRONMENT,
            **changes,
        }
    )


class CheckProject(projects.Project):
    """A project whose machine is `OAK`, with as many runs of history as `runs` has factors.

    In each run everything measured `MEASURED` times that factor, but for `own`: factors of a
    benchmark.  The newest run is of the project's one commit.
    """

    def __init__(self, root, runs=(0.99, 1.0, 1.01), own=None, benchmarks=SUITE, version="1"):
        super().__init__(root, benchmarks)
        for number in range(len(runs)):
            newest = number == len(runs) - 1
            commit = self.first if newest else f"{number:08x}" * 5
            factors = {name: (own or {}).get(name, runs)[number] for name in benchmarks}
            self.add_run(commit, number, factors, version)
        if runs:
            self.write("results/benchmarks.json", json.dumps({**benchmarks, "version": 2}))

    def add_run(self, commit, number, factors, version):
        moment = FIRST_RUN + timedelta(days=number)
        milliseconds = round(1000 * moment.timestamp())
        rows = {}
        for name, factor in factors.items():
            params = self.fake["benchmarks"][name]["params"]
            value = MEASURED * factor
            count = len(params[0]) * len(params[1])
            row = [[value] * count, params, version, milliseconds, 1.0]
            rows[name] = [*row, *[None] * 6, [[value] * 7] * count]
        about = {"commit_hash": commit, "env_name": ENVIRONMENT, "date": milliseconds}
        content = file_content(rows, **about, params={"machine": OAK.name})
        name = f"results/{OAK.name}/{commit[:8]}-{ENVIRONMENT}.json"
        self.write(name, json.dumps(content))

    def add_record(self, **changes):
        found = record(**changes)
        name = f"reports/hardware/{OAK.name}/{found.started_at:%Y%m%dT%H%M%SZ}.json"
        self.write(name, json.dumps(found.as_dict()))

    def history(self):
        """Every file that a check must leave alone, with its content."""
        folders = (self.root / "results", self.root / "reports" / "hardware")
        files = (path for folder in folders for path in sorted(folder.rglob("*")))
        return {path: path.read_bytes() for path in files if path.is_file()}


class Scratch:
    """Makes the fake asv for a check, and remembers what was asked of it.

    `factors` is by what the values of each call that measures are multiplied; `record` the hardware
    record that the first of them leaves; `broken` what asv says instead of measuring;
    `tell` changes what the fake asv does in a call by its number.
    """

    def __init__(self, project, factors=(1.0, 1.0), record=None, tell=None):
        self.project = project
        self.factors = list(factors)
        self.record = record
        self.tell = tell or {}
        self.roots = []
        self.calls = []
        self.variables = []
        self.config = None

    def make(self, root, log, kept_open):
        self.roots.append(root)
        program = (sys.executable, "-S", "-E", str(projects.FAKE))
        return _Recorded(Asv(root, log, kept_open, program=program), self)

    @property
    def measured(self):
        """The ``--bench`` expressions of each call that measured."""
        return [
            [call[n + 1] for n, word in enumerate(call) if word == "--bench"]
            for call in self.calls
            if "just-discover" not in call
        ]


class _Recorded:
    def __init__(self, asv, scratch):
        self.asv, self.root, self.log, self.scratch = asv, asv.root, asv.log, scratch

    def run(self, arguments, listen, *, variables=None, standard_input=""):
        scratch = self.scratch
        scratch.calls.append(list(arguments))
        scratch.variables.append(dict(variables))
        scratch.config = json.loads((self.root / "asv.conf.json").read_text(encoding="utf-8"))
        number = len(scratch.measured)
        scratch.project.tell(**scratch.tell.get(number, {}))
        shutil.copy(scratch.project.root / "fake.json", self.root)
        status = self.asv.run(arguments, listen, variables=variables, standard_input=standard_input)
        if "just-discover" not in arguments:
            for path in self.root.glob("results/*/*-*.json"):
                text = path.read_text(encoding="utf-8")
                value = str(MEASURED * scratch.factors[number - 1])
                found = json.loads(text.replace(str(MEASURED), value))
                # What asv writes and the fake one leaves out.
                found |= {"date": 0, "params": {"machine": OAK.name}, "python": "3.11"}
                path.write_text(json.dumps(found), encoding="utf-8")
            path = Path(variables["CNNFC_RECORD"])
            if scratch.record is not None and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(scratch.record.as_dict()), encoding="utf-8")
        return status


def pretend(monkeypatch, tmp_path, identity=OAK):
    """Let this machine be `identity` with two CPUs, and its user's home folder be empty.

    Canaries are read once, so that a measurement is one call of asv.
    """
    monkeypatch.setattr(measuring, "READINGS", 1)
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(plan, "identify", lambda: identity)
    monkeypatch.setattr(plan, "look", lambda _: Devices(cpus=2))
    # The state after what was measured is that of the machine which runs the tests.
    monkeypatch.setattr(measuring.record, "finish", lambda path: None)
