"""Part of `worker`, loaded by path: the suite of one side, found by asv_runner, its cases kept.

Which functions are benchmarks, with which parameters, is asv_runner's decision.  Every case (a
benchmark with one index of its parameters) has a benchmark object of its own, with an instance of
its own if it is a method, because all stay set up side by side.
"""

# asv_runner's own runner uses these members of its benchmarks as well; there are no public ones.
# ruff: noqa: SLF001

from __future__ import annotations

import contextlib
import gc
import importlib
import itertools
import math
import pickle
import pkgutil
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from asv_runner import discovery
from asv_runner._aux import update_sys_path
from asv_runner.benchmarks.mark import SkipNotImplemented

from . import worker_cuda
from .worker_case import Case, Skipped, leave_if_forked, reason
from .worker_readings import (
    device_blocks,
    give_back_memory,
    peak_bytes,
    resident_bytes,
    torch_threads,
)

Answer = dict[str, Any]


class Suite:
    """A folder of benchmarks, imported on demand.

    Args:
        root: The folder.
        caches: File with the pickled cache of each ``setup_cache_key`` that was run already.
    """

    def __init__(self, root: str, caches: Mapping[str, str]) -> None:
        self._root = root
        self._caches = dict(caches)
        self._found: dict[str, Any] = {}
        self._errors: list[dict[str, str]] = []
        self._cases: dict[tuple[str, int], Case] = {}
        #: Indices by parameters, as asv writes them, of each benchmark that was asked for by them.
        self._indices: dict[str, dict[tuple[str, ...], int]] = {}
        self._current: Case | None = None
        #: Threads that torch had before any case ran.
        self._threads: int | None = None
        update_sys_path(root)
        # asv_runner would stop at the first module that fails.
        discovery.disc_modules = lambda name, **_: self._modules(name)

    def load(self) -> Answer:
        """Import everything; a module that cannot be imported is named and the others remain."""
        start = time.perf_counter()
        self._errors.clear()
        for benchmark in discovery.disc_benchmarks(self._root):
            self._found.setdefault(benchmark.name, benchmark)
        # What the imports left is never garbage: the collector need not look at it between values.
        gc.collect()
        gc.freeze()
        seconds = time.perf_counter() - start
        return {"benchmarks": len(self._found), "seconds": seconds, "errors": self._errors}

    def list(self) -> Answer:
        """What `load` has found; loads if nothing was."""
        if not self._found:
            self.load()
        return {"benchmarks": [_described(one) for one in self._found.values()]}

    def index_of(self, name: str, params: tuple[str, ...]) -> int:
        """Place of `params` in the product of a benchmark's; raises `Skipped` if it has none."""
        if name not in self._indices:
            benchmark = self._found.get(name) or self._fresh(name)
            product = itertools.product(*benchmark.params)
            self._indices[name] = {one: index for index, one in enumerate(product)}
        if params not in self._indices[name]:
            raise Skipped("it does not have these parameters")
        return self._indices[name][params]

    def setup_cache(self, name: str, file: str) -> Answer:
        """Run the setup_cache of a benchmark in this folder and leave the result in `file`."""
        benchmark = self._fresh(name)
        cache = benchmark.do_setup_cache()
        leave_if_forked()
        with open(file, "wb") as out:  # noqa: PTH123 - nothing else of pathlib is needed
            pickle.dump(cache, out)
        if benchmark.setup_cache_key is not None:
            self._caches[benchmark.setup_cache_key] = file
        return {}

    def survey(self, name: str, index: int, sample_seconds: float) -> Answer:
        """Set a case up, call it, and say how it is best measured.

        ``device`` is the accelerator it ran on, or ``cpu``; ``memory`` the bytes by which the
        process grew, which the case keeps.  If that is a CUDA GPU, ``gpu`` is its UUID,
        ``gpu_index`` its place in this process, ``device_memory`` the bytes taken there and
        ``timed_by`` a clock of `worker_cuda`.
        """
        memory, blocks = resident_bytes(), device_blocks()
        on_gpus, allocated = worker_cuda.reserved(give_back=True), worker_cuda.allocations()
        gpu: int | None = None

        def find_gpu() -> int | None:
            nonlocal gpu
            gpu = worker_cuda.used_since(allocated)
            return gpu

        if name not in self._found:
            self._found[name] = self._fresh(name)
        with self._using(name, index) as case:
            answer = case.survey(sample_seconds, find_gpu)
        held, used = resident_bytes(), device_blocks()
        if gpu is not None:
            taken = worker_cuda.reserved() - on_gpus
            answer.update(gpu=worker_cuda.uuid(gpu), gpu_index=gpu, device_memory=max(0, taken))
        return {
            **answer,
            "type": self._found[name].type,
            "memory": max(0, held - memory),
            "device": next((kind for kind in used if used[kind] > blocks.get(kind, 0)), "cpu"),
            "threads": torch_threads(),
        }

    def leg(self, name: str, index: int, **settings: Any) -> Answer:  # noqa: ANN401 - see Case.leg
        """Values of a timed case; see `Case.leg`."""
        with self._using(name, index) as case:
            return case.leg(**settings)

    def value(self, name: str, index: int) -> Answer:
        """What a benchmark that is not timed says; ``value`` is None for None and not a number.

        As in asv, it is set up before and torn down after.
        """
        benchmark = self._prepared(name, index)
        if _is_timed(benchmark):
            raise TypeError(f"{name} is timed: it has no value, ask for a leg")
        with self._entered(self._case(benchmark)) as case:
            case.set_up()
            try:
                result = benchmark.do_run()
                if benchmark.type == "peakmemory":
                    result = peak_bytes() or result
            finally:
                leave_if_forked()
                case.tear_down()
        if isinstance(result, dict) and "samples" in result:  # it has done its own repeating
            result = statistics.median(result["samples"]) if result["samples"] else None
        number = math.nan if result is None else float(result)
        return {"value": None if math.isnan(number) else number}

    def explain(self, name: str, index: int, explain: Callable[..., Answer]) -> Answer:
        """What `explain` says of a function that runs the case once."""
        with self._using(name, index) as case:
            return explain(case.one_call())

    def drop(self, name: str, index: int) -> Answer:
        """Tear down and forget a case, if it is there."""
        case = self._cases.pop((name, index), None)
        if case is not None:
            with self._entered(case):
                case.tear_down()
            self._current = None
            del case
            gc.collect()
            give_back_memory()
        return {}

    def close(self) -> None:
        """Tear everything down; what fails says so on standard error."""
        for name, index in list(self._cases):
            try:
                self.drop(name, index)
            except Exception:  # noqa: BLE001 - the suite's own code
                traceback.print_exc()

    @contextlib.contextmanager
    def _using(self, name: str, index: int) -> Iterator[Case]:
        """The case, set up and entered; torn down and forgotten if anything fails."""
        case = self._cases.get((name, index))
        is_new = case is None
        if case is None:
            benchmark = self._prepared(name, index)
            if not _is_timed(benchmark):
                raise TypeError(f"{name} is not timed: ask for its value")
            case = self._case(benchmark)
        with self._entered(case):
            if is_new:
                case.set_up()
                leave_if_forked()
                self._cases[name, index] = case
            try:
                yield case
            except BaseException:
                leave_if_forked()
                # As in asv, whose teardown runs whatever happens; it must not hide what happened.
                self._cases.pop((name, index), None)
                try:
                    case.tear_down()
                except Exception:  # noqa: BLE001 - the suite's own code
                    traceback.print_exc()
                raise

    @contextlib.contextmanager
    def _entered(self, case: Case) -> Iterator[Case]:
        """The process in the state that `case` left it in."""
        if case is not self._current:
            case.enter()
            self._current = case
        try:
            yield case
        except BaseException as error:
            self._current = None
            if isinstance(error, SkipNotImplemented):
                raise Skipped(reason(error)) from None
            raise
        finally:
            case.leave()

    def _case(self, benchmark: Any) -> Case:  # noqa: ANN401 - asv_runner is untyped
        if self._threads is None:
            self._threads = torch_threads()
        return Case(benchmark, self._threads)

    def _prepared(self, name: str, index: int) -> Any:  # noqa: ANN401 - asv_runner is untyped
        """A new benchmark object with its parameters and its cache."""
        benchmark = self._fresh(name)
        benchmark.set_param_idx(index)
        key = benchmark.setup_cache_key
        if key is None:
            return benchmark
        if key not in self._caches:
            raise LookupError(f"the setup_cache of {name} ({key}) has not been run")
        with open(self._caches[key], "rb") as file:  # noqa: PTH123
            benchmark.set_cache(pickle.load(file))  # noqa: S301 - written by the same suite
        return benchmark

    def _fresh(self, name: str) -> Any:  # noqa: ANN401 - asv_runner is untyped
        finders = list(sys.meta_path)
        try:
            return discovery.get_benchmark_from_name(self._root, name)
        finally:
            # It adds the suite's folder once more each time, and imports would get slower.
            sys.meta_path[:] = [one for one in sys.meta_path if one in finders or not _is_asvs(one)]

    def _modules(self, name: str) -> Iterator[Any]:
        """The module `name` and all in it that can be imported."""
        try:
            module = importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 - as asv_runner does: SystemExit too
            traceback.print_exc()
            text = f"{type(error).__name__}: {error}"
            self._errors.append({"module": name, "failed": text})
            return
        yield module
        for _, inner, _ in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
            yield from self._modules(inner)


