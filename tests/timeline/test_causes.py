from dataclasses import replace

import pytest

from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import Cause, find_changes
from testkit import edges
from testkit import histories as make

FORWARD = "conv.Forward.time_layer"
DENSE = "dense.Forward.time_layer"
GEMM = "hardware.CanaryGemm.track_flops"
COPY = "hardware.CanaryCopy.track_bandwidth"
CASE = "conv2d.3-64.k3.hw32"
CHANGED = (FORWARD, CASE, "cpu-1")
KERNEL = (COPY, "copy.x4llc", "cpu-1")
CASES = [f"dense.{size}-64" for size in (8, 16, 32, 64, 128, 256, 512)]


@pytest.fixture
def records():
    """Hardware records of commits 1 to 12; those from commit 7 on have `changes`."""

    def build(**changes):
        return [make.record(n, **(changes if n >= 7 else {})) for n in range(1, 13)]

    return build


@pytest.fixture
def cause(grow):
    """Cause and evidence of the change of the first series at commit 7."""

    def find(levels, hardware=(), detect=edges.find_edges, **options):
        changes = find_changes(arrange(grow(levels, hardware=hardware, **options)), detect=detect)
        first = next(iter(levels))
        (one,) = [c for c in changes if (c.series_key.benchmark, *c.series_key.parameters) == first]
        return one.cause, one.evidence

    return find


def _suite(step, moved, still=0):
    return {
        (DENSE, case, "cpu-1"): step(1.08 if number < moved else 1.0)
        for number, case in enumerate(CASES[: moved + still])
    }


SAME = "the software is the same by the hardware records of both runs"


def test_a_change_with_still_kernels_and_the_same_software_is_of_the_code(cause, records, step):
    levels = {CHANGED: step(1.08), KERNEL: step(1.0, level=1e10), **_suite(step, 1, 5)}
    assert cause(levels, records()) == (
        Cause.CODE,
        (
            "2 of 7 timings on the CPU moved by ×1.08 (dense 1 of 6, conv 1 of 1)",
            "reference kernels stood still: copy.x4llc on cpu-1 ×1.00",
            SAME,
        ),
    )


def test_another_torch_is_the_cause_whatever_the_kernels_did(cause, records, step):
    levels = {CHANGED: step(1.08), KERNEL: step(1 / 1.07, level=1e10)}
    assert cause(levels, records(torch="2.13.0")) == (
        Cause.SOFTWARE,
        (
            "torch 2.12.0 before, 2.13.0 after",
            "1 of 1 timings on the CPU moved by ×1.08",
            "reference kernels moved along: copy.x4llc on cpu-1 ×1.07",
        ),
    )


def test_kernels_that_moved_along_are_the_machine(cause, records, step):
    levels = {CHANGED: step(1.08), KERNEL: step(1 / 1.07, level=1e10), **_suite(step, 6)}
    assert cause(levels, records()) == (
        Cause.MACHINE,
        (
            "7 of 7 timings on the CPU moved by ×1.08",
            "reference kernels moved along: copy.x4llc on cpu-1 ×1.07",
            SAME,
        ),
    )


def test_a_kernel_that_got_quicker_explains_no_slowdown(cause, records, step):
    levels = {CHANGED: step(1.08), KERNEL: step(1.08, level=1e10)}
    assert cause(levels, records())[0] is Cause.CODE


def test_a_kernel_that_moved_much_less_explains_nothing(cause, records, step):
    levels = {CHANGED: step(1.5), KERNEL: step(1 / 1.1, level=1e10)}
    assert cause(levels, records())[0] is Cause.CODE


def test_most_of_a_suite_without_kernels_is_the_machine(cause, step):
    moved = {CHANGED: step(1.08), **_suite(step, 5, 1)}
    found, evidence = cause(moved)
    assert found is Cause.MACHINE
    assert evidence[0] == "6 of 7 timings on the CPU moved by ×1.08"
    assert evidence[1] == "the reference kernels of the CPU were not measured on both sides"
    few = {CHANGED: step(1.08), **_suite(step, 4, 0)}
    assert cause(few)[0] is Cause.UNKNOWN


def test_a_suite_that_moved_while_the_kernels_stood_still_proves_neither(cause, records, step):
    levels = {CHANGED: step(1.08), KERNEL: step(1.0, level=1e10), **_suite(step, 6)}
    assert cause(levels, records())[0] is Cause.UNKNOWN


def test_kernels_that_are_too_noisy_say_so_and_decide_nothing(cause, records, step):
    levels = {CHANGED: step(1.08), KERNEL: step(1.0, level=1e10)}
    found, evidence = cause(levels, records(), detect=edges.detector(spread=0.05))
    assert found is Cause.UNKNOWN
    assert "the reference kernels of the CPU are too noisy or too short to tell" in evidence


