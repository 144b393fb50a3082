"""Writes results as odd as asv's format allows, with steps in them, their hardware records beside.

Two machines, a third folder in the old format, and everything that a history of years collects:
other versions, gaps, failures, values without statistics or with infinite intervals, lists of
parameters that hold a value twice, files that are damaged or lie in a wrong place.
"""

import json
import math
import os
import random
import shutil
from pathlib import Path

from testkit import histories
from testkit import results_on_disk as disk

DATA = Path(__file__).parents[2] / "data" / "results"
COPY = "hardware.CanaryCopy.track_bandwidth"
COMMITS = 24
#: Nobody takes a file that was changed so long ago for one that may be changing.
LONG_AGO = 1_700_000_000

_SUITE = {
    disk.FORWARD: (1e-3, ([disk.CASE], ["cpu-1", "cpu-2"])),
    disk.DENSE: (2e-3, ([disk.LAYER], ["cpu-1", "cpu-2"])),
    COPY: (1e10, (["copy.x4llc"], ["cpu-1", "cpu-2"])),
    "suite.time_twice": (1.0, (["a", "b", "a"],)),
    "suite.track_loss": (-2.0, ()),
    "count": (3.0, ()),
}


def write(root, seed):
    """Write ``results`` and ``hardware`` into the folder `root`; gives both."""
    chance = random.Random(seed)  # noqa: S311
    results, hardware = root / "results", root / "hardware"
    for machine in ("elm", "oak"):
        plan = {name: _plan(chance) for name in _SUITE}
        for number in range(1, COMMITS + 1):
            if chance.random() < 0.9:
                write_run(results, chance, plan, number, machine)
    shutil.copytree(DATA / "format1" / "yew", results / "yew")
    sound = next((results / "elm").glob("0*.json"))
    shutil.copy(sound, results / "oak" / "0badf00d-moved.json")
    (results / "oak" / "0badf00d-cut.json").write_bytes(sound.read_bytes()[:500])
    (results / "oak" / "folder.json").mkdir()
    describe(results, "nats")
    torch = chance.choice([1, COMMITS // 2])
    for number in range(2, COMMITS, 2):
        version = "2.13.0" if number > torch else "2.12.0"
        write_record(hardware, number, chance.choice(["elm", "oak"]), torch=version)
    (hardware / "oak").mkdir(parents=True, exist_ok=True)
    (hardware / "oak" / "cut.json").write_text('{"schema": 1')
    age(root)
    return results, hardware


def age(root):
    """Let every file below `root` be an old one."""
    for path in root.rglob("*.json"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def describe(results, unit, *, better=False):
    """Describe the benchmark of which no name says what it is."""
    entry = {"name": "suite.track_loss", "type": "track", "unit": unit, "higher_is_better": better}
    suite = {"suite.track_loss": entry, "suite.time_gone": {"unit": 7}, "version": 2}
    (results / "benchmarks.json").write_text(json.dumps(suite))


def write_record(hardware, number, machine="oak", **changes):
    """Write the hardware record of commit `number`."""
    folder = hardware / machine
    folder.mkdir(parents=True, exist_ok=True)
    record = histories.record(number, machine=machine, **changes)
    path = folder / f"{number}.json"
    path.write_text(json.dumps(record.as_dict()))
    return path


def write_run(results, chance, plan, number, machine):
    """Write the file of commit `number` with most of the suite."""
    rows = {
        name: _row(chance, plan[name], name, number) for name in _SUITE if chance.random() < 0.95
    }
    return disk.write(results, number, machine, **rows)


def steady(results, number, machine="oak", *, at=13):
    """Write the file of commit `number` of a suite that is a fifth slower from commit `at` on."""
    chance = random.Random(number)  # noqa: S311
    plan = (at, 1.2, math.inf)
    rows = {name: _row(chance, plan, name, number, odd=0.0) for name in _SUITE}
    return disk.write(results, number, machine, **rows)


def _plan(chance):
    """From which commit on a benchmark is so many times slower, and of another version."""
    step = chance.randrange(8, COMMITS - 6)
    return step, chance.choice([1.0, 1.1, 1.3, 0.7]), chance.choice([math.inf, math.inf, step, 4])


def _row(chance, plan, name, number, odd=0.08):
    level, parameters = _SUITE[name]
    at, factor, other = plan
    centre = level * (factor if number >= at else 1.0)
    values = [
        chance.choice([None, math.nan])
        if chance.random() < odd
        else centre * (1 + chance.gauss(0, 0.004))
        for _ in range(math.prod(map(len, parameters)))
    ]
    version = None if chance.random() < odd else "2" if number >= other else "1"
    samples = chance.random() >= odd
    row = disk.row(values, *parameters, version=version, day=number, samples=samples)
    if chance.random() < odd:
        row[3] = None  # when it was started
    if chance.random() < odd:
        row[5] = [-math.inf if value == value else None for value in values]  # noqa: PLR0124 - NaN
        row[6] = [math.inf if value == value else None for value in values]  # noqa: PLR0124
        row[10:] = [[1] * len(values), None]
    return row[:2] if chance.random() < odd else row
