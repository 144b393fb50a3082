"""A disk that is full or read-only: one sentence says which file and what to do."""

import contextlib
import errno
import io
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cnnfc.cli import main
from cnnfc.commands import run as run_module
from cnnfc.commands.run import RunOptions, run_suite
from cnnfc.errors import CnnfcError, UsageError
from cnnfc.harness.process import Asv
from cnnfc.machine import locked_files
from cnnfc.report import writer
from cnnfc.report.writer import write_site
from testkit import breakable
from testkit.mounts import as_root

RESULTS = Path(__file__).parents[1] / "data" / "results" / "real"
SPACE = "free some space on its disk and run the same command again"


def fill(path):
    """Write to `path` until its disk is full."""
    for size in (4096, 1):
        with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
            while True:
                file.write(b"x" * size)


FILLS = """
if case == "b" and "FILL" in os.environ:
    with open(os.environ["FILL"], "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 1024)
        except OSError:
            pass
"""


def test_a_disk_that_fills_up_during_a_run_costs_only_what_was_being_measured(
    make_real, mount, tmp_path, monkeypatch
):
    disk = mount(tmp_path / "disk", "-t", "tmpfs", "-o", "size=2m", "tmpfs")
    real = make_real(FILLS, ["a", "b"], root=disk / "project")
    status, text = real.run("--bench", "'a'")
    assert status == 0, text
    (result,) = (p for p in real.root.glob("results/*/*.json") if p.name != "machine.json")
    before = result.read_bytes()
    stuffing = disk / "stuffing"
    monkeypatch.setenv("FILL", str(stuffing))
    status, text = real.run()
    last = text.splitlines()[-1]
    assert status == 2, text
    assert last == (
        f"cnnfc: error: asv cannot write {result} (No space left on device): {SPACE}; what was "
        f"there before is kept"
    )
    assert result.read_bytes() == before
    assert breakable.leftovers(real.root) == []
    # Full from the beginning.
    status, text = real.run()
    assert status == 2
    assert "Traceback" not in text
    assert f"(No space left on device): {SPACE}" in text.splitlines()[-1]
    assert result.read_bytes() == before
    stuffing.unlink()
    monkeypatch.delenv("FILL")
    status, text = real.run()
    assert status == 0, text
    assert "1 of 2 already measured" in text
    assert real.values() == {"a": 1.0, "b": 1.0}


def test_a_limit_on_the_size_of_files_is_named(make_real):
    real = make_real("", [f"case-{n}" for n in range(40)])

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    status, text = real.run(preexec_fn=limit)
    assert status == 2, text
    assert text.splitlines()[-1].startswith("cnnfc: error: ")
    assert "File too large" in text.splitlines()[-1]
    assert "raise the limit on the size of files (ulimit -f)" in text.splitlines()[-1]
    assert "Traceback" not in text
    status, text = real.run()
    assert status == 0, text


def test_a_log_that_cannot_be_written_is_named_before_asv_starts(tmp_path, mount):
    disk = mount(tmp_path / "disk", "-t", "tmpfs", "-o", "size=8k", "tmpfs")
    fill(disk / "stuffing")
    with pytest.raises(UsageError) as caught:
        Asv(tmp_path, disk / "a.log", program=("/bin/false",)).run([], print)
    assert str(caught.value) == (
        f"the log {disk / 'a.log'} cannot be written (No space left on device): {SPACE}"
    )


LOGS = """
if "FILL" in os.environ:
    print("x" * 100_000)
    raise ValueError("boom")
"""


def test_a_log_whose_disk_fills_up_is_named(make_real, mount, tmp_path, monkeypatch):
    real = make_real(LOGS, ["a", "b"])
    (real.root / "reports" / "asv").mkdir(parents=True)
    mount(real.root / "reports" / "asv" / "logs", "-t", "tmpfs", "-o", "size=4k", "tmpfs")
    monkeypatch.setenv("FILL", "1")
    status, text = real.run()
    assert status == 2, text
    assert "Traceback" not in text
    last = text.splitlines()[-1]
    assert last.startswith("cnnfc: error: asv cannot write ")
    assert last.endswith(f".log (No space left on device): {SPACE}; what was there before is kept")


def test_a_hardware_record_on_a_full_disk_is_named_and_no_part_of_it_stays(tmp_path, mount):
    disk = mount(tmp_path / "disk", "-t", "tmpfs", "-o", "size=16k", "tmpfs")
    path = disk / "r.json"
    locked_files.write_atomically(path, "old")
    fill(disk / "stuffing")
    with pytest.raises(CnnfcError) as caught:
        locked_files.write_atomically(path, "n" * 9000)
    assert str(caught.value) == f"cannot write {path}: No space left on device; {SPACE}"
    assert path.read_text() == "old"
    assert breakable.leftovers(disk) == []


def test_a_run_that_cannot_even_take_its_lock_says_so(faked, mount):
    scratch = faked.root / "reports" / "asv"
    scratch.mkdir(parents=True)
    mount(scratch, "-t", "tmpfs", "-o", "size=4k", "tmpfs")
    fill(scratch / "stuffing")
    status, text = faked.run()
    assert status == 1  # the driver's own
    assert text.splitlines()[-1] == (
        f"cnnfc: error: {scratch / 'run.lock'} cannot be locked (No space left on device): {SPACE}"
    )


