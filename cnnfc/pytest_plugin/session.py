"""Runs one gate in a pytest session, through the same code as ``cnnfc gate``."""

from __future__ import annotations

import contextlib
import io
import shlex
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pytest

from cnnfc.commands.gate import GateOptions, OpenGate, open_gate
from cnnfc.commands.project import find_project
from cnnfc.errors import CnnfcError, NothingMeasured
from cnnfc.gate.policy.policy import parse_budget, parse_fraction
from cnnfc.pytest_plugin import outcomes
from cnnfc.pytest_plugin.items import GatedBenchmark, GateFile, GateFolder
from cnnfc.pytest_plugin.state import STATE, GateState
from cnnfc.report.gate import words
from cnnfc.verdicts import BenchmarkResult, GateReport

#: `GateReport.exit_code` of a machine that moved, for which pytest has no code.
_MOVED: Final = 4


class GateSession:
    """The hooks of a session with ``--gate``."""

    def __init__(self, config: pytest.Config) -> None:
        _refuse_distribution(config)
        self._config = config
        self._gate: OpenGate | None = None
        #: The words for ``-v``, by node id.
        self._words: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Prepare both sides and list their benchmarks."""
        config = self._config
        asked = [_path_of(argument, config) for argument in config.args]
        stack = contextlib.ExitStack()
        config.add_cleanup(stack.close)
        with _errors_for_pytest():
            project = find_project(asked[0])
            _check_asked(asked, project.benchmarks.resolve(), config)
            # Preparing and measuring take minutes and say so as they go; -q wants no such thing.
            out = sys.stdout if config.get_verbosity() >= 0 else io.StringIO()
            self._gate = stack.enter_context(
                open_gate(_gate_options(config), out, start=project.root)
            )
        config.stash[STATE] = GateState.of(project.benchmarks, self._gate.listed)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(
        self, path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Take the suite's folder over, ``__init__.py`` included."""
        state = self._config.stash.get(STATE, None)
        if state is None or state.place_of(path) != PurePosixPath():
            return None
        return GateFolder.from_parent(parent, path=path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(
        self, module_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Keep pytest from importing a file of the suite that it came to by another way."""
        state = self._config.stash.get(STATE, None)
        if state is None or state.place_of(module_path) is None:
            return None
        return GateFile.from_parent(parent, path=module_path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Measure what was selected, before any item runs.

        Not in the first item: plugins give an item a time limit, and a gate takes minutes.
        """
        option = session.config.option
        items = [item for item in session.items if isinstance(item, GatedBenchmark)]
        stopped = session.testsfailed and not option.continue_on_collection_errors
        looking = option.collectonly or getattr(option, "setuponly", False)
        if self._gate is None or not items or stopped or looking:
            return
        chosen = {item.listed.id for item in items}
        everything = chosen == {listed.id for listed in self._gate.listed}
        with _errors_for_pytest():
            report = self._gate.run(None if everything else chosen)
        if report.finished_at is None:
            pytest.exit("the gate was interrupted", returncode=pytest.ExitCode.INTERRUPTED)
        state = self._config.stash[STATE]
        state.end(report)
        for item in items:
            found = state.found(item.listed)
            if isinstance(found, BenchmarkResult):
                self._words[item.nodeid] = outcomes.word(found)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let a skip point to the benchmark instead of the line here that raised it."""
        report = yield
        if isinstance(item, GatedBenchmark) and isinstance(report.longrepr, tuple):
            place: Any = (item.nodeid, None, report.longrepr[2].removeprefix("Skipped: "))
            report.longrepr = place
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> Generator[None, Any, Any]:
        """Let ``-v`` say the verdict; categories and letters stay pytest's."""
        category, letter, said = yield
        verdict = self._words.get(str(report.nodeid))
        if said and verdict is not None:
            said = (verdict, said[1]) if isinstance(said, tuple) else verdict
        return category, letter, said

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Nothing measured is never green, nor is a gate that is blind."""
        if self._why_red() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The answer for the whole gate, how far to trust it, and where the rest is."""
        report = self._report
        if report is None or self._gate is None:
            return
        terminalreporter.section("performance gate")
        terminalreporter.line(words.headline(report))
        for sentence in (words.compared(report), *words.trust(report)):
            terminalreporter.line(sentence)
        if why := self._why_red():
            terminalreporter.line(f"{why}, so this run fails", red=True)
        elif report.exit_code == _MOVED and not report.strict:
            terminalreporter.line(
                "warning: the machine moved, so this run is no proof; --gate-strict fails it",
                yellow=True,
            )
        terminalreporter.line(str(self._gate.folder / "index.html"))

    @property
    def _report(self) -> GateReport | None:
        state = self._config.stash.get(STATE, None)
        return None if state is None else state.report

    def _why_red(self) -> str:
        """What is wrong with the gate as a whole, beside its items; empty if nothing is."""
        report = self._report
        if report is None:
            return ""
        if report.exit_code == NothingMeasured.exit_code or not (
            report.selftest is None or report.benchmarks
        ):
            return "no benchmark was decided" if report.benchmarks else "nothing was measured"
        if report.selftest is not None and not report.selftest_passed:
            return "the gate failed its self-test"
        return ""


def _gate_options(config: pytest.Config) -> GateOptions:
    """The options of ``cnnfc gate`` as this session was given them."""
    prefix = "cnnfc_gate_"
    given = {
        name.removeprefix(prefix): value
        for name, value in vars(config.option).items()
        if name.startswith(prefix)
    }
    folder = config.invocation_params.dir
    return GateOptions(
        base=config.getoption("cnnfc_gate"),
        head=given["head"],
        bench=tuple(given["bench"]),
        budget=None if given["budget"] is None else parse_budget(given["budget"]),
        strict=given["strict"],
        selftest=given["selftest"],
        seed=given["seed"],
        threshold=None if given["threshold"] is None else parse_fraction(given["threshold"]),
        baseline_with=tuple(given["baseline_with"]),
        contender_with=tuple(given["contender_with"]),
        here=given["here"],
        out=None if given["out"] is None else folder / given["out"],
        command=shlex.join(["pytest", *map(str, config.invocation_params.args)]),
    )


def _path_of(argument: str, config: pytest.Config) -> Path:
    """The file or folder of an argument such as ``benchmarks/conv.py::conv.F.time_x[a]``."""
    return (config.invocation_params.dir / argument.partition("::")[0]).resolve()


def _check_asked(asked: Sequence[Path], suite: Path, config: pytest.Config) -> None:
    """Refuse to run tests alone where a gate was asked for."""
    if not any(suite.is_relative_to(path) or path.is_relative_to(suite) for path in asked):
        raise pytest.UsageError(
            f"--gate judges the benchmarks in {suite}, and none of them is asked for: "
            f"run pytest {suite.name} --gate {config.getoption('cnnfc_gate')}"
        )


def _refuse_distribution(config: pytest.Config) -> None:
    """Refuse pytest-xdist: several processes would run a gate each, at the same time."""
    workers = config.getoption("numprocesses", None) or config.getoption("tx", None)
    if hasattr(config, "workerinput") or workers or config.getoption("dist", "no") != "no":
        raise pytest.UsageError(
            "--gate measures in one process at a time, which pytest-xdist would not: add -n 0"
        )


@contextlib.contextmanager
def _errors_for_pytest() -> Iterator[None]:
    """Turn cnnfc's errors into pytest's, one clear sentence either way."""
    try:
        yield
    except NothingMeasured as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.TESTS_FAILED)
    except CnnfcError as error:
        raise pytest.UsageError(str(error)) from None
