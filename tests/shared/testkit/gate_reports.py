"""Gates as plain data, for the tests of everything that shows one: every verdict, many, hostile."""

import math
import random

from cnnfc.verdicts import (
    BenchmarkResult,
    CanaryResult,
    Effect,
    GateReport,
    SideFacts,
    SkippedBenchmark,
    Verdict,
    WaiverUse,
)

SCRIPT = "<script>alert(1)</script>"
#: What names may hold: markup, quotes, marks that reorder text, control characters, length.
EVIL = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "</style></script><style>*{display:none}",
    "{{ 7 * 7 }}{% raw %}",
    "a\u202egnp.exe\x00\x1b[31m",
    "javascript:alert(1)//" + "x" * 400,
)
POLICY = {
    "threshold": 0.03,
    "gpu_threshold": 0.02,
    "false_red": 0.01,
    "miss": 0.01,
    "budget": 900.0,
    "canary_tolerance": 0.03,
    "direction": "slower",
    "largest_pairs": 48,
    "benchmarks": [],
    "waivers": "gate-waivers.toml",
    "track_threshold": 0.0,
    "peakmem_threshold": 0.05,
    "tail_threshold": 0.05,
    "overrides": [{"pattern": "dense.*", "threshold": 0.05}],
}


def effect(percent, half=1.0, pairs=12, **kwargs):
    """An effect of so many percent, its interval `half` percent to either side."""
    fields = {"confidence": 0.95, "spread": half / 100, "pairs": pairs}
    ratio = 1 + percent / 100
    return Effect(ratio, ratio - half / 100, ratio + half / 100, **(fields | kwargs))


def result(verdict=Verdict.PASS, percent=0.2, half=1.0, *, number=0, pairs=12, **kwargs):
    """One benchmark; its pairs scatter about `percent`."""
    chance = random.Random(f"{number} {percent}")  # noqa: S311 - any numbers do
    spread = half / 60
    values = [math.log1p(percent / 100) + chance.gauss(0, spread) for _ in range(pairs)]
    fields = {
        "name": "dense.Forward.time_layer",
        "params": (f"'dense.{64 * (number + 1)}-64'", "'cpu-1'"),
        "kind": "time",
        "unit": "seconds",
        "reason": f"{percent:+.1f}%, as the pairs say.",
        "threshold": 0.03,
        "baseline": 1.2e-3 * (number + 1),
        "contender": 1.2e-3 * (number + 1) * (1 + percent / 100),
        "effect": effect(percent, half, pairs),
        "tail": effect(percent + 0.3, half * 2, pairs),
        "detectable": half / 100 * 1.4,
        "command": f"cnnfc gate main --bench '^dense.*{number}'",
        "pair_values": tuple(values),
        "tail_values": tuple(v + abs(chance.gauss(0, spread)) for v in values),
    }
    return BenchmarkResult(verdict=verdict, **(fields | kwargs))


def unmeasured(verdict, number, **kwargs):
    """A benchmark without a ratio: broken, missing, new."""
    nothing = {"baseline": None, "contender": None, "effect": None, "tail": None}
    nothing |= {"detectable": None, "pair_values": (), "tail_values": ()}
    return result(verdict, number=number, **(nothing | kwargs))


def report(*benchmarks, **kwargs):
    """A gate that was measured to its end."""
    fields = {
        "baseline": SideFacts(
            "main", "a1" * 20, "b2" * 20, {"python": "3.11.9", "torch": "2.12.0"}
        ),
        "contender": SideFacts(
            "work tree", None, "c3" * 20, {"python": "3.11.9", "torch": "2.13.0"}
        ),
        "machine": "oak-4c-16gb",
        "hardware": {},
        "started_at": "2026-05-04T10:00:00+00:00",
        "finished_at": "2026-05-04T10:03:20+00:00",
        "seconds": 200.0,
        "seed": 7,
        "pairs": 12,
        "strict": False,
        "policy": POLICY,
        "command": "cnnfc gate main",
        "benchmarks": benchmarks,
        "canaries": (canary("loop"), canary("copy"), canary("gemm")),
        "cnnfc": "0.4.0",
    }
    return GateReport(**(fields | kwargs))


