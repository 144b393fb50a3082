"""One change of a history, of which tests alter what they are about."""

from dataclasses import replace
from datetime import UTC, datetime

from cnnfc.timeline.changes import Cause, Change, Direction, MeasuredCommit, SeriesKey, State

COMMIT = MeasuredCommit("12345678" * 5, datetime(2026, 3, 1, tzinfo=UTC))
CHANGE = Change(
    id="k4vt2m7q",
    series_key=SeriesKey("oak", "py", "conv.Forward.time_layer", ("conv2d.3-64.k3.hw32", "cpu-1")),
    last_good=COMMIT,
    first_bad=replace(COMMIT, commit="9abcdef0" * 5),
    unmeasured=12,
    ratio=1.082,
    low=1.071,
    high=1.093,
    p_value=0.001,
    direction=Direction.SLOWER,
    state=State.PRESENT,
    cause=Cause.CODE,
    evidence=("kernels stood still",),
    earliest=COMMIT,
    latest=COMMIT,
    surely_good=COMMIT,
    between=(),
    before=1.0,
    after=1.082,
    unit="seconds",
    values_before=9,
    values_after=9,
    new=False,
)
