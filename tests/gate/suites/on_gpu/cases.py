"""Calls that return before the GPU has run them, under several clocks."""

import time

import torch

#: Seconds of a kernel.
KERNEL = 1e-4


def waiting():
    torch.cuda.synchronize()
    return time.perf_counter()


def launching():
    return time.perf_counter()


def time_with_the_clock_of_asv():
    torch.launch(KERNEL)


def time_with_a_clock_that_waits():
    torch.launch(KERNEL)


time_with_a_clock_that_waits.timer = waiting


def time_the_launch():
    torch.launch(KERNEL)


time_the_launch.timer = launching
time_the_launch.number = 10


def time_on_a_stream_of_its_own():
    torch.launch(KERNEL * 10, "side")


class WithSetup:
    number = 2

    def setup(self):
        torch.launch(KERNEL * 5)

    def time_it(self):
        torch.launch(KERNEL)


class Large:
    def setup(self):
        torch.state.reserved = 3 * torch.GIB
        torch.launch(0.0)

    def time_it(self):
        torch.launch(KERNEL)


def time_on_the_cpu():
    pass
