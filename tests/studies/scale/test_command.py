"""The program runs the command as people do, and says what it took."""

import pytest

from cnnfc.errors import CannotMeasure
from cnnfc.studies.scale import command
from cnnfc.studies.scale.command import run_changes


@pytest.fixture
def called(monkeypatch):
    """Commands that were called; the third one has another answer than those before."""
    commands = []

    def call(_, words):
        commands.append(words)
        return f"answer {len(commands) // 3}"

    monkeypatch.setattr(command, "call", call)
    return commands


def test_it_names_what_was_said(called):
    first, again, other = (run_changes("r") for _ in range(3))
    assert called[0][1:] == ["-m", "cnnfc.cli", "changes", "--json", "--results", "r"]
    assert first["answer"] == again["answer"] != other["answer"]
    assert first["wall_seconds"] >= 0
    assert first["peak_bytes"] >= 0


def test_a_command_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(CannotMeasure, match=r"cnnfc changes ended with status 2: .*is not there"):
        run_changes(str(tmp_path / "none"))
