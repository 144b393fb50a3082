"""Small histories made by hand, whose summaries can be computed in the head."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cnnfc.history.results import History
from cnnfc.machine.doctor.findings import Examination, Finding, Severity
from cnnfc.machine.schema import HardwareRecord, Note
from cnnfc.records import BenchmarkInfo, Outcome, Point, Problem, Run

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FORWARD = "conv.Forward.time_layer"
DENSE = "dense.Forward.time_layer"
GEMM = "hardware.CanaryGemm.track_flops"
COPY = "hardware.CanaryCopy.track_bandwidth"
FIRST = "conv.ForwardFirst.track_latency"
UNITS = {GEMM: "flop/s", COPY: "byte/s"}


def point(benchmark, *parameters, value=1e-3, spread=0.01, n=7, at=None):
    """`n` values evenly from value * (1 - spread) to value * (1 + spread); their median is value.

    With 7 values the interval goes from the smallest to the largest (98.4%).
    """
    steps = [0.0] if n == 1 else [2 * k / (n - 1) - 1 for k in range(n)]
    # Neither in ascending nor in descending order, which would be a trend to warn of.
    samples = tuple(value * (1 + spread * step) for step in steps[::2] + steps[1::2])
    middle = sorted(samples)[n // 2]
    return Point(benchmark, parameters, Outcome.MEASURED, middle, samples, started_at=at)


def skipped(benchmark, *parameters):
    return Point(benchmark, parameters, Outcome.SKIPPED)


def failed(benchmark, *parameters):
    return Point(benchmark, parameters, Outcome.FAILED)


def commit(number):
    return f"{number:08x}" * 5


def run(*points, machine="oak", number=1, environment="py3.11", at=None, **fields):
    """Run of commit `number`, committed on that day of March 2026 at noon."""
    return Run(
        machine=machine,
        commit=fields.pop("commit", commit(number)),
        commit_date=datetime(2026, 3, number, 12, tzinfo=UTC),
        environment=environment,
        python="3.11",
        points=tuple(
            point if at is None or point.outcome is not Outcome.MEASURED else _at(point, at)
            for point in points
        ),
        **fields,
    )


def _at(point, moment):
    return Point(
        point.benchmark,
        point.parameters,
        point.outcome,
        point.value,
        point.samples,
        started_at=moment,
    )


def history(*runs, hardware=(), problems=(), **infos):
    names = {point.benchmark for run in runs for point in run.points}
    known = {name: info(name) for name in sorted(names)}
    return History(tuple(runs), {**known, **infos}, tuple(hardware), tuple(problems))


def info(name):
    canary = name in UNITS
    return BenchmarkInfo(
        name,
        type=name.rsplit(".", 1)[-1].split("_")[0],
        unit=UNITS.get(name, "seconds"),
        parameter_names=("case", "device"),
        higher_is_better=canary,
    )


def record(number=1, *, machine="oak", notes=(), finished=True, **changes):
    """The hardware record of commit `number`; `changes` go into identity, state and software."""
    started = datetime(2026, 3, number, 11, tzinfo=UTC)
    state = {
        "cpu": {"usable": 2, "governor": changes.get("governor", "performance")},
        "memory": {"available_bytes": 2**30},
    }
    return HardwareRecord(
        machine=machine,
        started_at=started,
        finished_at=started + timedelta(minutes=5) if finished else None,
        profile="standard",
        identity={"name": machine, "cpu_model": "Oak 1", "cores": 2, "memory_bytes": 8 * 2**30},
        state_before=state,
        state_after=state if finished else None,
        software={"packages": {"torch": changes.get("torch", "2.12.0")}},
        asv={},
        commit=commit(number),
        environment="py3.11",
        notes=tuple(notes),
    )


def grown(levels, count=9, hardware=(), **fields):
    """Commits 1 to `count`, on which series go by functions of the number of the commit.

    `levels` has such a function for each benchmark with its parameters; None leaves a gap.
    """
    runs = [
        run(
            *(
                point(*key, value=level(number), spread=0.0)
                for key, level in levels.items()
                if level(number) is not None
            ),
            number=number,
            at=datetime(2026, 3, number, 13, tzinfo=UTC),
            **fields,
        )
        for number in range(1, count + 1)
    ]
    return history(*runs, hardware=hardware)


def stepping(factor, at=5, level=1e-3, back=99):
    """A level that is multiplied by `factor` from commit `at` to the one before `back`."""
    return lambda number: level * (factor if at <= number < back else 1.0)


#: Twelve layers over more than a decade of parameters, three of them with 36,864.
LAYERS = {
    "conv2d.3-64.k3.hw32": 0.2e-3,
    "conv2d.64-64.k3.nobias.hw7": 0.1e-3,
    "conv2d.64-64.k3.nobias.hw14": 0.4e-3,
    "conv2d.64-64.k3.nobias.hw56": 4e-3,
    "conv2d.64-256.k1.nobias.hw14": 0.3e-3,
    "conv2d.128-128.k3.g128.nobias.hw56": 1.5e-3,
    "conv2d.128-128.k3.nobias.hw14": 1.1e-3,
    "conv2d.256-256.k3.nobias.hw14": 4.2e-3,
    "convtranspose2d.64-32.k4.s2.hw14": 1.2e-3,
    "dense.1024-512": 0.2e-3,
    "dense.2048-1000": 0.8e-3,
    "dense.4096-4096": 6.5e-3,
}


def layer_points(device="cpu-1", factor=1.0, ceilings=True):
    """`LAYERS` and, with `ceilings`, reference kernels of 50 GFLOP/s and 10 GB/s."""
    points = [
        point(DENSE if case.startswith("dense") else FORWARD, case, device, value=value * factor)
        for case, value in LAYERS.items()
    ]
    if ceilings:
        points += [
            point(GEMM, "gemm.2048", device, value=50e9, spread=0.0),
            point(COPY, "copy.x4llc", device, value=10e9, spread=0.0),
        ]
    return points


def small():
    """Two machines; `oak` with two devices, three commits and everything that pages show."""
    oak = [
        run(
            *layer_points("cpu-1", factor),
            *layer_points("cpu-2", factor * 0.6),
            *(point(FIRST, case, "cpu-1", value=0.04) for case in list(LAYERS)[:2]),
            skipped(FORWARD, "conv2d.3-64.k3.hw32", "cuda-0"),
            number=number,
            at=datetime(2026, 3, number, 13, tzinfo=UTC),
        )
        for number, factor in ((1, 1.0), (4, 1.01), (9, 0.8))
    ]
    elm = run(*layer_points("cpu-1", 2.0), machine="elm", number=9)
    notes = (Note("there is no CUDA device", device="cuda-0"),)
    return history(
        *oak,
        elm,
        hardware=[record(4), record(9, torch="2.13.0", notes=notes)],
        problems=[Problem("results/oak/damaged.json", "it is cut off")],
    )


def foreign():
    """A suite that is none of ours: other names, no cases, no records, units of its own."""
    names = ("sorting.TimeSuite.time_sort", "count", "sorting.track_swaps")
    infos = {
        names[0]: BenchmarkInfo(names[0], parameter_names=("n", "kind")),
        names[1]: BenchmarkInfo(names[1]),
        names[2]: BenchmarkInfo(names[2], "track", "swaps per item", higher_is_better=True),
    }
    runs = [
        run(
            point(names[0], "10", "'list'", value=1e-6 * number),
            point(names[0], "1000", "'list'", value=1e-4 * number),
            point(names[1], value=2.0),
            point(names[2], value=0.0, spread=0.0),
            number=number,
        )
        for number in (1, 2)
    ]
    return History(tuple(runs), infos, (), ())


SCRIPT = "<script>alert(1)</script>"
EVIL = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "../../etc/passwd",
    "javascript:alert(1)",
    "con",
    "x" * 300,
    "\u202egnp.exe\u202c",
    "שלום עולם",
    "nul\x00\x1b[31m\ud800",
    "a|b`c\nd",
)


def hostile():
    """Every name that a result file may hold is an attack, and every number an edge."""
    numbers = (1e-3, math.ulp(0.0), 1e300, 0.0, -1.0, 5e-324, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    runs = []
    infos = {}
    for evil in EVIL:
        infos[evil] = BenchmarkInfo(evil, "track", evil, (evil, evil))
        infos[evil.upper()] = BenchmarkInfo(evil.upper(), "time", "seconds", (evil,))
    for evil, value in zip(EVIL, numbers, strict=True):
        for number in (1, 2):
            points = (
                point(evil, evil, SCRIPT, value=value),
                point(evil.upper(), evil, value=abs(value) * number),
                failed(evil, evil, "failed"),
                point(FORWARD, evil, evil),
            )
            runs.append(
                run(
                    *points,
                    machine=evil,
                    environment=evil,
                    commit=evil if number == 1 else commit(2),
                    number=number,
                    machine_facts={"cpu": evil, "os": evil, evil: evil},
                )
            )
    return History(
        tuple(runs),
        infos | {FORWARD: info(FORWARD)},
        tuple(map(_hostile_record, EVIL)),
        tuple(Problem(evil, evil) for evil in EVIL),
    )


def _hostile_record(evil):
    finding = Finding(evil, evil, Severity.SEVERE, evil, evil, evil, {evil: 1.0})
    return replace(
        record(2, machine=evil, torch=evil),
        environment=evil,
        profile=evil,
        doctor=Examination((evil,), (finding,)),
    )
