"""Lists the benchmarks of both sides: which both have, which are new, which are missing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from cnnfc.errors import UsageError
from cnnfc.gate.measuring.setting import Setting
from cnnfc.gate.measuring.worker_process import Worker, WorkerLost
from cnnfc.gate.measuring.workers import LOAD_TIMEOUT, start
from cnnfc.gate.sides import Side
from cnnfc.verdicts import benchmark_id


@dataclass(frozen=True)
class Listed:
    """A benchmark with parameters, as the suite declares it.

    Attributes:
        id: Name and parameters in one word, unique in a listing.
        name: Name of the benchmark.
        params: Its parameters as asv writes them.
        index: Place of the parameters in asv's product of them.
        presence: ``both``, ``new`` (the contender's alone) or ``missing`` (the baseline's alone).
        kind: ``time``, ``track``, ``peakmem``, ``mem``, or another type of asv.
        unit: What its values are.
        timeout: What a call may take, with its setup (s).
        cache: Key of its ``setup_cache``; None if it has none.
        higher_is_better: Direction of a ``track_`` benchmark.
        error: Why a missing one is missing: its module cannot be imported on the contender.
        path: The module that defines it, relative to the suite; None if that is not known.
    """

    id: str
    name: str
    params: tuple[str, ...]
    index: int
    presence: str
    kind: str
    unit: str
    timeout: float
    cache: str | None = None
    higher_is_better: bool = False
    error: str | None = None
    path: str | None = None

    @property
    def file(self) -> str:
        """Where it is defined, relative to the suite: ``conv.py``; by its name if need be."""
        if self.path is not None:
            return self.path
        modules = self.name.split(".")[:-1]
        # Classes are named with a capital.
        if modules and modules[-1][:1].isupper():
            modules.pop()
        return "/".join(modules or ["__init__"]) + ".py"


#: asv's names of types, as far as the gate has shorter ones.
_KINDS: Final = {"peakmemory": "peakmem", "memory": "mem"}
#: What asv waits for a benchmark that sets no time-out of its own (s).
DEFAULT_TIMEOUT: Final = 60.0


def list_both(
    setting: Setting, note: Callable[[str], None] = lambda _sentence: None
) -> tuple[Listed, ...]:
    """Every benchmark of either side, in the order of the contender's suite, missing ones last.

    The contender's suite is run on both sides, so what it declares is what can be measured; the
    baseline's own suite only says what is new and what is missing.  Where the baseline is older
    than the suite, nothing is new: everything can be tried.

    Args:
        setting: what is compared, and where workers may run.
        note: hears of modules that no side can import, so that nobody knows what they declare.

    Raises:
        UsageError: a suite cannot be listed at all, or none declares anything.
    """
    sides = setting.sides
    contender, errors = _declared(setting, sides.contender, 1)
    own = sides.baseline.own_suite
    gone: list[Listed] = []
    if errors or not (own is None or _same_files(own, sides.contender.suite)):
        suite = sides.contender.suite if own is None else own
        baseline, _ = _declared(setting, replace(sides.baseline, suite=suite), 0)
        known = {listed.id for listed in baseline}
        ids = {listed.id for listed in contender}
        gone = [
            replace(listed, presence="missing", error=_error(listed, errors))
            for listed in baseline
            if listed.id not in ids
        ]
        if own is not None:
            contender = [
                listed if listed.id in known else replace(listed, presence="new")
                for listed in contender
            ]
    if not contender and not gone:
        raise UsageError(
            f"{sides.contender.suite.name} of {sides.contender.label} declares no benchmark"
            + "".join(f"; {module}: {error}" for module, error in errors.items())
        )
    explained = {listed.error for listed in gone}
    for module, error in errors.items():
        if error not in explained:
            note(f"{module} cannot be imported, so its benchmarks are not gated: {error}")
    return (*contender, *gone)


def _error(listed: Listed, errors: Mapping[str, str]) -> str | None:
    """Why the contender does not declare `listed`: its module, or a package around it, fails."""
    # Without the folder of the suite, which may be another one in each commit.
    inner = {module.partition(".")[2]: error for module, error in errors.items()}
    parts = PurePosixPath(listed.file).with_suffix("").parts
    packages = (".".join(parts[:count]) for count in range(len(parts) + 1))
    return next((inner[package] for package in packages if package in inner), None)


def _declared(setting: Setting, side: Side, slot: int) -> tuple[list[Listed], dict[str, str]]:
    """The benchmarks of `side`, and the modules that could not be imported with the reason."""
    with start(setting, side, slot, {"PYTHONHASHSEED": "0"}) as worker:
        loaded = _ask(worker, "load", side.label)
        answer = _ask(worker, "list", side.label)
    errors = {str(e["module"]): str(e["failed"]) for e in loaded.get("errors", ())}
    return unfold(answer["benchmarks"], side.suite), errors


def _ask(worker: Worker, what: str, label: str) -> Mapping[str, Any]:
    try:
        answer = worker.ask(what, LOAD_TIMEOUT)
    except WorkerLost as lost:
        raise UsageError(
            f"the benchmarks of {label} cannot be listed: {lost}{_quoted(lost.said)}"
        ) from None
    if "failed" in answer:
        said = str(answer.get("traceback") or worker.said())
        raise UsageError(
            f"the benchmarks of {label} cannot be listed: {answer['failed']}{_quoted(said)}"
        )
    return answer


def unfold(benchmarks: Sequence[Mapping[str, Any]], suite: Path) -> list[Listed]:
    """One entry for every benchmark of the folder `suite` and each combination of parameters."""
    listed: list[Listed] = []
    seen: dict[str, int] = {}
    for benchmark in benchmarks:
        for index, params in enumerate(itertools.product(*benchmark["params"])):
            word = benchmark_id(benchmark["name"], tuple(params))
            # Parameters that differ in odd characters alone would share a name.
            seen[word] = seen.get(word, 0) + 1
            unique = word if seen[word] == 1 else f"{word[:-1]}-{index}]"
            listed.append(
                Listed(
                    id=unique,
                    name=benchmark["name"],
                    params=tuple(params),
                    index=index,
                    presence="both",
                    kind=_KINDS.get(str(benchmark["type"]), str(benchmark["type"])),
                    unit=str(benchmark.get("unit") or ""),
                    timeout=float(benchmark.get("timeout") or DEFAULT_TIMEOUT),
                    cache=benchmark.get("setup_cache_key"),
                    higher_is_better=bool(benchmark.get("higher_is_better")),
                    path=_inside(benchmark.get("file"), suite),
                )
            )
    return listed


def _inside(file: str | None, suite: Path) -> str | None:
    """The path of `file` from the folder `suite` on, with ``/``; None if it is not in there."""
    path = Path(file or "").resolve()
    return path.relative_to(suite.resolve()).as_posix() if suite.resolve() in path.parents else None


def _same_files(one: Path, other: Path) -> bool:
    """Whether two suites consist of the same files."""
    if one == other:
        return True

    def content(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }

    return content(one) == content(other)


def _quoted(said: str) -> str:
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return "".join(f"\n  {line}" for line in lines[-8:])
