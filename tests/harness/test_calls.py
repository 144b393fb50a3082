from datetime import UTC, datetime
from pathlib import Path

import pytest

from cnnfc.harness.calls import Caller
from cnnfc.harness.plan import Chunk
from cnnfc.harness.repository import Commit
from cnnfc.harness.suite import Point

COMMIT = Commit("0123456789abcdef")
POINT, CANARY = Point("a.time_b"), Point("c.track_d")


class Heard:
    """Takes the place of asv and remembers what it was called with."""

    root = Path("/project")
    log = Path("/log")

    def run(self, arguments, listen, *, variables=None, standard_input=""):
        self.arguments = list(arguments)
        self.variables = dict(variables)
        self.standard_input = standard_input
        return 0


@pytest.fixture
def asv():
    return Heard()


def test_a_commit_is_handed_over_as_a_list_so_that_the_first_commit_works_too(asv):
    Caller(asv, "m", "standard").discover(COMMIT, print)
    assert asv.arguments == ["run", "HASHFILE:-", "--machine", "m", "--bench", "just-discover"]
    assert asv.standard_input == "0123456789abcdef\n"


def test_a_chunk_is_measured_with_its_samples_in_one_environment(asv):
    Caller(asv, "m", "full").measure(COMMIT, "e", Chunk((POINT,)), Path("/r.json"), print)
    assert asv.arguments == [
        *("run", "HASHFILE:-", "--machine", "m", "-E", "e"),
        *("--record-samples", "--show-stderr", "--bench", r"^a\.time_b$"),
    ]
    assert asv.variables["CNNFC_PROFILE"] == "full"
    assert asv.variables["CNNFC_RECORD"] == "/r.json"
    assert asv.variables["CNNFC_LISTED"] is None


def test_asv_need_not_read_a_suite_again_that_it_has_listed(asv):
    caller = Caller(asv, "m", "full")
    caller.measure(COMMIT, "e", Chunk((POINT,)), Path("/r.json"), print, listed=True)
    assert asv.variables["CNNFC_LISTED"] == "1"


def test_readings_of_canaries_are_added_to_earlier_ones(asv):
    chunk = Chunk((POINT,), (CANARY,))
    Caller(asv, "m", "standard").measure(COMMIT, "e", chunk, Path("/r.json"), print)
    assert "--append-samples" in asv.arguments
    assert asv.arguments[-2:] == ["--bench", r"^c\.track_d$"]


def test_asvs_own_environments_are_told_nothing_that_asv_tells_them(asv):
    Caller(asv, "m", "standard").discover(COMMIT, print)
    assert asv.variables == {
        "CNNFC_PROFILE": "standard",
        "CNNFC_COMMIT": None,
        "CNNFC_ENV_NAME": None,
    }


def test_the_running_interpreter_is_told_what_it_measures(asv, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/lib")
    monkeypatch.delenv("ASV_PYTHONPATH", raising=False)
    caller = Caller(asv, "m", "quick", here="here-py3.11-torch2")
    caller.measure(COMMIT, "here-py3.11-torch2", Chunk((POINT,)), Path("/r.json"), print)
    assert asv.arguments[:7] == [
        *("run", "--set-commit-hash", "0123456789abcdef", "--machine", "m", "-E", "here"),
    ]
    assert asv.standard_input == ""
    assert asv.variables == {
        "CNNFC_PROFILE": "quick",
        "CNNFC_COMMIT": "0123456789abcdef",
        "CNNFC_ENV_NAME": "here-py3.11-torch2",
        "ASV_CONF_DIR": "/project",
        "ASV_PYTHONPATH": "/lib",
        "CNNFC_COMMIT_DATE": None,
        "CNNFC_RECORD": "/r.json",
        "CNNFC_LISTED": None,
    }


def test_the_date_of_a_commit_that_git_does_not_know_is_told_in_milliseconds(asv):
    date = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    Caller(asv, "m", "standard", "here-py3", date).discover(COMMIT, print)
    assert asv.variables["CNNFC_COMMIT_DATE"] == "1714979289000"


def test_where_git_knows_the_date_asv_asks_git(asv):
    Caller(asv, "m", "standard", "here-py3").discover(COMMIT, print)
    assert asv.variables["CNNFC_COMMIT_DATE"] is None
