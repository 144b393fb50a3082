"""Result files in asv's format, and small folders of them whose summaries are plain to see."""

import json
from datetime import UTC, datetime

COLUMNS = (
    *("result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"),
    *("stats_q_25", "stats_q_75", "stats_number", "stats_repeat", "samples", "profile"),
)
FORWARD = "conv.Forward.time_layer"
DENSE = "dense.Forward.time_layer"
CASE = "conv2d.3-64.k3.hw32"
LAYER = "dense.1024-512"


def commit(number):
    return f"{number:08x}" * 5


def milliseconds(*date):
    return round(datetime(*date, tzinfo=UTC).timestamp() * 1000)


def file_content(rows, **changes):
    """The JSON object of a sound result file with these `rows`; ``...`` takes a key out."""
    content = {
        "commit_hash": "a" * 40,
        "env_name": "env",
        "date": 1_772_438_400_000,
        "params": {"machine": "oak", "cpu": "Oak 1", "python": "3.11"},
        "python": "3.11",
        "requirements": {},
        "env_vars": {},
        "result_columns": list(COLUMNS),
        "results": rows,
        "durations": {},
        "version": 2,
    }
    return {key: value for key, value in {**content, **changes}.items() if value is not ...}


def row(values, *parameters, version="1", day=1, samples=True):
    """A benchmark with a value for every combination of `parameters`, the last one fastest.

    A number stands for 7 values from 1% below it to 1% above it; None has failed, NaN was skipped.
    """
    spread = [0.99, 1.01, 1.0, 0.995, 1.005, 0.9975, 1.0025]
    known = [value is not None and value == value for value in values]  # noqa: PLR0124 - NaN

    def each(function):
        return [function(v) if ok else None for v, ok in zip(values, known, strict=True)]

    return [
        values,
        [[repr(value) for value in axis] for axis in parameters],
        version,
        milliseconds(2026, 3, day, 13),
        1.0,
        each(lambda v: v * 0.99),
        each(lambda v: v * 1.01),
        each(lambda v: v * 0.995),
        each(lambda v: v * 1.005),
        each(lambda v: 10),
        each(lambda v: 7),
        each(lambda v: [v * s for s in spread]) if samples else None,
    ]


def write(results, number=1, machine="oak", environment="py3.11", at=None, **benchmarks):
    """Write the file of commit `number`, committed on that day of March 2026 at noon.

    `benchmarks` are rows by name, with ``__`` for a dot.
    """
    folder = results / machine
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "machine.json").write_text(
        json.dumps({"machine": machine, "cpu": "Oak 1", "num_cpu": "2", "ram": "8", "version": 1})
    )
    content = file_content(
        {name.replace("__", "."): cells for name, cells in benchmarks.items()},
        commit_hash=at or commit(number),
        env_name=environment,
        date=milliseconds(2026, 3, number, 12),
        params={"machine": machine, "cpu": "Oak 1", "python": "3.11"},
    )
    path = folder / f"{content['commit_hash'][:8]}-{environment}.json"
    path.write_text(json.dumps(content))
    return path


def small(results):
    """Two commits on `oak`, of which `elm` has the second one alone, twice as slow.

    On `oak`, one thread: the convolution gets 20% slower and the dense layer stays as it was; two
    threads take half as long.  The canary is there only in the second commit, and ``time_old`` has
    another version in it.
    """
    devices = [[CASE], ["cpu-1", "cpu-2"]]
    dense = [[LAYER], ["cpu-1", "cpu-2"]]
    for number, factor in ((1, 1.0), (2, 1.2)):
        copy = row([1e10], ["copy.x4llc"], ["cpu-1"], day=number)
        write(
            results,
            number,
            conv__Forward__time_layer=row([factor * 1e-3, factor * 5e-4], *devices, day=number),
            dense__Forward__time_layer=row([2e-3, 1e-3], *dense, day=number),
            other__time_old=row([1.0], version=str(number), day=number),
            **({"hardware__CanaryCopy__track_bandwidth": copy} if number == 2 else {}),
        )
    write(
        results,
        2,
        "elm",
        conv__Forward__time_layer=row([2.4e-3, None], *devices, day=3),
        dense__Forward__time_layer=row([4e-3, float("nan")], *dense, day=3),
    )
    return results
