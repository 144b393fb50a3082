import re

import pytest

from cnnfc.analysis.sequential import LOOKS
from cnnfc.errors import DataError, UsageError
from cnnfc.gate.policy.policy import Override, Policy, check_can_fail, parse_budget, read_policy


@pytest.fixture
def read(tmp_path):
    """The policy of a table [tool.cnnfc.gate] with these lines."""
    path = tmp_path / "pyproject.toml"

    def parsed(lines):
        path.write_text(f"[tool.cnnfc.gate]\n{lines}\n")
        return read_policy(path)

    return parsed


def test_without_a_file_or_a_table_the_defaults_hold(tmp_path):
    path = tmp_path / "pyproject.toml"
    assert read_policy(path) == Policy()
    path.write_text("[tool.other]\nx = 1\n")
    assert read_policy(path) == Policy()


def test_every_key_can_be_set(read):
    found = read(
        "threshold = 0.1\ngpu_threshold = 0.2\ntail_threshold = 0.3\ntrack_threshold = 0.4\n"
        "peakmem_threshold = 0.5\nfalse_red = 0.05\nmiss = 0.06\nbudget = '2 min'\n"
        "canary_tolerance = 0.07\ndirection = 'both'\nlargest_pairs = 32\n"
        "benchmarks = ['^conv']\nwaivers = 'w.toml'\n"
        "overrides = [{pattern = 'x', threshold = 0.08}, {pattern = 'y', tail_threshold = 1}]"
    )
    assert found == Policy(
        threshold=0.1,
        gpu_threshold=0.2,
        tail_threshold=0.3,
        track_threshold=0.4,
        peakmem_threshold=0.5,
        false_red=0.05,
        miss=0.06,
        budget=120.0,
        canary_tolerance=0.07,
        direction="both",
        largest_pairs=32,
        benchmarks=("^conv",),
        waivers="w.toml",
        overrides=(Override("x", 0.08), Override("y", None, 1.0)),
    )
    assert found.to_json()["overrides"] == [
        {"pattern": "x", "threshold": 0.08},
        {"pattern": "y", "tail_threshold": 1.0},
    ]
    assert found.to_json()["budget"] == 120.0


