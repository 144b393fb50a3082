"""Latency and memory of convolution layers."""

from . import ACCELERATED, ACCELERATORS, DEVICES, FULL, STANDARD, cases, passes


class Forward(passes._Forward):
    params = [cases(*STANDARD, kind="conv"), DEVICES]


class ForwardFull(passes._ForwardFull):
    params = [cases(*FULL, kind="conv", without=STANDARD), DEVICES]


class ForwardCold(passes._ForwardCold):
    params = [cases("cold", kind="conv"), DEVICES]


class ForwardFirst(passes._ForwardFirst):
    params = [cases("first", kind="conv"), DEVICES]


class TrainStep(passes._TrainStep):
    params = [cases("train", kind="conv"), DEVICES]


class ForwardDevice(passes._ForwardDevice):
    params = [cases(*ACCELERATED, kind="conv"), ACCELERATORS]


class ForwardThroughput(passes._ForwardThroughput):
    params = [cases(*ACCELERATED, kind="conv"), ACCELERATORS]


class ForwardHost(passes._ForwardHost):
    params = [cases(*ACCELERATED, kind="conv"), ACCELERATORS]


class ForwardMemory(passes._ForwardMemory):
    params = [cases("question", kind="conv"), ["cpu-1", *ACCELERATORS]]
