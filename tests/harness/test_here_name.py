import importlib
import subprocess
import sys

import pytest

from cnnfc.harness import here_name

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

#: As pytorch's setup.py writes it.
VERSION_FILE = """
from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'xpu']
__version__ = '{version}'
debug = False
cuda: Optional[str] = {cuda!r}
git_version = 'cf30153c'
hip: Optional[str] = {hip!r}
xpu: Optional[str] = {xpu!r}
"""


@pytest.fixture
def torch(tmp_path, monkeypatch):
    """Installs a torch of which there is nothing but what says its version."""
    # What is imported already is found without a look at the path.
    monkeypatch.delitem(sys.modules, "torch", raising=False)

    def install(version, cuda=None, hip=None, xpu=None, *, metadata=True, folder="site"):
        site = tmp_path / folder
        package = site / "torch"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise ImportError('torch must not be imported')\n")
        text = VERSION_FILE.format(version=version, cuda=cuda, hip=hip, xpu=xpu)
        (package / "version.py").write_text(text)
        if metadata:
            info = site / "torch-0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"
            )
        monkeypatch.setattr(sys, "path", [str(site), *(p for p in sys.path if "site" not in p)])
        importlib.invalidate_caches()
        return here_name.environment_name(here_name.torch_version())

    return install


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (("2.13.0+cpu",), "torch2.13.0+cpu"),
        (("2.9.0.dev20250801+cu128", "12.8"), "torch2.9.0.dev20250801+cu128"),
        (("2.8.0+rocm6.4", None, "6.4.43482-0f2d60242"), "torch2.8.0+rocm6.4"),
        (("2.8.0+xpu", None, None, "20250101"), "torch2.8.0+xpu"),
        (("2.7.0+cpu.cxx11.abi",), "torch2.7.0+cpu.cxx11.abi"),
        (("2.5.1", "12.4"), "torch2.5.1-cuda12.4"),
        (("2.5.1", None, "6.2.41133-dd7f95766"), "torch2.5.1-rocm6.2"),
        (("2.5.1", None, None, "20240100"), "torch2.5.1-xpu"),
        (("2.5.1.post303",), "torch2.5.1.post303-cpu"),
        (("2.8.0a0+git1234abc", "12.8"), "torch2.8.0a0+git1234abc-cuda12.8"),
        (("2.8.0a0+git1234abc",), "torch2.8.0a0+git1234abc-cpu"),
        (("2.6.0a0+ecf3bae40a.nv25.01", "12.8"), "torch2.6.0a0+ecf3bae40a.nv25.01-cuda12.8"),
        (("2.8.0a0+cpuinfo1", None), "torch2.8.0a0+cpuinfo1-cpu"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_series_is_named_by_versions_and_by_the_build_where_the_version_does_not_say_it(
    torch, monkeypatch, build, name
):
    monkeypatch.setattr(sys, "platform", "linux")
    assert torch(*build) == f"here-py{PYTHON}-{name}"


def test_where_the_environment_lies_is_not_in_its_name(torch):
    assert torch("2.5.1", "12.4", folder="site-a") == torch("2.5.1", "12.4", folder="site-b")


def test_a_source_tree_on_the_path_is_named_by_its_version_file(torch):
    assert torch("2.8.0a0+git1234abc", "12.8", metadata=False).endswith(
        "-torch2.8.0a0+git1234abc-cuda12.8"
    )


def test_a_strange_version_makes_a_name_that_is_safe_as_a_file(monkeypatch):
    monkeypatch.setattr(here_name, "build_facts", dict)
    assert here_name.environment_name("2/../<x>:1").endswith("-torch2_.._" + "_x__1")


def test_an_interpreter_without_torch_has_a_name_without_it():
    assert here_name.environment_name(None) == f"here-py{PYTHON}"


def test_on_apples_systems_there_is_one_build():
    assert here_name.build_name({"cuda": None, "hip": None}, "darwin") == ""
    assert here_name.build_name({"cuda": None, "hip": None}, "linux") == "cpu"


def test_a_version_file_that_says_nothing_is_no_word_for_a_build(torch, tmp_path):
    torch("2.5.1")
    (tmp_path / "site" / "torch" / "version.py").write_text("cuda = (")
    assert here_name.build_facts() == {}
    assert here_name.build_name({}, "linux") == ""


def test_without_torch_there_are_no_facts_of_its_build(monkeypatch):
    monkeypatch.setattr(here_name.importlib.util, "find_spec", lambda _: None)
    assert here_name.build_facts() == {}


def test_neither_torch_nor_cnnfc_is_imported_to_find_the_name():
    program = (
        "import sys, runpy; runpy.run_path(sys.argv[1])['environment_name']('1'); "
        "print(sorted({'torch', 'cnnfc'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program, here_name.__file__],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout == "[]\n", ran.stderr
