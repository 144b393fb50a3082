"""Reads what asv's benchmarks.json says of each benchmark, with defaults from its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cnnfc.errors import DataError
from cnnfc.history.json_file import is_there, load_object
from cnnfc.names import BenchmarkName
from cnnfc.records import BenchmarkInfo, Run

FILE_NAME: Final = "benchmarks.json"
#: Formats of benchmarks.json; they differ in nothing that is read here.
FORMATS: Final = (1, 2)

#: How asv recognises a kind of benchmark by the last part of its name, with asv's word for the
#: kind and its unit (`asv_runner/benchmarks/*.py`).
_KINDS: Final = (
    (re.compile(r"time(raw)?_.|Time(raw)?[A-Z_]."), "time", "seconds"),
    (re.compile(r"peakmem_.|PeakMem[A-Z_]."), "peakmemory", "bytes"),
    (re.compile(r"mem_.|Mem[A-Z_]."), "memory", "bytes"),
    (re.compile(r"track_.|Track[A-Z_]."), "track", "unit"),
)


class _Quantity(NamedTuple):
    unit: str
    higher_is_better: bool


#: What the ``track_`` benchmarks of this project return; their names are an interface.
_QUANTITIES: Final = {
    "flops": _Quantity("flop/s", higher_is_better=True),
    "bandwidth": _Quantity("byte/s", higher_is_better=True),
    "duration": _Quantity("seconds", higher_is_better=False),
    "latency": _Quantity("seconds", higher_is_better=False),
    "device_memory": _Quantity("bytes", higher_is_better=False),
}


def kind_of(name: str) -> tuple[str, str]:
    """Type and unit of the benchmark `name` in asv's words, such as ``("time", "seconds")``.

    A name that follows none of asv's rules is a ``("track", "unit")``, of which nothing is assumed.
    """
    last = name.rpartition(".")[2]
    for pattern, type_, unit in _KINDS:
        if pattern.match(last):
            return type_, unit
    return "track", "unit"


def default_info(name: str, parameters: int = 0) -> BenchmarkInfo:
    """What the name of a benchmark says of it; `parameters` is how many it takes."""
    type_, unit = kind_of(name)
    better, names = False, tuple(f"param{index + 1}" for index in range(parameters))
    own = BenchmarkName.parse(name)
    if own is not None:
        if type_ == "track" and own.quantity in _QUANTITIES:
            unit, better = _QUANTITIES[own.quantity]
        if parameters == 2:
            names = ("case", "device")
    return BenchmarkInfo(name, type_, unit, names, None, better)


def read_benchmarks(
    folder: Path, runs: Iterable[Run]
) -> tuple[dict[str, BenchmarkInfo], tuple[str, ...]]:
    """Every benchmark that ``benchmarks.json`` in `folder` describes or that `runs` hold, by name.

    Returns:
        The benchmarks in alphabetical order, and what was wrong with the file, in sentences
        without its path.  A missing file is nothing wrong: names say enough to go on.
    """
    counts: dict[str, int] = {}
    for run in runs:
        for point in run.points:
            counts[point.benchmark] = len(point.parameters)
    described, problems = _described(folder / FILE_NAME)
    found: dict[str, BenchmarkInfo] = {}
    for name in sorted({*counts, *described}):
        entry = described.get(name, {})
        default = default_info(name, counts.get(name, _parameter_count(entry)))
        found[name], wrong = _info(default, entry)
        if wrong:
            problems.append(f"{', '.join(wrong)} of {name} in it is no such value and left out")
    return found, tuple(problems)


def _described(path: Path) -> tuple[dict[str, Mapping[str, object]], list[str]]:
    """The entries of the file, as they are there, and what was wrong with it."""
    if not is_there(path):
        return {}, []
    try:
        data, twice = load_object(path)
        version = data.pop("version", None)
        if type(version) is int and version > max(FORMATS):
            raise DataError(  # noqa: TRY301 - handled like every other reason, just below
                f"it is in format {version} of asv and this cnnfc reads up to {max(FORMATS)}: "
                f"update cnnfc to read it"
            )
    except DataError as error:
        return {}, [f"{error}; units and parameter names are guessed from names meanwhile"]
    problems = [f"{name} is in it twice: the last one counts" for name in twice[:20]]
    entries: dict[str, Mapping[str, object]] = {
        name: entry for name, entry in data.items() if isinstance(entry, dict)
    }
    if len(entries) < len(data):
        foreign = sorted(set(data).difference(entries))
        problems.append(f"{', '.join(foreign[:5])} in it describes no benchmark and is left out")
    return entries, problems


def _parameter_count(entry: Mapping[str, object]) -> int:
    parameters = entry.get("params")
    return len(parameters) if isinstance(parameters, list) else 0


def _info(
    default: BenchmarkInfo, entry: Mapping[str, object]
) -> tuple[BenchmarkInfo, tuple[str, ...]]:
    """`default` with what `entry` says, and the names of fields that are of a wrong type."""
    wrong = []

    def text(key: str, otherwise: str | None) -> str | None:
        value = entry.get(key)
        if value is not None and not isinstance(value, str):
            wrong.append(key)
        return value if isinstance(value, str) else otherwise

    names = entry.get("param_names")
    parameter_names = default.parameter_names
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        # asv's own stand-ins say nothing, so a better guess stays.
        stand_ins = [f"param{index + 1}" for index in range(len(names))]
        if names != stand_ins or len(names) != len(parameter_names):
            parameter_names = tuple(names)
    elif names is not None:
        wrong.append("param_names")
    better = entry.get("higher_is_better", default.higher_is_better)
    if not isinstance(better, bool):
        wrong.append("higher_is_better")
        better = default.higher_is_better
    info = BenchmarkInfo(
        name=default.name,
        type=text("type", default.type) or default.type,
        unit=text("unit", default.unit) or default.unit,
        parameter_names=parameter_names,
        version=text("version", None),
        higher_is_better=better,
    )
    return info, tuple(wrong)
