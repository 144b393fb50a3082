"""Shares work that takes seconds with other processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from multiprocessing.connection import wait
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from cnnfc.machine.state import usable_cpus

#: Each takes 0.3 s and 60 MB to start, and what they bring is taken in by one process.
_MOST: Final = 7

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Helpers:
    """Processes that help this one; use it as a context manager.

    They are started with the first work and end with the block, or as soon as this process is
    gone, however it ends.  They are not forked: a process that has a database open has threads, and
    a fork would lose them.
    """

    def __init__(self, count: int | None = None) -> None:
        """So many helpers; by default one less than this process has physical CPUs, if not many."""
        self._wanted = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def each(
        self, function: Callable[[_Item], _Result], items: Iterable[_Item]
    ) -> Iterator[_Result]:
        """``function(item)`` for every item, in the order of items.

        This process does what nobody has begun while it waits.  Only a few items are under way at
        once, so their results never fill the memory.  Where helpers cannot be had (no processes, a
        program that cannot be imported), it does everything itself.

        Args:
            function: It and the items must be such that `pickle` knows them.
            items: Each worth some milliseconds at least.
        """
        if not self._count:
            yield from map(function, items)
            return
        left = iter(items)
        window = deque(self._begun(function, item) for item in islice(left, 4 * self._count + 2))
        while window:
            head = window[0]
            while not head.is_there:
                last = None
                if not head.is_done:
                    last = next((task for task in reversed(window) if task.take_back()), None)
                (last or head).finish()
            window.popleft()
            window.extend(self._begun(function, item) for item in islice(left, 1))
            yield head.result

    @cached_property
    def _count(self) -> int:
        return min(usable_cpus() - 1, _MOST) if self._wanted is None else self._wanted

    def _begun(self, function: Callable[[_Item], _Result], item: _Item) -> _Task[_Item, _Result]:
        try:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self._count,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_obey,
                )
            future = self._pool.submit(function, item)
        except (BrokenProcessPool, OSError):
            future = None
        return _Task(function, item, future)


@dataclass
class _Task(Generic[_Item, _Result]):
    """An item on its way; without a future it is for this process to do."""

    function: Callable[[_Item], _Result]
    item: _Item
    future: Future[_Result] | None
    results: tuple[_Result, ...] = ()

    @property
    def is_there(self) -> bool:
        return bool(self.results)

    @property
    def is_done(self) -> bool:
        """Whether a helper has finished it."""
        return self.future is not None and self.future.done()

    @property
    def result(self) -> _Result:
        return self.results[0]

    def take_back(self) -> bool:
        """Whether nobody has begun it, and nobody will but this process."""
        if self.is_there:
            return False
        if self.future is not None and self.future.cancel():
            self.future = None
        return self.future is None

    def finish(self) -> None:
        """Do it, or wait for who does."""
        if self.future is not None:
            try:
                self.results = (self.future.result(),)
            except BrokenProcessPool:
                self.future = None
        if self.future is None:
            self.results = (self.function(self.item),)


def _obey() -> None:
    """In a helper: end with the process that it helps, and leave interrupts to that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)
