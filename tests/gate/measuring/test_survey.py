"""Everything that a benchmark can do to the process that tries it, on one side or on both."""

import pickle

import pytest

from cnnfc.gate.measuring import survey as survey_module
from cnnfc.gate.measuring.listing import Listed, list_both
from cnnfc.gate.measuring.survey import survey

#: Whatever is after these three lines is done by the contender alone.
CONTENDER = "import os, signal, sys, time, tiny\nHERE = tiny.ROLE == 'contender'\n"


def surveyed(setting, watch=lambda _id: None):
    return survey(setting, list_both(setting), watch)


def ids(found):
    return [case.id for case in found.cases]


def failures(found):
    """Sides and reasons of what fails, by id."""
    return {
        one: {loss.role: loss.reason for loss in losses} for one, losses in found.losses.items()
    }


def test_every_benchmark_is_tried_and_sized(make_setting):
    suite = (
        CONTENDER
        + """
def time_short():
    pass

def time_long():
    time.sleep(0.002)

time_long.number = 2

def time_held():
    global held
    held = bytearray(b"1") * (2**25 if HERE else 1)

def track_it():
    raise AssertionError("its value comes from a process of its own")
"""
    )
    heard = []
    found = surveyed(make_setting(suite), heard.append)
    cases = {case.name: case for case in found.cases}
    assert set(cases) == {"it.time_short", "it.time_long", "it.time_held", "it.track_it"}
    assert cases["it.time_short"].number > 100
    assert cases["it.time_short"].seconds < 1e-5
    assert cases["it.time_long"].number == 2
    assert cases["it.time_long"].seconds > 0.002
    # The larger of the sides: the baseline holds next to nothing.
    assert cases["it.time_held"].memory > 2**24
    assert cases["it.track_it"].kind == "track"
    assert not found.losses
    assert sorted(set(heard)) == ["it.time_held", "it.time_long", "it.time_short"]


def test_what_one_benchmark_does_to_its_process_costs_no_other(make_setting, monkeypatch):
    monkeypatch.setattr(survey_module, "_GRACE", 1.0)
    suite = (
        CONTENDER
        + """
def time_a_exits():
    os._exit(7) if HERE else None

def time_b_leaves():
    sys.exit("enough") if HERE else None

def time_c_is_killed_for_memory():
    os.kill(os.getpid(), signal.SIGKILL) if HERE else None

def time_d_never_returns():
    while HERE:
        time.sleep(1)

time_d_never_returns.timeout = 0.2

def time_e_prints():
    print('{"id": 5, "seconds": 1e9, "number": 1}')
    os.write(1, b"garbage\\n")

def time_f_forks():
    if os.fork() == 0:
        return
    os.wait()

def time_g_raises():
    raise ValueError("no such kernel")

def time_h_interrupts():
    raise KeyboardInterrupt

def time_z():
    pass
"""
    )
    found = surveyed(make_setting(suite))
    assert ids(found) == ["it.time_e_prints", "it.time_f_forks", "it.time_z"]
    said = failures(found)
    assert "exit code 7" in said["it.time_a_exits"]["contender"]
    assert said["it.time_b_leaves"] == {"contender": "SystemExit: enough"}
    assert "ran out of memory" in said["it.time_c_is_killed_for_memory"]["contender"]
    assert "did not answer 'survey' within 1.2 s" in said["it.time_d_never_returns"]["contender"]
    assert said["it.time_g_raises"] == dict.fromkeys(
        ("baseline", "contender"), "ValueError: no such kernel"
    )
    assert said["it.time_h_interrupts"].keys() == {"baseline", "contender"}
    assert "in time_g_raises" in found.losses["it.time_g_raises"][0].said


def test_a_skip_on_one_side_is_told_from_one_on_both(make_setting):
    suite = (
        CONTENDER
        + """
from asv_runner.benchmarks.mark import SkipNotImplemented

def time_here():
    if HERE:
        raise SkipNotImplemented("no such device")

class Nowhere:
    def setup(self):
        raise NotImplementedError("no such device")

    def time_it(self):
        pass
"""
    )
    found = surveyed(make_setting(suite))
    assert found.cases == []
    assert found.skipped["it.time_here"] == {"contender": "no such device"}
    assert found.skipped["it.Nowhere.time_it"].keys() == {"baseline", "contender"}


