import pytest

from cnnfc.report.layers.devices import all_devices
from cnnfc.report.layers.slices import all_slices
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


@pytest.fixture
def cuts():
    """The slices of the first device of a run of `points`, by what they are cut by."""

    def build(*points):
        every = list(all_devices(arrange(make.history(make.run(*points)))))
        return {cut.what: cut.slices for cut in all_slices(every[0], every)}

    return build


def _batches(sizes):
    return [
        make.point(make.DENSE, f"dense.{width}-8.n{n}", "cpu-1", value=1e-6 * n * width)
        for n in sizes
        for width in (8, 16, 32)
    ]


def _labels(slices):
    return [(one.label, len(one.layers)) for one in slices]


def test_one_device_one_batch_and_one_pass_have_no_slices(cuts):
    assert cuts(*make.layer_points()) == {}


def test_devices_of_the_same_machine_are_side_by_side(cuts):
    found = cuts(*make.layer_points("cpu-1"), *make.layer_points("cpu-2", 0.6))
    assert {what: _labels(slices) for what, slices in found.items()} == {
        "device": [("CPU, 1 thread", 12), ("CPU, 2 threads", 12)]
    }
    assert [one.bound.n for one in found["device"]] == [12, 12]


def test_a_device_that_was_measured_at_another_commit_says_so():
    history = make.history(
        make.run(*make.layer_points("cpu-1"), *make.layer_points("cpu-2"), number=1),
        make.run(*make.layer_points("cpu-1"), number=2),
    )
    every = list(all_devices(arrange(history)))
    (cut,) = all_slices(every[0], every)
    assert _labels(cut.slices) == [
        ("CPU, 1 thread", 12),
        ("CPU, 2 threads, commit 00000001", 12),
    ]


def test_other_machines_are_not_beside_it():
    every = list(all_devices(arrange(make.small())))
    elm = next(one for one in every if one.group.machine == "elm")
    assert all_slices(elm, every) == ()


def test_a_few_batch_sizes_have_a_slice_each(cuts):
    slices = cuts(*_batches((1, 4, 128)))["batch size"]
    assert _labels(slices) == [("batch 1", 3), ("batch 4", 3), ("batch 128", 3)]


def test_many_batch_sizes_are_cut_into_small_and_large(cuts):
    slices = cuts(*_batches((1, 2, 8, 16, 64, 128)))["batch size"]
    assert _labels(slices) == [
        ("batch 1", 3),
        ("batch 2 to 8", 6),
        ("batch 16", 3),
        ("batch 64 to 128", 6),
    ]
    # Within one batch size latency is proportional to the width, and so are the parameters.
    assert slices[0].parameters.log_r2 == pytest.approx(1, abs=0.01)


def test_many_small_batch_sizes_leave_no_empty_slice(cuts):
    slices = cuts(*_batches((1, 2, 3, 4, 5)))["batch size"]
    assert _labels(slices) == [("batch 1", 3), ("batch 2 to 5", 12)]


def test_other_passes_stand_beside_the_forward_one(cuts):
    cases = list(make.LAYERS)[:3]
    steps = [make.point("conv.TrainStep.time_layer", case, "cpu-1") for case in cases]
    slices = cuts(*make.layer_points(), *steps)["pass"]
    assert _labels(slices) == [("forward", 12), ("training step", 3)]
    # The bound is that of a forward call.
    assert [one.bound.n for one in slices] == [12, 0]