def test_a_report_on_a_full_disk_keeps_the_old_one_and_no_part_of_the_new(
    tmp_path, mount, monkeypatch
):
    def pages(site, folder):
        for name in ("index.html", writer.MARKER):
            (folder / name).write_text(text)

    monkeypatch.setattr(writer, "build_site", lambda *_, **__: None)
    monkeypatch.setattr(writer, "_write", pages)
    disk = mount(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64k", "tmpfs")
    text = "old"
    index = write_site(None, disk / "site", project="p")
    text = "n" * 40_000
    with pytest.raises(UsageError) as caught:
        write_site(None, disk / "site", project="p")
    assert str(caught.value) == (
        f"the report cannot be written to {disk / 'site'} (No space left on device): {SPACE}"
    )
    assert index.read_text() == "old"
    assert breakable.leftovers(disk) == []
    text = "new"
    assert write_site(None, disk / "site", project="p").read_text() == "new"


@pytest.mark.parametrize(
    ("mounts", "ends"), [("required", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
@pytest.mark.parametrize("refuses", ["there is no mount", "mount fails"])
def test_without_a_way_to_mount_a_test_skips_unless_mounts_are_required(
    tmp_path, mount, monkeypatch, mounts, ends, refuses
):
    place = tmp_path / "bin"
    place.mkdir()
    if refuses == "mount fails":
        (place / "mount").write_text("#!/bin/sh\necho permission denied >&2\nexit 1\n")
        (place / "mount").chmod(0o755)
    monkeypatch.setenv("PATH", str(place))
    monkeypatch.setenv("CNNFC_MOUNTS", mounts)
    with pytest.raises(ends, match=r"no disk can be mounted here \(.*(denied|No such file)"):
        mount(tmp_path / "disk", "-t", "tmpfs", "tmpfs")


@pytest.mark.parametrize(("mounts", "asked"), [("required", "sudo -n touch it"), ("", "touch it")])
def test_who_is_not_root_asks_sudo_only_where_mounts_are_required(
    tmp_path, monkeypatch, mounts, asked
):
    for name in ("sudo", "touch"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >&2\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("CNNFC_MOUNTS", mounts)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert as_root("touch", "it") == (True, asked)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
def test_output_that_cannot_be_written_is_said(tmp_path):
    with open("/dev/full", "w") as full:  # noqa: PTH123  # a device
        done = subprocess.run(
            [sys.executable, "-m", "cnnfc.cli", "cases"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr == (
        f"cnnfc: error: standard output cannot be written (No space left on device): {SPACE}\n"
    )


def test_an_error_that_is_no_full_disk_is_not_hidden(monkeypatch):
    def fail(*_):
        raise FileNotFoundError(errno.ENOENT, "a fault of ours")

    monkeypatch.setattr("cnnfc.cli._run", fail)
    with pytest.raises(FileNotFoundError):
        main([])


def run_faked(faked):
    return run_suite(
        RunOptions(report=False), io.StringIO(), start=faked.root, make_asv=faked.made.asv
    )


def test_read_only_results_are_named_before_anything_is_measured(faked, mount):
    assert run_faked(faked) == 0
    results = faked.root / "results"
    mount(results, "--bind", str(results))
    mount(results, "-o", "remount,bind,ro")
    with pytest.raises(UsageError) as caught:
        run_faked(faked)
    assert str(caught.value) == (
        f"results cannot be written to {results} (Read-only file system): make it a folder you may "
        f"write to, or change results_dir in the asv configuration"
    )


def test_a_report_about_a_read_only_project_goes_elsewhere(
    tmp_path, home, mount, capsys, monkeypatch
):
    place = tmp_path / "project"
    results = place / "results"
    results.mkdir(parents=True)
    source = RESULTS / "elm"
    (results / "elm").mkdir()
    for path in source.iterdir():
        (results / "elm" / path.name).write_bytes(path.read_bytes())
    (place / "asv.conf.json").write_text('{"version": 1, "project": "p", "repo": "."}')
    mount(place, "--bind", str(place))
    mount(place, "-o", "remount,bind,ro")
    monkeypatch.chdir(place)
    assert main(["report"]) == 2
    assert capsys.readouterr().err == (
        f"cnnfc: error: the report cannot be written to {place / 'reports' / 'site'} (Read-only "
        f"file system): choose another folder with --out\n"
    )
    assert main(["report", "--out", str(tmp_path / "site")]) == 0
    assert (tmp_path / "site" / "index.html").exists()


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, SPACE),
        (errno.EDQUOT, "your share of its disk is used up"),
        (errno.EROFS, "make it a folder you may write to, or change results_dir"),
        (errno.EACCES, "make it a folder you may write to, or change results_dir"),
    ],
)
def test_results_that_cannot_be_written_say_what_to_do(faked, monkeypatch, number, advice):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(run_module.tempfile, "TemporaryFile", refuse)
    with pytest.raises(UsageError, match=advice) as caught:
        run_faked(faked)
    assert os.strerror(number) in str(caught.value)
    assert "\n" not in str(caught.value)
