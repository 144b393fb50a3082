"""Packages are built with what is here if that will do."""

import subprocess
import time
from types import SimpleNamespace

import psutil
import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import packages
from cnnfc.gate.preparing.pip import PipFailed


@pytest.fixture
def pip(monkeypatch, tmp_path):
    """Takes the place of pip: ``pip.says`` is why each call fails, ``pip.calls`` what it was."""

    fake = SimpleNamespace(says=[], calls=[])

    def run_pip(arguments, log, failure, **options):
        fake.calls.append("--no-build-isolation" in arguments)
        if len(fake.calls) <= len(fake.says):
            log.write_text(fake.says[len(fake.calls) - 1])
            raise PipFailed(failure, log)

    monkeypatch.setattr(packages, "run_pip", run_pip)
    return fake


@pytest.fixture
def build(tmp_path):
    def build(requires):
        text = f'[build-system]\nrequires = {requires}\nbuild-backend = "backend"\n'
        (tmp_path / "pyproject.toml").write_text(text)
        log = tmp_path / "log"
        packages.build_package(
            tmp_path, tmp_path / "into", log, "it cannot be built", variables={}, patience=60.0
        )

    return build


def test_what_is_here_is_enough_where_it_meets_the_build_requirements(pip, build):
    build('["asv_runner>=0.1"]')
    assert pip.calls == [True]


@pytest.mark.parametrize("requires", ['["asv_runner>=99"]', '["nowhere-to-be-found"]'])
def test_what_is_not_here_is_left_to_pip(pip, build, requires):
    build(requires)
    assert pip.calls == [False]


def test_a_build_that_needs_more_than_it_says_is_tried_again_with_what_pip_brings(pip, build):
    pip.says = ["ModuleNotFoundError: No module named 'maker'"]
    build('["asv_runner"]')
    assert pip.calls == [True, False]


def test_a_build_that_fails_by_itself_is_not_tried_again(pip, build):
    pip.says = ["error: no compiler"]
    with pytest.raises(
        UsageError, match=r"^it cannot be built; the end of .*log:\n    error: no comp"
    ):
        build('["asv_runner"]')
    assert pip.calls == [True]


def test_only_the_end_of_a_long_log_is_shown(pip, build):
    pip.says = ["".join(f"line {number}\n\n" for number in range(100))]
    with pytest.raises(UsageError) as error:
        build("[]")
    assert str(error.value).splitlines()[1:] == [f"    line {number}" for number in range(85, 100)]


def has_ended(pid):
    """Whether a process that was killed is gone, or waits for whoever inherited it to notice."""
    for _ in range(600):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("end", [subprocess.TimeoutExpired("pip", 60), KeyboardInterrupt()])
def test_a_build_that_is_given_up_is_ended_with_everything_it_started(built, monkeypatch, end):
    started = built.root / "started"
    endless = f"import os, time\nopen({str(started)!r}, 'w').write(f'{{os.getpid()}}\\n')\n"
    built.commit({"backend.py": endless + "time.sleep(600)\n"})

    class Impatient(subprocess.Popen):
        def wait(self, timeout=None):
            if timeout != 60.0:
                return super().wait(timeout)
            while not started.is_file() or not started.read_text().endswith("\n"):
                assert self.poll() is None
                time.sleep(0.02)
            raise end

    built.config_path.write_text('{"install_timeout": 60}')
    with monkeypatch.context() as patch:
        patch.setattr("cnnfc.gate.preparing.pip.subprocess.Popen", Impatient)
        with pytest.raises((UsageError, KeyboardInterrupt)) as error:
            built.prepare("HEAD")
    if error.type is UsageError:
        assert "cannot be built within 60 s (asv's install_timeout); the end of" in str(error.value)
    assert has_ended(int(started.read_text()))
    assert list((built.scratch / "packages").iterdir()) == []


def test_a_build_that_needs_what_is_not_here_fetches_it(built, wheels):
    wheels("maker", "1.0")
    backend = (built.root / "backend.py").read_text()
    pyproject = (built.root / "pyproject.toml").read_text()
    pyproject = pyproject.replace("requires = []", 'requires = ["maker"]')
    built.commit({"backend.py": "import maker\n" + backend, "pyproject.toml": pyproject})
    sides = built.prepare("HEAD", allow_same=True)
    assert (sides.contender.path[0] / "tiny.py").read_text() == "VALUE = 3\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, False),
        ({"setup.py": ""}, True),
        ({"pyproject.toml": "[tool.ruff]\n"}, False),
        ({"pyproject.toml": "[project]\n"}, True),
        ({"pyproject.toml": "[build-system]\n"}, True),
        ({"pyproject.toml": "not toml"}, True),
    ],
)
def test_a_folder_is_built_if_it_says_how(tmp_path, files, expected):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert packages.is_package(tmp_path) is expected
