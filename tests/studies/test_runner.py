import io

import pytest

from cnnfc.errors import CannotMeasure, DataError, NothingMeasured, UsageError
from cnnfc.harness.progress import Progress
from cnnfc.studies.runner import Sitting, measure
from cnnfc.studies.store import Store
from cnnfc.studies.study import Step
from testkit.clocks import Clock


class Fake:
    """A study of three steps that remembers which were measured; `stop` is raised at `stop_at`."""

    question = "Does it?"

    def __init__(self, stop_at=None, stop=KeyboardInterrupt, settings=None):
        self.measured, self.stop_at, self.stop = [], stop_at, stop
        self._settings = settings or {"pairs": 3}

    def settings(self):
        return self._settings

    def steps(self):
        return [Step(key, f"step {key}", 10.0) for key in "abc"]

    def measure(self, step):
        if step.key == self.stop_at:
            raise self.stop("said so")
        self.measured.append(step.key)
        return {"value": step.key}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, "fake")


def sit(software=None):
    return Sitting("m1", "cnnfc study fake", software or {"torch": "2"}, "abc", lambda: {"load": 0})


def run(study, store, out=None, software=None, **options):
    return measure(
        study, store, sit(software), Progress(out or io.StringIO(), Clock(usual=5.0)), **options
    )


def test_every_step_is_kept_with_what_it_was_measured_under(store):
    section = run(Fake(), store)
    assert section["points"] == {key: {"value": key} for key in "abc"}
    assert store.machines()["m1"] == section
    assert section["finished_at"] is not None
    assert (section["question"], section["command"]) == ("Does it?", "cnnfc study fake")
    assert [(s["commit"], s["before"]) for s in section["sittings"]] == [("abc", {"load": 0})]


def test_an_interrupted_study_keeps_its_steps_and_goes_on_with_the_rest(store):
    with pytest.raises(KeyboardInterrupt):
        run(Fake(stop_at="c"), store)
    kept = store.machines()["m1"]
    assert list(kept["points"]) == ["a", "b"]
    assert kept["finished_at"] is None
    again = Fake()
    section = run(again, store)
    assert again.measured == ["c"]
    assert len(section["sittings"]) == 2


def test_a_finished_study_is_not_measured_again(store):
    run(Fake(), store)
    again = Fake()
    section = run(again, store)
    assert again.measured == []
    assert len(section["sittings"]) == 1


def test_a_restart_measures_everything_anew(store):
    run(Fake(), store)
    again = Fake()
    assert len(run(again, store, restart=True)["sittings"]) == 1
    assert again.measured == ["a", "b", "c"]


def test_a_step_that_cannot_be_measured_is_kept_with_the_reason(store):
    section = run(Fake(stop_at="b", stop=CannotMeasure), store)
    assert section["points"]["b"] == {"skipped": "said so"}
    assert section["finished_at"] is not None


def test_what_could_not_be_measured_is_tried_again(store):
    run(Fake(stop_at="b", stop=CannotMeasure), store)
    again = Fake()
    assert run(again, store)["points"]["b"] == {"value": "b"}
    assert again.measured == ["b"]


def test_a_step_that_torch_refuses_is_kept_with_its_first_line(store):
    class Refused(RuntimeError):
        def __str__(self):
            return "no kernel\nmore lines"

    section = run(Fake(stop_at="b", stop=lambda _: Refused()), store)
    assert section["points"]["b"] == {"skipped": "Refused: no kernel"}


def test_a_damaged_file_is_said_before_anything_is_measured_anew(store):
    store.path.write_text("{")
    study = Fake()
    with pytest.raises(DataError):
        run(study, store, restart=True)
    assert study.measured == []


def test_a_study_of_which_nothing_can_be_measured_says_why(store):
    class Hopeless(Fake):
        def measure(self, step):
            raise CannotMeasure("no device")

    with pytest.raises(NothingMeasured, match="no device"):
        run(Hopeless(), store)


def test_other_settings_are_not_mixed_with_what_is_there(store):
    run(Fake(), store)
    with pytest.raises(UsageError, match=r"other settings \(pairs\).*--restart"):
        run(Fake(settings={"pairs": 4}), store)


def test_other_software_does_not_go_on_where_another_began(store):
    with pytest.raises(KeyboardInterrupt):
        run(Fake(stop_at="b"), store)
    with pytest.raises(UsageError, match="begun with other software"):
        run(Fake(), store, software={"torch": "3"})


def test_the_time_left_follows_how_long_steps_took(store):
    out = io.StringIO()
    run(Fake(), store, out)
    lines = out.getvalue().splitlines()
    assert "30 s left  step a" in lines[0]  # as expected: three steps of 10 s
    # By the fake clock a step took 5 s and not 10 s, so two more take 10 s.
    assert "10 s left  step b" in lines[1]


def test_what_was_made_by_something_else_is_measured_anew(store):
    class Gate(Fake):
        made_by = "rules 1"

        def steps(self):
            return [Step("a", "a", 1.0), Step("b", "b", 1.0, self.made_by)]

    first = run(Gate(), store)
    assert first["points"]["b"] == {"value": "b", "made_by": "rules 1"}
    assert first["points"]["a"] == {"value": "a"}
    again = Gate()
    again.made_by = "rules 2"
    assert run(again, store)["points"]["b"]["made_by"] == "rules 2"
    assert again.measured == ["b"]
