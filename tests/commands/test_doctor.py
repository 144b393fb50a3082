import io
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from cnnfc.cli import main
from cnnfc.commands import doctor
from cnnfc.commands.doctor import measure_spinning, say_short, show_doctor
from cnnfc.machine.doctor.answers import Jitter, Measured, Skipped
from cnnfc.machine.doctor.findings import Examination, parse_examination
from cnnfc.machine.host import Host

GIB = 2**30


@pytest.fixture
def make_host(tmp_path):
    """A machine with these files, load and memory."""

    def build(files=None, load=0.0, **more):
        root = tmp_path / "root"
        for path, text in {
            "proc/cpuinfo": "processor\t: 0\nflags\t: fpu\n",
            **(files or {}),
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        psutil = SimpleNamespace(
            virtual_memory=lambda: SimpleNamespace(total=8 * GIB, available=7 * GIB, free=6 * GIB),
            getloadavg=lambda: (load, load, load),
            swap_memory=lambda: SimpleNamespace(used=0),
            **more,
        )
        return Host(root=root, system="Linux", architecture="x86_64", psutil=psutil)

    return build


HALF_A_CPU = {
    "proc/self/cgroup": "0::/\n",
    "proc/self/mountinfo": "700 690 0:30 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
    "sys/fs/cgroup/cpu.max": "50000 100000\n",
}
TURBO = {"sys/devices/system/cpu/cpufreq/boost": "1"}


def shown(host, measured=None, **options):
    out, progress = io.StringIO(), io.StringIO()
    asked = []

    def probe(host):
        asked.append(host)
        return measured or Measured()

    code = show_doctor(out=out, progress=progress, host=host, probe=probe, **options)
    return SimpleNamespace(code=code, text=out.getvalue(), said=progress.getvalue(), asked=asked)


@pytest.mark.parametrize(
    ("files", "code"), [({}, 0), (TURBO, 3), (HALF_A_CPU, 4), ({**TURBO, **HALF_A_CPU}, 4)]
)
def test_the_exit_code_is_that_of_the_worst_finding(make_host, files, code):
    assert shown(make_host(files)).code == code


def test_what_was_measured_counts_too(make_host):
    measured = Measured(jitter=Jitter(1.0, 0.5, 0.1, 9, 1e-7))
    ran = shown(make_host(), measured)
    assert ran.code == 4
    assert "SEVERE    time taken from a running program\n" in ran.text


def test_the_text_has_blocks_and_ends_with_the_verdict(make_host):
    ran = shown(make_host(HALF_A_CPU))
    lines = ran.text.splitlines()
    assert lines[0].startswith("Machine ")
    assert lines[2] == "SEVERE    CPU quota of the control group"
    assert lines[3] == "  found   A quota of 0.5 CPUs is set."
    assert any(line.startswith("VERDICT   1 severe, ") for line in lines[-3:])
    assert max(map(len, lines)) <= 100


def test_probing_is_announced_apart_from_the_findings(make_host):
    host = make_host()
    ran = shown(host)
    assert ran.asked == [host]
    assert ran.said == "cnnfc doctor: probing, about 10 s\n"
    assert "probing" not in ran.text


def test_quick_measures_nothing_and_says_so(make_host):
    ran = shown(make_host(), quick=True)
    assert (ran.asked, ran.said) == ([], "")
    assert ran.text.splitlines()[0].endswith(", nothing measured (--quick)")


def test_json_has_every_finding_and_the_exit_code(make_host):
    ran = shown(make_host(TURBO), as_json=True)
    data = json.loads(ran.text)
    assert (data["schema"], data["worst"], data["exit_code"]) == (1, "moderate", 3)
    assert data["probed"] is True
    found = parse_examination(data)
    assert found.findings[0].id == "turbo"
    assert {"turbo", "memory", "swap"} <= set(found.checked)
    assert len(found.findings) == len(found.checked)
    assert set(data) == {
        *("schema", "machine", "examined_at", "probed", "worst", "exit_code"),
        *Examination().as_dict(),
    }


def test_before_a_run_the_worst_is_said_with_its_fix(make_host):
    said = []
    say_short(said.append, host=make_host(HALF_A_CPU), probe=lambda _: Measured())
    assert said[0].startswith(
        "doctor: severe: CPU quota of the control group: A quota of 0.5 CPUs is set. Fix: "
    )
    assert 2 <= len(said) <= 3


def test_before_a_run_jitter_and_others_are_measured(monkeypatch, make_host):
    monkeypatch.undo()  # the probe that other tests of commands do without
    monkeypatch.setattr(doctor, "SHORT_SECONDS", 0.01)
    measured = doctor.measure_briefly(make_host())
    assert measured.jitter.seconds >= 0.01
    assert measured.sharing.seconds >= 0.01


def fake_run(*answers):
    """Stands for `subprocess.run`: gives `answers` in turn and keeps the environments."""
    left = list(answers)
    kept = []

    def run(command, *, env, **_):
        kept.append(env)
        assert command == [sys.executable, "-m", "cnnfc.measure.spin_probe"]
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        code, out, err = answer
        return subprocess.CompletedProcess(command, code, out, err)

    run.kept = kept
    return run


def answer(median, slow):
    return (0, json.dumps({"median": median, "slow": slow, "calls": 9.0}), "")


needs_torch = pytest.mark.skipif(
    not doctor.importlib.util.find_spec("torch"), reason="torch is not installed"
)


@needs_torch
def test_cnnfcs_setting_is_compared_with_the_defaults():
    run = fake_run(answer(1.0, 2.0), answer(3.0, 4.0), answer(5.0, 7.0), answer(2.0, 5.0))
    found = measure_spinning(2, {"HOME": "/x"}, run)
    assert found == {
        "ours": {"median": 1.5, "slow": 3.5, "calls": 18.0},
        "theirs": {"median": 4.0, "slow": 5.5, "calls": 18.0},
    }
    ours, theirs = {"HOME": "/x", "GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1"}, {"HOME": "/x"}
    assert run.kept == [ours, theirs, theirs, ours]


@needs_torch
def test_a_machine_that_gets_slower_favours_neither_setting():
    found = measure_spinning(2, {}, fake_run(*(answer(n, n) for n in (1.0, 2.0, 3.0, 4.0))))
    assert found["ours"] == found["theirs"]


@needs_torch
def test_a_setting_of_the_user_is_what_cnnfcs_is_compared_with():
    run = fake_run(*[answer(1.0, 2.0)] * 4)
    measure_spinning(2, {"OMP_WAIT_POLICY": "ACTIVE"}, run)
    assert run.kept[:2] == [
        {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1"},
        {"OMP_WAIT_POLICY": "ACTIVE"},
    ]


@needs_torch
@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ((1, "", "Traceback\nNoLib: gomp"), "torch could not be run (NoLib: gomp)"),
        ((-9, "", ""), "torch could not be run (it said nothing)"),
        ((0, "no json", ""), "torch could not be run (JSONDecodeError)"),
        ((0, '{"median": 1}', ""), "torch could not be run (KeyError)"),
        (subprocess.TimeoutExpired("x", 30), "torch did not answer within 30 s"),
        (OSError("no"), "torch could not be run (OSError)"),
    ],
)  # fmt: skip
def test_a_torch_that_does_not_run_is_a_reason(broken, reason):
    assert measure_spinning(2, {}, fake_run(answer(1, 1), broken)) == Skipped(reason)


def test_one_cpu_is_not_enough_for_threads_that_wait():
    found = measure_spinning(1, {}, fake_run())
    assert found == Skipped("it needs two CPUs that can be used at once")


def test_without_torch_the_probe_is_left_out(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert measure_spinning(2, {}, fake_run()) == Skipped("torch is not installed beside cnnfc")


def test_the_command_works_here_and_examines_without_torch_being_loaded(capsys):
    code = main(["doctor", "--quick", "--json"])
    data = json.loads(capsys.readouterr().out)
    assert code == data["exit_code"] in (0, 3, 4)
    assert data["probed"] is False
    code = (
        "import sys; from cnnfc.cli import main; main(['doctor', '--quick']);"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
