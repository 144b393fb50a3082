"""Texts that more than one kind of page shows."""

import pytest

from cnnfc.history.asv_benchmarks import default_info
from cnnfc.report.views import common


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ForwardDevice.track_duration", ", by the device's clock, with cold caches"),
        ("ForwardThroughput.track_duration", ", one queued behind the other"),
        ("ForwardHost.track_latency", ", one at a time, until its result is there"),
        ("ForwardCold.time_layer", ", with cold caches"),
        ("Forward.time_layer", ""),
    ],
)
def test_the_times_of_an_accelerator_are_told_apart_in_words(name, text):
    info = default_info(f"conv.{name}", 2)
    assert common.describe(info) == f"Time: forward call of convolution layers{text}"
    assert common.direction(info) == "lower is better"
