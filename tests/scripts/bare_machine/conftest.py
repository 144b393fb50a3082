"""A bare machine with a small tree; the script's modules, new for each test."""

import importlib
import importlib.util
import json
import signal
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
SCRIPT = ROOT / "scripts" / "bare_machine"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NAMES = ("carried", "machine_run", "pack", "results", "step")


@pytest.fixture
def script(monkeypatch):
    """The script's modules by their names, and ``main``; they find each other by the path."""
    monkeypatch.setattr(sys, "path", [str(SCRIPT), *sys.path])
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    modules = {name: importlib.import_module(name) for name in NAMES}
    spec = importlib.util.spec_from_file_location("bare_machine_main", SCRIPT / "__main__.py")
    main = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(main)
    yield SimpleNamespace(**modules, main=main.main, folder=SCRIPT, root=ROOT)
    for name in NAMES:
        del sys.modules[name]


@pytest.fixture
def note():
    date = "2024-05-06T07:08:09+00:00"
    return {"commit": "5" * 40, "date": date, "python": PYTHON, "wheels": [], "files": {}}


@pytest.fixture
def bare(script, note, tmp_path, monkeypatch):
    """A machine with a small tree and one wheel; steps are programs that a test gives."""
    install = script.machine_run.Run._install

    class Bare:
        folder = tmp_path / "carried"
        out = folder / "out"
        archive = folder / "out.tar.gz"
        root = tmp_path / "project"

        def __init__(self):
            self.programs = {}

        def note(self, **changes):
            self.folder.mkdir(exist_ok=True)
            files = script.carried.fingerprints(self.root)
            content = json.dumps({**note, "files": files, **changes})
            (self.folder / "commit.json").write_text(content)

        def install_for_real(self):
            monkeypatch.setattr(script.machine_run.Run, "_install", install)

        def run(self, *options):
            steps = ",".join(self.programs)
            fixed = ["run", "--folder", str(self.folder), "--steps", steps]
            return script.main([*fixed, *options], root=self.root)

        @property
        def summary(self):
            return json.loads((self.out / "summary.json").read_text())

    bare = Bare()
    for name in ("benchmarks", "cnnfc", "tests"):
        (bare.root / name).mkdir(parents=True)
    (bare.root / "cnnfc" / "a.py").write_text("")
    (bare.root / "asv.conf.json").write_text("{}")
    (bare.root / "pyproject.toml").write_text("")
    (bare.root / "reports").mkdir()
    (bare.root / "reports" / "old.json").write_text("{}")
    bare.note()
    (bare.folder / "wheels").mkdir()
    with zipfile.ZipFile(bare.folder / "wheels" / "carried_x-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carried_x.py", "x = 1\n")
        info = "Metadata-Version: 2.1\nName: carried_x\nVersion: 1\n"
        wheel.writestr("carried_x-1.dist-info/METADATA", info)
        tag = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr("carried_x-1.dist-info/WHEEL", tag)
        wheel.writestr("carried_x-1.dist-info/RECORD", "")
    run = script.machine_run.Run
    # Cases are handed on, so that a test can see which were asked for.
    monkeypatch.setattr(run, "_command", lambda r, step, _: ["-c", bare.programs[step], *r.cases])
    # Starting pip and torch takes a second each.
    monkeypatch.setattr(run, "_install", lambda r: r.site.mkdir())
    monkeypatch.setattr(run, "_look", lambda _: {"torch": "2"})
    stops = ((signal.SIGINT, 20.0), (signal.SIGTERM, 20.0))
    monkeypatch.setattr(script.step, "STOPS", stops)
    return bare