def test_a_setup_cache_is_run_once_a_side_and_handed_on(make_setting):
    suite = (
        CONTENDER
        + """
class S:
    def setup_cache(self):
        return tiny.ROLE

    def time_it(self, role):
        assert role == tiny.ROLE

    def track_it(self, role):
        return 1
"""
    )
    found = surveyed(make_setting(suite))
    assert ids(found) == ["it.S.time_it", "it.S.track_it"]
    for role, caches in found.setting.caches.items():
        (path,) = caches.values()
        assert pickle.loads(path.read_bytes()) == role  # noqa: S301 - made here


def test_a_setup_cache_that_fails_on_one_side_breaks_all_that_need_it(make_setting):
    suite = (
        CONTENDER
        + """
class S:
    def setup_cache(self):
        if HERE:
            raise OSError("no data set")
        return 1

    def time_it(self, one):
        pass

    def track_it(self, one):
        return one

class Dies:
    def setup_cache(self):
        os._exit(1) if HERE else None

    def time_it(self, none):
        pass

class Skips:
    def setup_cache(self):
        if HERE:
            raise NotImplementedError("no network")

    def time_it(self, none):
        pass

def time_z():
    pass
"""
    )
    found = surveyed(make_setting(suite))
    assert ids(found) == ["it.time_z"]
    said = failures(found)
    reason = {"contender": "its setup_cache failed: OSError: no data set"}
    assert said["it.S.time_it"] == said["it.S.track_it"] == reason
    assert "its setup_cache failed: the worker" in said["it.Dies.time_it"]["contender"]
    skips = found.skipped.get("it.Skips.time_it") or said["it.Skips.time_it"]
    assert "no network" in skips["contender"]


@pytest.mark.parametrize("how", ["os._exit(1)", "os.close(0); os._exit(1)"])
def test_a_suite_that_cannot_even_be_imported_on_one_side_fails_there(make_setting, how):
    suite = CONTENDER.replace("==", "!=") + f"if HERE: {how}\n" + "def time_a(): pass\n" * 2
    setting = make_setting(suite)
    found = survey(setting, list_both(setting))
    (loss,) = found.losses["it.time_a"]
    assert loss.role == "baseline"
    assert "exit code 1" in loss.reason


def test_a_worker_that_cannot_be_talked_to_loses_its_side_alone(make_setting, monkeypatch):
    setting = make_setting("def time_a(): pass\n")
    listed = list_both(setting)

    def dead(self, op, **fields):
        raise survey_module.WorkerLost(f"is gone before {op!r}", "its last words")

    monkeypatch.setattr(survey_module.Worker, "send", dead)
    found = survey(setting, listed)
    assert [loss.role for loss in found.losses["it.time_a"]] == ["baseline", "contender"]
    assert found.losses["it.time_a"][0].said == "its last words"


class FakeWorker:
    """Takes notes, and dies of what it is told to die of."""

    def __init__(self, notes, role, deadly, lives):
        self.notes, self.role, self.deadly, self.lives = notes, role, deadly, lives

    def send(self, op):
        self.note(op)

    def receive(self, timeout):
        return {}

    def ask(self, op, timeout, **fields):
        self.note(f"{op} {fields['benchmark']}")
        if (self.role, fields["benchmark"]) == self.deadly and self.lives:
            self.lives.pop()
            raise survey_module.WorkerLost("died", "")
        return {"seconds": 1.0, "number": 1}

    def resume(self):
        self.note("resume")

    def suspend(self):
        self.note("suspend")

    def stop(self, **_):
        self.note("stop")

    def note(self, what):
        self.notes.append(f"{self.role}: {what}")


