import pytest

from cnnfc.gate.policy.policy_changes import notes
from cnnfc.gate.sides import Side
from testkit.repositories import git, isolate

WAIVER = """
[[waiver]]
pattern = "a"
largest_ratio = 1.5
reason = "so it is"
expires = 2999-01-01
"""


@pytest.fixture
def noted(tmp_path, monkeypatch):
    """Commits files below the folder `sub`, changes them, and gives the notes."""
    isolate(monkeypatch)
    root = tmp_path / "sub"
    root.mkdir()

    def said(before, now, waivers="gate-waivers.toml", commit=None):
        for files in (before, now):
            for path in root.iterdir():
                path.unlink()
            for name, text in files.items():
                (root / name).write_text(text, encoding="utf-8")
            if files is before:
                git(root, "init", "-q", str(tmp_path))
                git(root, "add", "-A")
                git(root, "commit", "-q", "--allow-empty", "-m", "it")
        commit = commit or git(root, "rev-parse", "HEAD")
        side = Side("baseline", "main", commit, "", root, None, (), root, root)
        return list(notes(root, side, waivers))

    return said


def policy(line):
    return {"pyproject.toml": f"[project]\nname = 'x'\n[tool.cnnfc.gate]\n{line}\n"}


def test_the_same_policy_and_waivers_need_no_note(noted):
    files = {**policy("threshold = 0.1"), "gate-waivers.toml": WAIVER}
    assert noted(files, files) == []
    assert noted({}, {}) == []


def test_what_is_not_the_gates_may_change(noted):
    now = {"pyproject.toml": "# More\n[project]\nname = 'y'\n[tool.cnnfc.gate]\nthreshold=0.1\n"}
    assert noted(policy("threshold = 0.1"), {**now, "gate-waivers.toml": "# None yet."}) == []


def test_a_threshold_that_is_raised_is_named_with_both_values(noted):
    expected = (
        "[tool.cnnfc.gate] in pyproject.toml is not what it is in main, and the work tree's is in "
        "force: miss (0.02 there, 0.1 here), threshold (0.03 there, 0.5 here)"
    )
    now = policy("threshold = 0.5\nmiss = 0.1")
    assert noted(policy("threshold = 0.03"), now) == [expected]
    # The baseline has no table, or no file: there the defaults are in force.
    assert noted({}, now) == [expected]


def test_overrides_are_named_without_their_values(noted):
    (note,) = noted(policy(""), policy("overrides = [{pattern = 'x', threshold = 0.5}]"))
    assert note.endswith("in force: overrides")


def test_a_policy_that_is_taken_out_is_noted_too(noted):
    (note,) = noted(policy("threshold = 0.01"), {})
    assert note.endswith("threshold (0.01 there, 0.03 here)")


@pytest.mark.parametrize("name", ["gate-waivers.toml", "mine.toml"])
def test_a_waiver_that_comes_or_goes_is_noted(noted, name):
    expected = [f"{name} is not what it is in main, and the work tree's is in force"]
    assert noted({}, {name: WAIVER}, name) == expected
    assert noted({name: WAIVER}, {}, name) == expected
    assert noted({name: WAIVER}, {name: WAIVER.replace("1.5", "2.5")}, name) == expected


def test_what_is_no_toml_in_the_baseline_is_another_file(noted):
    assert len(noted({"gate-waivers.toml": "[[waiver"}, {"gate-waivers.toml": WAIVER})) == 1


def test_a_baseline_that_cannot_be_asked_is_not_guessed_at(noted):
    assert noted({}, policy("threshold = 0.5"), commit="0" * 40) == []
    assert noted({}, {}, "../elsewhere.toml") == []
