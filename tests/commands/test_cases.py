"""``cnnfc cases`` lists what can be measured, with what it costs on paper."""

import io
import json
import re
import subprocess
import sys

import pytest

from cnnfc.cases import Case
from cnnfc.catalogues import catalogue, load
from cnnfc.commands.cases import FAMILIES, SORT_KEYS, list_cases
from cnnfc.errors import CaseError, UsageError


def listed(**options) -> str:
    out = io.StringIO()
    assert list_cases(**options, out=out) == 0
    return out.getvalue()


def names(**options) -> list[str]:
    return [each["name"] for each in json.loads(listed(**options, as_json=True))]


def test_a_program_reads_exact_counts_in_base_units():
    assert json.loads(listed(cases=["conv2d.3-64.k3.hw32"], as_json=True)) == [
        {
            "name": "conv2d.3-64.k3.hw32",
            "catalogues": ["question", "batches", "cold", "first", "threads"],
            "times": {"question": 1, "batches": 1, "cold": 1, "first": 1, "threads": 1},
            "parameters": 1_792,
            "macs": 1_769_472,
            "flops": 3_538_944,
            "bytes": 4 * (3 * 1024 + 64 * 1024 + 1_792),
            "activation_bytes": 4 * (3 * 1024 + 64 * 1024),
            "intensity": pytest.approx(12.567, abs=1e-3),
        }
    ]


def test_without_choices_every_case_is_listed_once_in_the_order_of_the_catalogues():
    everything = dict.fromkeys(str(case) for each in load().values() for case in each.cases)
    assert names() == list(everything)


def test_without_choices_the_catalogues_are_introduced():
    text = listed()
    for each in load().values():
        assert each.title in text
    assert "resnet50       24 cases  ResNet-50 v1.5 on one 224x224 image" in text
    assert "canaries_copy   1 case   Memory" in text


def test_catalogues_and_single_cases_add_up():
    assert names(catalogues=["first"], cases=["dense.10-20", "dense.1024-512"]) == [
        "dense.1024-512",
        "conv2d.3-64.k3.hw32",
        "conv2d.3-64.k7.hw32",
        "dense.10-20",
    ]


def test_any_valid_case_has_costs_in_a_catalogue_or_not():
    (row,) = json.loads(listed(cases=["dense.10-20.nobias.n1"], as_json=True))
    assert (row["name"], row["parameters"], row["catalogues"]) == ("dense.10-20.nobias", 200, [])
    assert re.search(
        r"^dense\.10-20\.nobias +200 .* -$", listed(cases=["dense.10-20.nobias"]), re.MULTILINE
    )


def test_one_catalogue_is_totalled_with_its_multiplicities():
    text = listed(catalogues=["resnet50"])
    assert text.startswith("resnet50: ResNet-50 v1.5 on one 224x224 image\n\n")
    assert re.search(r"^conv2d\.256-1024\.k1\.nobias\.hw14 +6 +262,144 ", text, re.MULTILINE)
    # 4,087,136,256 MACs of the convolutions and 2,048,000 of the dense layer.
    assert re.search(r"^total of 54 layers +25,503,912 +4,090 +8,180 ", text, re.MULTILINE)


def test_a_filtered_catalogue_totals_what_is_listed():
    text = listed(catalogues=["resnet50"], family="conv")
    assert re.search(r"^total of 53 layers +23,454,912 ", text, re.MULTILINE)


def test_several_catalogues_have_no_total():
    assert "total" not in listed(catalogues=["resnet50", "vgg16"])


def test_canaries_and_single_rows_have_no_total():
    assert "total" not in listed(catalogues=["canaries_gemm"])
    assert "total" not in listed(catalogues=["resnet50"], family="dense")


def test_the_conventions_are_stated():
    text = listed(catalogues=["first"])
    assert "1 MAC = 2 FLOPs." in text
    assert "Batch-norm, activation and pooling layers are not\nincluded" in text


def test_a_network_with_batch_norms_names_both_ways_to_count():
    text = listed(catalogues=["resnet50"])
    assert "torch (no convolution bias; batch-norm scale and shift): 23,508,032\n" in text
    assert "running mean and variance): 23,587,712\n" in text
    assert "Keras" not in listed(catalogues=["vgg16"])
    assert "Keras" not in listed(catalogues=["resnet50"], family="dense")


