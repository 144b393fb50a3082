"""Requirements are compared by what they mean."""

import json

import pytest

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import requirements


def install(folder, name, version, *lines, origin=None):
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True)
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (about / "METADATA").write_text(head + "".join(f"{line}\n" for line in lines))
    if origin:
        (about / "direct_url.json").write_text(json.dumps({"url": origin}))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["Torch >=2.6, <2.14"], ("torch<2.14,>=2.6",)),
        (["b", "a", "B"], ("a", "b")),
        (["x[Two,one]~=1.0"], ("x[one,two]~=1.0",)),
        (["x; python_version < '3'", "y; python_version >= '3'"], ("y",)),
        (["x @ https://example.com/x.whl"], ("x @ https://example.com/x.whl",)),
    ],
)
def test_one_meaning_has_one_spelling(written, expected):
    assert requirements.read_requirements(written, "a test") == expected


def test_what_is_no_requirement_is_named():
    with pytest.raises(
        UsageError, match=r"^'torch 2\.12' of a test is not a requirement \(.*\): w"
    ):
        requirements.read_requirements(["torch 2.12"], "a test")


def test_extras_bring_their_requirements_and_those_of_the_extras_they_name(tmp_path):
    lines = [
        *("Requires-Dist: always", "Requires-Dist: torch>=2; extra == 'measure'"),
        *("Requires-Dist: Own[Measure]; extra == 'test'", "Requires-Dist: pytest; extra == 'test'"),
        "Requires-Dist: never; extra == 'dev'",
    ]
    install(tmp_path, "own", "1.0", *lines)
    assert requirements.package_requirements(tmp_path, []) == ("always",)
    assert requirements.package_requirements(tmp_path, ["measure"]) == ("always", "torch>=2")
    expected = ("always", "pytest", "torch>=2")
    assert requirements.package_requirements(tmp_path, ["Test"]) == expected
    assert requirements.package_requirements(tmp_path, ["unknown"]) == ("always",)


def test_a_folder_without_metadata_requires_nothing(tmp_path):
    assert requirements.package_requirements(tmp_path, ["measure"]) == ()


def test_requirements_are_met_by_version_extras_and_origin(tmp_path, monkeypatch):
    install(tmp_path, "one", "1.5rc1", "Requires-Dist: gone; extra == 'more'")
    install(tmp_path, "far", "1.0", origin="https://example.com/far.whl")
    monkeypatch.syspath_prepend(str(tmp_path))
    asked = ("one>=1.4", "one>=1.5", "one[more]", "one[other]", "two")
    assert requirements.unmet(asked) == ("one>=1.5", "one[more]", "two")
    asked = ("far", "far @ https://example.com/far.whl", "far @ https://example.com/else.whl")
    assert requirements.unmet(asked) == ("far @ https://example.com/else.whl",)


def test_a_package_that_was_half_removed_is_passed_over(tmp_path):
    install(tmp_path, "whole", "2.0")
    (tmp_path / "half-1.0.dist-info").mkdir()
    assert requirements.installed([tmp_path]) == {"whole": "2.0"}
