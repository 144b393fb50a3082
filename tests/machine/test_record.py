import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from cnnfc.errors import DataError
from cnnfc.machine.record import Note, add_notes, begin, finish, read, read_all
from cnnfc.records import Problem
from testkit import machines

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOON = datetime(2026, 1, 15, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def start(tmp_path, make_host):
    """Begin a record on the Intel machine at noon."""
    host = make_host(machines.intel_smt(), architecture="x86_64", logical_cpus=4)
    usual = {"commit": COMMIT, "environment": "virtualenv-py3.11", "profile": "quick"}

    def begin_one(folder=tmp_path / "hardware", **options):
        options = {**usual, "software": None, "host": host, "now": lambda: NOON, **options}
        return begin(folder, **options)

    return begin_one


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_record_lies_in_its_machines_folder_under_time_and_commit(start, tmp_path):
    path = start()
    folder = tmp_path / "hardware" / "intel-xeon-platinum-8375c-2c-32gb"
    assert path == folder / "20260115T120000Z-01234567.json"
    assert files(folder) == [path.name]


def test_a_record_holds_what_it_was_told_and_what_the_machine_says(start):
    record = read(start(dirty=True, software={"torch": {"version": "2.13"}}))
    assert record.machine == "intel-xeon-platinum-8375c-2c-32gb"
    assert (record.started_at, record.finished_at, record.state_after) == (NOON, None, None)
    assert (record.commit, record.environment) == (COMMIT, "virtualenv-py3.11")
    assert (record.profile, record.dirty, record.schema) == ("quick", True, 1)
    assert record.identity["cores"] == 2
    assert record.state_before["cpu"]["governor"] == "powersave"
    assert record.software["torch"] == {"version": "2.13"}
    assert record.asv["cpu"] == "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz"
    assert record.asv["ram"] == str(32820428 * 1024)


def test_a_record_says_what_makes_timings_unsteady(start, make_host):
    path = start(
        host=make_host(machines.half_cpu_container(), psutil=machines.psutil_of(affinity={0, 1}))
    )
    worst = read(path).doctor.findings[0]
    assert (worst.id, worst.severity) == ("quota", "severe")
    add_notes(path, [Note("a")])
    assert read(path).doctor.findings[0] == worst


def test_a_finished_record_says_what_was_taken_during_the_run(start, make_host):
    files = machines.half_cpu_container()
    path = start(host=make_host(files, psutil=machines.psutil_of(affinity={0, 1})))
    # 7 periods and 2.5 s before; 10 s later 19 and 4.5 s.
    files["sys/fs/cgroup/cpu.stat"] = "nr_throttled 19\nthrottled_usec 4500000\n"
    finish(path, host=make_host(files), now=lambda: NOON + timedelta(seconds=10))
    quota = read(path).doctor.findings[0]
    assert quota.evidence == "A quota of 0.5 CPUs stopped this group 12 times while we measured."
    assert quota.figures["throttled_share"] == pytest.approx(0.2)
    assert read(path).state_before["cpu"]["throttled_periods"] == 7


def test_time_stolen_during_a_run_counts_against_all_cpus_that_it_used(start, make_host):
    def host(user, steal):
        times = SimpleNamespace(user=user, system=0.0, steal=steal)
        return make_host(machines.intel_smt(), psutil=machines.psutil_of(cpu_times=lambda: times))

    path = start(host=host(100.0, 0.0))
    # In 100 s: 4 threads ran for 396 s together and missed 8 s, which is 2.0% of what they wanted.
    finish(path, host=host(496.0, 8.0), now=lambda: NOON + timedelta(seconds=100))
    (steal,) = (one for one in read(path).doctor.findings if one.id == "steal")
    assert steal.severity == "minor"
    assert steal.figures["steal_share"] == pytest.approx(8 / 404)


def test_a_clock_that_was_set_back_leaves_the_findings_as_they_were(start, make_host):
    host = make_host(machines.half_cpu_container())
    path = start(host=host)
    before = read(path).doctor
    finish(path, host=host, now=lambda: NOON - timedelta(hours=1))
    assert read(path).doctor == before


def test_a_record_of_an_older_version_was_not_examined(start):
    path = start()
    data = json.loads(path.read_text())
    del data["doctor"]
    path.write_text(json.dumps(data))
    assert read(path).doctor is None


def test_a_record_does_not_say_whose_machine_it_is(start, make_host, monkeypatch):
    places = ("etc/hostname", "etc/machine-id", "proc/sys/kernel/hostname", "proc/version")
    serials = ("product_uuid", "product_serial", "board_serial", "chassis_asset_tag")
    paths = (*places, *(f"sys/class/dmi/id/{name}" for name in serials))
    tree = {**machines.arm_board(), **dict.fromkeys(paths, "SENTINEL")}
    nvml = machines.FakeNvml(machines.h200())
    for name in ("HOSTNAME", "USER", "HOST"):
        monkeypatch.setenv(name, "SENTINEL")
    monkeypatch.setenv("HOME", "/home/SENTINEL")
    monkeypatch.setenv("LD_PRELOAD", "/home/SENTINEL/x.so:/scratch/SENTINEL/y.so")
    text = start(host=make_host(tree, nvml)).read_text()
    assert "~/x.so:/scratch/USER/y.so" in text
    assert "SENTINEL" not in text
    assert "machine" not in json.loads(text)["asv"]


def test_records_of_the_same_second_do_not_overwrite_each_other(start):
    names = [start().name for _ in range(3)]
    stem = "20260115T120000Z-01234567"
    assert names == [f"{stem}.json", f"{stem}-2.json", f"{stem}-3.json"]


@pytest.mark.parametrize(
    ("commit", "name"),
    [(None, "20260115T120000Z.json"), ("../x y", "20260115T120000Z-xy.json")],
)
def test_a_commit_that_is_none_or_strange_gives_a_safe_name(start, commit, name):
    assert start(commit=commit).name == name


def test_an_exact_path_is_used_as_it_is(start, tmp_path):
    path = tmp_path / "deep" / "exact.json"
    assert start(path=path) == path
    assert files(path.parent) == ["exact.json"]
    assert not (tmp_path / "hardware").exists()


def test_a_record_that_is_there_already_stays_and_gets_the_notes(start, tmp_path):
    path = tmp_path / "exact.json"
    start(path=path, notes=[Note("first")])
    start(path=path, notes=[Note("second")], commit="f" * 40)
    assert read(path).commit == COMMIT
    assert [note.reason for note in read(path).notes] == ["first", "second"]


def test_a_path_that_holds_something_else_is_not_overwritten(start, tmp_path):
    path = tmp_path / "exact.json"
    path.write_text("{}")
    with pytest.raises(DataError, match="is not a hardware record"):
        start(path=path, notes=[Note("x")])
    assert path.read_text() == "{}"


def test_notes_are_kept_in_order_and_each_once(start):
    path = start(notes=[Note("a"), Note("a"), Note("b", case="dense.1-1")])
    add_notes(path, [Note("c", device="cuda-0"), Note("a"), Note("b", case="dense.2-2")])
    assert read(path).notes == (
        Note("a"),
        Note("b", case="dense.1-1"),
        Note("c", device="cuda-0"),
        Note("b", case="dense.2-2"),
    )


def test_a_note_with_its_benchmark_replaces_the_same_note_without(start):
    path = start()
    short = Note(reason="too large", case="dense.9-9", device="cpu-1")
    full = Note(reason="too large", benchmark="b", case="dense.9-9", device="cpu-1")
    add_notes(path, [short])
    add_notes(path, [full])
    add_notes(path, [short])
    assert [note for note in read(path).notes if note.case == "dense.9-9"] == [full]


def test_notes_do_not_reveal_the_user(start, monkeypatch):
    monkeypatch.setenv("HOME", "/data/people/eve")
    path = start(notes=[Note("no file /data/people/eve/x")])
    add_notes(path, [Note("no file /home/bob/y")])
    assert [note.reason for note in read(path).notes] == ["no file ~/x", "no file ~/y"]


def test_finishing_adds_the_end_and_the_state_after(start, make_host):
    path = start(notes=[Note("a")])
    before = read(path)
    later = datetime(2026, 1, 15, 12, 5, tzinfo=UTC)
    finish(path, host=make_host(machines.amd_dual_socket()), now=lambda: later)
    record = read(path)
    assert record.finished_at == later
    assert record.state_after["cpu"]["turbo"] is False
    assert (record.state_before, record.notes) == (before.state_before, before.notes)


def test_keys_of_a_later_cnnfc_survive_a_change(start):
    path = start()
    path.write_text(json.dumps({**json.loads(path.read_text()), "colour": "red"}))
    add_notes(path, [Note("a")])
    assert json.loads(path.read_text())["colour"] == "red"


@pytest.mark.parametrize("change", [lambda path: add_notes(path, [Note("a")]), finish, read])
def test_a_missing_record_is_named(tmp_path, change):
    for path in (tmp_path / "none.json", tmp_path / "nowhere" / "none.json"):
        with pytest.raises(DataError, match=r"there is no hardware record at .*none\.json"):
            change(path)
    assert files(tmp_path) == []


def test_a_damaged_record_is_not_changed(start):
    path = start()
    path.write_text(path.read_text()[:100])
    damaged = path.read_text()
    with pytest.raises(DataError, match="is damaged or truncated"):
        add_notes(path, [Note("a")])
    assert path.read_text() == damaged


def test_a_folder_that_cannot_be_written_to_is_named(start, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot write .*file.*make its folder writable"):
        start(tmp_path / "file")


def test_answers_that_json_does_not_know_do_not_stop_a_record(start, make_host):
    psutil = machines.psutil_of(getloadavg=lambda: (float("nan"), float("inf"), 1.0))
    record = read(start(host=make_host(psutil=psutil)))
    assert record.state_before["cpu"]["load_average"] == [None, None, 1.0]


def test_all_records_are_read_oldest_first_and_the_bad_ones_named(start, tmp_path):
    late = start()
    early = start(now=lambda: datetime(2025, 1, 1, tzinfo=UTC))
    folder = late.parent
    bad = {
        "cut.json": late.read_text()[:200],
        "empty.json": "",
        "foreign.json": '{"version": 2, "results": {}}',
        "future.json": json.dumps({**json.loads(late.read_text()), "schema": 99}),
        "nested.json": "[" * 100000,
        "wrong.json": json.dumps({**json.loads(late.read_text()), "identity": 3}),
    }
    for name, text in bad.items():
        (folder / name).write_text(text)
    (folder / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (folder / "folder.json").mkdir()
    (folder / "notes.txt").write_text("not a record")
    (tmp_path / "hardware" / "README.json").write_text("not in a machine's folder")
    records, problems = read_all(tmp_path / "hardware")
    assert [record.path for record in records] == [str(early), str(late)]
    expected = sorted([*bad, "bytes.json", "folder.json"])
    assert [problem.path for problem in problems] == [str(folder / name) for name in expected]
    assert all(isinstance(p, Problem) and p.path in p.reason for p in problems)
    reasons = {problem.path.rpartition("/")[2]: problem.reason for problem in problems}
    assert "truncated" in reasons["cut.json"]
    assert "is not a hardware record" in reasons["foreign.json"]
    assert "schema 99" in reasons["future.json"]
    assert "identity is not an object" in reasons["wrong.json"]


def test_a_folder_that_is_missing_has_no_records_and_no_problems(tmp_path):
    assert read_all(tmp_path / "none") == ((), ())


def in_processes(code, *arguments, processes=3):
    """Run `code` in several interpreters at the same time; their outputs."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    started = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    outputs = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * processes
    return outputs


def test_processes_that_add_notes_at_once_lose_none(start):
    path = start()
    code = (
        "import sys; from pathlib import Path; from cnnfc.machine.record import Note, add_notes\n"
        "for i in range(20): add_notes(Path(sys.argv[1]), [Note(f'{sys.argv[2]}-{i}')])"
    )
    in_processes(code, path)
    reasons = {note.reason for note in read(path).notes}
    assert reasons == {f"{process}-{i}" for process in range(3) for i in range(20)}
    assert files(path.parent) == [path.name]


def test_processes_that_begin_in_the_same_second_each_get_a_record(tmp_path):
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from cnnfc.machine.record import begin\n"
        "noon = datetime(2026, 1, 15, 12, tzinfo=UTC)\n"
        "for _ in range(3): print(begin(Path(sys.argv[1]), commit='a' * 40,"
        " environment=sys.argv[2], profile=None, software=None, now=lambda: noon))"
    )
    paths = "\n".join(in_processes(code, tmp_path)).split("\n")
    assert len(set(paths)) == 9
    records, problems = read_all(tmp_path)
    assert problems == ()
    assert sorted(record.environment for record in records) == ["0"] * 3 + ["1"] * 3 + ["2"] * 3


def test_processes_that_begin_the_same_path_share_one_record(tmp_path):
    path = tmp_path / "run.json"
    code = (
        "import sys; from pathlib import Path; from cnnfc.machine.record import Note, begin\n"
        "begin(Path('.'), commit=None, environment=None, profile=None, software=None,"
        " path=Path(sys.argv[1]), notes=[Note(sys.argv[2])])"
    )
    in_processes(code, path)
    assert {note.reason for note in read(path).notes} == {"0", "1", "2"}
    assert files(tmp_path) == ["run.json"]
