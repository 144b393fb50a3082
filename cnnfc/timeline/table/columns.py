"""Says what the table of everything measured holds: its columns in their order."""

from __future__ import annotations

from typing import Final

from cnnfc.timeline.table.schema import Column, Type

#: Grows with every change of a column's name, type or meaning; new columns at the end alone do not.
SCHEMA_VERSION: Final = 1

_UNIT: Final = "see unit"

#: One row a point: one benchmark with one set of parameters in one run.
COLUMNS: Final = (
    Column("machine", Type.TEXT, "name of the machine"),
    Column("environment", Type.TEXT, "asv's name of the environment"),
    Column("commit", Type.TEXT, "full hash of the commit that was measured"),
    Column("commit_date", Type.TIMESTAMP, "date of the commit", "UTC"),
    Column("started_at", Type.TIMESTAMP, "when the benchmark was started", "UTC"),
    Column("benchmark", Type.TEXT, "full name of the benchmark"),
    Column("family", Type.TEXT, "conv, dense or canary for layers; else the benchmark's module"),
    Column("parameters", Type.OBJECT, "values of the parameters by name, as text"),
    Column("case", Type.TEXT, "the layer, for benchmarks of cnnfc"),
    Column("device", Type.TEXT, "cpu-THREADS or an accelerator, for benchmarks of cnnfc"),
    Column("outcome", Type.TEXT, "measured, skipped (or not selected) or failed"),
    Column("value", Type.NUMBER, "the statistic of the values, empty if not measured", _UNIT),
    Column("unit", Type.TEXT, "base unit of value, low, high, asv_value, q25, q75: seconds, ..."),
    Column("low", Type.NUMBER, "lower end of the interval of value", _UNIT),
    Column("high", Type.NUMBER, "upper end of the interval of value", _UNIT),
    Column("confidence", Type.NUMBER, "probability of the interval, about this run", "0 to 1"),
    Column("statistic", Type.TEXT, "what value is: median or lower quartile"),
    Column("n", Type.INTEGER, "how many values it is made of; 0 where that is not known"),
    Column("warnings", Type.TEXT, "what speaks against the value, separated by semicolons"),
    Column("higher_is_better", Type.BOOLEAN, "whether a larger value is better"),
    Column(
        "asv_value", Type.NUMBER, "the result as asv recorded it (of timings, the median)", _UNIT
    ),
    Column("q25", Type.NUMBER, "lower quartile as asv recorded it", _UNIT),
    Column("q75", Type.NUMBER, "upper quartile as asv recorded it", _UNIT),
    Column("number", Type.INTEGER, "calls a value, by which it is divided already"),
    Column("repeat", Type.INTEGER, "how many values asv took"),
    Column("version", Type.TEXT, "version of the benchmark"),
    Column(
        "current_version",
        Type.BOOLEAN,
        "whether it is the version measured last on this machine and environment; others measured "
        "something else under the same name",
    ),
    Column("python", Type.TEXT, "version of Python"),
    Column("torch", Type.TEXT, "version of torch, with its build"),
    Column("cuda", Type.TEXT, "version of CUDA that torch was built for"),
    Column("hip", Type.TEXT, "version of ROCm that torch was built for"),
    Column("driver", Type.TEXT, "version of the GPU driver"),
    Column("cpu", Type.TEXT, "model of the CPU"),
    Column("cores", Type.INTEGER, "physical cores of the machine"),
    Column("threads", Type.INTEGER, "logical CPUs of the machine"),
    Column("memory_bytes", Type.INTEGER, "memory built in", "bytes"),
    Column("gpus", Type.TEXT, "models of the GPUs, separated by commas"),
    Column("system", Type.TEXT, "operating system"),
    Column("kernel", Type.TEXT, "version of its kernel"),
    Column("profile", Type.TEXT, "profile of the run: quick, standard or full"),
    Column("dirty", Type.BOOLEAN, "whether the work tree differed from the commit"),
    Column("result_file", Type.TEXT, "asv's file, from the results folder on"),
    Column("hardware_file", Type.TEXT, "hardware record, from the folder of the records on"),
)

#: With one row a value: a point whose values were not recorded keeps one row without these.
SAMPLE_COLUMNS: Final = (
    Column(
        "sample", Type.INTEGER, "place of the value in its point, in the order of measuring, from 0"
    ),
    Column("sample_value", Type.NUMBER, "the value itself", _UNIT),
)


def columns(*, samples: bool = False) -> tuple[Column, ...]:
    """The columns of the table, with those of single values if there is a row for each."""
    return (*COLUMNS, *SAMPLE_COLUMNS) if samples else COLUMNS
