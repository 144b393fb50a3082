"""The catalogues say what the networks are, in lines that cannot be misread."""

from collections import Counter

import pytest

from cnnfc.cases import Case, Convolution, Dense
from cnnfc.catalogues import Catalogue, Entry, catalogue, load, parse
from cnnfc.costs import costs, total
from cnnfc.errors import DataError, UsageError

#: Names that --catalogue takes and that benchmarks read: a contract.
NAMES = {
    "question",
    "replacement",
    "resnet50",
    "vgg16",
    "mobilenet_v1",
    "transformer",
    "bert",
    "kernels",
    "batches",
    "ladder_image",
    "ladder_batch",
    "ladder_groups",
    "kinds",
    "train",
    "cold",
    "first",
    "threads",
    "layouts",
    "canaries_gemm",
    "canaries_copy",
    "canaries_loop",
}
STANDARD = (
    "question",
    "resnet50",
    "mobilenet_v1",
    "transformer",
    "kernels",
    "batches",
    "ladder_image",
    "ladder_batch",
    "ladder_groups",
)


def counted(name: str) -> Counter[Case]:
    return Counter({entry.case: entry.times for entry in catalogue(name).entries})


def test_no_catalogue_name_has_disappeared():
    assert load().keys() >= NAMES


def test_every_case_has_a_place_in_a_line_of_its_own():
    for each in load().values():
        assert each.title
        assert len(set(each.cases)) == len(each.cases) > 0
        assert all(entry.times >= 1 for entry in each.entries)


def test_the_question_holds_the_layers_that_people_compare():
    assert [str(case) for case in catalogue("question").cases] == [
        "dense.150528-1000",
        "conv2d.3-64.k3.hw224",
        "dense.1024-512",
        "conv2d.3-64.k3.hw32",
        "conv2d.3-64.k7.hw32",
    ]
    assert set(catalogue("first").cases) == set(catalogue("question").cases[2:])


def conv(
    channels: int, out: int, kernel: int, size: int, *, stride: int = 1, groups: int = 1
) -> Convolution:
    return Convolution(
        channels, out, kernel=kernel, size=size, stride=stride, groups=groups, bias=False
    )


def test_resnet50_is_what_its_paper_builds_block_by_block():
    """Bottlenecks of widths 64 to 512, repeated 3, 4, 6, 3 times, the stride in the 3x3 layer."""
    layers = Counter([conv(3, 64, 7, 224, stride=2)])
    channels, size = 64, 56
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            stride = 2 if block == 0 and width > 64 else 1
            layers[conv(channels, width, 1, size)] += 1
            layers[conv(width, width, 3, size, stride=stride)] += 1
            layers[conv(width, 4 * width, 1, size // stride)] += 1
            if block == 0:
                layers[conv(channels, 4 * width, 1, size, stride=stride)] += 1
            channels, size = 4 * width, size // stride
    layers[Dense(2048, 1000)] += 1
    assert counted("resnet50") == layers
    assert len(layers) == 24
    assert layers.total() == 54


def test_resnet50_has_4_087_billion_macs_in_its_convolutions():
    convolutions = [e for e in catalogue("resnet50").entries if e.case.family == "conv"]
    assert total(convolutions).macs == 4_087_136_256
    assert total(convolutions).parameters == 23_454_912


def test_vgg16_is_configuration_d_of_its_paper():
    layers: Counter[Case] = Counter()
    channels, size = 3, 224
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers[Convolution(channels, width, kernel=3, size=size)] += 1
            channels = width
        size //= 2
    layers += Counter([Dense(512 * 7 * 7, 4096), Dense(4096, 4096), Dense(4096, 1000)])
    assert counted("vgg16") == layers
    # torchvision documents num_params of vgg16 as 138357544.
    assert total(catalogue("vgg16").entries).parameters == 138_357_544


def test_mobilenet_v1_alternates_depthwise_and_pointwise_convolutions():
    layers: Counter[Case] = Counter([conv(3, 32, 3, 224, stride=2)])
    channels, size = 32, 112
    strides = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2))
    for out, stride in (*strides, *((512, 1),) * 5, (1024, 2), (1024, 1)):
        layers[conv(channels, channels, 3, size, stride=stride, groups=channels)] += 1
        size //= stride
        layers[conv(channels, out, 1, size)] += 1
        channels = out
    layers[Dense(1024, 1000)] += 1
    assert counted("mobilenet_v1") == layers
    # Table 4 of the paper: 569 million multiply-adds, 4.2 million parameters.
    costs_ = total(catalogue("mobilenet_v1").entries)
    assert round(costs_.macs / 1e6) == 569
    assert round(costs_.parameters / 1e6, 1) == 4.2


def test_the_vision_transformer_lacks_only_what_is_no_layer():
    """torchvision documents num_params of vit_b_16 as 86567656."""
    layer_norms = 25 * 2 * 768
    position_and_class_tokens = 197 * 768 + 768
    layers = total(catalogue("transformer").entries).parameters
    assert layers + layer_norms + position_and_class_tokens == 86_567_656


