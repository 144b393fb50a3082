"""What the sites of the browser tests are about: histories made in code, the same on every run."""

import random
from datetime import UTC, datetime, timedelta

from cnnfc.cases import Case
from cnnfc.costs import costs
from cnnfc.history.results import History
from cnnfc.machine.record import HardwareRecord, Note
from cnnfc.records import BenchmarkInfo, Outcome, Point, Problem, Run

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
COMMITS = tuple(f"{n:08x}" + "5eed" * 8 for n in (0x1B92FC86, 0x54A160CA, 0x8A21B8EE, 0xD8E10D1F))
COMMIT_URL = "https://git.example/orchard/commit/"

CONV = (
    "conv2d.3-64.k3.hw32",
    "conv2d.3-64.k7.hw32",
    "conv2d.3-64.k3.hw224",
    # a ladder: equal parameters, four image sizes
    "conv2d.64-64.k3.nobias.hw7",
    "conv2d.64-64.k3.nobias.hw14",
    "conv2d.64-64.k3.nobias.hw28",
    "conv2d.64-64.k3.nobias.hw56",
    "conv2d.64-256.k1.nobias.hw56",
    "conv2d.512-512.k3.nobias.hw7",
    "conv2d.512-512.k3.g512.nobias.hw14",
)
DENSE = ("dense.1024-512", "dense.2048-1000", "dense.4096-4096", "dense.768-3072.t197")
LAYERS = (
    *(("conv.Forward.time_layer", name) for name in CONV),
    *(("dense.Forward.time_layer", name) for name in DENSE),
)
_PARAMETERS = ("case", "device")
INFOS = {
    "conv.Forward.time_layer": BenchmarkInfo("conv.Forward.time_layer", "time", "seconds"),
    "conv.ForwardFirst.track_latency": BenchmarkInfo(
        "conv.ForwardFirst.track_latency", "track", "seconds", _PARAMETERS
    ),
    "conv.ForwardMemory.peakmem_layer": BenchmarkInfo(
        "conv.ForwardMemory.peakmem_layer", "peakmem", "bytes", _PARAMETERS
    ),
    "dense.Forward.time_layer": BenchmarkInfo(
        "dense.Forward.time_layer", "time", "seconds", _PARAMETERS
    ),
    "hardware.CanaryCopy.track_bandwidth": BenchmarkInfo(
        "hardware.CanaryCopy.track_bandwidth", "track", "byte/s", _PARAMETERS, None, True
    ),
    "hardware.CanaryGemm.track_flops": BenchmarkInfo(
        "hardware.CanaryGemm.track_flops", "track", "flop/s", _PARAMETERS, None, True
    ),
    "hardware.CanaryLoop.track_duration": BenchmarkInfo(
        "hardware.CanaryLoop.track_duration", "track", "seconds", _PARAMETERS
    ),
    "parsing.time_configuration": BenchmarkInfo("parsing.time_configuration"),
}

HOSTILE_TEXTS = (
    "<script>window.__hostile = 1; alert(1)</script>",
    "</title></script></style></textarea><script>window.__hostile = 1; alert(1)</script>",
    "--><img src=//evil.example/a.png onerror=\"window.__hostile = 1; alert('x')\">",
    "\"'><x-injected data-injected=\"1\" onclick='window.__hostile = 1'>",
    '" data-injected="1" onmouseover="window.__hostile = 1" autofocus onfocus="alert(1)" x="',
    "' data-injected='1' onpointerenter='window.__hostile = 1' x='",
    "<svg onload=alert(1)><animate onbegin=alert(1)><foreignObject><iframe src=//evil.example>",
    "<style>@import '//evil.example/x.css'; * { display: none }</style><base href=//evil.example>",
    '<meta http-equiv="refresh" content="0;url=//evil.example/">',
    "<form action=//evil.example><input name=q><object data=//evil.example></object></form>",
    "<details open ontoggle=alert(1)><math><mtext><table><mglyph><x-injected>",
    "javascript:window.__hostile=1",
    "{{ 7*191 }} {% raw %} {%- for x in y %} ${7*191} #{7*191} <%= 7*191 %> {{ cycler.__init__ }}",
    "datum['x'] | signal; datum.constructor.constructor('alert(1)')()",
    "&lt;script&gt; &#x3c;img&#62; &amp;quot; &nbsp; ]]> <![CDATA[ <!--",
    "../../../escaped",
    "..\\..\\escaped.html",
    "CON",
    "nul.html",
    "index.html",
    "assets",
    "trailing dots. . .",
    "   ",
    ".",
    "C:escaped",
    "new\nline\r\ttab",
    "nothing\x00null\x1b[31mred\x07",
    "\u202egnp.exe \u2066isolate \u200fmark \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628",
    "lone \ud800 surrogate \ufffe \U0001f468\u200d\U0001f469\u200d\U0001f467 Z" + "\u0336" * 40,
    "long-" + "w" * 295,
    "many words " * 28,
)


