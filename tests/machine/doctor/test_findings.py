import json

import pytest

from cnnfc.machine.doctor.findings import (
    Examination,
    Finding,
    Severity,
    grade,
    parse_examination,
)


def finding(id_, severity, **more):
    return Finding(id_, f"the {id_}", Severity(severity), f"{id_} was read", **more)


SOME = (
    finding("swap", "fine"),
    finding("turbo", "moderate", effect="heat", fix="switch it off", figures={"share": 0.05}),
    finding("load", "severe"),
    finding("governor", "unknown"),
    finding("smt", "minor"),
    finding("quota", "severe"),
)


@pytest.mark.parametrize(
    ("share", "severity"),
    [
        (-0.5, "fine"),
        (0.0099, "fine"),
        (0.01, "minor"),
        (0.0299, "minor"),
        (0.03, "moderate"),
        (0.0999, "moderate"),
        (0.10, "severe"),
        (float("inf"), "severe"),
        (float("nan"), "unknown"),
    ],
)
def test_a_share_has_the_severity_that_its_limit_begins(share, severity):
    assert grade(share) == severity


def test_findings_are_sorted_worst_first_and_equals_keep_their_order():
    found = Examination.of(SOME)
    assert found.checked == ("load", "quota", "turbo", "smt", "governor", "swap")
    assert [f.id for f in found.findings] == list(found.checked)
    assert found.worst is Severity.SEVERE


def test_what_can_be_mended_is_severe_moderate_or_minor():
    assert [f.id for f in Examination.of(SOME).troubles] == ["load", "quota", "turbo", "smt"]


def test_unknown_alone_is_not_worse_than_fine():
    assert Examination.of([finding("a", "unknown")]).worst is Severity.FINE
    assert Examination().worst is Severity.FINE


def test_without_the_fine_ones_they_are_still_counted_and_named():
    short = Examination.of(SOME).without_fine()
    assert "swap" in short.checked
    assert "swap" not in [f.id for f in short.findings]
    assert short.count(Severity.FINE) == 1
    assert short.count(Severity.SEVERE) == 2


def test_an_examination_survives_the_way_through_json():
    found = Examination.of(SOME)
    assert parse_examination(json.loads(json.dumps(found.as_dict()))) == found


def test_json_has_no_empty_texts_and_no_figures_that_it_cannot_hold():
    odd = finding("a", "minor", figures={"ratio": float("nan"), "gaps": 3})
    assert odd.as_dict() == {
        "id": "a",
        "title": "the a",
        "severity": "minor",
        "evidence": "a was read",
        "figures": {"gaps": 3},
    }


def test_keys_of_a_later_version_and_figures_without_a_number_are_left_out():
    data = Examination.of([finding("a", "minor")]).as_dict()
    data["findings"][0] |= {"colour": "red", "figures": {"x": None, "y": True, "z": 1.5}}
    assert parse_examination(data | {"mood": "good"}).findings[0].figures == {"z": 1.5}


@pytest.mark.parametrize("data", [None, [], "x", {"checked": "x"}, {"findings": [3]}])
def test_what_is_no_examination_is_refused(data):
    with pytest.raises(ValueError, match="is not"):
        parse_examination(data)
