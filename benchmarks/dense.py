"""Latency and memory of dense layers."""

from . import ACCELERATED, ACCELERATORS, DEVICES, FULL, STANDARD, cases, passes


class Forward(passes._Forward):
    params = [cases(*STANDARD, kind="dense"), DEVICES]


class ForwardFull(passes._ForwardFull):
    params = [cases(*FULL, kind="dense", without=STANDARD), DEVICES]


class ForwardCold(passes._ForwardCold):
    params = [cases("cold", kind="dense"), DEVICES]


class ForwardFirst(passes._ForwardFirst):
    params = [cases("first", kind="dense"), DEVICES]


class TrainStep(passes._TrainStep):
    params = [cases("train", kind="dense"), DEVICES]


class ForwardDevice(passes._ForwardDevice):
    params = [cases(*ACCELERATED, kind="dense"), ACCELERATORS]


class ForwardThroughput(passes._ForwardThroughput):
    params = [cases(*ACCELERATED, kind="dense"), ACCELERATORS]


class ForwardHost(passes._ForwardHost):
    params = [cases(*ACCELERATED, kind="dense"), ACCELERATORS]


class ForwardMemory(passes._ForwardMemory):
    params = [cases("question", kind="dense"), ["cpu-1", *ACCELERATORS]]