def _at(index):
    """When the commit of this number, counted from the oldest, was made."""
    return NOW - timedelta(days=3 * (len(COMMITS) - index), hours=2)


def _sample(rng, centre, count=20):
    return tuple(centre * (1 + abs(rng.gauss(0, 0.02))) for _ in range(count))


def _point(rng, benchmark, parameters, centre, when):
    samples = _sample(rng, centre)
    ordered = sorted(samples)
    return Point(
        benchmark,
        parameters,
        Outcome.MEASURED,
        value=ordered[10],
        samples=samples,
        interval=(ordered[5], ordered[14]),
        quartiles=(ordered[4], ordered[15]),
        number=10,
        repeat=len(samples),
        version="1",
        started_at=when,
    )


def _latency(case, speed, threads):
    """Seconds that a layer might take: overhead, and the longer of arithmetic and memory."""
    cost = costs(Case.parse(case))
    return 8e-6 + max(cost.flops / (2.5e10 * speed * threads), cost.bytes / (1.2e10 * speed))


def _points(rng, speed, index, most_threads=2):
    when = _at(index) + timedelta(hours=1)
    slower = 1.35 if index == len(COMMITS) - 1 else 1.0
    for threads in range(1, most_threads + 1):
        device = f"cpu-{threads}"
        for benchmark, case in LAYERS:
            centre = _latency(case, speed, threads)
            # The newest commit made one group of layers slower.
            centre *= slower if "64-64" in case else 1.0
            yield _point(rng, benchmark, (case, device), centre, when)
        for case in CONV[:3]:
            centre = 9e-4 + 4 * _latency(case, speed, threads)
            yield _point(rng, "conv.ForwardFirst.track_latency", (case, device), centre, when)
        for dtype, factor in (("gemm.2048", 1.0), ("gemm.2048.bf16", 2.2)):
            rate = 4e10 * speed * threads * factor
            yield _point(rng, "hardware.CanaryGemm.track_flops", (dtype, device), rate, when)
        rate = 1.4e10 * speed
        yield _point(rng, "hardware.CanaryCopy.track_bandwidth", ("copy.x4llc", device), rate, when)
    loop = ("loop.1000000", "cpu-1")
    yield _point(rng, "hardware.CanaryLoop.track_duration", loop, 0.021 / speed, when)
    memory = ("conv2d.3-64.k3.hw224", "cpu-1")
    yield _point(rng, "conv.ForwardMemory.peakmem_layer", memory, 3.1e8, when)
    yield _point(rng, "parsing.time_configuration", (), 4.2e-5 / speed, when)
    for benchmark, case in LAYERS:
        yield Point(benchmark, (case, "cuda-0"), Outcome.SKIPPED)
    ended = Outcome.FAILED if index == len(COMMITS) - 1 else Outcome.SKIPPED
    yield Point("dense.Forward.time_layer", ("dense.150528-1000", "cpu-2"), ended)


def _facts(cpu, cores):
    return {"cpu": cpu, "num_cpu": str(cores), "ram": "25769803776", "os": "Linux", "arch": "x"}


