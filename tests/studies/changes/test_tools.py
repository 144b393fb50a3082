import importlib.metadata
import sys
import types

import numpy as np
import pytest

from cnnfc.studies.changes import tools as module
from cnnfc.studies.changes.tools import tools, versions


@pytest.fixture
def values():
    noise = 0.01 * np.random.default_rng(1).standard_normal(60)
    return np.exp(noise + 0.2 * (np.arange(60) >= 30)).tolist()


@pytest.fixture
def by_name():
    return {tool.name: tool for tool in tools()}


@pytest.mark.parametrize("name", ["cnnfc", "asv", "publish"])
def test_a_clear_rise_is_reported_at_its_first_value(by_name, values, name):
    assert by_name[name].find(values) == [30]


def test_a_fall_is_no_regression_to_asv_but_a_step(by_name, values):
    assert by_name["asv"].find(values[::-1]) == [30]
    assert by_name["publish"].find(values[::-1]) == []
    assert not by_name["publish"].both_ways


def test_rises_below_its_threshold_are_left_out_by_asv(by_name):
    noise = 0.001 * np.random.default_rng(2).standard_normal(60)
    small = np.exp(noise + 0.03 * (np.arange(60) >= 30)).tolist()
    assert by_name["asv"].find(small) == [30]
    assert by_name["publish"].find(small) == []


def test_asv_is_asked_once_for_both_of_its_tools(by_name, values, monkeypatch):
    from asv import step_detect

    calls = []
    real = step_detect.detect_steps
    monkeypatch.setattr(step_detect, "detect_steps", lambda y: calls.append(1) or real(y))
    by_name["asv"].find(values)
    by_name["publish"].find(values)
    assert calls == [1]


def test_versions_name_the_sources_of_the_search():
    found = versions()
    assert len(found["cnnfc"]) == 12
    assert found["asv"] == importlib.metadata.version("asv")


def test_other_sources_are_another_version(tmp_path):
    (tmp_path / "changepoints.py").write_bytes(b"a\r\nb\n")
    one = module._digest(tmp_path)
    (tmp_path / "changepoints.py").write_bytes(b"a\nb\n")
    assert module._digest(tmp_path) == one  # a checkout on Windows is the same
    (tmp_path / "changepoints_more.py").write_bytes(b"c")
    assert module._digest(tmp_path) != one


def test_without_otava_there_is_no_search_by_it(monkeypatch):
    monkeypatch.setattr(module, "_has_otava", lambda: False)
    otava = tools()[-1]
    assert (otava.name, otava.find) == ("otava", None)
    assert "otava" not in versions()


def test_a_folder_that_is_called_otava_is_no_otava(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(module.importlib.metadata, "version", missing)
    assert not module._has_otava()


def test_otava_is_called_with_its_defaults(monkeypatch):
    asked = []

    def compute_change_points(*args, **options):
        asked.append((args, options))
        return [types.SimpleNamespace(index=4)], []

    package = types.ModuleType("otava")
    package.analysis = types.ModuleType("otava.analysis")
    package.analysis.compute_change_points = compute_change_points
    monkeypatch.setitem(sys.modules, "otava", package)
    monkeypatch.setitem(sys.modules, "otava.analysis", package.analysis)
    monkeypatch.setattr(module, "_has_otava", lambda: True)
    assert tools()[-1].find([1.0, 2.0]) == [4]
    assert asked == [(([1.0, 2.0],), {})]
