"""A program of its own that runs one side's benchmarks when it is asked to.

``PYTHON main.py '{"suite", "path", "parent", "caches"}'`` is started by path, with the interpreter
of its side; `cnnfc.gate.measuring.worker_process` does that and asks.  It imports nothing of cnnfc,
so the side may be any commit; the files beside it are parts of it, loaded by path too.

It reads requests from standard input, a line of JSON each (``{"id", "op", ...}``), and answers each
with one line that repeats the ``id``: what was asked for, ``{"skipped": reason}`` or ``{"failed":
text, "traceback"}``.  Answers go where nothing else can write; whatever a benchmark prints ends in
standard error, and whatever it reads from standard input is empty.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.metadata
import io
import json
import os
import platform
import signal
import sys
import traceback
import types
from collections.abc import Callable
from types import ModuleType
from typing import Any

#: prctl(2): the signal that this process gets when its parent's thread ends.
_PR_SET_PDEATHSIG = 1
#: Characters of a traceback that are worth sending: its end says what happened.
_TRACEBACK = 4000
#: What `hello` gives the version of, as far as it is installed.
_PACKAGES = ("asv_runner", "numpy", "torch")
_HERE = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120 - as `sys.path` has it
#: Under this name its parts are imported.
_PACKAGE = "_cnnfc_gate_worker"

Request = dict[str, Any]
Answer = dict[str, Any]


def main(arguments: Request) -> None:
    """Answer requests until standard input ends; then tear down what is set up."""
    _die_with(int(arguments["parent"]))
    requests, answers = _private_streams()
    _hide_the_tool()
    sys.path[:0] = arguments["path"]
    _lead_children_to(arguments["path"])
    suite = _part("suite").Suite(arguments["suite"], arguments.get("caches") or {})
    own = os.getpid()
    with os.fdopen(requests, encoding="utf-8") as lines:
        for line in lines:
            answer = _answer(suite, json.loads(line))
            if os.getpid() != own:  # a benchmark that forked, and came back in the child
                os._exit(0)
            _write(answers, json.dumps(answer) + "\n")
    suite.close()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    # Nothing is worth waiting for: exit handlers of torch take a tenth of a second.
    os._exit(0)


def _answer(suite: Any, request: Request) -> Answer:  # noqa: ANN401 - Suite, by another name
    """What `request` asks for; whatever goes wrong is an answer as well."""
    answer: Answer
    try:
        answer = OPERATIONS[request["op"]](suite, request)
    except BaseException as error:  # noqa: BLE001 - SystemExit of a benchmark is a failure too
        is_skipped = isinstance(error, _part("case").Skipped)
        answer = {"skipped": str(error)} if is_skipped else _failure(error)
    return {"id": request.get("id"), **answer}


def _failure(error: BaseException) -> Answer:
    name, said = type(error).__name__, str(error).strip()
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"failed": f"{name}: {said}" if said else name, "traceback": text[-_TRACEBACK:]}


def _hello(_suite: Any, _request: Request) -> Answer:  # noqa: ANN401
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {"pid": os.getpid(), "python": sys.executable, "versions": versions}


def _leg(suite: Any, request: Request) -> Answer:  # noqa: ANN401
    answer: Answer = suite.leg(
        *_case(suite, request),
        number=request["number"],
        seconds=request["seconds"],
        warm_calls=request.get("warm_calls", 1),
        inject=request.get("inject"),
        clock=request.get("clock"),
    )
    return answer


def _canary(_suite: Any, request: Request) -> Answer:  # noqa: ANN401
    answer: Answer = _part("canaries").read(request["name"], request["seconds"])
    return answer


def _explain(suite: Any, request: Request) -> Answer:  # noqa: ANN401
    answer: Answer = suite.explain(*_case(suite, request), _part("explain").explain)
    return answer


def _case(suite: Any, request: Request) -> tuple[str, int]:  # noqa: ANN401
    """Name and index of what is asked for; the index is that of its ``params``, if it has them."""
    name, params = request["benchmark"], request.get("params")
    return name, request["index"] if params is None else suite.benchmarks.index_of(
        name, tuple(params)
    )


#: What can be asked for: one function each, of the suite and the request.
OPERATIONS: dict[str, Callable[[Any, Request], Answer]] = {
    "hello": _hello,
    "load": lambda suite, _: suite.benchmarks.load(),
    "list": lambda suite, _: suite.benchmarks.list(),
    "setup_cache": lambda suite, ask: suite.setup_cache(ask["benchmark"], ask["file"]),
    "survey": lambda suite, ask: suite.survey(*_case(suite, ask), ask.get("sample_seconds", 1e-3)),
    "leg": _leg,
    "value": lambda suite, ask: suite.value(*_case(suite, ask)),
    "canary": _canary,
    "explain": _explain,
    "drop": lambda suite, ask: suite.drop(*_case(suite, ask)),
}


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process, suspended or not, when `parent` ends.

    Linux alone can; elsewhere the process ends when its standard input does.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be asked for
        os._exit(1)


def _private_streams() -> tuple[int, int]:
    """Descriptors of requests and answers, moved to where no benchmark reads or writes."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # The last words of a process that is killed must not be lost in a buffer.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return requests, answers


def _hide_the_tool() -> None:
    """Take this folder, which Python puts first for a program, from the path of imports."""
    if sys.path and os.path.realpath(sys.path[0]) == _HERE:
        del sys.path[0]
    # A package of another name, so that its parts find each other and nothing else finds them.
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [_HERE]
    sys.modules[_PACKAGE] = package


def _lead_children_to(path: list[str]) -> None:
    """Let what a benchmark starts, as each ``timeraw_`` does, import this side's package too."""
    more = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*path, more] if more else path)


def _part(name: str) -> ModuleType:
    """The part `name` of this program, from the file beside it."""
    return importlib.import_module(f"{_PACKAGE}.{name}")


def _write(descriptor: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