def canary(name, *, moved=False, drift=0.004):
    chance = random.Random(name)  # noqa: S311 - any numbers do
    levels = [2e-3 * (1 + chance.gauss(0, 0.004)) for _ in range(12)]
    if moved:
        levels[6:] = [level * (1 + drift) for level in levels[6:]]
    reason = f"{name} ran {drift:.0%} slower from the seventh pair on" if moved else ""
    return CanaryResult(name, effect(0.1, 0.4), drift, moved, reason, tuple(levels))


def clean():
    """Three benchmarks, nothing found."""
    return report(*(result(percent=p, number=n) for n, p in enumerate((0.4, -0.3, 0.1))))


def usual():
    """Fourteen benchmarks, every verdict, waivers, skips, notes."""
    return report(
        result(
            Verdict.REGRESSION,
            8.2,
            1.4,
            number=0,
            confirmed=effect(7.9, 1.8, 9),
            reason="Typical calls are 8.2% slower (95% interval +6.8% to +9.6%, 12 pairs); "
            "9 fresh pairs say +7.9%.",
            explanation={
                "differences": [
                    "Other kernel: brgconv:avx512_core became gemm:jit.",
                    "The contender adds the operator aten::contiguous, 7% of its time.",
                ]
            },
        ),
        result(Verdict.REGRESSION, 3.6, 0.7, number=1, confirmed=effect(3.4, 0.9, 9)),
        result(Verdict.REGRESSION, 5.1, 0.9, number=2, waived_by="dense.Forward.*192.*"),
        unmeasured(
            Verdict.BROKEN,
            3,
            failed_on=("contender",),
            reason="Works on the baseline, fails on the contender.",
            failure='Traceback (most recent call last):\n  File "bench.py", line 3\n'
            "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x64 and 65x64)",
        ),
        result(Verdict.MACHINE_MOVED, 2.9, 2.2, number=4),
        result(Verdict.INCONCLUSIVE, 1.8, 3.1, number=5, reason="Too noisy: 4.3% would show."),
        result(
            Verdict.INCONCLUSIVE,
            0.9,
            1.0,
            number=6,
            pairs=3,
            effect=Effect(1.009, 0.0, math.inf, 0.95, 0.05, 3),
        ),
        unmeasured(Verdict.MISSING, 7, reason="Only the baseline has it."),
        unmeasured(Verdict.NEW, 8, reason="Only the contender has it."),
        result(Verdict.IMPROVEMENT, -6.4, 0.8, number=9),
        *(result(percent=p, number=10 + n) for n, p in enumerate((0.6, 0.1, -0.2, -0.7))),
        canaries=(canary("loop"), canary("copy", moved=True, drift=0.05), canary("gemm")),
        skipped=(
            SkippedBenchmark(
                "dense.Forward.time_layer",
                ("'dense.64-64'", "'cuda-0'"),
                "there is no CUDA device here",
            ),
        ),
        waivers=(
            WaiverUse(
                "dense.Forward.*192.*",
                1.06,
                "Exact rounding, see #41.",
                "2026-09-01",
                "used",
                ("dense.Forward.time_layer[dense.192-64-cpu-1]",),
            ),
            WaiverUse("conv.*", 1.1, "Old driver.", "2026-01-01", "expired"),
        ),
        notes=(
            (
                "The work tree changed while the gate ran; what was measured is its state at the "
                "start."
            ),
        ),
    )


