"""Part of the worker, loaded by path: finds the benchmarks of a suite, and what they are called.

Which functions are benchmarks, with which parameters, is asv_runner's decision.
"""

# asv_runner's own runner uses these members of its benchmarks as well; there are no public ones.
# ruff: noqa: SLF001

from __future__ import annotations

import gc
import importlib
import itertools
import math
import pkgutil
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any

from asv_runner import discovery
from asv_runner._aux import update_sys_path

from .case import Skipped

Answer = dict[str, Any]


class Benchmarks:
    """A folder of benchmarks, imported on demand.

    Args:
        root: The folder.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._found: dict[str, Any] = {}
        self._errors: list[dict[str, str]] = []
        #: Indices by parameters, as asv writes them, of each benchmark that was asked for by them.
        self._indices: dict[str, dict[tuple[str, ...], int]] = {}
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
            benchmark = self._found.get(name) or self.fresh(name)
            product = itertools.product(*benchmark.params)
            self._indices[name] = {one: index for index, one in enumerate(product)}
        if params not in self._indices[name]:
            raise Skipped("it does not have these parameters")
        return self._indices[name][params]

    def known(self, name: str) -> Any:  # noqa: ANN401 - asv_runner is untyped
        """The benchmark `name` as `list` describes it: one object, of which nothing is run."""
        if name not in self._found:
            self._found[name] = self.fresh(name)
        return self._found[name]

    def fresh(self, name: str) -> Any:  # noqa: ANN401 - asv_runner is untyped
        """A benchmark object of its own, with an instance of its own if it is a method."""
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