def test_a_column_has_one_scale_with_decimal_points_in_line():
    text = listed(catalogues=["question"])
    rows = [line for line in text.splitlines() if line.startswith(("dense", "conv2d"))]
    head = text.splitlines()[3].split()
    assert head == ["MMAC", "MFLOP", "MiB", "MiB", "FLOP/B"]
    macs = [re.split(r" {2,}", row)[3] for row in rows]
    assert macs == ["151", "86.7", "0.524", "1.77", "9.63"]
    units = [
        row.index(value) + (value.index(".") if "." in value else len(value))
        for row, value in zip(rows, macs, strict=True)
    ]
    assert len(set(units)) == 1


def test_what_a_name_does_not_tell_is_not_shown_as_zero():
    (row,) = json.loads(listed(catalogues=["canaries_copy"], as_json=True))
    assert (row["bytes"], row["activation_bytes"], row["intensity"]) == (None, None, None)
    assert re.search(
        r"^copy\.x4llc +1 +0 +0 +0 +n/a +n/a +n/a$",
        listed(catalogues=["canaries_copy"]),
        re.MULTILINE,
    )


def test_cases_are_kept_by_expression():
    assert names(match=r"k11\..*n32$") == ["conv2d.3-64.k11.hw32.n32"]


@pytest.mark.parametrize("family", FAMILIES)
def test_cases_are_kept_by_family(family):
    kept = names(family=family)
    assert kept
    assert {Case.parse(name).family for name in kept} == {family}


def test_names_sort_by_their_numbers():
    assert names(catalogues=["ladder_batch"], match=r"n\d", sort="name") == [
        f"conv2d.64-64.k3.nobias.hw14.n{batch}" for batch in (2, 4, 8, 16, 32, 64, 128)
    ]


@pytest.mark.parametrize("key", SORT_KEYS[2:])
def test_quantities_sort_the_largest_first(key):
    rows = json.loads(listed(sort=key, as_json=True))
    values = [row[key] or 0 for row in rows]
    assert values == sorted(values, reverse=True)
    assert len(rows) == len(names())


def test_a_catalogue_asked_for_twice_is_listed_once():
    assert names(catalogues=["first", "first"]) == [str(c) for c in catalogue("first").cases]
    assert "total of 3 layers" in listed(catalogues=["first", "first"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"catalogues": ["resnet"]}, "unknown catalogue 'resnet': choose one of question, "),
        ({"catalogues": ["resnet"]}, "; did you mean 'resnet50'?"),
        (
            {"family": "dens"},
            "unknown family 'dens': choose one of conv, dense, canary; did you mean 'dense'?",
        ),
        ({"sort": "flop"}, "unknown sort key 'flop': choose one of catalogue, name, parameters, "),
        ({"match": "("}, "'(' is not a regular expression: missing )"),
        ({"match": "zebra"}, "no case matches 'zebra': `cnnfc cases` without filters lists them"),
        (
            {"catalogues": ["first"], "match": "k9", "family": "conv"},
            "no case of first belongs to family conv and matches 'k9'",
        ),
        ({"cases": ["vgg16"]}, "'vgg16' is not a case but a catalogue: ask with --catalogue vgg16"),
    ],
)
def test_bad_requests_are_answered_in_one_sentence(options, message):
    with pytest.raises(UsageError) as caught:
        listed(**options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_case_is_answered_with_the_most_similar_one():
    with pytest.raises(CaseError) as caught:
        listed(cases=["conv2d.3-64.k3.hw-32"])
    assert str(caught.value) == (
        "case 'conv2d.3-64.k3.hw-32': 'hw-32' is not a token of this kind of case; "
        "did you mean 'conv2d.3-64.k3.hw32'?"
    )


def test_nothing_is_written_when_the_request_is_bad():
    out = io.StringIO()
    with pytest.raises(UsageError):
        list_cases(catalogues=["first"], cases=["dense.1"], out=out)
    assert out.getvalue() == ""


def test_listing_cases_does_not_import_torch_or_numpy():
    program = (
        "import io, sys; from cnnfc.commands.cases import list_cases;"
        "list_cases(out=io.StringIO());"
        "print(sorted({'torch', 'numpy', 'asv', 'jinja2', 'altair'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