def _record(machine, commit, started_at, environment, microcode):
    state = {
        "read_at": started_at.isoformat(),
        "cpu": {"usable": 2, "governor": "performance", "load_average": [0.4, 0.5, 0.6]},
        "memory": {"total_bytes": 25769803776, "available_bytes": 21474836480},
        "temperatures": {"k10temp": 51.5},
        "gpus": [],
    }
    return HardwareRecord(
        machine=machine,
        started_at=started_at,
        finished_at=started_at + timedelta(seconds=87),
        commit=commit,
        environment=environment,
        profile="quick",
        dirty=commit == COMMITS[-1],
        identity={
            "name": machine,
            "cpu_model": "AMD EPYC 9254",
            "cores": 2,
            "threads": 2,
            "memory_bytes": 25769803776,
            "detail": {
                "architecture": "x86_64",
                "microcode": microcode,
                "caches": [{"level": 3, "type": "unified", "bytes": 33554432, "instances": 1}],
            },
        },
        state_before=state,
        state_after={**state, "temperatures": {"k10temp": 66.0}},
        software={
            "python": {"version": "3.11.7", "gil": True},
            "packages": {"torch": "2.13.0", "numpy": "2.4.6"},
        },
        asv=_facts("AMD EPYC 9254", 2),
        notes=(
            Note("it needs 61.6 GB and 23 GB are free", "dense.Forward.time_layer", DENSE[0]),
            Note("there is no such device here", "conv.Forward.time_layer", CONV[0], "cuda-0"),
        ),
    )


def realistic():
    """Two machines, four commits, one of them in a second environment once."""
    runs, records = [], []
    plan = [
        ("amd-epyc-2c-24gb", "virtualenv-py3.11", 1.0, 2, range(len(COMMITS))),
        ("intel-i7-8c-32gb", "virtualenv-py3.11", 1.7, 1, (1, 3)),
        ("intel-i7-8c-32gb", "virtualenv-py3.13", 1.8, 1, (3,)),
    ]
    for number, (machine, environment, speed, threads, indices) in enumerate(plan):
        rng = random.Random(number)  # noqa: S311 - numbers for a picture
        for index in indices:
            runs.append(
                Run(
                    machine,
                    COMMITS[index],
                    _at(index),
                    environment,
                    environment[-4:],
                    tuple(_points(rng, speed, index, threads)),
                    _facts(f"A processor of {machine}", 8),
                )
            )
            if number == 0:
                started = _at(index) + timedelta(minutes=59)
                microcode = f"0x100006{index}"
                records.append(_record(machine, COMMITS[index], started, environment, microcode))
    runs.sort(key=lambda run: (run.commit_date, run.machine, run.environment))
    problem = Problem("results/oak/1a2b3c4d-py.json", "it is damaged or cut off: measure it again")
    return History(tuple(runs), INFOS, tuple(records), (problem,))


def changed(make):
    """Thirty commits of one machine: a step for the worse, one for the better, another torch."""

    def level(factor, at, centre):
        # Noise of half a percent that is the same on every run.
        return lambda n: centre * (factor if n >= at else 1) * (1 + (n * 7919 % 13 - 6) * 8e-4)

    levels = {
        ("conv.Forward.time_layer", CONV[0], "cpu-1"): level(1.2, 18, 2e-4),
        ("conv.Forward.time_layer", CONV[1], "cpu-1"): level(0.8, 11, 9e-4),
        ("dense.Forward.time_layer", DENSE[0], "cpu-1"): level(1.0, 99, 2e-4),
        ("hardware.CanaryGemm.track_flops", "gemm.2048", "cpu-1"): level(1.0, 99, 4e10),
    }
    records = [make.record(n, torch="2.12.0" if n < 22 else "2.13.0") for n in range(1, 31)]
    return make.grown(levels, count=30, hardware=records)


