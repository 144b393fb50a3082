import zlib

import pytest

from cnnfc.errors import UsageError
from cnnfc.studies.gate import study as gate
from cnnfc.studies.gate.runs import PATIENT, POLICY, made_by
from cnnfc.studies.gate.study import Gate
from cnnfc.studies.study import Request, Step


@pytest.fixture
def study(pytestconfig):
    root = pytestconfig.rootpath
    return lambda **options: Gate(Request(root, root / "benchmarks", **options))


def keys(study, **options):
    return [step.key for step in study(**options).steps()]


def test_sixty_gates_on_identical_code_are_measured_a_third_of_them_beside_a_load(study):
    same = [key for key in keys(study) if key.startswith("identical ")]
    assert len(same) == 60
    assert sum(key.endswith(" busy") for key in same) == 20


def test_more_rounds_add_steps_and_keep_those_that_are_there(study):
    few, many = keys(study, rounds=10), keys(study, rounds=31)
    assert many[: len(few)] == few
    assert len(set(many)) == len(many)


def test_stopping_early_leaves_some_of_everything(study):
    kinds = {key.split(" ")[0] for key in keys(study, rounds=9)}
    assert kinds == {"record", "identical", "injected", "change", "peer"}


def test_every_tool_is_tried_on_identical_and_on_slowed_code(study):
    peers = [key for key in keys(study, rounds=9) if key.startswith("peer ")]
    expected = {
        f"peer {tool} {code} 001" for tool in gate.TOOLS for code in ("identical", "injected")
    }
    assert set(peers) == expected
    assert peers != sorted(peers)


def test_whole_gates_depend_on_the_rules_and_recordings_do_not(study):
    made = {step.key.split(" ")[0]: step.made_by for step in study(rounds=9).steps()}
    assert made["record"] == made["peer"] == ""
    assert made["identical"] == made_by(policy=POLICY)
    # What is slower needs fresh pairs as well, and has the time for them.
    assert made["injected"] == made["change"] == made_by(policy=PATIENT)
    assert made["injected"] != made["identical"]


def test_accelerators_are_refused(study):
    with pytest.raises(UsageError, match="cuda-0 is none"):
        study(devices=("cpu-1", "cuda-0"))


@pytest.mark.parametrize(
    ("key", "function", "arguments"),
    [
        ("record 003 busy", "record", {"load": "busy"}),
        ("identical 004 quiet", "run_gate", {"load": "quiet", "injected": False}),
        ("injected 006 busy", "run_gate", {"load": "busy", "injected": True}),
        ("change layout 001", "run_gate", {"load": "quiet", "change": gate.CHANGES["layout"]}),
        ("peer asv injected 002", "compare", {"tool": "asv", "load": "quiet", "injected": True}),
        ("peer asv identical 002", "compare", {"tool": "asv", "injected": False}),
    ],
)
def test_a_step_is_measured_by_what_its_key_says(study, monkeypatch, key, function, arguments):
    import inspect

    signature = inspect.signature(getattr(gate, function))
    heard = {}

    def remember(*args, **options):
        heard.update(signature.bind(*args, **options).arguments)
        return {"value": 1}

    monkeypatch.setattr(gate, function, remember)
    point = study().measure(Step(key, key, 1.0))
    assert point["value"] == 1
    assert {name: heard[name] for name in arguments} == arguments
    assert heard["seed"] == zlib.crc32(key.encode())
