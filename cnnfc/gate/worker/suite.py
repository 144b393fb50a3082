"""Part of the worker, loaded by path: the cases of one side's suite, kept from leg to leg.

Every case (a benchmark with one index of its parameters) has a benchmark object of its own, with an
instance of its own if it is a method, because all stay set up side by side.
"""

from __future__ import annotations

import contextlib
import gc
import math
import pickle
import statistics
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from asv_runner.benchmarks.mark import SkipNotImplemented

from . import cuda
from .benchmarks import Benchmarks
from .case import Case, Skipped, leave_if_forked, reason
from .readings import (
    device_blocks,
    give_back_memory,
    peak_bytes,
    resident_bytes,
    torch_threads,
)

Answer = dict[str, Any]


class Suite:
    """A folder of benchmarks, and those of its cases that are set up.

    Args:
        root: The folder.
        caches: File with the pickled cache of each ``setup_cache_key`` that was run already.

    Attributes:
        benchmarks: What the folder holds.
    """

    def __init__(self, root: str, caches: Mapping[str, str]) -> None:
        self.benchmarks = Benchmarks(root)
        self._caches = dict(caches)
        self._cases: dict[tuple[str, int], Case] = {}
        self._current: Case | None = None
        #: Threads that torch had before any case ran.
        self._threads: int | None = None

    def setup_cache(self, name: str, file: str) -> Answer:
        """Run the setup_cache of a benchmark in this folder and leave the result in `file`."""
        benchmark = self.benchmarks.fresh(name)
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
        ``timed_by`` a clock of `cuda`.
        """
        memory, blocks = resident_bytes(), device_blocks()
        on_gpus, allocated = cuda.reserved(give_back=True), cuda.allocations()
        gpu: int | None = None

        def find_gpu() -> int | None:
            nonlocal gpu
            gpu = cuda.used_since(allocated)
            return gpu

        benchmark = self.benchmarks.known(name)
        with self._using(name, index) as case:
            answer = case.survey(sample_seconds, find_gpu)
        held, used = resident_bytes(), device_blocks()
        if gpu is not None:
            taken = cuda.reserved() - on_gpus
            answer.update(gpu=cuda.uuid(gpu), gpu_index=gpu, device_memory=max(0, taken))
        return {
            **answer,
            "type": benchmark.type,
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
        benchmark = self.benchmarks.fresh(name)
        benchmark.set_param_idx(index)
        key = benchmark.setup_cache_key
        if key is None:
            return benchmark
        if key not in self._caches:
            raise LookupError(f"the setup_cache of {name} ({key}) has not been run")
        with open(self._caches[key], "rb") as file:  # noqa: PTH123
            benchmark.set_cache(pickle.load(file))  # noqa: S301 - written by the same suite
        return benchmark


def _is_timed(benchmark: Any) -> bool:  # noqa: ANN401 - asv_runner is untyped
    return hasattr(benchmark, "_get_timer")
