import json

import pytest

from cnnfc.errors import UsageError
from cnnfc.studies.catalogue import find
from cnnfc.studies.changes import study as module
from cnnfc.studies.changes.series import NOISES
from cnnfc.studies.changes.study import Changes, cells
from cnnfc.studies.changes.tools import Tool
from cnnfc.studies.study import Request, Step


@pytest.fixture
def study(pytestconfig):
    root = pytestconfig.rootpath
    return lambda **options: Changes(Request(root, root / "benchmarks", **options))


def test_every_length_size_and_noise_of_the_goals_is_a_cell():
    found = cells()
    for noise in ("independent", "autocorrelated"):
        lengths = [cell.length for cell in found if (cell.kind, cell.noise) == ("flat", noise)]
        assert (min(lengths), max(lengths)) == (20, 1000)
    sizes = {c.size for c in found if c.kind == "step" and c.noise == "independent"}
    assert sizes == {0.03, 0.05, 0.1, 0.2}
    assert {cell.spread for cell in found if cell.kind == "step"} == {0.01, 0.02, 0.05}
    assert {cell.kind for cell in found} == {"flat", "step", "several", "ramp"}


def test_cells_have_names_of_their_own_and_known_noises():
    found = cells()
    assert len({cell.name for cell in found}) == len(found)
    assert {cell.noise for cell in found} == set(NOISES)


def test_more_rounds_add_steps_and_keep_those_that_are_there(study):
    few = [step.key for step in study(rounds=2).steps()]
    many = [step.key for step in study(rounds=5).steps()]
    assert many[: len(few)] == few
    assert len(set(many)) == len(many) == 5 * len(cells())


def test_a_step_gives_its_cell_to_the_tools(study, monkeypatch):
    asked = []
    monkeypatch.setattr(
        module, "measure", lambda cell, turn, tools: asked.append((cell, turn)) or {"cnnfc": {}}
    )
    key = "flat half autocorrelated 50 0 0.02 007"
    point = study().measure(Step(key, key, 1.0))
    assert point["cell"] == "flat half autocorrelated 50 0 0.02"
    assert point["tools"] == {"cnnfc": {}}
    ((cell, turn),) = asked
    assert (cell.noise, cell.length, turn) == ("half autocorrelated", 50, 7)


def test_what_is_measured_depends_on_the_versions_of_the_tools(study, monkeypatch):
    monkeypatch.setattr(module, "versions", lambda: {"cnnfc": "abc", "asv": "0.6.6"})
    assert {step.made_by for step in study(rounds=1).steps()} == {"cnnfc abc, asv 0.6.6"}


def test_a_whole_round_is_measured_and_tabulated_and_stays_small(study, monkeypatch):
    monkeypatch.setattr(module.trials, "SERIES", 2)
    monkeypatch.setattr(module.trials, "FLAT_SERIES", 2)
    names = (("cnnfc", True), ("asv", True), ("publish", False), ("otava", True))
    fakes = [Tool(name, name, lambda values: [len(values) // 2], ways) for name, ways in names]
    monkeypatch.setattr(module, "tools", lambda: tuple(fakes))
    one = study(rounds=1)
    points = {step.key: one.measure(step) for step in one.steps()}
    lines = find("changes").tabulate(one.settings(), json.loads(json.dumps(points)))
    assert any(line.startswith("goal missed in 7 of 7 cells") for line in lines)
    # Every cell has a row, at the rounds that are asked for by default the file is below 1 MB.
    assert len(json.dumps(points)) * module.ROUNDS < 600_000


def test_devices_and_cases_are_refused(study):
    with pytest.raises(UsageError, match="draws its series"):
        study(devices=("cpu-1",))
    with pytest.raises(UsageError, match="draws its series"):
        study(cases=("dense.8-8",))
