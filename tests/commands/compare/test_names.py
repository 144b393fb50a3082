from datetime import UTC, datetime

import pytest

from cnnfc.commands.compare.names import Known, find_commit, recognise, short
from cnnfc.errors import UsageError
from cnnfc.timeline.compare.runs import Kind
from cnnfc.timeline.table.source import Head

ONE, TWO, TEN = "beef" + "1" * 36, "beef" + "2" * 36, "cafe" + "3" * 36
UNMEASURED = "d" * 40
REVISIONS = {"HEAD": TWO, "HEAD~1": ONE, "v9": UNMEASURED, "oak": TWO, "cafe": ONE, ONE: ONE}


def _heads():
    for day, commit in ((1, ONE), (2, TWO), (3, TEN)):
        for machine in ("oak", "elm"):
            date = datetime(2026, 3, day, tzinfo=UTC)
            yield Head(machine, "py", commit, date, None, 1, frozenset({"cpu-2", "cpu-1"}), None)


KNOWN = Known.of(list(_heads()), {"host": "elm"})


def _recognised(a, b, kind=None):
    return recognise((a, b), KNOWN, REVISIONS.get, kind)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (ONE, TWO, (Kind.COMMITS, (ONE, TWO))),
        ("beef1", "BEEF2", (Kind.COMMITS, (ONE, TWO))),
        ("HEAD~1", "HEAD", (Kind.COMMITS, (ONE, TWO))),
        ("HEAD~1", "cafe3333", (Kind.COMMITS, (ONE, TEN))),
        ("elm", "oak", (Kind.MACHINES, ("elm", "oak"))),
        ("host", "oak", (Kind.MACHINES, ("elm", "oak"))),
        ("cpu-2", "cpu-1", (Kind.DEVICES, ("cpu-2", "cpu-1"))),
        # A tag may be called like a machine: the other name decides.
        ("oak", "HEAD~1", (Kind.COMMITS, (TWO, ONE))),
    ],
)
def test_names_are_recognised_by_what_there_is(a, b, expected):
    assert _recognised(a, b) == expected


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        (
            "elk",
            "oak",
            r"'elk' is no measured commit, machine or device here; machines: elm, oak; ",
        ),
        (
            "elk",
            "oak",
            r"; devices: cpu-1, cpu-2; measured commits: cafe3333, beef2222, beef1111; ",
        ),
        ("elk", "oak", r"; did you mean 'elm'\?"),
        ("HEAD", "elm", r"'HEAD' is a commit and 'elm' a machine: compare two commits, two"),
        ("cpu-1", "oak", r"'cpu-1' is a device and 'oak' a machine or a commit"),
        ("beef", "HEAD", r"'beef' is the beginning of 2 measured commits: write more of beef2222"),
        ("cafe", "HEAD", r"'cafe' is the beginning of cafe3333 and a git revision for beef1111"),
        ("v9", "HEAD", r"'v9' is commit dddddddd, of which nothing was measured here: measure it"),
        ("HEAD", TWO, rf"'HEAD' and '{TWO}' are the same commit, {TWO}: name two"),
        ("oak", "oak", r"'oak' and 'oak' can be commits as well as machines: say which with --as"),
        ("cpu-4", "cpu-1", r"'cpu-4' is no measured .* devices: cpu-1, cpu-2"),
        ("bee", "HEAD", r"'bee' is no measured commit"),
    ],
)
def test_what_cannot_be_recognised_is_one_sentence(a, b, sentence):
    with pytest.raises(UsageError, match=sentence):
        _recognised(a, b)


def test_a_kind_decides_where_names_could_be_several_things():
    both = Known.of(list(_heads()), {})
    revisions = {"oak": TWO, "elm": ONE}
    with pytest.raises(UsageError, match="can be commits as well as machines"):
        recognise(("elm", "oak"), both, revisions.get)
    found = recognise(("elm", "oak"), both, revisions.get, Kind.MACHINES)
    assert found == (Kind.MACHINES, ("elm", "oak"))
    found = recognise(("elm", "oak"), both, revisions.get, Kind.COMMITS)
    assert found == (Kind.COMMITS, (ONE, TWO))
    with pytest.raises(UsageError, match="'cpu-1' is no machine here; machines: elm, oak"):
        recognise(("cpu-1", "oak"), both, revisions.get, Kind.MACHINES)


def test_a_commit_is_found_by_itself():
    assert find_commit("HEAD~1", KNOWN, REVISIONS.get) == ONE
    with pytest.raises(UsageError, match="'cpu-1' is no commit here"):
        find_commit("cpu-1", KNOWN, REVISIONS.get)


def test_only_so_many_commits_are_listed_and_nothing_steers_the_terminal():
    date = datetime(2026, 3, 1, tzinfo=UTC)
    heads = [
        Head("oak\x1b[31m", "py", f"{n:040x}", date.replace(day=n), None, 1, frozenset(), None)
        for n in range(1, 12)
    ]
    said = Known.of(heads, {}).said()
    assert said.startswith("machines: oak\ufffd[31m; measured commits: 00000000, ")
    assert said.endswith(" and 3 older ones")


def test_only_hashes_are_shortened():
    assert short(ONE) == "beef1111"
    assert short("release-2026-long") == "release-2026-long"