def test_bert_has_the_twelve_blocks_of_its_paper():
    """A block: 4 square projections and two feed-forward layers, all with biases."""
    block = 4 * (768 * 768 + 768) + (768 * 3072 + 3072) + (3072 * 768 + 768)
    assert total(catalogue("bert").entries).parameters == 12 * block


@pytest.mark.parametrize("name", ["ladder_image", "ladder_batch", "ladder_groups"])
def test_a_ladder_holds_parameters_exactly_fixed(name):
    assert {costs(case).parameters for case in catalogue(name).cases} == {36_864}
    assert len(catalogue(name).cases) >= 5


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        ("ladder_image", "size", {(7, 7), (14, 14), (28, 28), (56, 56), (112, 112)}),
        ("ladder_batch", "batch", {1, 2, 4, 8, 16, 32, 64, 128}),
        ("ladder_groups", "groups", {1, 4, 16, 64, 256, 1024, 4096}),
        ("kernels", "kernel", {(k, k) for k in (1, 3, 5, 7, 9, 11)}),
        ("batches", "batch", {1, 2, 4, 8, 16, 32, 64, 128}),
    ],
)
def test_a_sweep_varies_what_its_title_says(name, field, values):
    assert {getattr(case, field) for case in catalogue(name).cases} == values


def test_the_groups_ladder_holds_macs_fixed_too():
    assert {costs(case).macs for case in catalogue("ladder_groups").cases} == {7_225_344}


def test_layouts_come_in_pairs():
    names = {str(case) for case in catalogue("layouts").cases}
    contiguous = {name for name in names if not name.endswith(".nhwc")}
    assert names == contiguous | {f"{name}.nhwc" for name in contiguous}


def test_batch_norm_follows_where_the_paper_has_it():
    assert {each.name for each in load().values() if each.batch_norm} == {
        "resnet50",
        "mobilenet_v1",
    }


def test_only_canary_catalogues_hold_canaries():
    for each in load().values():
        assert {case.is_canary for case in each.cases} == {each.name.startswith("canaries_")}


def test_the_standard_profile_has_enough_cases_and_not_too_many():
    distinct = {case for name in STANDARD for case in catalogue(name).cases}
    assert 60 <= len(distinct) <= 110


def test_standard_cases_are_small_enough_for_one_thread():
    """800 MMAC are about 20 ms on one core of 2024; 1 GiB fits into any machine's memory."""
    for name in STANDARD:
        for case in catalogue(name).cases:
            assert costs(case).macs < 1e9, str(case)
            assert costs(case).bytes < 2**30, str(case)


def test_an_unknown_catalogue_is_answered_with_the_names_there_are():
    with pytest.raises(UsageError) as caught:
        catalogue("resnet")
    assert str(caught.value).startswith("unknown catalogue 'resnet': choose one of question, ")
    assert str(caught.value).endswith("; did you mean 'resnet50'?")


def test_the_loaded_catalogues_cannot_be_changed():
    with pytest.raises(TypeError):
        load()["question"] = catalogue("first")


def test_a_document_is_read_in_its_order():
    text = """
        [small]
        title = "Two layers"
        batch_norm = true
        [small.cases]
        "dense.4-2" = 3
        "conv2d.3-64.k3.hw32" = 1
    """
    assert parse(text) == {
        "small": Catalogue(
            "small",
            "Two layers",
            (Entry(Dense(4, 2), 3), Entry(Convolution(3, 64, kernel=3, size=32), 1)),
            batch_norm=True,
        )
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a", "FILE is not valid TOML: "),
        ("a = 1", "FILE [a] must be a table with a title and cases"),
        ('[a]\ntitle = ""', 'FILE [a] needs a title, such as title = "VGG-16"'),
        ('[a]\ntitle = "A"\ncases = {}', "FILE [a] needs a table of cases with lines such as"),
        ('[a]\ntitle = "A"\ncase = 1', "FILE [a] has an unknown key 'case'"),
        (
            '[a]\ntitle = "A"\nbatch_norm = 1\n[a.cases]\n"dense.4-2" = 1',
            "FILE [a] batch_norm must be true or false, not 1",
        ),
        (
            '[a]\ntitle = "A"\n[a.cases]\n"dense.4-2" = 0',
            "FILE [a] 'dense.4-2' must be a whole number of times from 1, not 0",
        ),
        (
            '[a]\ntitle = "A"\n[a.cases]\ndense.4-2 = 1',
            "'dense' must be a whole number of times from 1, not {'4-2': 1}; case names with dots",
        ),
        (
            '[a]\ntitle = "A"\n[a.cases]\n"dense.4" = 1',
            "FILE [a]: case 'dense.4': '4' is not features in and out",
        ),
        (
            '[a]\ntitle = "A"\n[a.cases]\n"dense.4-2.n1" = 1',
            "FILE [a]: write 'dense.4-2.n1' as 'dense.4-2'",
        ),
        ('[a]\ntitle = "A"\n[a.cases]\n"dense.4-2" = 1\n"dense.4-2" = 2', "FILE is not valid TOML"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_catalogue(text, message):
    with pytest.raises(DataError) as caught:
        parse(text, source="FILE")
    assert message in str(caught.value)
