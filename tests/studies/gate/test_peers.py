import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.gate.cases import GatedCase, Injection
from cnnfc.studies.gate import peer_asv, peer_processes, peer_pytest, peers
from cnnfc.studies.gate.peer_suites import SECOND, Task, key, write_asv, write_tests
from cnnfc.studies.gate.suite import Suite
from cnnfc.studies.study import Request


def case(name, device="cpu-1"):
    benchmark = "dense.Forward.time_layer"
    params = (repr(name), repr(device))
    return GatedCase(f"{benchmark}[{name}-{device}]", benchmark, params, 0, seconds=1e-3)


CASES = (case("dense.64-64"), case("dense.1024-512"))


@pytest.fixture
def task(pytestconfig):
    root = pytestconfig.rootpath
    suite = Suite.of(Request(root, root / "benchmarks"))
    return Task(suite, CASES, {CASES[1].id: Injection(0.05)})


ASV_SAYS = """
| Change   | Before [4f1ed5f1] <master~1>   | After [1ac4a14f] <master>   | Ratio   | Benchmark |
|----------|-------------|---------|---------|-----------------------------|
| +        | 45.1±0.2μs  | 60±1μs  |    1.33 | dense.Forward.time_layer('dense.64-64', 'cpu-1') |
|          | 45.1±0.2μs  | 46±1μs  |   ~1.02 | dense.Forward.time_layer('dense.1024-512', 'cpu-1') |
"""


def test_the_table_of_asv_is_read_with_its_marks(task, tmp_path, monkeypatch):
    calls = []

    def call(name, command, folder, **options):
        calls.append(command)
        return ASV_SAYS if name == "asv" else "abc\n"

    monkeypatch.setattr(peer_asv, "call", call)
    monkeypatch.setattr(peer_asv, "register", lambda _identity: None)
    found = peer_asv.measure(task, tmp_path, ("--interleave-rounds",))
    assert found == {
        CASES[0].id: {"says": 1, "ratio": 1.33},
        CASES[1].id: {"says": 0, "ratio": 1.02},
    }
    assert calls[-1][-1] == "--interleave-rounds"


def test_a_case_that_asv_leaves_out_is_no_zero(task, tmp_path, monkeypatch):
    monkeypatch.setattr(peer_asv, "call", lambda *_, **__: "")
    monkeypatch.setattr(peer_asv, "register", lambda _identity: None)
    with pytest.raises(CannotMeasure, match="asv continuous said nothing about"):
        peer_asv.measure(task, tmp_path, ())


def test_the_suite_for_asv_slows_down_on_the_second_commit(task, tmp_path):
    write_asv(tmp_path, task, "second")
    wanted = json.loads((tmp_path / "slowed.json").read_text())
    assert wanted == {"commit": "second", "slowed": {key(CASES[1]): pytest.approx(5e-5)}}
    package = (tmp_path / "benchmarks" / "__init__.py").read_text()
    code = f"""
import sys, types
class Timer:
    def timeit(self, number):
        return 1.0 * number
class TimeBenchmark:
    name, _current_params = "dense.Forward.time_layer", ("dense.1024-512", "cpu-1")
    def benchmark_timing(self, timer):
        return timer.timeit(2)
module = types.ModuleType("asv_runner.benchmarks.time")
module.TimeBenchmark = TimeBenchmark
sys.modules["asv_runner.benchmarks.time"] = module
import cnnfc.gate.worker.injection as injection
spent = []
class Spinner:
    spend = staticmethod(spent.append)
injection.spinner = Spinner
exec(compile({package[package.index("def _slow") :]!r}, "hook", "exec"))
value = TimeBenchmark().benchmark_timing(Timer())
assert 2.0 <= value < 2.1, value
print(spent)
"""
    # Both commits call the busy loop, so that calling it is no difference.
    for commit, spent in (("first", "[0.0]\n"), ("second", "[0.0001]\n")):
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "ASV_COMMIT": commit},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.stdout == spent, ran.stderr


def test_the_environment_of_asv_notes_the_commit_and_runs_this_interpreter(tmp_path, monkeypatch):
    from cnnfc.studies.gate.asv_environment import SameEnvironment

    asv = pytest.importorskip("asv")
    from asv.config import Config

    assert asv
    monkeypatch.chdir(tmp_path)
    config = Config()
    config.env_dir, config.project = str(tmp_path / "env"), "study"
    environment = SameEnvironment(config, "3.11", {}, {})
    environment.create()
    environment.install_project(config, None, "abc")
    shown = environment.run(["-c", "import os, sys; print(os.environ['ASV_COMMIT'], sys.prefix)"])
    assert shown.split() == ["abc", sys.prefix]
    assert environment.installed_commit_hash == "abc"


