"""Names what the running interpreter measures with: its version, torch's, and torch's build.

Used by cnnfc and, loaded by path, by ``asv_main.py``: it imports nothing beyond the standard
library, and above all neither cnnfc nor torch.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: A local part of a version that says for what a build is: the wheels of pytorch.org have one of
#: these.  Others do not: a source build has a commit there, NVIDIA's containers a release.
_SAYS_BUILD = re.compile(r"\+(cpu|cu[0-9]+|rocm[0-9.]*|xpu)(?![a-z0-9])")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def torch_version() -> str | None:
    """The version of the torch that is installed here, without importing it; ``None`` if none is.

    As its metadata says, or (torch's own source tree on ``PYTHONPATH`` has none) its version file.
    """
    try:
        return version("torch")
    except PackageNotFoundError:
        return _text(build_facts().get("__version__"))


def environment_name(torch: str | None) -> str:
    """What results are filed under: ``here-py3.11-torch2.13.0+cpu``.

    `torch` is `torch_version`.  Where that does not say for what torch was built, what torch's
    version file says follows: ``here-py3.12-torch2.5.1-cuda12.4``, ``-rocm6.4``, ``-xpu`` or
    ``-cpu``.  The name has no path in it, so an environment may move, and two that are alike are
    one.
    """
    name = f"here-py{sys.version_info.major}.{sys.version_info.minor}"
    if torch is not None:
        name += f"-torch{torch}"
        build = "" if _SAYS_BUILD.search(torch) else build_name(build_facts(), sys.platform)
        name += f"-{build}" if build else ""
    # The characters that asv replaces in names of files.
    return re.sub(r'[<>:"/\\^|?*\x00-\x1f]', "_", name)


def build_name(facts: Mapping[str, object], platform: str) -> str:
    """For what a torch with these `build_facts` was built; empty if there is nothing to tell.

    >>> build_name({"cuda": "12.4", "hip": None}, "linux")
    'cuda12.4'
    """
    for key, name in (("cuda", "cuda"), ("hip", "rocm")):
        text = _text(facts.get(key))
        if text is not None:
            number = _NUMBER.match(text)
            return name + (number[0] if number else "")
    if _text(facts.get("xpu")) is not None:
        return "xpu"
    # For Apple's systems there is one build, and its version file does not name Metal.
    return "" if platform == "darwin" or "cuda" not in facts else "cpu"


def build_facts() -> Mapping[str, object]:
    """The constants in ``torch/version.py``, read as text; empty where there is no such file.

    It is written when torch is built: ``__version__``, ``cuda``, ``hip``, ``xpu`` (texts or
    ``None``) and more.
    """
    try:
        found = importlib.util.find_spec("torch")
        folders = found.submodule_search_locations if found else None
        text = (Path(next(iter(folders or ()))) / "version.py").read_text(encoding="utf-8")
        statements = ast.parse(text).body
    except (ImportError, OSError, StopIteration, ValueError, SyntaxError):
        return {}
    facts: dict[str, object] = {}
    for statement in statements:
        if isinstance(statement, ast.AnnAssign):
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        if isinstance(statement.value, ast.Constant):
            facts |= {t.id: statement.value.value for t in targets if isinstance(t, ast.Name)}
    return facts


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
