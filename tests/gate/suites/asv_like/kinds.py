"""Every type of benchmark, every way to say how it is to be measured."""

# asv reads parameters from class attributes.
# ruff: noqa: RUF012

import itertools
import math
import sys

from asv_runner.benchmarks.mark import SkipNotImplemented


def time_function():
    pass


def time_reads_input():
    if sys.stdin.read() != "":
        raise ValueError("somebody talks to this benchmark")


class Numbered:
    number = 7

    def time_it(self):
        pass


_SECONDS = itertools.count()


class Ticking:
    """Its clock goes on by a second a reading."""

    number = 4
    timer = staticmethod(lambda: float(next(_SECONDS)))

    def time_it(self):
        pass


class Own:
    """An instance that two parameters shared would remember the wrong one."""

    params = [1, 2]

    def time_it(self, n):
        self.first = getattr(self, "first", n)
        if self.first != n:
            raise ValueError("another parameter was here")


class NoKernel:
    def setup(self):
        raise NotImplementedError("no such kernel")

    def time_skips(self):
        pass


class Parameters:
    params = [1, 2]
    skip_params = [(1,)]

    def time_skips(self, n):
        pass

    def track_skips(self, n):
        return n


def time_skips_inside():
    raise SkipNotImplemented("not on this machine")


def time_unfinished():
    raise NotImplementedError("half done")


def track_number():
    return 3


track_number.unit = "apples"
track_number.higher_is_better = True


def track_nan():
    return math.nan


def track_nothing():
    return None


def track_samples():
    return {"samples": [1.0, 9.0, 2.0], "number": 1}


def track_text():
    return "three"


def peakmem_nothing():
    pass