def test_pytest_benchmark_is_compared_by_its_stored_runs(task, tmp_path, monkeypatch):
    calls = []

    def call(name, command, folder, environment=None, **_options):
        calls.append((command, environment))
        values = {"min": 2.0, "median": 3.0, "mean": 4.0} if environment else {}
        stats = {"min": 1.0, "median": 2.0, "mean": 4.0} | values
        kept = [{"params": {"key": key(one)}, "stats": stats} for one in CASES]
        (folder / "kept").mkdir(exist_ok=True)
        path = folder / "kept" / f"{len(calls):04}.json"
        path.write_text(json.dumps({"benchmarks": kept}))
        return ""

    monkeypatch.setattr(peer_pytest, "call", call)
    found = peer_pytest.measure(task, tmp_path)
    assert found[CASES[0].id] == {"min": 2.0, "median": 1.5, "mean": 1.0}
    assert calls[1][1] == {SECOND: "1"}
    compile((tmp_path / "test_layers.py").read_text(), "test_layers.py", "exec")


def test_a_missing_pytest_benchmark_is_said_with_what_to_do(task, tmp_path, monkeypatch):
    def call(*_, **__):
        raise CannotMeasure(
            "pytest ended with status 4: error: unrecognized arguments: --benchmark"
        )

    monkeypatch.setattr(peer_pytest, "call", call)
    with pytest.raises(CannotMeasure, match="pip install pytest-benchmark"):
        peer_pytest.measure(task, tmp_path)


def test_the_tests_know_every_case(task, tmp_path):
    write_tests(tmp_path, task)
    cases = json.loads((tmp_path / "cases.json").read_text())
    assert cases["keys"] == [key(one) for one in CASES]
    assert cases["slowed"] == {key(CASES[1]): pytest.approx(5e-5)}


class FakeWorker:
    """Answers with its side's time; the contender's second case is slower if it is asked to be."""

    asked = []  # noqa: RUF012 - emptied by the test

    def __init__(self, role, place, seed):
        self.role, self.place, self.seed = role, place, seed

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def ask(self, op, timeout, **fields):
        self.asked.append((self.role, op, self.seed))
        slow = 1.5 if "inject" in fields else 1.0
        return {"values": [slow + self.place / 100] * 6} if op == "leg" else {}


def test_processes_take_turns_and_both_rules_judge_them(task, monkeypatch):
    places = iter(range(100))
    monkeypatch.setattr(
        peer_processes,
        "start",
        lambda _, side, slot, env: FakeWorker(side.role, next(places), env["PYTHONHASHSEED"]),
    )
    FakeWorker.asked.clear()

    roles = ("baseline", "contender")
    sides = SimpleNamespace(**{role: SimpleNamespace(role=role) for role in roles})
    found = peer_processes.measure(task, SimpleNamespace(sides=sides), 1)
    asked = [(role, seed) for role, op, seed in FakeWorker.asked if op == "load"]
    twos = list(zip(asked[::2], asked[1::2], strict=True))
    assert len(twos) == peer_processes.PROCESSES
    assert all({one[0], other[0]} == set(roles) for one, other in twos)
    assert all(one[1] == other[1] for one, other in twos)
    # Which side is first is a coin.
    assert {one[0] for one, _ in twos} == set(roles)
    assert [(found[one.id]["benchstat"], found[one.id]["pyperf"]) for one in CASES] == [
        (0, 0),
        (1, 1),
    ]
    assert len(found[CASES[0].id]["baseline"]) == 3 * peer_processes.PROCESSES


@pytest.mark.parametrize("is_second", [False, True])
def test_a_test_that_is_not_slowed_calls_the_busy_loop_too(task, tmp_path, monkeypatch, is_second):
    write_tests(tmp_path, task)
    monkeypatch.delenv(SECOND, raising=False)
    if is_second:
        monkeypatch.setenv(SECOND, "1")
    space = {"__file__": str(tmp_path / "test_layers.py")}
    exec(compile((tmp_path / "test_layers.py").read_text(), "test_layers.py", "exec"), space)  # noqa: S102
    spun, called = [], []
    space["spin"] = spun.append
    # A loop of 1000 iterations takes 10 us more than an empty one.
    space["timeit"] = SimpleNamespace(
        repeat=lambda call, number, repeat: [100 * (1e-6 + 1e-5 * (call() or spun.pop()) / 1000)]
    )
    space["api"] = SimpleNamespace(forward=lambda case, device: lambda: called.append(case))
    for one in CASES:
        space["test_layer"](lambda call: call(), key(one))
    # 5% of 1 ms are 50 us.
    assert spun == [0, 5000 if is_second else 0]
    assert len(called) == 2


def test_a_comparison_beside_others_is_disturbed(monkeypatch):
    class Suite:
        def surveyed(self, folder, protocol):
            return None, [CASES[0]]

    monkeypatch.setattr(peers.peer_processes, "measure", lambda task, setting, seed: {})
    for cpus, load in ((0.05, "quiet"), (0.5, "disturbed")):
        monkeypatch.setattr(peers.Others, "cpus", lambda _self, cpus=cpus: cpus)
        point = peers.compare(Suite(), "processes", "quiet", 1, injected=False)
        assert (point["load"], point["others"]) == (load, cpus)


def test_two_thirds_of_the_cases_are_slowed_each_size_equally_often():
    kinds = peers._kinds([f"case {place}" for place in range(14)], 1)
    counts = {size: list(kinds.values()).count(size) for size in peers.SIZES}
    assert counts == {"3%": 3, "5%": 3, "10%": 3}
