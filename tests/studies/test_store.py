import json

import pytest

from cnnfc.errors import DataError
from cnnfc.studies.store import Store, to_text

SECTION = {
    "question": "?",
    "software": {},
    "sittings": [],
    "settings": {"a": 1},
    "points": {"x": {"ours": [1.0, 2.0]}, "y": {"skipped": "no"}},
}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "studies", "fidelity")


def test_a_study_that_was_never_measured_has_no_machines(store):
    assert store.machines() == {}


def test_what_is_saved_is_read_again(store):
    store.save("m1", SECTION)
    assert store.machines() == {"m1": SECTION}


def test_sections_of_other_machines_stay(store):
    store.save("m2", SECTION)
    store.save("m1", {**SECTION, "points": {}})
    assert list(store.machines()) == ["m1", "m2"]
    assert store.machines()["m2"] == SECTION


def test_nothing_but_the_file_is_left_in_the_folder(store):
    store.save("m1", SECTION)
    assert [path.name for path in store.folder.iterdir()] == ["fidelity.json"]


def test_a_point_is_one_line_of_the_file(store):
    store.save("m1", SECTION)
    lines = store.path.read_text().splitlines()
    assert '    "x": {"ours": [1.0, 2.0]},' in lines
    assert '    "y": {"skipped": "no"}' in lines


def test_the_text_is_the_json_it_stands_for():
    data = {"a": {}, "b": {"c": {"d": {"e": {"f": [1, None, "µ"]}}}}}
    assert json.loads(to_text(data)) == data


def test_a_number_that_json_lacks_is_refused():
    with pytest.raises(ValueError, match="Out of range"):
        to_text({"a": float("nan")})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "is not a file of the study fidelity"),
        ('{"study": "overhead", "schema": 1, "machines": {}}', "is not a file of the study"),
        ('{"study": "fidelity", "schema": 2, "machines": {}}', "has schema 2"),
        ('{"study": "fidelity", "schema": 1, "machines": {"m": 3}}', "is damaged"),
        ('{"study": "fidelity", "schema": 1, "machines": {"m": {"points": {}}}}', "is damaged"),
    ],
)
def test_a_damaged_file_is_named_and_never_written_over(store, text, said):
    store.folder.mkdir()
    store.path.write_text(text)
    with pytest.raises(DataError, match=said) as raised:
        store.save("m1", SECTION)
    assert str(store.path) in str(raised.value)
    assert store.path.read_text() == text