def _is_asvs(finder: object) -> bool:
    return type(finder).__name__ == "SpecificImporter"


def _is_timed(benchmark: Any) -> bool:  # noqa: ANN401 - asv_runner is untyped
    return hasattr(benchmark, "_get_timer")


def _described(benchmark: Any) -> Answer:  # noqa: ANN401 - asv_runner is untyped
    """What the parent must know of a benchmark; parameters as asv writes them."""
    return {
        "name": benchmark.name,
        "type": benchmark.type,
        "params": benchmark.params,
        "param_names": benchmark.param_names,
        "unit": benchmark.unit,
        "timeout": benchmark.timeout,
        "setup_cache_key": benchmark.setup_cache_key,
        "setup_cache_timeout": benchmark.setup_cache_timeout,
        "higher_is_better": _flag(benchmark, "higher_is_better"),
        "version": benchmark.version,
        "index_count": math.prod(len(values) for values in benchmark.params),
        "file": getattr(benchmark._attr_sources[-1], "__file__", None),
    }


def _flag(benchmark: Any, name: str) -> bool:  # noqa: ANN401 - asv_runner is untyped
    """An attribute of the function, its class or its module, in asv's order."""
    values = (getattr(source, name, None) for source in benchmark._attr_sources)
    return bool(next((value for value in values if value is not None), False))