def single():
    """One commit on one machine, and one value."""
    point = Point(
        "conv.Forward.time_layer", (CONV[0], "cpu-1"), Outcome.MEASURED, value=1e-3, samples=(1e-3,)
    )
    run = Run("oak", COMMITS[0], _at(0), "virtualenv-py3.11", "3.11", (point,))
    return History((run,), {point.benchmark: INFOS[point.benchmark]})


def _hostile_points(texts, rng):
    infinity, nan = float("inf"), float("nan")
    odd = (nan, infinity, -infinity, 0.0, -0.0, -1.5, 1e308, 5e-324)
    for number, text in enumerate(texts):
        parameters = (text, texts[number - 1])
        names = ["suite.Shared.time_all", "conv.Forward.time_layer"]
        # Each text names a machine or a benchmark, see `hostile`.
        names += [text] if number % 2 else []
        for benchmark in names:
            yield _point(rng, benchmark, parameters, 1e-3 * (number + 1), NOW)
    for value in odd:
        centre = repr(value)
        bounds = (value, infinity)
        yield Point("odd.time_all", (centre,), Outcome.MEASURED, value, (), bounds, None, 1, 1)
        yield Point("odd.time_sample", (centre,), Outcome.MEASURED, value, (value, nan, 0.0, 0.0))
    yield Point("odd.time_sample", ("mixed",), Outcome.MEASURED, nan, odd)
    yield Point("odd.time_zero", (), Outcome.MEASURED, 0.0, (0.0,) * 9)
    yield Point("odd.time_nan", (), Outcome.MEASURED, nan)
    yield Point("odd.time_nothing", (), Outcome.MEASURED, None)
    yield Point("odd.time_failed", texts[:3], Outcome.FAILED)
    yield Point("conv.Forward.time_layer", (CONV[9], "cpu-2"), Outcome.MEASURED, 0.0, (0.0,) * 9)


def _hostile_record(machine, commit, environment, texts):
    tree = dict(zip(texts, reversed(texts), strict=True))
    return HardwareRecord(
        machine=machine,
        started_at=NOW - timedelta(minutes=5),
        commit=commit,
        environment=environment,
        profile=texts[0],
        dirty=True,
        identity={"name": machine, "cpu_model": texts[0], "detail": tree, texts[3]: [*texts]},
        state_before={"cpu": {**tree, "load": float("nan")}, "temperatures": tree},
        state_after={"cpu": tree, "temperatures": {texts[1]: float("inf")}},
        software={"packages": tree, "environment": tree, texts[2]: texts[2]},
        asv=tree,
        notes=tuple(Note(text, text, text, text) for text in texts),
    )


def hostile(escape):
    """Markup, paths and worse in every text, on as many machines; one commit each.

    Args:
        escape: an absolute path that nothing may be written to.
    """
    texts = (*HOSTILE_TEXTS, str(escape), f"{escape}/../escaped")
    rng = random.Random(7)  # noqa: S311 - numbers for a picture
    runs, records = [], []
    for number, text in enumerate(texts[::2]):
        commit, environment = texts[number - 2], texts[number - 3]
        points = [_point(rng, "suite.Shared.time_all", (text, commit), 1e-3, NOW)]
        if number == 0:  # every kind of page
            layers = (p for p in _points(rng, 1.0, 0) if (CONV[9], "cpu-2") != p.parameters)
            points += [*layers, *_hostile_points(texts, rng)]
            records.append(_hostile_record(text, commit, environment, texts))
        facts = {"cpu": text, "num_cpu": text, text: text}
        runs.append(
            Run(
                machine=text,
                commit=commit,
                commit_date=_at(0),
                environment=environment,
                python=text,
                points=tuple(points),
                machine_facts=facts,
                requirements=facts,
                path=text,
            )
        )
    infos = {
        text: BenchmarkInfo(text, text, text, (text, text), text, higher_is_better=True)
        for text in texts
    }
    shared = BenchmarkInfo("suite.Shared.time_all", "track", texts[3], texts[:2], texts[0])
    problems = tuple(Problem(text, text) for text in texts)
    return History(tuple(runs), {**INFOS, **infos, shared.name: shared}, tuple(records), problems)