def many(count=300):
    """Hundreds of benchmarks, a few of them slower, one by far."""
    chance = random.Random(1)  # noqa: S311 - any numbers do
    found = [
        result(percent=chance.gauss(0.1, 0.7), half=0.6 + chance.random(), number=n, pairs=16)
        for n in range(count - 6)
    ]
    found += [
        result(
            Verdict.REGRESSION,
            percent,
            1.0,
            number=count + n,
            name="conv.Forward.time_layer",
            params=(f"'conv2d.{n + 3}-64.k3.hw224.n8.bf16.nhwc'", "'cpu-2'"),
            pairs=16,
        )
        for n, percent in enumerate((4.1, 12.0, 640.0))
    ]
    found += [result(Verdict.INCONCLUSIVE, 1.5, 4.0, number=count + 3 + n) for n in range(3)]
    return report(*found)


def hostile():
    """An attacker's words in every text, numbers that are none in every number."""
    wild = Effect(math.nan, -1.0, math.inf, math.nan, math.nan, -3)
    found = [
        result(
            verdict,
            number=n,
            name=f"{evil}.time_x",
            params=(evil, EVIL[0]),
            reason=evil,
            unit=evil,
            failure=evil,
            failed_on=(evil,),
            command=evil,
            waived_by=evil,
            explanation={"differences": [evil, None, {"a": evil}]},
        )
        for n, (verdict, evil) in enumerate(zip([*Verdict], [*EVIL, *EVIL], strict=False))
    ]
    found.append(
        result(
            effect=wild,
            tail=wild,
            threshold=math.nan,
            detectable=math.nan,
            pair_values=(math.nan, math.inf, -math.inf, 1e300),
            number=99,
        )
    )
    found.append(
        result(
            effect=Effect(1e308, 5e-324, 1e308, 0.95, 1e300, 2),
            threshold=1e300,
            baseline=math.nan,
            contender=math.inf,
            number=98,
        )
    )
    side = SideFacts(EVIL[0], EVIL[1], EVIL[2], {EVIL[3]: EVIL[4]}, {EVIL[5]: EVIL[0]})
    return report(
        *found, baseline=side, contender=side, machine=EVIL[1], hardware={EVIL[0]: EVIL[1]},
        started_at=EVIL[0], finished_at=EVIL[4], seconds=math.nan, command=EVIL[2],
        policy={EVIL[0]: EVIL[1], "threshold": math.nan, "false_red": EVIL[0], "overrides": [{}]},
        canaries=(CanaryResult(EVIL[0], wild, math.nan, True, EVIL[1], (math.nan, 0.0, -1.0)),),
        skipped=(SkippedBenchmark(EVIL[0], (EVIL[1],), EVIL[2]),),
        waivers=(WaiverUse(EVIL[0], math.inf, EVIL[1], EVIL[2], EVIL[3], EVIL),),
        notes=EVIL, selftest=EVIL, cnnfc=EVIL[0],
    )  # fmt: skip


def interrupted():
    """Ctrl-C after the first benchmarks."""
    return report(
        result(Verdict.REGRESSION, 6.0),
        result(Verdict.INCONCLUSIVE, 0.4, 5, number=1),
        finished_at=None,
    )


def nothing():
    """Not one benchmark matched."""
    return report(pairs=0, canaries=(), seconds=2.0)


def selftest():
    """Two benchmarks slowed down on purpose, both found."""
    found = [result(Verdict.REGRESSION, 5.0, 0.8, number=n) for n in range(2)]
    found += [result(percent=0.1 * n, number=n) for n in range(2, 8)]
    return report(*found, selftest=tuple(one.id for one in found[:2]))


def moved():
    """Only the machine was slower."""
    return report(
        result(Verdict.MACHINE_MOVED, 5.0, 1.0),
        result(number=1),
        canaries=(canary("gemm", moved=True, drift=0.06),),
    )


def doubtful(*, strict=False):
    """One of three could not be decided."""
    return report(
        result(Verdict.INCONCLUSIVE, 2.0, 3.0), result(number=1), result(number=2), strict=strict
    )


EVERY = {
    "clean": clean, "usual": usual, "many": many, "hostile": hostile, "interrupted": interrupted,
    "nothing": nothing, "selftest": selftest, "moved": moved, "doubtful": doubtful,
}  # fmt: skip
