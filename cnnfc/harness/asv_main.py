"""The program that runs asv for cnnfc: asv itself, telling its caller step by step what it does.

It is started by path in a process of its own, imports nothing of cnnfc (``here_name.py``,
``asv_guards.py`` and ``asv_files.py`` beside it are loaded by path) and is imported by nothing, so
that it works whatever folder it runs in and whichever cnnfc is installed beside asv::

    CNNFC_EVENTS=5 python -P .../asv_main.py run --bench 'conv' ...

asv's own arguments follow.  Each event is one line of JSON on the file descriptor that
``CNNFC_EVENTS`` names (see `cnnfc.harness.events` for their meaning).  asv's output is left alone.
With ``CNNFC_LISTED`` set, asv takes the suite from its ``benchmarks.json`` instead of importing it
once more.  With ``CNNFC_COMMIT_DATE`` (ms since 1970), ``-E here --set-commit-hash HASH`` asks no
repository: hash and date are the caller's word, and git need not be there.  Without these
variables, asv behaves as ever, apart from four things:

- its files are written whole or not at all, and measured numbers with seven digits: see
  ``asv_files.py``;
- ``-E here`` measures with the interpreter that runs this program.  asv's own ``existing``
  environment does that too, but puts the interpreter's path into the environment's name, so that
  moving a virtual environment would end every series;
- a point that the suite has only now is stored as not measured rather than as failed;
- a fault of one benchmark costs no other: see ``asv_guards.py``.

What is replaced in asv is looked up by name; ``tests/harness/test_asv_main.py`` runs against the
installed asv and fails when a name has gone.
"""

from __future__ import annotations

import itertools
import json
import logging
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import asv.benchmarks
import asv.environment
import asv.main
import asv.repo
import asv.results
import asv.runner
import asv.util

#: What a benchmark printed is passed on up to this length; tracebacks have their point at the end.
LONGEST_OUTPUT = 8000


class Events:
    """Writes events to the caller; does nothing where there is none."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        if descriptor is not None:
            # A build or a benchmark must not keep the caller's pipe open.
            os.set_inheritable(descriptor, False)  # the function's only form

    def send(self, kind: str, **fields: object) -> None:
        if self.descriptor is None:
            return
        line = json.dumps({"kind": kind, **fields}) + "\n"
        try:
            os.write(self.descriptor, line.encode())
        except BrokenPipeError:
            # The caller was killed.  Nobody waits for this measurement, and the next one to run
            # would find the machine busy.
            self.stop()
            raise KeyboardInterrupt from None

    def stop(self) -> None:
        """Tell nothing any more."""
        self.descriptor = None


class HereEnvironment(asv.environment.ExistingEnvironment):  # type: ignore[misc]  # asv is untyped
    """The running interpreter, named after its version and torch's instead of its path.

    The name is `cnnfc.harness.here_name`'s, as cnnfc's own side has it.
    """

    tool_name = "here"

    def __init__(self, conf: Any) -> None:  # noqa: ANN401  # asv is untyped
        super().__init__(conf, "same", {}, {})

    @classmethod
    def matches(cls, python: str) -> bool:  # noqa: ARG003  # asv's signature
        # asv must never choose this by itself.
        return False

    @property
    def name(self) -> str:
        """Such as ``here-py3.11-torch2.13.0+cpu``."""
        naming = beside("here_name")
        return str(naming.environment_name(naming.torch_version()))

    @property
    def python(self) -> str:
        """The version, as in managed environments; asv would store the interpreter's path."""
        return f"{sys.version_info.major}.{sys.version_info.minor}"