def fake_survey(make_setting, monkeypatch, deadly=None, deaths=2):
    notes, lives = [], [None] * deaths
    monkeypatch.setattr(
        survey_module, "start", lambda _, side, *__: FakeWorker(notes, side.role, deadly, lives)
    )
    names = ("time_a", "time_b")
    listed = [Listed(n, n, (), 0, "both", "time", "seconds", 60.0) for n in names]
    return survey(make_setting(""), listed), notes


def test_one_side_sleeps_while_the_other_is_tried(make_setting, monkeypatch):
    _, notes = fake_survey(make_setting, monkeypatch)
    tried = ["survey time_a", "drop time_a", "survey time_b", "drop time_b"]
    assert notes == [
        "baseline: load",
        "contender: load",
        "baseline: suspend",
        "contender: suspend",
        *(f"baseline: {what}" for what in ("resume", *tried, "suspend")),
        *(f"contender: {what}" for what in ("resume", *tried, "suspend")),
        "contender: stop",
        "baseline: stop",
    ]


#: What happens when a worker is lost and the next one needed.
ANEW = ("stop", "load", "suspend", "resume")


@pytest.mark.parametrize(
    ("deadly", "after"),
    [
        ("time_a", [*ANEW, "survey time_a", *ANEW, "survey time_b", "drop time_b"]),
        ("time_b", [*ANEW, "survey time_b", "stop"]),
    ],
)
def test_a_lost_worker_is_replaced_when_it_is_needed(make_setting, monkeypatch, deadly, after):
    found, notes = fake_survey(make_setting, monkeypatch, deadly=("baseline", deadly))
    assert failures(found) == {deadly: {"baseline": "died"}}
    start = notes.index(f"baseline: survey {deadly}") + 1
    rest = [f"baseline: {what}" for what in after]
    assert notes[start : start + len(rest)] == rest
    # The other side went on as if nothing had happened.
    assert "contender: drop time_b" in notes
    # The last one to be there is put to sleep and stopped; one that is gone is not.
    assert notes.count("baseline: suspend") == (4 if deadly == "time_a" else 2)


def test_what_one_lost_worker_was_at_is_tried_once_more(make_setting, monkeypatch):
    found, notes = fake_survey(make_setting, monkeypatch, ("contender", "time_a"), deaths=1)
    assert ids(found) == ["time_a", "time_b"]
    assert not found.losses
    start = notes.index("contender: survey time_a") + 1
    assert notes[start : start + 6] == [
        f"contender: {what}" for what in (*ANEW, "survey time_a", "drop time_a")
    ]


def test_a_benchmark_that_raises_is_not_tried_again(make_setting):
    suite = """
def time_raises():
    with open("../tries", "a") as file:
        file.write("x")
    raise ValueError
"""
    setting = make_setting(suite)
    survey(setting, list_both(setting))
    (tries,) = setting.folder.rglob("tries")
    assert tries.read_text() == "xx"  # one a side


def test_a_suite_whose_first_import_is_lost_is_imported_again(make_setting):
    suite = (
        CONTENDER
        + """
FIRST = "../first"
if os.path.exists("../now") and HERE and not os.path.exists(FIRST):
    open(FIRST, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)

def time_a():
    pass
"""
    )
    setting = make_setting(suite)
    listed = list_both(setting)
    (setting.folder / "work" / "now").touch()
    found = survey(setting, listed)
    assert (setting.folder / "work" / "first").exists()
    assert ids(found) == ["it.time_a"]


