import pytest

from cnnfc.history.parameters import LONGEST_LITERAL, parse_axis, parse_parameter, shown


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("'cpu-1'", "cpu-1"),
        ('"it\'s"', "it's"),
        (r"'it\'s \"odd\"'", 'it\'s "odd"'),
        (r"'a\nb\\c'", "a\nb\\c"),
        ("''", ""),
        ("1", "1"),
        ("2.5", "2.5"),
        ("None", "None"),
        ("(1, 'a')", "(1, 'a')"),
        ("b'x'", "b'x'"),
        ("<function f>", "<function f>"),
        ("", ""),
        ("'", "'"),
        ("'a' + 'b'", "'a' + 'b'"),
        ("'a', 'b'", "'a', 'b'"),
        (r"'\d'", r"'\d'"),
        (r"'\ud800 half'", "? half"),
    ],
)
def test_only_the_repr_of_a_string_is_taken_apart(written, expected):
    assert parse_parameter(written) == expected


@pytest.mark.parametrize("value", ["x", "it's", 'a"b', "a'b\"c", "\\", "tab\t", "é", "\U0001f600"])
def test_the_repr_of_any_string_comes_back_as_the_string(value):
    assert parse_parameter(repr(value)) == value


def test_code_is_never_evaluated(tmp_path):
    trap = tmp_path / "trap"
    code = f"'' if open({str(trap)!r}, 'w') else ''"
    assert parse_parameter(code) == code
    assert not trap.exists()


def test_a_long_literal_with_escapes_is_left_as_it_is():
    written = repr("\\" * LONGEST_LITERAL)
    assert parse_parameter(written) == written


def test_values_that_would_become_the_same_stay_apart():
    assert parse_axis(["'1'", "1", "'a'"]) == ("'1'", "1", "'a'")
    assert parse_axis(["'1'", "'a'"]) == ("1", "a")


def test_plain_json_values_count_as_their_repr():
    assert parse_axis([1, 2.5, None, True, "'x'"]) == ("1", "2.5", "None", "True", "x")


@pytest.mark.parametrize("axis", [None, "ab", 3, {"a": 1}, [["a"]], [{}]])
def test_what_is_no_list_of_plain_values_is_no_axis(axis):
    assert parse_axis(axis) is None


def test_a_long_value_is_shortened_for_a_sentence():
    assert len(shown("x" * 1_000_000)) <= 62
    assert len(shown([[1] * 100] * 100)) < 200