def beside(name: str) -> Any:  # noqa: ANN401  # a module
    """The module `name` of this program's folder, whatever cnnfc is installed."""
    spec = spec_from_file_location(f"_{name}", Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ToldRepository(asv.repo.NoRepository):  # type: ignore[misc]  # asv is untyped
    """The one commit that the caller names, for a tree of files that is no repository."""

    dvcs = "told"
    #: The commit's date (ms since 1970); set before asv makes the repository.
    date = 0

    def get_hash_from_name(self, name: str) -> str:
        # asv asks for the hash it was given, and for its branch only to list the suite.
        return name

    def get_date(self, hash: str | None) -> int:  # noqa: A002, ARG002  # asv's signature
        return self.date


class MessageHandler(logging.Handler):
    """Passes asv's own messages on: what it builds and installs, what went wrong."""

    def __init__(self, events: Events, shorten: Callable[[str], str]) -> None:
        super().__init__(logging.INFO)
        self.events = events
        self.shorten = shorten

    def emit(self, record: logging.LogRecord) -> None:
        self.events.send("message", level=record.levelname, text=self.shorten(str(record.msg)))


def announce_environments(events: Events, commit_date: int | None) -> None:
    """Tell which environments asv runs, and give it the `HereEnvironment` for ``-E here``.

    With a `commit_date` (ms since 1970) that goes without a repository.
    """
    original = asv.environment.get_environments

    def get_environments(conf: Any, specifiers: Any, verbose: bool = True) -> Iterator[Any]:  # noqa: ANN401  # asv's signature
        if specifiers == ["here"]:
            # An existing environment takes no range: asv runs it once a configured branch.
            conf.branches = ["HEAD"]
            if commit_date is not None:
                conf.dvcs, ToldRepository.date = ToldRepository.dvcs, commit_date
            environments = iter([HereEnvironment(conf)])
        else:
            environments = original(conf, specifiers, verbose)
        for environment in environments:
            events.send("environment", name=environment.name)
            yield environment

    asv.environment.get_environments = get_environments


def announce_points(events: Events) -> None:
    """Tell when each benchmark with each set of parameters starts and how it ends."""
    original = asv.runner._run_benchmark_single_param  # noqa: SLF001  # the only place to see it

    def run(benchmark: Any, spawner: Any, param_idx: int, **options: Any) -> Any:  # noqa: ANN401
        point = {"benchmark": benchmark["name"], "parameters": parameters(benchmark, param_idx)}
        events.send("start", **point)
        start = time.perf_counter()
        outcome = original(benchmark, spawner, param_idx, **options)
        events.send(
            "end",
            **point,
            outcome=judge(outcome.result[0], outcome.errcode),
            seconds=time.perf_counter() - start,
            status=outcome.errcode,
            output=outcome.stderr[-LONGEST_OUTPUT:],
        )
        return outcome

    asv.runner._run_benchmark_single_param = run  # noqa: SLF001


def parameters(benchmark: Any, index: int) -> list[str]:  # noqa: ANN401  # asv's benchmark dict
    """The parameters that `index` stands for: the last one runs fastest, as in a product."""
    chosen = []
    for values in reversed(benchmark["params"]):
        index, position = divmod(index, len(values))
        chosen.append(values[position])
    return chosen[::-1]


def judge(result: object, exit_status: int) -> str:
    """``measured``, ``skipped`` or ``failed``, by asv's rules: not-a-number is a skip."""
    if exit_status != 0 or result is None:
        return "failed"
    return "skipped" if isinstance(result, float) and math.isnan(result) else "measured"


def keep_new_points_unmeasured() -> None:
    """Let a combination of parameters that the suite has only now count as skipped, not as failed.

    asv fills a stored row up to the parameter lists of today with the mark of a failure, so a case
    that is added would look broken at every commit where only others are measured again.
    """
    original = asv.results.Results.get_result_value

    def get_result_value(self: Any, key: str, params: Any) -> Any:  # noqa: ANN401  # asv's signature
        known = set(itertools.product(*self._benchmark_params[key]))
        return [
            value if combination in known else math.nan
            for combination, value in zip(
                itertools.product(*params), original(self, key, params), strict=True
            )
        ]

    asv.results.Results.get_result_value = get_result_value


def take_the_list() -> None:
    """Let asv load ``benchmarks.json``, as its other commands do, where it would write it anew."""

    def discover(cls: Any, /, conf: Any, *_: Any, regex: Any = None, **__: Any) -> Any:  # noqa: ANN401
        return cls.load(conf, regex=regex)

    asv.benchmarks.Benchmarks.discover = classmethod(discover)


def main() -> None:
    """Run asv with the arguments of this process; ends the process as asv does."""
    # What a script starts with `&` ignores interrupts, and so would asv, which cnnfc ends by them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    descriptor = os.environ.pop("CNNFC_EVENTS", None)
    events = Events(int(descriptor) if descriptor else None)
    guards = beside("asv_guards")
    logging.getLogger().addHandler(MessageHandler(events, guards.shorten))
    date = os.environ.pop("CNNFC_COMMIT_DATE", None)
    announce_environments(events, int(date) if date else None)
    guards.install()
    if events.descriptor is not None:
        guards.watch_caller(events.descriptor, events.stop)
    announce_points(events)
    files = beside("asv_files")
    files.install()
    keep_new_points_unmeasured()
    if os.environ.pop("CNNFC_LISTED", None):
        take_the_list()
    try:
        asv.main.main()
        sys.stdout.flush()
    except OSError as error:
        # A full disk can stop asv anywhere, and then the log cannot say so.
        if files.is_of_the_disk(error):
            path, reason = str(error.filename or ""), str(error.strerror)
            events.send("unwritten", path=path, number=error.errno, reason=reason)
        raise


if __name__ == "__main__":
    main()
