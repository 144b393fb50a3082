import io
import json
from dataclasses import replace

import pytest

from cnnfc.commands.changes import text as changes_text
from cnnfc.commands.changes.columns import as_object, row
from cnnfc.commands.changes.text import table, width_of
from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.changes import (
    Cause,
    State,
    look_for_changes,
)
from testkit import edges, histories
from testkit.one_change import CHANGE, COMMIT
from testkit.terminals import Terminal


def test_a_wide_line_has_everything():
    _, line = table([CHANGE], 120)
    assert line == (
        "k4vt2m7q  worse   +8.2%  +7.1%..+9.3%  code   12345678..9abcdef0  +12  "
        "conv.Forward.time_layer conv2d.3-64.k3.hw32 cpu-1"
    )
    assert len(line) <= 120


@pytest.mark.parametrize("width", range(80, 121, 5))
def test_no_line_is_wider_than_asked_and_none_loses_cause_and_commits(width):
    changes = [CHANGE, replace(CHANGE, state=State.PARTLY, new=True, cause=Cause.SOFTWARE)]
    lines = list(table(changes, width))
    assert max(map(len, lines)) <= width
    assert all("12345678..9abcdef0" in line for line in lines[1:])
    assert "software" in lines[2]


def test_a_narrow_line_leaves_out_the_interval_first():
    narrow = next(table([CHANGE], 80))
    assert "interval" not in narrow
    assert "gap" in narrow


def test_state_is_said_where_it_is_not_simply_present():
    found = [
        CHANGE,
        replace(CHANGE, state=State.RECOVERED),
        replace(CHANGE, state=State.PARTLY),
        replace(CHANGE, new=True),
        replace(CHANGE, state=State.PARTLY, new=True),
    ]
    head, *lines = table(found, 120)
    start = head.index("state")
    words = [line[start : start + 11].strip() for line in lines]
    assert words == ["", "recovered", "partly", "new", "partly, new"]


def test_machine_and_environment_are_named_where_there_are_several():
    key = replace(CHANGE.series_key, machine="elm", environment="py3.12")
    _, first, second = table([CHANGE, replace(CHANGE, series_key=key)], 400)
    assert first.endswith("conv2d.3-64.k3.hw32 cpu-1 @ oak in py")
    assert second.endswith("@ elm in py3.12")


def test_a_difference_stands_where_there_is_no_ratio():
    one = replace(CHANGE, ratio=float("nan"), before=-2.0, after=-1.0, unit="nats")
    _, line = table([one], 120)
    assert "+1 nats" in line


def test_names_cannot_command_a_terminal_or_break_a_line():
    key = replace(CHANGE.series_key, benchmark="a\x1b[31m\nb\t\u202ec")
    one = replace(
        CHANGE,
        series_key=key,
        unit="\n",
        ratio=float("nan"),
        evidence=("x\ny",),
        last_good=replace(COMMIT, commit="\x1b]0;x\x07\n"),
    )
    lines = list(table([one], 120, why=True))
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


def test_the_oddest_history_is_one_printable_line_a_change():
    found = look_for_changes(arrange(histories.hostile()), detect=edges.detector(least=2))
    lines = list(table(found.changes, 120))
    assert len(lines) == len(found.changes) + 1 > 10
    assert all(line.isprintable() and len(line) <= 120 for line in lines)
    for change in found.changes:
        json.dumps(as_object(change), allow_nan=False)
        row(change)


def test_a_number_of_three_hundred_digits_does_not_widen_the_table():
    lines = list(table([replace(CHANGE, ratio=1e300, low=1e299, high=1e301)], 120))
    assert max(map(len, lines)) <= 120


def test_elsewhere_than_on_a_terminal_lines_are_as_long_as_they_may_be(monkeypatch):
    assert width_of(io.StringIO()) == 120

    for columns, width in ((40, 80), (97, 97), (300, 120)):
        monkeypatch.setattr(changes_text.shutil, "get_terminal_size", lambda _, c=columns: _Size(c))
        assert width_of(Terminal()) == width


class _Size:
    def __init__(self, columns):
        self.columns = columns