def test_kernels_of_another_device_say_nothing(cause, records, step):
    levels = {CHANGED: step(1.08), (COPY, "copy.x4llc", "cuda-0"): step(1.0, level=1e12)}
    assert cause(levels, records())[0] is Cause.UNKNOWN


def test_another_governor_is_the_machine_unless_the_kernels_contradict(cause, records, step):
    alone = {CHANGED: step(1.08)}
    found, evidence = cause(alone, records(governor="powersave"))
    assert found is Cause.MACHINE
    assert "CPU governor performance before, powersave after" in evidence
    still = {CHANGED: step(1.08), KERNEL: step(1.0, level=1e10)}
    assert cause(still, records(governor="powersave"))[0] is Cause.UNKNOWN


def test_without_records_nothing_is_laid_to_the_code(cause, records, step):
    levels = {CHANGED: step(1.08), KERNEL: step(1.0, level=1e10)}
    found, evidence = cause(levels)
    assert found is Cause.UNKNOWN
    assert evidence[-1] == (
        "no hardware record belongs to either run, so whether the software differs is not known"
    )
    assert "record belongs to the run before" in cause(levels, records()[6:])[1][-1]
    assert "record belongs to the run after" in cause(levels, records()[:6])[1][-1]


def test_a_reference_kernel_itself_has_no_code_under_test(cause, records, step):
    levels = {KERNEL: step(1 / 1.2, level=1e10)}
    found, evidence = cause(levels, records())
    assert found is Cause.MACHINE
    assert evidence[0] == "a reference kernel has none of the code under test in it"
    assert cause(levels, records(torch="2.13.0"))[0] is Cause.SOFTWARE


def _memory(step, hardware):
    name = "conv.ForwardMemory.peakmem_layer"
    info = replace(make.info(name), type="peakmemory", unit="bytes")
    runs = [
        make.run(
            make.point(name, CASE, "cpu-1", value=step(1.3, level=1e8)(n), spread=0.0),
            make.point(*KERNEL, value=step(0.5, level=1e10)(n), spread=0.0),
            number=n,
        )
        for n in range(1, 13)
    ]
    history = make.history(*runs, hardware=hardware)
    return replace(history, benchmarks={**history.benchmarks, name: info})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Cause.CODE),
        ({"torch": "2.13.0"}, Cause.SOFTWARE),
        ({"governor": "powersave"}, Cause.UNKNOWN),
    ],
)
def test_what_is_no_speed_does_not_follow_the_kernels(step, records, changes, expected):
    history = _memory(step, records(**changes))
    found = find_changes(arrange(history), detect=edges.find_edges)
    (one,) = [change for change in found if "Memory" in change.series_key.benchmark]
    assert one.cause is expected
    assert "a value in bytes does not follow the machine" in one.evidence


def test_memory_without_records_is_unknown(step):
    found = find_changes(arrange(_memory(step, ())), detect=edges.find_edges)
    (one,) = [change for change in found if "Memory" in change.series_key.benchmark]
    assert one.cause is Cause.UNKNOWN


def test_a_gpu_that_ran_at_a_lower_clock_is_the_machine(cause, records, step):
    key = (FORWARD, CASE, "cuda-0")
    levels = {key: step(1.1), (GEMM, "gemm.2048", "cuda-0"): step(1.0, level=1e13)}

    def clocked(hz):
        old, new = (
            ({"case": CASE, "device": "cuda-0", "sm_clock_hz": [clock]},) for clock in (1.98e9, hz)
        )
        return [
            replace(record, blocks=old if number < 6 else new)
            for number, record in enumerate(records())
        ]

    found, evidence = cause(levels, clocked(1.8e9))
    assert found is Cause.MACHINE
    assert "the GPU ran it at 1.80 instead of 1.98 GHz" in evidence
    assert cause(levels, clocked(1.95e9))[0] is Cause.CODE
    assert cause(levels, clocked(2.2e9))[0] is Cause.CODE


def test_software_that_differs_anywhere_in_the_range_of_the_step_is_named(cause, step):
    """The step was put at commit 7, but commit 8 may be the first slow one, and has a new torch."""
    records = [make.record(n, **({"torch": "2.13.0"} if n >= 8 else {})) for n in range(1, 13)]
    levels = {CHANGED: step(1.08), KERNEL: step(1.0, level=1e10)}
    assert cause(levels, records)[0] is Cause.CODE
    assert cause(levels, records, detect=edges.detector(reach=1))[0] is Cause.SOFTWARE


def test_many_differences_are_counted(cause, step):
    records = [
        replace(make.record(n), software={"packages": dict.fromkeys("abcdef", str(n // 7))})
        for n in range(1, 13)
    ]
    found, evidence = cause({CHANGED: step(1.08)}, records)
    assert found is Cause.SOFTWARE
    assert evidence[:5] == (
        *(f"{name} 0 before, 1 after" for name in "abcd"),
        "2 more such differences",
    )
