import io
import json

import pytest

from cnnfc.commands import study as command
from cnnfc.commands.study import StudyOptions, run_study
from cnnfc.errors import DataError, UsageError
from cnnfc.studies import catalogue
from cnnfc.studies.study import Step


class Tiny:
    question = "Is it tiny?"
    stop = None

    def __init__(self, request):
        self.request = request

    def settings(self):
        return {"devices": list(self.request.devices)}

    def steps(self):
        return [Step("a", "step a", 1.0), Step("b", "step b", 1.0)]

    def measure(self, step):
        if step.key == Tiny.stop:
            raise KeyboardInterrupt
        return {"value": 1}


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "project": "p", "repo": "."}')
    monkeypatch.setattr(Tiny, "stop", None)
    entry = catalogue.Entry("tiny things", "tiny", "Tiny")
    monkeypatch.setattr(catalogue.Entry, "open", lambda self, request: Tiny(request))
    monkeypatch.setattr(
        catalogue.Entry, "tabulate", lambda self, settings, points: [f"{len(points)} points"]
    )
    monkeypatch.setattr(catalogue, "STUDIES", {"tiny": entry})
    monkeypatch.setattr(command, "STUDIES", {"tiny": entry})
    monkeypatch.setattr(command, "_software", lambda: {"torch": "2"})
    return tmp_path


def said(project, **options):
    out = io.StringIO()
    code = run_study(StudyOptions(**{"name": "tiny", **options}), out, start=project)
    return code, out.getvalue()


def test_a_study_is_measured_printed_and_kept(project):
    code, out = said(project)
    path = project / "reports" / "studies" / "tiny.json"
    assert code == 0
    assert "2 points" in out
    assert out.endswith(f"kept in {path}\n")
    (section,) = json.loads(path.read_text())["machines"].values()
    assert section["command"] == "cnnfc study tiny"


def test_an_interrupt_keeps_what_was_measured_and_says_how_to_go_on(project, monkeypatch):
    monkeypatch.setattr(Tiny, "stop", "b")
    code, out = said(project)
    assert code == 130
    assert "run the same command again for the rest" in out
    monkeypatch.setattr(Tiny, "stop", None)
    assert said(project)[0] == 0


def test_what_was_measured_is_shown_without_measuring(project, monkeypatch):
    said(project)
    monkeypatch.setattr(Tiny, "measure", None)
    code, out = said(project, show=True)
    assert (code, "2 points" in out) == (0, True)


def test_nothing_to_show_says_how_to_measure(project):
    with pytest.raises(DataError, match="cnnfc study tiny"):
        said(project, show=True)


@pytest.mark.parametrize("show", [False, True])
def test_the_json_form_is_json_and_nothing_else(project, show):
    if show:
        said(project)
    _, out = said(project, show=show, as_json=True)
    data = json.loads(out)
    assert data["study"] == "tiny"
    assert len(data["machines"]) == 1


def test_without_a_name_the_studies_are_listed(project):
    code, out = said(project, name=None)
    assert (code, out) == (0, "tiny  tiny things (machines finished: none)\n")
    said(project)
    assert "(machines finished: 1 of 1)" in said(project, name=None)[1]


def test_the_list_has_a_json_form_too(project):
    _, out = said(project, name=None, as_json=True)
    assert json.loads(out) == {
        "studies": [{"name": "tiny", "summary": "tiny things", "machines": {}}]
    }


def test_a_study_that_cannot_be_read_is_named_with_what_to_do(project, monkeypatch):
    said(project)

    def fail(self, settings, points):
        raise KeyError("devices")

    monkeypatch.setattr(catalogue.Entry, "tabulate", fail)
    with pytest.raises(DataError, match="measure it anew with --restart"):
        said(project, show=True)


def test_an_unknown_study_names_those_there_are(project):
    with pytest.raises(UsageError, match="tiny"):
        said(project, name="tinny")


def test_the_command_is_kept_with_its_options(project):
    said(project, devices=("cpu-1",), cases=("dense.8-8",))
    path = project / "reports" / "studies" / "tiny.json"
    (section,) = json.loads(path.read_text())["machines"].values()
    assert section["command"] == "cnnfc study tiny --device cpu-1 --case dense.8-8"


def test_rounds_reach_a_study_that_has_them(project, monkeypatch):
    entry = catalogue.Entry("tiny things", "tiny", "Tiny", has_rounds=True)
    monkeypatch.setattr(catalogue, "STUDIES", {"tiny": entry})
    asked = []
    monkeypatch.setattr(
        catalogue.Entry, "open", lambda self, request: asked.append(request) or Tiny(request)
    )
    said(project, rounds=7)
    assert [request.rounds for request in asked] == [7]
    path = project / "reports" / "studies" / "tiny.json"
    (section,) = json.loads(path.read_text())["machines"].values()
    assert section["command"] == "cnnfc study tiny --rounds 7"
    with pytest.raises(UsageError, match="--rounds must be 1 or more, not 0"):
        said(project, rounds=0)


def test_rounds_are_refused_by_a_study_of_a_fixed_length(project):
    with pytest.raises(
        UsageError, match="the study tiny has a fixed number of steps: leave --rounds out"
    ):
        said(project, rounds=7)
