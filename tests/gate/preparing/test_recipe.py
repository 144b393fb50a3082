"""What asv's configuration says of building."""

import pytest

from cnnfc.errors import DataError
from cnnfc.gate.preparing.recipe import Recipe, read_recipe


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "asv.conf.json"
        path.write_text(text)
        return read_recipe(path)

    return read


def test_an_empty_configuration_has_asvs_defaults(read):
    assert read("{}") == Recipe(generated=("env", "html"))


def test_the_fields_are_read_as_asv_reads_them(read):
    recipe = read(
        """{
        // a comment
        "repo": "..", "repo_subdir": "python", "benchmark_dir": "suite", "install_timeout": 60,
        "env_dir": "e", "html_dir": "h",
        "install_command": ["in-dir={env_dir} python -m pip install {wheel_file}[measure, fast]"],
    }"""
    )
    assert recipe == Recipe(
        repository="..",
        subfolder="python",
        suite="suite",
        extras=("fast", "measure"),
        generated=("e", "h"),
        patience=60.0,
    )


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ('{"numpy": ["1.26"], "pip+six": [""]}', ("numpy==1.26", "six")),
        ('{"req": {"numpy": ["1.26", null]}}', ("numpy==1.26",)),
        ('{"req": {"numpy": [">=2,<3"], "scipy": "1.1"}}', ("numpy>=2,<3", "scipy==1.1")),
        ('{"req": {"numpy": []}}', ()),
    ],
)
def test_packages_of_the_matrix_become_requirements(read, matrix, expected):
    recipe = read(f'{{"matrix": {matrix}}}')
    assert recipe.requirements == expected
    assert recipe.notes == ()


def test_of_several_versions_the_last_one_counts_and_is_named(read):
    recipe = read('{"matrix": {"numpy": ["1.26", "2.1"]}}')
    assert recipe.requirements == ("numpy==2.1",)
    assert recipe.notes == (
        "of numpy the matrix in asv.conf.json has several values: '2.1' counts",
    )


def test_names_in_conda_are_left_to_the_environment(read):
    recipe = read('{"environment_type": "conda", "matrix": {"pytables": [""], "pip+six": ["1.1"]}}')
    assert recipe.requirements == ("six==1.1",)
    (note,) = recipe.notes
    assert note.endswith("which the gate leaves to the environment it runs in: pytables")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "must hold one JSON object"),
        ("{", "is not valid JSON"),
        ('{"repo": 1}', "repo must be a text, not 1"),
        ('{"matrix": []}', None),
        ('{"matrix": [1]}', r"matrix must be an object, not \[1\]"),
        ('{"matrix": {"req": [1]}}', r"matrix\.req must be an object, not \[1\]"),
        ('{"install_timeout": "soon"}', "install_timeout must be a number of seconds, not 'soon'"),
        ('{"install_timeout": NaN}', "install_timeout must be a number of seconds, not nan"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_in_a_sentence(read, text, sentence):
    if sentence is None:
        assert read(text) == Recipe(generated=("env", "html"))
        return
    with pytest.raises(DataError, match=sentence):
        read(text)
