import pytest

from cnnfc.timeline.table.names import family_of, named


@pytest.mark.parametrize(
    ("name", "parameters", "family"),
    [
        ("conv.Forward.time_layer", ("conv2d.3-64.k3.hw32", "cpu-1"), "conv"),
        ("threads.Forward.time_layer", ("dense.1024-512", "cpu-6"), "dense"),
        ("hardware.CanaryCopy.track_bandwidth", ("copy.x4llc", "cpu-1"), "canary"),
        ("conv.Forward.time_layer", ("no case", "cpu-1"), "conv"),
        ("io.csv.ReadCsv.time_read", ("1",), "io.csv"),
        ("sorting.time_sort", (), "sorting"),
        ("TimeSuite.time_sort", (), "TimeSuite.time_sort"),
        ("count", (), "count"),
        ("", (), ""),
    ],
)
def test_a_family_is_the_layers_or_else_the_module(name, parameters, family):
    assert family_of(name, parameters) == family


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("n", "kind"), {"n": "10", "kind": "list"}),
        (("n",), {"param1": "10", "param2": "list"}),
        (("n", "n"), {"param1": "10", "param2": "list"}),
        ((), {"param1": "10", "param2": "list"}),
    ],
)
def test_parameters_have_the_names_that_fit_them(names, expected):
    found = named(names, ("10", "list"))
    assert found == expected
    assert list(found) == list(expected)
