"""A tiny asv project in a repository of its own, and wheels that pip finds without a network."""

import base64
import hashlib
import os
import subprocess
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

from cnnfc.gate.preparing.two_sides import prepare
from testkit import repositories

#: Builds a wheel of the file tiny.py with nothing but the standard library.
BACKEND = """
import pathlib, zipfile

def build_wheel(directory, settings=None, metadata=None):
    needs = pathlib.Path("needs.txt")
    lines = needs.read_text().splitlines() if needs.exists() else []
    about = ["Metadata-Version: 2.1", "Name: tiny", "Version: 1.0"]
    about += [line if line.startswith("Provides") else f"Requires-Dist: {line}" for line in lines]
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory) / name, "w") as wheel:
        wheel.write("tiny.py")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "\\n".join(about) + "\\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    pathlib.Path("left-by-the-build").touch()
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
CONFIG = '{"version": 1, "repo": ".", "install_command": ["pip install {wheel_file}[fast]"]}'


@dataclass(frozen=True)
class Project:
    """A project at ``root``; in tests it stands for `cnnfc.commands.project.Project`."""

    root: Path
    benchmarks: Path
    config_path: Path
    scratch: Path

    def write(self, files):
        """Write texts by the paths of their files."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def git(self, *arguments, ok=True):
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, capture_output=True, text=True, timeout=60
        )
        assert not ok or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, files=None, message="commit"):
        """Write `files`, commit everything and give the hash."""
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def prepare(self, base="HEAD~1", head=None, **options):
        return prepare(self, base, head, self.scratch, **options)


def isolate(monkeypatch, folder):
    """Neither the user's settings nor the network reach what follows."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    settings = folder / "gitconfig"
    settings.write_text(
        "[user]\nname = A\nemail = a@example.com\n[init]\ndefaultBranch = main\n"
        '[protocol "file"]\nallow = always\n'
    )
    repositories.isolate(monkeypatch, settings)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")


@pytest.fixture(autouse=True)
def _alone(tmp_path_factory, monkeypatch):
    isolate(monkeypatch, tmp_path_factory.mktemp("settings"))


def new_project(root, scratch):
    root.mkdir(parents=True)
    project = Project(root, root / "benchmarks", root / "asv.conf.json", scratch)
    project.git("init", "-q")
    return project


@pytest.fixture
def empty(tmp_path):
    """A project without a commit or a file."""
    return new_project(tmp_path / "project", tmp_path / "scratch")


def fill(project):
    """Two commits that need no build: ``tiny.VALUE`` is 1 in the older and 2 in the newer one."""
    suite = {"benchmarks/__init__.py": "", "benchmarks/it.py": "def time_it():\n    pass\n"}
    project.commit({"asv.conf.json": CONFIG, "tiny.py": "VALUE = 1\n", **suite})
    project.commit({"tiny.py": "VALUE = 2\n"})


def package(project):
    """Two more with a package to build, in which it is 2 and 3."""
    project.commit({"backend.py": BACKEND, "pyproject.toml": PYPROJECT})
    project.commit({"tiny.py": "VALUE = 3\n"})


@pytest.fixture
def plain(empty):
    """A project whose two commits need no build: see `fill`."""
    fill(empty)
    return empty


@pytest.fixture
def built(plain):
    """The same with a package to build in its last commit and the one before it."""
    package(plain)
    return plain


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Such a project with both sides, and what was said while they were made."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, folder)
        project = new_project(folder / "project", folder / "scratch")
        fill(project)
        package(project)
        said = []
        return project, project.prepare(say=said.append), said


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """Makes wheels that pip finds: ``wheels("dep", "1.0", "other>=2")``; asv's runner is there."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def make(name, version, *needs):
        about = f"{name}-{version}.dist-info"
        files = {
            f"{name}.py": f"VERSION = {version!r}\n",
            f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            + "".join(f"Requires-Dist: {need}\n" for need in needs),
            f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\n"
            "Tag: py3-none-any\n",
        }
        record = ""
        for file, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{file},sha256={digest.decode().rstrip('=')},{len(text)}\n"
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            for file, text in files.items():
                wheel.writestr(file, text)
            wheel.writestr(f"{about}/RECORD", f"{record}{about}/RECORD,,\n")

    make("asv_runner", metadata.version("asv_runner"))
    return make
