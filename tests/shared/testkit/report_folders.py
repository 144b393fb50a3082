"""Folders of reports to merge, small and made by hand."""

import json
import math

from testkit.results_on_disk import file_content

NAN = float("nan")
FILE = "results/oak/aaaaaaaa-env.json"


def row(values, axes, started_at=1000, version="1"):
    """A benchmark's row as asv writes it; statistics of a value are half and twice of it."""

    def column(make):
        entries = [make(v) if v is not None and not math.isnan(v) else None for v in values]
        return None if all(entry is None for entry in entries) else entries

    low, high = column(lambda v: v / 2), column(lambda v: v * 2)
    cells = [
        *(None if all(v is None for v in values) else list(values), axes, version, started_at),
        *(0.5, low, high, low, high, column(lambda _: 3), column(lambda _: 2)),
        column(lambda v: [v, v]),
    ]
    while cells[-1] is None:
        cells.pop()
    return cells


def result_file(rows, **changes):
    facts = {"machine": "oak", "cpu": "Example", "python": "3.11"}
    return file_content(rows, **{"params": facts, **changes})


def benchmark(axes=(("'a'", "'b'"),), **changes):
    entry = {"name": "b.time_it", "params": [list(axis) for axis in axes], "param_names": ["case"]}
    return {**entry, "type": "time", "unit": "seconds", "version": "1", "code": "x", **changes}


def record(**changes):
    """The least that a hardware record has."""
    fields = {"schema": 1, "machine": "oak", "started_at": "2026-01-02T03:04:05+00:00"}
    parts = {"identity": {}, "state_before": {}, "software": {}, "asv": {}}
    return {**fields, **parts, **changes}


def section(start="2026-01-01", end="2026-01-02", **changes):
    """The least that a machine's section of a study has."""
    times = {"started_at": start, "finished_at": end}
    parts = {"question": "Why?", "settings": {}, "software": {}, "points": {}, "sittings": []}
    return {**times, **parts, **changes}


def study(machines, **changes):
    return {"schema": 1, "study": "fidelity", "machines": machines, **changes}


class Reports:
    """A folder of reports; ``tree`` reads all of its files back."""

    def __init__(self, root):
        self.root = root

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def read(self, name):
        return json.loads((self.root / name).read_text())

    def tree(self):
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}