def test_an_unknown_key_is_refused_with_the_nearest_known_one(read, tmp_path):
    message = (
        f"{tmp_path / 'pyproject.toml'}: [tool.cnnfc.gate]: unknown key 'treshold': "
        f"did you mean 'threshold'?"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        read("treshold = 0.05")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("threshold = 0", "threshold must be a fraction above 0 and at most 1 (0.03 is 3%), not 0"),
        ("threshold = -0.1", "threshold must be a fraction above 0"),
        ("threshold = 3", "(0.03 is 3%), not 3"),
        ("threshold = nan", "not nan"),
        ("threshold = true", "not True"),
        ("threshold = '3%'", "not '3%'"),
        ("gpu_threshold = 0", "gpu_threshold must be"),
        ("tail_threshold = inf", "tail_threshold must be"),
        ("track_threshold = -1", "track_threshold must be a fraction from 0 (any worsening fails)"),
        ("false_red = 0", "false_red must be a probability above 0 and below 0.5"),
        ("false_red = 0.5", "false_red must be a probability"),
        ("miss = nan", "miss must be a probability"),
        ("budget = 0", 'budget must be a time such as "10 min"'),
        ("budget = 'soon'", "not 'soon'"),
        ("budget = []", "budget must be a time"),
        ("direction = 'up'", 'direction must be "slower" or "both", not \'up\''),
        ("largest_pairs = 4", "largest_pairs must be a whole number from 5 to 48, not 4"),
        ("largest_pairs = 10.5", "largest_pairs must be a whole number"),
        ("benchmarks = 'conv'", "benchmarks must be a list of regular expressions"),
        ("benchmarks = [1]", "benchmarks must be a list of regular expressions"),
        ("benchmarks = ['(']", "benchmarks '(' is not a regular expression"),
        ("waivers = ''", "waivers must be the path of a file"),
        ("overrides = 1", "overrides must be a list of tables"),
        ("overrides = [1]", "override 1 must be a table with keys, not 1"),
        ("overrides = [{threshold = 0.1}]", "override 1: pattern is missing"),
        ("overrides = [{pattern = '['}]", "override 1: pattern '[' is not a regular expression"),
        ("overrides = [{pattern = 'x'}]", "override 1 changes nothing"),
        ("overrides = [{pattern = 'x', threshold = 0}]", "override 1: threshold must be"),
        ("overrides = [{pattern = 'x', limit = 1}]", "override 1: unknown key 'limit'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(read, line, said):
    with pytest.raises(DataError, match=re.escape(said)):
        read(line)


def test_a_file_that_is_not_toml_is_named(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b"\xff = ")
    with pytest.raises(DataError, match="cannot be read as TOML"):
        read_policy(path)
    path.write_text("[tool.cnnfc]\ngate = 3\n")
    with pytest.raises(DataError, match="must be a table with keys, not 3"):
        read_policy(path)


def test_the_threshold_depends_on_kind_and_device():
    policy = Policy()
    assert policy.threshold_for("a.time_x", "time", "cpu-2") == 0.03
    assert policy.threshold_for("a.time_x", "time", None) == 0.03
    assert policy.threshold_for("a.time_x", "time", "cuda") == 0.02
    assert policy.threshold_for("a.time_x", "time", "mps-0") == 0.02
    assert policy.threshold_for("a.track_x", "track") == 0.0
    assert policy.threshold_for("a.peakmem_x", "peakmem") == 0.05


def test_the_last_override_that_sets_a_threshold_counts():
    policy = Policy(
        overrides=(Override("conv", 0.1), Override("k3", 0.2, 0.4), Override("conv", None, 0.3))
    )
    assert policy.threshold_for("conv.F[k3]", "time", "cuda-0") == 0.2
    assert policy.threshold_for("conv.F[k5]") == 0.1
    assert policy.threshold_for("dense.F[k5]") == 0.03
    assert policy.tail_threshold_for("conv.F[k3]") == 0.3
    assert policy.tail_threshold_for("dense.F[k3]") == 0.4
    assert policy.tail_threshold_for("dense.F") == 0.05


def test_a_threshold_that_was_typed_holds_for_every_time():
    policy = Policy(overrides=(Override("conv", 0.1, 0.2),)).with_threshold(0.07)
    assert policy.threshold_for("conv.F", "time", "cpu-1") == 0.07
    assert policy.threshold_for("conv.F", "time", "cuda-0") == 0.07
    assert policy.threshold_for("dense.F", "track") == 0.0
    assert policy.tail_threshold_for("conv.F") == 0.2
    for wrong in (0.0, -1.0, 3.0, float("nan")):
        with pytest.raises(UsageError, match="the threshold must be a fraction above 0"):
            Policy().with_threshold(wrong)


def test_a_threshold_that_was_typed_leaves_overrides_of_other_kinds_alone():
    policy = Policy(overrides=(Override("conv", 0.1),))
    typed = policy.with_threshold(0.07)
    assert typed.threshold_for("conv.track_x", "track") == 0.1
    assert typed.threshold_for("conv.peakmem_x", "peakmem") == 0.1
    assert typed.threshold_for("dense.peakmem_x", "peakmem") == 0.05
    assert typed.to_json()["typed_threshold"] == 0.07
    assert "typed_threshold" not in policy.to_json()


def test_the_threshold_that_is_typed_is_no_key_of_the_table(read):
    with pytest.raises(DataError, match="unknown key 'typed_threshold'"):
        read("typed_threshold = 0.1")


def test_selected_is_what_any_pattern_is_found_in():
    assert Policy().selects("conv.F")
    policy = Policy(benchmarks=("^conv", "k3"))
    assert policy.selects("conv.F")
    assert policy.selects("dense.F[k3]")
    assert not policy.selects("my.conv.F")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10 min", 600.0),
        ("90 s", 90.0),
        ("1 h 30 min", 5400.0),
        ("15m", 900.0),
        ("1.5 hours", 5400.0),
        ("600", 600.0),
        (" 2 MIN 5 s ", 125.0),
    ],
)
def test_a_budget_is_read_in_hours_minutes_and_seconds(text, seconds):
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0", "0 min", "-5", "10 days", "1e9", "nan", "5 5"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(UsageError, match="is not a time budget: write a time such as"):
        parse_budget(text)


def test_a_gate_that_could_never_be_red_is_refused():
    # 2**-8 = 0.0039 and 2**-9 = 0.00195: at 0.003 it takes 9 pairs, which the look at 10 has.
    assert (
        check_can_fail(Policy(largest_pairs=10), 3, slower_level=0.003, not_slower_level=0.1) == ()
    )
    with pytest.raises(UsageError) as error:
        check_can_fail(Policy(largest_pairs=9), 3, slower_level=0.003, not_slower_level=0.1)
    assert str(error.value) == (
        "this gate could never be red: false_red = 0.01 over 3 benchmarks needs 9 pairs, but "
        "decisions end at 8 with largest_pairs = 9; raise largest_pairs or false_red in "
        "[tool.cnnfc.gate], or select fewer benchmarks"
    )


def test_a_gate_that_cannot_pass_is_warned_of():
    policy = Policy(largest_pairs=9, miss=0.001)
    found = check_can_fail(policy, 3, slower_level=0.005, not_slower_level=0.0001)
    assert found == (
        (
            "nothing can pass: miss = 0.001 needs 14 pairs, but decisions end at 8; raise "
            "largest_pairs or miss in [tool.cnnfc.gate]"
        ),
    )


def test_the_largest_number_of_pairs_ends_where_the_looks_do(read):
    assert read(f"largest_pairs = {LOOKS[-1]}").largest_pairs == LOOKS[-1]
    with pytest.raises(DataError, match="largest_pairs"):
        read(f"largest_pairs = {LOOKS[-1] + 1}")
