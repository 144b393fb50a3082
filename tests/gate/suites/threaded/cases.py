"""As a suite that remembers what it has made: threads are set when it is made, not later."""

# asv reads parameters from class attributes.
# ruff: noqa: RUF012

import functools

import torch


@functools.cache
def made(threads):
    torch.set_num_threads(threads)


class Remembers:
    params = [1, 2]

    def time_it(self, threads):
        made(threads)
        if torch.get_num_threads() != threads:
            raise ValueError(f"{torch.get_num_threads()} threads instead of {threads}")


def time_as_it_comes():
    if torch.get_num_threads() != 16:
        raise ValueError(f"{torch.get_num_threads()} threads instead of 16")


def time_on_a_gpu():
    torch.cuda.allocations += 1