def test_a_worker_that_cannot_be_started_loses_its_side_alone(make_setting, monkeypatch):
    setting = make_setting("def time_a(): pass\n")
    listed = list_both(setting)

    def full(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("cnnfc.harness.conversation.subprocess.Popen", full)
    found = survey(setting, listed)
    assert failures(found)["it.time_a"] == {
        role: f"no worker of the {role} could be started: [Errno 12] Cannot allocate memory"
        for role in ("baseline", "contender")
    }


#: A package of which each side registers other kernels, in another order.
REGISTRY = (
    CONTENDER + "REGISTRY = ['new', 'common', 'last'] if HERE else ['common', 'old', 'last']\n"
)


def test_parameters_are_the_same_on_both_sides_wherever_they_stand(make_setting):
    suite = (
        REGISTRY
        + """
class Kernels:
    params = REGISTRY

    def time_it(self, kernel):
        time.sleep(0.002 if kernel == "common" else 0)

    def track_it(self, kernel):
        return 1
"""
    )
    found = surveyed(make_setting(suite))
    timed = {case.id: case.seconds for case in found.cases if case.kind == "time"}
    assert timed.keys() == {"it.Kernels.time_it[common]", "it.Kernels.time_it[last]"}
    # The second one of the contender is the first one of the baseline, whose time this is.
    assert timed["it.Kernels.time_it[common]"] > 0.002 > timed["it.Kernels.time_it[last]"]
    assert found.skipped == {
        "it.Kernels.time_it[new]": {"baseline": "it does not have these parameters"}
    }


def test_what_a_benchmark_starts_imports_the_package_of_its_side(make_setting):
    suite = (
        CONTENDER
        + """
import subprocess

def timeraw_it():
    return f"assert tiny.ROLE == {tiny.ROLE!r}", "import tiny"

def time_program():
    subprocess.run([sys.executable, "-c", timeraw_it()[1] + ";" + timeraw_it()[0]], check=True)
"""
    )
    found = surveyed(make_setting(suite))
    assert failures(found) == {}
    assert sorted(ids(found)) == ["it.time_program", "it.timeraw_it"]


def test_paths_of_caches_are_as_long_on_both_sides(make_setting):
    suite = "class S:\n    def setup_cache(self): pass\n    def time_it(self, none): pass\n"
    caches = surveyed(make_setting(suite)).setting.caches
    (old,), (new,) = (caches[role].values() for role in ("baseline", "contender"))
    assert old != new
    assert len(str(old)) == len(str(new))


def test_memory_that_an_earlier_case_has_freed_counts_again(make_setting):
    # What `keep` holds lies above what is freed, which the C library gives back on demand alone.
    suite = """
keep = []

class Held:
    params = [1, 2]

    def setup(self, n):
        self.chunks = [bytearray(4096) for _ in range(8192)]
        keep.append(bytearray(4096))

    def time_it(self, n):
        pass
"""
    found = surveyed(make_setting(suite))
    # 32 MiB, and twice that because each call is set up while the last setup is still there.
    assert min(case.memory for case in found.cases) > 48 * 2**20


@pytest.mark.parametrize(
    ("old", "new", "device", "moved", "note"),
    [
        ("cpu", "cuda", "cuda", True, "(cpu -> cuda): it is judged as a benchmark of cuda"),
        ("cuda", "cpu", "cuda", True, "(cuda -> cpu): it is judged as a benchmark of cuda"),
        ("cuda", "xpu", "xpu", True, "(cuda -> xpu): it is judged as a benchmark of xpu"),
        ("cuda", "cuda", "cuda", False, None),
        ("cpu", "cpu", "cpu", False, None),
    ],
)
def test_a_case_that_moved_to_another_device_says_so(old, new, device, moved, note):
    found = survey_module.Survey(setting=None)
    listed = Listed("time_a", "time_a", (), 0, "both", "time", "seconds", 60.0)
    answers = {
        role: {"device": name, **({} if name == "cpu" else {"gpu": name, "gpu_index": 1})}
        for role, name in (("baseline", old), ("contender", new))
    }
    survey_module._note(found, listed, answers)
    (case,) = found.cases
    assert (case.device, case.moved) == (device, moved)
    assert case.gpu == (None if device == "cpu" else device)
    start = "time_a uses another device on each side "
    assert found.notes == ([] if note is None else [start + note])


@pytest.mark.parametrize(
    ("clocks", "common"),
    [
        (("events", "events"), "events"),
        (("events", "waiting"), "waiting"),
        ((None, "events"), "own"),
    ],
)
def test_both_sides_are_timed_by_the_clock_that_suits_both(clocks, common):
    answers = {role: {"timed_by": c} for role, c in zip("ab", clocks, strict=True)}
    assert survey_module._common_clock(answers) == common
